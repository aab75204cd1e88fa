"""What a scenario lets happen to one workload by time: rollouts, and the faults of its pods, service and metrics.

Faults of the controller and of the API server that it talks to are ``faults``' business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from autoscaler.config.scenario import (
    ClockJump,
    ControllerRestart,
    DroppedSamples,
    FailingReads,
    FailingWrites,
    LostNodes,
    MetricsLag,
    MetricsOutage,
    Scenario,
    SlowService,
    Some,
    TimedFault,
)
from autoscaler.model.time import Instant, seconds
from autoscaler.simulator.cluster import PodSet
from autoscaler.simulator.kernel import EventQueue, Kind
from autoscaler.simulator.metrics_apis import MetricsApis
from autoscaler.simulator.noise import Draw, Noise
from autoscaler.simulator.pipeline import Pipeline
from autoscaler.simulator.serving import Serving

#: Takes nodes away: which and how many, and when.
LoseNodes = Callable[[LostNodes, Instant], None]


@dataclass(slots=True)
class Parts:
    """What faults act upon, and those that are under way."""

    pods: PodSet
    service: Serving
    pipeline: Pipeline
    metrics: MetricsApis
    noise: Noise
    active: list[TimedFault] = field(default_factory=list)


def play(scenario: Scenario, parts: Parts, events: EventQueue, start: Instant, lose_nodes: LoseNodes) -> None:
    """Put everything that is to happen into the event queue; times count from ``start``."""
    for rollout in scenario.rollouts:
        events.push(start + seconds(rollout.at), Kind.SCRIPTED, partial(parts.pods.roll_out, rollout))
    for number, fault in enumerate(scenario.faults):
        begin = start + seconds(fault.at)
        events.push(begin, Kind.SCRIPTED, partial(_begin, scenario, parts, number, lose_nodes))
        if fault.span is not None:
            events.push(begin + seconds(fault.span), Kind.SCRIPTED, partial(_end, scenario, parts, fault))


def _begin(scenario: Scenario, parts: Parts, number: int, lose_nodes: LoseNodes, at: Instant) -> None:
    fault = scenario.faults[number]
    parts.active.append(fault)
    match fault.kind:
        case MetricsOutage() as outage:
            parts.metrics.fail(outage, at)
        case LostNodes() as lost:
            lose_nodes(lost, at)
        case Some() as killed:
            _kill(parts, killed, number, at)
        case DroppedSamples() | MetricsLag() | SlowService():
            _settle(scenario, parts, at)
        case FailingWrites() | FailingReads() | ControllerRestart() | ClockJump():
            pass


def _end(scenario: Scenario, parts: Parts, fault: TimedFault, at: Instant) -> None:
    parts.active = [other for other in parts.active if other is not fault]
    if isinstance(fault.kind, MetricsOutage):
        parts.metrics.recover(fault.kind)
    _settle(scenario, parts, at)


def _kill(parts: Parts, killed: Some, number: int, at: Instant) -> None:
    """End some of the pods at once; which ones is up to the seed."""
    present = [pod for pod in parts.pods.pods if not pod.deleting]
    order = np.argsort(parts.noise.draws(Draw.VICTIM, number, [pod.ordinal for pod in present]), kind="stable")
    parts.pods.lose([present[row] for row in order[: killed.of(len(present))].tolist()], at)


def _settle(scenario: Scenario, parts: Parts, at: Instant) -> None:
    """Let faults that add up be as bad as all those under way together."""
    lag, kept, factor = 0, 1.0 - scenario.metrics.dropped_samples, 1.0
    for fault in parts.active:
        match fault.kind:
            case MetricsLag() as late:
                lag += seconds(late.extra)
            case DroppedSamples() as dropped:
                kept *= 1.0 - dropped.share
            case SlowService() as slow:
                factor *= slow.factor
            case _:
                pass
    parts.pipeline.extra_lag, parts.pipeline.dropped = lag, 1.0 - kept
    parts.service.slow_down(factor, at)
