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
        from autoscaler.simulator.workqueue.service import job_service

        return job_service(scenario, scenario.workers, traffic, ledger, start, stream)
    if scenario.fidelity is Fidelity.REQUEST:
        from autoscaler.simulator.requests.given import requests_of
        from autoscaler.simulator.requests.service import RequestService, physics_of

        seed = (scenario.seed, stream)
        return RequestService(
            scenario.service,
            ledger,
            start,
            slo=scenario.slo,
            warmup=scenario.pods.warmup,
            seed=seed,
            requests=requests_of(traffic, physics_of(scenario.service, scenario.slo, None), seed),
        )
    return FluidService(
        scenario.service,
        ledger,
        start,
        slo=scenario.slo,
        grace=scenario.pods.termination_grace,
        noise=noise,
        warmup=scenario.pods.warmup,
        every=_whole(scenario.metrics.scrape_interval),
    )


def _whole(span: float) -> int:
    """Give a span in whole seconds; 0 where it is none."""
    return int(span) if span == int(span) else 0
