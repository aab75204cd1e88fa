"""What the scenario does to the service at given times, for plots: faults, rollouts, spot storms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from autoscaler.config.scenario import Scenario
from autoscaler.simulator.report.plot import Moment

_INSTANTS: Final = frozenset({"killed_pods", "lost_nodes", "controller_restart"})


def moments(scenario: Scenario, end: float) -> tuple[Moment, ...]:
    """Give them in order of time, within a run that ends after ``end`` seconds."""
    found = sorted(_moments(scenario, end), key=lambda moment: (moment.first, moment.last, moment.label))
    return tuple(moment for moment in found if moment.first < end)


def _moments(scenario: Scenario, end: float) -> Iterator[Moment]:
    for fault in scenario.faults:
        lasts = fault.span if fault.span is not None else end if fault.name not in _INSTANTS else 0.0
        yield Moment(first=fault.at, last=min(end, fault.at + lasts), label=fault.name.replace("_", " "))
    for rollout in scenario.rollouts:
        yield Moment(first=rollout.at, last=rollout.at, label="rollout")
    for pool in scenario.nodes:
        for storm in pool.spot.storms if pool.spot is not None else ():
            yield Moment(first=storm.at, last=min(end, storm.at + storm.dry), label=f"storm over {pool.name}")
