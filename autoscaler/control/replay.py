"""What a controller was told, told again: to the same policies for the same decisions, or to others to see theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import assert_never

from msgspec import structs

from autoscaler.control.controller import Controller
from autoscaler.control.messages import (
    EvaluationDue,
    PassAbandoned,
    PolicyAccepted,
    PolicyWithdrawn,
    Record,
    ScaleConflicted,
    ScaleRefused,
    ScaleWritten,
    StatusRefused,
    StatusWrittenElsewhere,
    TargetAppeared,
    TargetObserved,
    WritesHalted,
    WritesResumed,
)
from autoscaler.control.past import Past
from autoscaler.control.recording import Heard, Restarted
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.observation import NoReading, Observation
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    Mode,
    ObjectMetric,
    PodsMetric,
    PolicyKey,
    PrometheusMetric,
    ResourceMetric,
    ScalingPolicy,
    UnknownMetric,
)

_MISSING = NoReading(error="the journal holds no reading of this metric")


def replay(heard: Iterable[Heard], config: ControllerConfig | None = None) -> Iterator[Past]:
    """Give every pass again. Events of policies whose beginning was not heard mean nothing.

    ``config``: what holds until the first ``Restarted``.
    """
    config = config or ControllerConfig()
    controller = Controller(config)
    for event in heard:
        if isinstance(event, Restarted):
            config, controller = event.config, Controller(event.config)
            continue
        for instruction in controller.handle(event):
            if isinstance(instruction, Record):
                past = controller.past_of(instruction.key)
                assert past is not None  # a record is of a policy in force
                yield past


def replay_with(
    heard: Iterable[Heard], others: Mapping[PolicyKey, ScalingPolicy], config: ControllerConfig | None = None
) -> Iterator[Record]:
    """Give what ``others`` would have decided on what was seen, as observers: nothing they decide changes what they see.

    So each decision starts from the replicas that there really were. A metric that the journaled policy did not read is
    missing.
    """
    controller = Controller(config or ControllerConfig())
    asked: dict[PolicyKey, tuple[Metric, ...]] = {}
    for event in heard:
        match event:
            case Restarted():
                controller = Controller(event.config)
            case PolicyAccepted():
                asked[event.policy.key] = event.policy.metrics
                if other := others.get(event.policy.key):
                    controller.handle(PolicyAccepted(policy=_observing(other, event.policy), memory=event.memory))
            case TargetObserved():
                yield from _decided(controller, event, others, asked)
            case EvaluationDue() | PolicyWithdrawn():
                controller.handle(event)
            case (
                ScaleWritten() | ScaleConflicted() | ScaleRefused() | StatusRefused() | WritesHalted() | WritesResumed()
            ):
                pass  # answers to what others do not ask for
            case StatusWrittenElsewhere() | TargetAppeared() | PassAbandoned():
                controller.handle(event)
            case _:
                assert_never(event)


def _decided(
    controller: Controller,
    event: TargetObserved,
    others: Mapping[PolicyKey, ScalingPolicy],
    asked: Mapping[PolicyKey, tuple[Metric, ...]],
) -> Iterator[Record]:
    other = others.get(event.key)
    if other is None:
        return
    seen = seen_by(other, event.observation, asked.get(event.key, ()))
    for instruction in controller.handle(TargetObserved(key=event.key, observation=seen)):
        if isinstance(instruction, Record):
            yield instruction


def seen_by(other: ScalingPolicy, observation: Observation, asked: tuple[Metric, ...]) -> Observation:
    """Give what another policy would have seen: readings of its own metrics, where the policy that ``asked`` has them."""
    readings = {_source(metric): reading for metric, reading in zip(asked, observation.readings, strict=False)}
    own = tuple(readings.get(_source(metric), _MISSING) for metric in other.metrics)
    return structs.replace(observation, readings=own)


def _observing(other: ScalingPolicy, journaled: ScalingPolicy) -> ScalingPolicy:
    """Put another policy in the place of the journaled one, as one that writes nothing."""
    return replace(other, key=journaled.key, target=journaled.target, mode=Mode.OBSERVE, uid=journaled.uid)


def _source(metric: Metric) -> tuple[object, ...]:
    """Say what a metric reads, whatever its target: metrics of one source have the same reading."""
    match metric:
        case ResourceMetric() | ContainerResourceMetric():
            return ("resource",)  # one reading holds every resource of every container
        case PodsMetric():
            return ("pods", metric.metric)
        case ObjectMetric():
            return ("object", metric.metric, metric.described)
        case ExternalMetric():
            return ("external", metric.metric)
        case PrometheusMetric():
            return ("prometheus", metric.datasource, metric.query, metric.empty, metric.multiple, metric.companions)
        case UnknownMetric():
            return ("unknown", metric.type)
        case _:
            assert_never(metric)
