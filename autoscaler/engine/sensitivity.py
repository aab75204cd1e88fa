"""What would change the answer: for each input, the smallest change of it alone that does, verified by evaluating there.

At a boundary the answer differs, one step before it does not: both were evaluated. A step is one milli-unit of a metric
(of the average per pod where it is read pod by pod; of memory one byte), one replica, or the next instant at which time
matters.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from msgspec import Struct

from autoscaler.engine.alternatives import present_value, requested
from autoscaler.engine.evaluate import evaluate, seeded
from autoscaler.engine.instants import instants_that_matter
from autoscaler.engine.recommend.calculation import MetricFailedError, tolerance_of
from autoscaler.engine.recommend.wording import metric_name
from autoscaler.engine.search import nearest_change
from autoscaler.engine.variations import at_instant, scaled, uniform, with_reading, with_replicas
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig
from autoscaler.model.decision import Decision, Proposal
from autoscaler.model.memory import Memory
from autoscaler.model.observation import Milli, NoReading, Observation, Reading, Scale
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    MetricTarget,
    ObjectMetric,
    PrometheusMetric,
    ResourceMetric,
    ScalingPolicy,
    UnknownMetric,
)
from autoscaler.model.time import Instant

#: A metric is taken to this many times its present value and its target, but no sum over pods near where int64 wraps.
_REACH: Final = 1000
_LARGEST_SUM: Final = 10**16
_NOT_READ: Final = NoReading(error="the metric was not read")

_RESOURCES: Final = (ResourceMetric, ContainerResourceMetric)

Decide = Callable[[Observation], Decision]


class Input(StrEnum):
    """What is changed."""

    METRIC = "metric"
    REPLICAS = "replicas"
    TIME = "time"


class Boundary(Struct, frozen=True, kw_only=True, gc=False):
    """The value nearest to the present one at which the answer differs, and the answer there."""

    value: int  #: milli-units of a metric, replicas, or an instant
    desired: int
    observed: str = ""  #: of a metric: its value there as people read it, such as ``78%``


class Sensitivity(Struct, frozen=True, kw_only=True, gc=False):
    """What one input alone can change; no boundary: no value of it does.

    ``now`` is its present value, ``None`` of a metric that gives no answer; ``start`` is what the search began at, then
    the metric's target, and ``at_start`` is set where that is a change already.
    """

    input: Input
    name: str = ""  #: of a metric, as messages name it
    now: int | None = None
    start: int = 0
    at_start: Boundary | None = None
    lower: Boundary | None = None
    higher: Boundary | None = None


def sensitivities(
    policy: ScalingPolicy, observation: Observation, memory: Memory, config: ControllerConfig = DEFAULT_CONFIG
) -> tuple[Sensitivity, ...]:
    """Ask each input in turn: every metric, the replicas the target stands at, the time. None without a scale."""
    scale = observation.scale
    if not isinstance(scale, Scale):
        return ()
    memory = seeded(memory, scale.spec_replicas, observation.at)

    def decide(changed: Observation) -> Decision:
        return evaluate(policy, changed, memory, config)[0]

    present = decide(observation)
    band = tolerance_of(policy, config)
    metrics: list[Sensitivity] = []
    for index, metric in enumerate(policy.metrics):
        proposal = present.proposals[index] if index < len(present.proposals) else None
        axis = _MetricAxis(index, metric, observation, scale, proposal, decide, (band.low, 1.0, band.high))
        metrics.append(axis.sensitivity(present.desired))
    moments = instants_that_matter(policy, observation, memory, config)
    return (*metrics, _of_replicas(policy, observation, scale, decide), _of_time(observation, moments, present, decide))


class _MetricAxis(Struct, frozen=True):
    """The search along the values of one metric."""

    index: int
    metric: Metric
    observation: Observation
    scale: Scale
    proposal: Proposal | None
    decide: Decide
    landmarks: tuple[float, float, float]  #: ratios at which behaviour turns

    def sensitivity(self, present: int) -> Sensitivity:
        """Search both ways from the present value; from the target where there is none."""
        name, now = metric_name(self.metric), self._now()
        target = _whole_target(self.metric, self.observation, self.scale)
        start = target if now is None else now
        at_start = self._boundary(start)
        if at_start.desired != present:
            return Sensitivity(input=Input.METRIC, name=name, now=now, start=start, at_start=at_start)
        most = min(max(start, target, 1) * _REACH, _LARGEST_SUM // max(len(self.observation.pods), 1))
        return Sensitivity(
            input=Input.METRIC,
            name=name,
            now=now,
            start=start,
            lower=self._nearest(start, min(start, 0), target),
            higher=self._nearest(start, max(start, most), target),
        )

    def _now(self) -> Milli | None:
        return present_value(self._reading(), self.proposal)

    def _reading(self) -> Reading:
        readings = self.observation.readings
        return readings[self.index] if self.index < len(readings) else _NOT_READ

    def _nearest(self, start: Milli, limit: Milli, target: Milli) -> Boundary | None:
        """Search in steps of one milli-unit; of one byte for memory, which has no smaller ones."""
        step = 1000 if isinstance(self.metric, _RESOURCES) and self.metric.resource == "memory" else 1
        turns = [(int(target * ratio) - start) // step + side for ratio in self.landmarks for side in (-1, 0, 1)]
        found = nearest_change(
            lambda steps: self._decided(start + steps * step).desired, 0, (limit - start) // step, probes=turns
        )
        return None if found is None else self._boundary(start + found[0] * step)

    def _boundary(self, value: Milli) -> Boundary:
        decision = self._decided(value)
        proposal = decision.proposals[self.index] if self.index < len(decision.proposals) else None
        return Boundary(value=value, desired=decision.desired, observed="" if proposal is None else proposal.observed)

    def _decided(self, value: Milli) -> Decision:
        now = self._now()
        if now is None:
            reading = uniform(self.metric, self.observation, value)
        else:
            reading = scaled(self.observation.readings[self.index], self.metric, now, value)
        return self.decide(with_reading(self.observation, self.index, reading))


def _of_replicas(policy: ScalingPolicy, observation: Observation, scale: Scale, decide: Decide) -> Sensitivity:
    """Ask at which replicas the target would be moved elsewhere, or at all, the pods and metrics being as they are."""
    now = scale.spec_replicas

    def moved_to(replicas: int) -> int | None:
        decision = decide(with_replicas(observation, scale, replicas))
        return decision.desired if decision.rescale else None

    def boundary(limit: int) -> Boundary | None:
        found = nearest_change(moved_to, now, limit, probes=(policy.max_replicas, policy.max_replicas + 1))
        if found is None:
            return None
        return Boundary(value=found[0], desired=found[0] if found[1] is None else found[1])

    highest = 2 * max(now, policy.max_replicas) + 1
    return Sensitivity(input=Input.REPLICAS, now=now, start=now, lower=boundary(0), higher=boundary(highest))


def _of_time(observation: Observation, moments: tuple[Instant, ...], present: Decision, decide: Decide) -> Sensitivity:
    """Ask each instant at which something is forgotten or comes of age: between two of them nothing can change."""
    at = observation.at
    for moment in moments:
        decision = decide(at_instant(observation, moment))
        if decision.desired != present.desired:
            later = Boundary(value=moment, desired=decision.desired)
            return Sensitivity(input=Input.TIME, now=at, start=at, higher=later)
    return Sensitivity(input=Input.TIME, now=at, start=at)


def _whole_target(metric: Metric, observation: Observation, scale: Scale) -> Milli:
    """The value at which the metric's ratio is 1: the average per pod, or the whole value [milli-units]."""
    match metric:
        case ResourceMetric() | ContainerResourceMetric():
            return _resource_target(metric, observation)
        case ObjectMetric() | ExternalMetric() | PrometheusMetric():
            return _total_target(metric.target, scale)
        case UnknownMetric():
            return 0
        case _:
            return 0 if metric.target.average_value is None else metric.target.average_value.milli()


def _total_target(target: MetricTarget, scale: Scale) -> Milli:
    if target.average_value is not None:
        return target.average_value.milli() * scale.status_replicas
    return 0 if target.value is None else target.value.milli()


def _resource_target(metric: ResourceMetric | ContainerResourceMetric, observation: Observation) -> Milli:
    target = metric.target
    if target.average_value is not None:
        return target.average_value.milli()
    if target.average_utilization is None or not observation.pods:
        return 0
    try:
        total, pods = requested(metric, observation)
    except MetricFailedError:
        return 0
    return total * target.average_utilization // (100 * pods)
