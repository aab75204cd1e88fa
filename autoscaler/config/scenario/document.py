"""A whole scenario file: everything of an experiment but the policy, and how it is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from autoscaler.config.documents import Document, load_file
from autoscaler.config.field_paths import FieldError, Step
from autoscaler.config.model_faults import faults_of
from autoscaler.config.scenario.faults import TimedFault, impossible
from autoscaler.config.scenario.metrics import Control, Metrics
from autoscaler.config.scenario.neighbours import Neighbour, let_workers_serve
from autoscaler.config.scenario.nodes import NodePool
from autoscaler.config.scenario.pods import NAME, Pods, Target
from autoscaler.config.scenario.rollouts import Rollout
from autoscaler.config.scenario.service import Objective, Service
from autoscaler.config.scenario.workers import Workers
from autoscaler.config.traffic import Spec, Traffic
from autoscaler.config.units import PositiveDuration
from autoscaler.model.errors import Fault, InvalidInputError, InvalidScenarioError


class Fidelity(StrEnum):
    """How finely requests are simulated."""

    FLUID = "fluid"  #: as expected numbers, second by second: a day costs a fraction of a second
    REQUEST = "request"  #: each one by itself, exactly: tens of millions a second


class Scenario(Spec):
    """One experiment, complete: everything but the policy."""

    name: str = Field(pattern=NAME, description="Short name, for tables and file names.")
    description: str = Field(default="", description="What it shows, in a sentence or two.")
    duration: PositiveDuration | None = Field(
        default=None, description="Length of the run [s]. Default: the trace's length."
    )
    fidelity: Fidelity = Field(
        default=Fidelity.FLUID, description="fluid (the default, fast) or request (each request by itself, exact)."
    )
    seed: int = Field(default=1, ge=0, lt=2**63, description="Seed of everything random. Default 1.")
    start: AwareDatetime = Field(
        default=datetime(2026, 1, 5, tzinfo=UTC),
        description="The wall clock at the start. Default Monday 2026-01-05, UTC.",
    )
    target: Target = Target()
    traffic: Traffic
    service: Service = Service()
    workers: Workers | None = Field(
        default=None, description="Instead of `service`: pods that take jobs from one queue. Default: none."
    )
    slo: Objective = Objective()
    pods: Pods = Pods()
    metrics: Metrics = Metrics()
    control: Control = Control()
    faults: tuple[TimedFault, ...] = Field(default=(), description="What goes wrong by time. Default: nothing.")
    rollouts: tuple[Rollout, ...] = Field(default=(), description="Rolling updates by time. Default: none.")
    nodes: tuple[NodePool, ...] = Field(
        default=(), description="Pools of nodes that all workloads share. Default: room for every pod, at once."
    )
    beside: tuple[Neighbour, ...] = Field(default=(), description="Further workloads on the same nodes. Default: none.")

    @model_validator(mode="after")
    def _workers_or_service(self) -> Self:
        let_workers_serve(self)
        return self

    @model_validator(mode="after")
    def _within_its_fidelity(self) -> Self:
        everyone: list[Scenario] = [self, *self.neighbours()]
        for one in everyone:
            if one.beyond_fluid:
                raise ValueError(one.beyond_fluid if one is self else f"{one.target.name}: {one.beyond_fluid}")
        return self

    @property
    def served(self) -> str:
        """Name what pods serve, as people call it: ``requests`` or ``jobs``."""
        return "requests" if self.workers is None else "jobs"

    @property
    def beyond_fluid(self) -> str:
        """Tell what the scenario asks for that its fidelity cannot follow; empty if there is nothing."""
        if self.fidelity is not Fidelity.FLUID:
            return ""
        if self.workers is None:
            names = " and ".join(f"service.{field}" for field in self.service.needs_single_requests)
            return names and f"{names}: a fluid has no single requests to send again; it takes fidelity request"
        names = " and ".join(f"workers.{field}" for field in self.workers.needs_single_jobs)
        return names and f"{names}: a fluid has no single jobs to tell apart; it takes fidelity request"

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.duration is None and self.traffic.csv is None and self.traffic.requests is None:
            raise ValueError("duration is missing; only traffic from a csv file has a length of its own")
        if self.rollouts and self.target.kind != "Deployment":
            raise FieldError(f"rollouts are a Deployment's; the target is a {self.target.kind}", "rollouts")
        for error in impossible(self.faults, [pool.name for pool in self.nodes]):
            raise error
        if self.duration is not None:
            self._in_time(self.duration)
        return self

    def _in_time(self, duration: float) -> None:
        """Refuse what would never happen in a run of that length [s]."""
        pods = self.pods
        pull = "image_pull plus " if pods.image_pull else ""
        coming = pods.image_pull + pods.startup + pods.readiness
        _fits(coming, duration, "pods", "startup", what=f"{pull}startup plus readiness: ")
        _fits(self.control.sync_period, duration, "control", "sync_period")
        _fits(self.metrics.scrape_interval, duration, "metrics", "scrape_interval")
        for number, pool in enumerate(self.nodes):
            _fits(pool.provisioning, duration, "nodes", number, "provisioning")
            for storm_number, storm in enumerate(pool.spot.storms if pool.spot else ()):
                _comes(storm.at, duration, "nodes", number, "spot", "storms", storm_number, "at")
        for number, rollout in enumerate(self.rollouts):
            _comes(rollout.at, duration, "rollouts", number, "at")
        for number, fault in enumerate(self.faults):
            _comes(fault.at, duration, "faults", number, "at")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        _once([pool.name for pool in self.nodes], "nodes")
        _once([f"{one.target.namespace}/{one.target.name}" for one in self._workloads()], "workloads")
        return self

    @model_validator(mode="after")
    def _priced(self) -> Self:
        """Refuse prices from which no cost follows: of some nodes only, or of pods whose nodes are paid for."""
        free = [pool.name for pool in self.nodes if pool.price_per_hour is None]
        if free and len(free) < len(self.nodes):
            raise ValueError(
                f"price_per_hour is missing for the nodes {', '.join(free)}: give it for all pools or for none"
            )
        if self.nodes and any(one.pods.price_per_hour is not None for one in self._workloads()):
            raise ValueError(
                "pods.price_per_hour is for scenarios without nodes: here the nodes cost money, by their own price"
            )
        return self

    def _workloads(self) -> tuple[Self | Neighbour, ...]:
        return (self, *self.beside)

    def neighbours(self) -> tuple[Scenario, ...]:
        """Give each of the workloads beside the main one as a scenario of its own, without nodes or neighbours."""
        common: dict[str, object] = {"nodes": (), "beside": (), "rollouts": (), "faults": ()}
        return tuple(
            self.model_copy(update=common | {name: getattr(one, name) for name in type(one).model_fields})
            for one in self.beside
        )


def _fits(part: float, duration: float, *steps: Step, what: str = "") -> None:
    if part > duration:
        text = f"{what}{part:g} s is longer than the run ({duration:g} s): nothing would ever happen"
        raise FieldError(text, *steps)


def _comes(at: float, duration: float, *steps: Step) -> None:
    if at >= duration:
        raise FieldError(f"{at:g} s is not within the run ({duration:g} s): it would never happen", *steps)


def _once(names: Sequence[str], what: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two {what} are called {' and '.join(twice)}: give each a name of its own")


def load_scenario(path: Path) -> Scenario:
    """Read a scenario file. A trace's path in it counts from the file's folder.

    Raises:
        InvalidScenarioError: one fault for each wrong field, with its line, what is allowed and a hint.
    """
    try:
        documents = load_file(path)
    except InvalidInputError as error:
        raise InvalidScenarioError(error.faults) from error
    if len(documents) != 1:
        what = f"{len(documents)} documents in one file" if documents else "the file is empty"
        raise InvalidScenarioError([Fault(what=what, source=str(path), hint="a scenario file holds one document")])
    return scenario_from(documents[0])


def scenario_from(document: Document) -> Scenario:
    """Check one document.

    Raises:
        InvalidScenarioError: see ``load_scenario``.
    """
    try:
        return Scenario.model_validate(document.value)
    except ValidationError as error:
        raise InvalidScenarioError(faults_of(error, document, Scenario)) from error
