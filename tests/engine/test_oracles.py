"""The engine and a second, independent reading of the specification agree on whatever comes."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.settle import settle
from autoscaler.model.decision import PolicyStatus, WriteOutcome, WriteResult
from autoscaler.model.memory import Memory
from autoscaler.model.observation import (
    ExternalReading,
    Observation,
    Pod,
    PodSample,
    PodsReading,
    PodUsage,
    Reading,
    ReadyCondition,
    ResourceReading,
    Scale,
)
from autoscaler.model.policy import Behavior, ContainerResourceMetric, MetricTarget, PodsMetric, ResourceMetric
from autoscaler.model.quantity import Quantity
from tests.engine import oracle_constrain
from tests.engine.oracle_per_pod import NoAnswerError, Question, Sample, propose
from tests.engine.strategies import INTOLERANT, MEMORIES, NAMES, NOW, PODS, SHAPES, TICKS, USAGES
from tests.engine.worlds import container_cpu, cpu, external_average, memory_use, per_pod, policy

PerPod = ResourceMetric | ContainerResourceMetric | PodsMetric
ASKS = st.integers(0, 90)
THOROUGHLY = settings(max_examples=200, deadline=None)


UNCONDITIONED = MEMORIES.map(
    lambda memory: msgspec.structs.replace(
        memory, recommendations=memory.recommendations or (), status=PolicyStatus(desired_replicas=3)
    )
)


def _asked_for(asked: int, current: int) -> Observation:
    """A total of which each pod may have 1, so that exactly ``asked`` pods are asked for."""
    scale = Scale(spec_replicas=current, status_replicas=10_000, selector="app=web")
    return Observation(at=NOW, scale=scale, readings=(ExternalReading(values=(asked * 1000,), at=NOW),))


@THOROUGHLY
@given(UNCONDITIONED, st.integers(1, 50), ASKS, INTOLERANT, st.integers(1, 10), st.integers(10, 60))
def test_c19_windows_and_rate_rules(
    memory: Memory, size: int, asked: int, behavior: Behavior | None, low: int, high: int
) -> None:
    current = min(max(size, low), high)
    watched = policy(external_average("queue", "1"), low=low, high=high, behavior=behavior)
    decision, after = evaluate(watched, _asked_for(asked, current), memory)
    expected = oracle_constrain.normalize(
        oracle_constrain.Case(
            now=NOW,
            current=current,
            asked=asked,
            low=low,
            high=high,
            past=list(memory.recommendations or ()),
            ups=list(memory.scale_ups),
            downs=list(memory.scale_downs),
            behavior=behavior,
        )
    )

    told = {one.type: (one.status, one.reason) for one in decision.status.conditions}
    assert decision.desired == expected.replicas
    assert told["AbleToScale"] == ("True", expected.able)
    assert told["ScalingLimited"] == (str(expected.is_limited), expected.limited)
    assert after.recommendations == tuple(expected.past)


@THOROUGHLY
@given(UNCONDITIONED, st.integers(1, 50), ASKS, INTOLERANT.filter(bool))
def test_what_is_remembered_of_a_change(memory: Memory, current: int, asked: int, behavior: Behavior) -> None:
    watched = policy(external_average("queue", "1"), high=60, behavior=behavior)
    decision, seen = evaluate(watched, _asked_for(asked, current), memory)
    if not decision.rescale:
        return
    _, after = settle(watched, decision, seen, WriteOutcome(result=WriteResult.WRITTEN))

    ups, downs, change = list(memory.scale_ups), list(memory.scale_downs), decision.desired - current
    if change > 0:
        ups = oracle_constrain.stored_events(ups, behavior.scale_up, change, NOW)
    else:
        downs = oracle_constrain.stored_events(downs, behavior.scale_down, -change, NOW)
    assert (after.scale_ups, after.scale_downs) == (tuple(ups), tuple(downs))


MEASURED = st.one_of(
    st.builds(cpu, st.integers(1, 300)),
    st.builds(memory_use, st.integers(1, 300)),
    st.builds(container_cpu, st.sampled_from(["app", "other"]), st.integers(1, 100)),
    st.builds(per_pod, st.just("rps"), st.sampled_from(["1", "250m", "2k"])),
    st.builds(
        lambda name, text: ResourceMetric(
            resource=name, target=MetricTarget(type="AverageValue", average_value=Quantity.parse(text))
        ),
        st.sampled_from(["cpu", "memory"]),
        st.sampled_from(["500m", "64Mi", "3"]),
    ),
)
#: Pods whose cpu is in doubt for their age or readiness alone; most pods of ``PODS`` are out for other reasons.
LIVING_PODS = st.builds(
    Pod,
    name=st.sampled_from(NAMES),
    resources=st.just(SHAPES[0]),
    started_at=TICKS,
    ready=st.builds(ReadyCondition, status=st.sampled_from(["True", "False", "Unknown"]), last_transition=TICKS),
)
SEVERAL_PODS = st.lists(LIVING_PODS | PODS, max_size=8, unique_by=lambda one: one.name).map(tuple)
NAMED_ONCE = st.lists(USAGES, min_size=1, max_size=8, unique_by=lambda one: one.pod).map(tuple)


def _question(metric: PerPod, pods: tuple[Pod, ...], usages: tuple[PodUsage, ...], current: int) -> Question:
    """What the oracle is asked: the metric's target, and each pod's value as a reading of one container gives it."""
    target = metric.target
    container = metric.container if isinstance(metric, ContainerResourceMetric) else ""
    usages = tuple(usage for usage in usages if container in ("", "app"))
    goal = target.average_utilization if target.average_value is None else target.average_value.milli()
    return Question(
        now=NOW,
        current=current,
        pods=pods,
        samples={one.pod: Sample(value=one.containers[0].usage[0][1], at=one.at, window=one.window) for one in usages},
        resource="" if isinstance(metric, PodsMetric) else metric.resource,
        container=container,
        is_utilization=target.average_value is None,
        target=goal or 0,
        tolerance=(0.1, 0.1),
    )


def _reading(metric: PerPod, usages: tuple[PodUsage, ...]) -> Reading:
    """The same values as the metric's own API gives them."""
    if not isinstance(metric, PodsMetric):
        return ResourceReading(pods=usages)
    return PodsReading(
        samples=tuple(
            PodSample(pod=one.pod, value=one.containers[0].usage[0][1], at=one.at, window=one.window) for one in usages
        )
    )


@settings(max_examples=300, deadline=None)
@given(MEASURED, SEVERAL_PODS, NAMED_ONCE, st.integers(1, 12))
def test_c19_grouping_and_ratios(
    metric: PerPod, pods: tuple[Pod, ...], usages: tuple[PodUsage, ...], current: int
) -> None:
    scale = Scale(spec_replicas=current, status_replicas=current, selector="app=web")
    seen = Observation(at=NOW, scale=scale, pods=pods, readings=(_reading(metric, usages),))
    decision, _ = evaluate(policy(metric), seen, Memory())
    proposal, shown = decision.proposals[0], (decision.status.metrics or ())[0]

    answer = _answer(_question(metric, pods, usages, current))
    if isinstance(answer, str):
        assert proposal.replicas is None
        assert proposal.error.endswith(answer)
    else:
        average = Quantity.from_milli(answer[2])
        assert (proposal.replicas, shown.average_utilization, shown.average_value) == (*answer[:2], average)


def _answer(question: Question) -> tuple[int, int | None, int] | str:
    """The oracle's figures, or the text of its failure."""
    try:
        return propose(question)
    except NoAnswerError as error:
        return str(error)
