"""Further workloads that share the nodes with the main one."""

from __future__ import annotations

from typing import Protocol, Self

from pydantic import Field, model_validator

from autoscaler.config.scenario.metrics import Metrics
from autoscaler.config.scenario.pods import Pods, Target
from autoscaler.config.scenario.service import Objective, Service
from autoscaler.config.scenario.workers import Workers
from autoscaler.config.traffic import Spec, Traffic


class Neighbour(Spec):
    """A workload of its own. A policy scales it if its scaleTargetRef names it; otherwise its size is fixed."""

    target: Target = Field(description="Its name and kind, not those of any other workload of the scenario.")
    traffic: Traffic
    service: Service = Service()
    workers: Workers | None = Field(
        default=None, description="Instead of `service`: pods that take jobs from one queue. Default: none."
    )
    slo: Objective = Objective()
    pods: Pods = Pods()
    metrics: Metrics = Metrics()

    @model_validator(mode="after")
    def _workers_or_service(self) -> Self:
        let_workers_serve(self)
        return self


class Served(Protocol):
    """A workload's description."""

    @property
    def workers(self) -> Workers | None:
        """What takes jobs, if that is what it does."""

    @property
    def metrics(self) -> Metrics:
        """What is measured of it."""

    @property
    def model_fields_set(self) -> set[str]:
        """Which fields were given."""


def let_workers_serve(one: Served) -> None:
    """Let workers stand as the service that they are, so that nobody else has to ask which of the two there is.

    Raises:
        ValueError: both are given, or what is measured are jobs that there are none of.
    """
    measured = {"external": one.metrics.external, "prometheus": one.metrics.prometheus}
    of_jobs = [f"{kind}.{name}" for kind, by in measured.items() for name, signal in by.items() if signal.is_of_jobs]
    if one.workers is None:
        if of_jobs:
            raise ValueError(f"metrics.{of_jobs[0]} measures jobs, which only `workers` have")
        return
    if "service" in one.model_fields_set:
        raise ValueError("service and workers are given; a scenario has one of them: requests are sent, jobs taken")
    object.__setattr__(one, "service", one.workers.as_service())  # the model is frozen, and not yet handed out
