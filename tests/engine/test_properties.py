"""The engine's promises over random policies, worlds and histories; and a second, straight-line reading of the rules."""

from __future__ import annotations

import math
import sys
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.promises import broken_promise
from autoscaler.engine.settle import settle
from autoscaler.model.controller_config import ControllerConfig, Gates
from autoscaler.model.decision import Condition, PolicyStatus, WriteOutcome, WriteResult
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
    Reading,
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
TICKS = st.integers(0, 120).map(lambda tick: tick * 15 * SECOND)
NOW = 2000 * SECOND
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
    st.integers(0, 60 * SECOND),
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


@settings(max_examples=250, deadline=None)
@given(policies(), observations(), MEMORIES, CONFIGS, st.sampled_from(list(WriteResult)))
def test_whatever_comes_in_a_sound_decision_comes_out(
    policy: ScalingPolicy, seen: Observation, memory: Memory, config: ControllerConfig, result: WriteResult
) -> None:
    decision, after = evaluate(policy, seen, memory, config)

    assert (decision, after) == evaluate(policy, seen, memory, config)  # same arguments, same answer
    if decision.current is not None and decision.rescale and not config.paced_bounds:
        low = 1 if policy.min_replicas is None else policy.min_replicas
        assert low <= decision.desired <= policy.max_replicas
    if decision.rescale:
        assert broken_promise(policy, decision, config) == ""
    assert decision.reason
    assert all(stage.why for stage in decision.stages)
    settlement, final = settle(policy, decision, after, WriteOutcome(result=result), config)
    assert final.status == settlement.status
    if result is not WriteResult.WRITTEN:
        assert (final.scale_ups, final.scale_downs) == (memory.scale_ups, memory.scale_downs)


@settings(max_examples=200, deadline=None)
@given(policies(), observations(), MEMORIES)
def test_nothing_shrinks_because_a_metric_is_missing(policy: ScalingPolicy, seen: Observation, memory: Memory) -> None:
    if not isinstance(seen.scale, Scale) or seen.scale.spec_replicas > policy.max_replicas:
        return
    readings = (*seen.readings[1:], *(NoReading(error="down") for _ in policy.metrics))[: len(policy.metrics) - 1]
    blind = Observation(at=NOW, scale=seen.scale, pods=seen.pods, readings=(NoReading(error="down"), *readings))
    decision, _ = evaluate(policy, blind, memory)

    asked = max((one.replicas or 0 for one in decision.proposals), default=0)
    if asked < seen.scale.spec_replicas:
        assert decision.desired >= seen.scale.spec_replicas


LOADS = st.lists(st.integers(0, 4_000), min_size=6, max_size=6)
MONOTONE = st.one_of(
    st.builds(cpu, st.integers(1, 150)),
    st.builds(per_pod, st.just("rps"), st.sampled_from(["1", "250m"])),
    st.builds(external_average, st.just("queue"), st.sampled_from(["1", "30"])),
    st.builds(external_total, st.just("queue"), st.sampled_from(["1", "30"])),
)


def _loaded(metrics: tuple[Metric, ...], pods: tuple[Pod, ...], current: int, load: list[int]) -> Observation:
    named = {pod.name: load[index] for index, pod in enumerate(pods)}
    use = ResourceReading(
        pods=tuple(
            PodUsage(pod=name, containers=(ContainerUsage(name="app", usage=(("cpu", value),)),), at=NOW, window=SECOND)
            for name, value in named.items()
        )
    )
    custom = PodsReading(
        samples=tuple(PodSample(pod=name, value=value, at=NOW, window=SECOND) for name, value in named.items())
    )
    readings: list[Reading] = []
    for metric in metrics:
        if isinstance(metric, ExternalMetric):
            readings.append(ExternalReading(values=tuple(load), at=NOW))
        else:
            readings.append(custom if hasattr(metric, "metric") else use)
    scale = Scale(spec_replicas=current, status_replicas=current, selector="app=web")
    return Observation(at=NOW, scale=scale, pods=pods, readings=tuple(readings))


@settings(max_examples=200, deadline=None)
@given(st.data(), LOADS, LOADS, st.integers(1, 30), MEMORIES)
def test_more_load_never_lowers_the_answer_when_guarded(
    data: st.DataObject, load: list[int], extra: list[int], current: int, memory: Memory
) -> None:
    policy = data.draw(policies(MONOTONE))
    guarded = ScalingPolicy(
        key=KEY,
        target=TARGET,
        min_replicas=policy.min_replicas,
        max_replicas=policy.max_replicas,
        metrics=policy.metrics,
        behavior=policy.behavior,
        profile=Profile.GUARDED,
    )
    pods = tuple(
        Pod(
            name=name,
            resources=SHAPES[0],
            started_at=0,
            ready=ReadyCondition(status=data.draw(st.sampled_from(["True", "False"])), last_transition=0),
        )
        for name in NAMES[:6]
    )
    more = [one + other for one, other in zip(load, extra, strict=True)]
    light, _ = evaluate(guarded, _loaded(guarded.metrics, pods, current, load), memory)
    heavy, _ = evaluate(guarded, _loaded(guarded.metrics, pods, current, more), memory)

    assert heavy.desired >= light.desired


@settings(max_examples=200, deadline=None)
@given(MEMORIES, st.integers(1, 50), st.integers(0, 90), INTOLERANT, st.integers(1, 10), st.integers(10, 60))
def test_c19_the_rules_read_straight_from_the_specification_agree(
    memory: Memory, size: int, asked: int, behavior: Behavior | None, low: int, high: int
) -> None:
    current = min(max(size, low), high)
    memory = msgspec.structs.replace(memory, recommendations=memory.recommendations or ())
    policy = ScalingPolicy(
        key=KEY,
        target=TARGET,
        min_replicas=low,
        max_replicas=high,
        metrics=(external_average("queue", "1"),),
        behavior=behavior,
    )
    scale = Scale(spec_replicas=current, status_replicas=10_000, selector="app=web")
    seen = Observation(at=NOW, scale=scale, readings=(ExternalReading(values=(asked * 1000,), at=NOW),))
    decision, _ = evaluate(policy, seen, memory)

    assert decision.desired == _oracle(memory, current, asked, behavior, low, high)


def _oracle(memory: Memory, current: int, asked: int, behavior: Behavior | None, low: int, high: int) -> int:
    """Sections 8 and 9 of the semantics, one sentence a line, sharing nothing with the engine."""
    past = [((NOW - entry.at) // SECOND, entry.replicas) for entry in memory.recommendations or ()]
    if behavior is None:
        held = max([asked, *(replicas for age, replicas in past if age <= 300)])
        ceiling = min(high, int(max(2.0 * current, 4.0)))
        return min(max(held, low), ceiling) if held >= low else low
    up, down = behavior.scale_up, behavior.scale_down
    down_window = 300 if down.stabilization_window_seconds is None else down.stabilization_window_seconds
    up_recommendation = min([asked, *(n for age, n in past if age < (up.stabilization_window_seconds or 0))])
    down_recommendation = max([asked, *(n for age, n in past if age < down_window)])
    held = min(max(current, up_recommendation), down_recommendation)

    def start(rule: RateRule) -> int:
        recent = [event for event in memory.scale_ups if (NOW - event.at) / SECOND < rule.period_seconds]
        gone = [event for event in memory.scale_downs if (NOW - event.at) / SECOND < rule.period_seconds]
        return current - sum(event.change for event in recent) + sum(event.change for event in gone)

    if held > current:
        limits = [
            start(rule) + rule.value if rule.type == "Pods" else math.ceil(start(rule) * (1 + rule.value / 100))
            for rule in up.rules
        ]
        limit = {
            "Disabled": current,
            "Max": max(limits, default=-sys.maxsize),
            "Min": min(limits, default=sys.maxsize),
        }[up.select_policy]
        return min(held, high, max(limit, current))
    if held < current:
        limits = [
            start(rule) - rule.value if rule.type == "Pods" else math.trunc(start(rule) * (1 - rule.value / 100))
            for rule in down.rules
        ]
        limit = {
            "Disabled": current,
            "Max": min(limits, default=sys.maxsize),
            "Min": max(limits, default=-sys.maxsize),
        }[down.select_policy]
        return max(held, low, min(limit, current))
    return current


@pytest.mark.parametrize("profile", list(Profile))
def test_evaluate_opens_nothing(profile: Profile) -> None:
    """No file, no socket, no process: an audit hook hears of every one."""
    policy = ScalingPolicy(
        key=KEY, target=TARGET, max_replicas=10, metrics=(cpu(50), external_total("q", "3")), profile=profile
    )
    scale = Scale(spec_replicas=3, status_replicas=3, selector="app=web")
    seen = Observation(at=NOW, scale=scale, readings=(NoReading(error="down"), ExternalReading(values=(1,), at=NOW)))
    heard: list[str] = []
    listening = True

    def hear(event: str, _: object) -> None:
        if listening and event.partition(".")[0] in {"open", "socket", "subprocess", "os", "import", "time", "random"}:
            heard.append(event)

    evaluate(policy, seen, Memory())  # whatever is imported on first use is imported now
    sys.addaudithook(hear)
    evaluate(policy, seen, Memory())
    listening = False

    assert heard == []
