"""What a run gives back: scores, series for plots, the list of scale actions. Frozen values, nothing live."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autoscaler.model.decision import Reason
from autoscaler.simulator.inputs import Inputs

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How users and the bill fared over a whole run.

    Requests are expected numbers, so they need not be whole. ``late``: slower than the objective, among those
    that took their turn (the lost ones too).
    """

    requests: float
    served: float
    rejected: float  #: turned away, the queue being full
    timed_out: float  #: gave up waiting
    lost: float  #: in service when their pod was killed
    late: float
    slo_minutes_violated: int
    minutes: int  #: minutes in which there was traffic
    latency_p50: float  #: [s], of requests not rejected; those that gave up count with the timeout
    latency_p95: float
    latency_p99: float
    replica_hours: float  #: of pods that exist, start-up and shut-down included
    mean_replicas: float
    peak_replicas: int
    scale_ups: int
    scale_downs: int
    turns: int  #: changes of direction between two scale actions in a row
    shortages: int  #: stretches in which demand exceeded what pods in rotation can serve
    time_to_capacity_median: float  #: how long such a stretch lasted [s]; 0 where there was none
    time_to_capacity_worst: float  #: [s]
    cost: float | None = None  #: in the unit of the scenario's prices; ``None`` where it names none
    node_hours: float | None = None  #: of nodes, from being asked for to their removal; ``None`` where there are none

    @property
    def failed(self) -> float:
        """Requests that got no answer."""
        return self.rejected + self.timed_out + self.lost

    @property
    def unserved_share(self) -> float:
        """Share of requests that got no answer."""
        return self.failed / self.requests if self.requests else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A stretch of a run in points of ``width`` seconds, shape ``(points,)`` each; ``t`` [s] is a point's begin."""

    width: int
    t: Floats
    demand: Floats  #: arriving [requests/s]
    capacity: Floats  #: what pods in rotation can serve [requests/s]
    waiting: Floats  #: requests in the queue, at the point's end
    failed: Floats  #: rejected, timed out or lost [requests/s]
    latency: Floats  #: p50, p95, p99 [s], shape ``(3, points)``; NaN where nothing arrived
    cost: Floats | None = None  #: money per hour; ``None`` where the scenario names no prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """Numbers of pods as steps, shape ``(steps,)`` each: they hold from ``t`` [s] to the next."""

    t: Floats
    wanted: Floats
    created: Floats
    ready: Floats
    paid: Floats  #: all that exist, those on their way out too


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """Numbers of nodes as steps, shape ``(steps,)`` each: they hold from ``t`` [s] to the next."""

    t: Floats
    existing: Floats  #: asked for and not gone
    ready: Floats
    pending: Floats  #: pods of all workloads that look for room


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """How a workload beside the main one fared."""

    name: str
    policy: str  #: that scaled it; empty where its size was fixed
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricTrack:
    """One metric of the policy against its target, shape ``(evaluations,)``: 1 is on target, NaN where it was missing."""

    name: str
    target: str
    t: Floats
    ratio: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleAction:
    """One change of the scale; ``sentence`` says why."""

    t: float  #: [s] from the start
    before: int
    after: int
    reason: Reason
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A metric that could not be read, in how many evaluations, and what was said the first time."""

    metric: str
    evaluations: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One policy in one scenario. ``inputs.duration`` is what was played, also where that is not the whole run."""

    inputs: Inputs
    policy: str
    score: Score
    series: Series
    replicas: Replicas
    metrics: tuple[MetricTrack, ...]
    actions: tuple[ScaleAction, ...]
    worst: Series  #: the five minutes with the most late and failed requests
    evaluations: int
    tolerance: float  #: of the controller, for plots
    broken_minutes: tuple[int, ...] = ()  #: minutes of the run, by number, in which the objective was not kept
    troubles: tuple[Trouble, ...] = ()
    is_complete: bool = True  #: False where the run was stopped before its end
    nodes: Nodes | None = None  #: ``None`` where the scenario has none
    neighbours: tuple[Neighbour, ...] = ()
    notes: tuple[str, ...] = ()  #: what a reader should know about this run, such as pods that found no room
