"""Picks what serves a workload: a fluid, or what takes each request or job by itself. Compiled code is imported only when needed."""

from __future__ import annotations

from autoscaler.config.scenario import Fidelity, Scenario
from autoscaler.model.errors import Fault, InvalidScenarioError
from autoscaler.model.time import Instant
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.noise import Noise
from autoscaler.simulator.service import FluidService
from autoscaler.simulator.serving import Serving
from autoscaler.simulator.traffic import RateFunction


def serving_of(
    scenario: Scenario, traffic: RateFunction, ledger: Ledger, start: Instant, noise: Noise, stream: int
) -> Serving:
    """Give what serves the scenario's workload, number ``stream`` of its world, from ``start`` on.

    Raises:
        InvalidScenarioError: the scenario asks for what its fidelity cannot follow.
    """
    if scenario.beyond_fluid:
        raise InvalidScenarioError([Fault(what=scenario.beyond_fluid, source=scenario.name)])
    if scenario.fidelity is Fidelity.REQUEST and scenario.workers is not None:
        from autoscaler.simulator.workqueue.service import JobService, jobs_of

        jobs = jobs_of(traffic, scenario.seed, stream)
        return JobService(scenario, scenario.workers, jobs, ledger, start, stream)
    if scenario.fidelity is Fidelity.REQUEST:
        from autoscaler.simulator.requests.given import requests_of
        from autoscaler.simulator.requests.service import RequestService

        return RequestService(
            scenario.service,
            ledger,
            start,
            slo=scenario.slo,
            warmup=scenario.pods.warmup,
            seed=(scenario.seed, stream),
            requests=requests_of(traffic, scenario.seed, stream),
        )
    return FluidService(
        scenario.service,
        ledger,
        start,
        slo=scenario.slo,
        grace=scenario.pods.termination_grace,
        noise=noise,
        warmup=scenario.pods.warmup,
    )
