"""Random policies, worlds and histories, the odd and the extreme among them, for the engine's property tests."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from autoscaler.model.controller_config import ControllerConfig, Gates
from autoscaler.model.decision import Condition, PolicyStatus
from autoscaler.model.memory import Memory, Recommendation, ScaleEvent
from autoscaler.model.observation import (
    ContainerUsage,
    ExternalReading,
    NoReading,
    ObjectReading,
    Observation,
    Pod,
    PodPhase,
    PodSample,
    PodsReading,
    PodUsage,
    ReadyCondition,
    ResourceReading,
    Scale,
    ScaleUnavailable,
)
from autoscaler.model.policy import (
    Behavior,
    ExternalMetric,
    Metric,
    MetricName,
    MetricTarget,
    Profile,
    RateRule,
    RateRuleType,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
    UnknownMetric,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import SECOND
from tests.engine.worlds import (
    KEY,
    TARGET,
    container_cpu,
    cpu,
    external_average,
    external_total,
    memory_use,
    object_total,
    per_pod,
    resources,
)

INT64 = st.integers(-(2**63), 2**63 - 1)
SENSIBLE = st.integers(0, 5_000)
VALUES = st.one_of(SENSIBLE, INT64)
NOW = 1995 * SECOND  # a tick, too
#: Earlier ticks; half of them exactly on an edge of some window or period, or beside it.
TICKS = st.sampled_from([0, 15, 30, 45, 60, 75, 285, 300, 315, 1800]).map(lambda age: NOW - age * SECOND) | st.integers(
    0, 120
).map(lambda tick: tick * 15 * SECOND)
NAMES = tuple(f"p{index}" for index in range(8))
SHAPES = (resources(cpu="1", memory="1Gi"), resources(cpu="100m"), resources(memory="64Mi"), resources(cpu="0"))

METRICS = st.one_of(
    st.builds(cpu, st.integers(-5, 300)),
    st.builds(memory_use, st.integers(0, 300)),
    st.builds(container_cpu, st.sampled_from(["app", "other"]), st.integers(1, 100)),
    st.builds(per_pod, st.just("rps"), st.sampled_from(["1", "0", "250m", "-3"])),
    st.builds(external_average, st.just("queue"), st.sampled_from(["30", "1m", "0"])),
    st.builds(external_total, st.just("queue"), st.sampled_from(["30", "1m", "0"])),
    st.builds(object_total, st.just("hits"), st.sampled_from(["100", "0"])),
    st.just(ExternalMetric(metric=MetricName(name="bare"), target=MetricTarget(type="Value"))),
    st.just(UnknownMetric(type="Cheese")),
)
PODS = st.builds(
    Pod,
    name=st.sampled_from(NAMES),
    resources=st.sampled_from(SHAPES),
    phase=st.sampled_from([*PodPhase, ""]),
    deleting=st.booleans(),
    started_at=st.none() | TICKS,
    ready=st.none()
    | st.builds(ReadyCondition, status=st.sampled_from(["True", "False", "Unknown"]), last_transition=TICKS),
)
USAGES = st.builds(
    lambda name, value, when, window: PodUsage(
        pod=name,
        containers=(ContainerUsage(name="app", usage=(("cpu", value), ("memory", value))),),
        at=when,
        window=window,
    ),
    st.sampled_from((*NAMES, "gone")),
    VALUES,
    TICKS,
    st.sampled_from([0, 15, 30, 60]).map(lambda length: length * SECOND),
)
READINGS = st.one_of(
    st.builds(ResourceReading, pods=st.lists(USAGES, max_size=8).map(tuple)),
    st.builds(
        PodsReading,
        samples=st.lists(
            st.builds(PodSample, pod=st.sampled_from((*NAMES, "gone")), value=VALUES, at=TICKS, window=TICKS)
        ).map(tuple),
    ),
    st.builds(ObjectReading, value=VALUES, at=TICKS),
    st.builds(ExternalReading, values=st.lists(VALUES, max_size=4).map(tuple), at=TICKS),
    st.builds(NoReading, error=st.just("down")),
)
RATE_RULES = st.builds(
    RateRule,
    type=st.sampled_from(list(RateRuleType)),
    value=st.integers(1, 300),
    period_seconds=st.sampled_from([15, 30, 60, 300, 1800]),
)
RULES = st.builds(
    ScalingRules,
    stabilization_window_seconds=st.sampled_from([None, 0, 15, 60, 300]),
    select_policy=st.sampled_from(list(SelectPolicy)),
    rules=st.lists(RATE_RULES, max_size=3).map(tuple),
    tolerance=st.none() | st.sampled_from([Quantity.parse("0"), Quantity.parse("50m"), Quantity.parse("2")]),
)
BEHAVIORS = st.none() | st.builds(Behavior, scale_up=RULES, scale_down=RULES)
_PLAIN = RULES.map(lambda one: replace(one, tolerance=None))
INTOLERANT = st.none() | st.builds(Behavior, scale_up=_PLAIN, scale_down=_PLAIN)


@st.composite
def policies(draw: st.DrawFn, metrics: st.SearchStrategy[Metric] = METRICS) -> ScalingPolicy:
    low = draw(st.integers(0, 10))
    return ScalingPolicy(
        key=KEY,
        target=TARGET,
        min_replicas=draw(st.none() | st.just(low)),
        max_replicas=draw(st.integers(max(low, 1), 60)),
        metrics=tuple(draw(st.lists(metrics, min_size=1, max_size=3))),
        behavior=draw(BEHAVIORS),
        profile=draw(st.sampled_from(list(Profile))),
    )


MEMORIES = st.builds(
    Memory,
    recommendations=st.none() | st.lists(st.builds(Recommendation, TICKS, st.integers(0, 60)), max_size=12).map(tuple),
    scale_ups=st.lists(st.builds(ScaleEvent, TICKS, st.integers(1, 30)), max_size=4).map(tuple),
    scale_downs=st.lists(st.builds(ScaleEvent, TICKS, st.integers(1, 30)), max_size=4).map(tuple),
    status=st.sampled_from(
        [
            PolicyStatus(),
            PolicyStatus(
                desired_replicas=3,
                conditions=(
                    Condition(type="ScaledToZero", status="True", reason="ScaledToZero", message="", last_transition=0),
                ),
            ),
        ]
    ),
)
CONFIGS = st.builds(
    ControllerConfig,
    tolerance=st.sampled_from([0.0, 0.1, 1.5]),
    gates=st.builds(Gates, scale_to_zero=st.booleans(), pod_level_resources=st.booleans()),
    paced_bounds=st.booleans(),
)
SCALES = st.one_of(
    st.builds(
        Scale,
        spec_replicas=st.integers(0, 80),
        status_replicas=st.integers(0, 80),
        selector=st.sampled_from(["app=web", "", "((", "a in (b"]),
    ),
    st.builds(ScaleUnavailable, error=st.just("timeout")),
)


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    return Observation(
        at=NOW,
        scale=draw(SCALES),
        pods=tuple(draw(st.lists(PODS, max_size=8, unique_by=lambda one: one.name))),
        readings=tuple(draw(st.lists(READINGS, max_size=3))),
    )
