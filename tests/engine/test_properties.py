"""The engine's promises over random policies, worlds and histories."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.promises import broken_promise
from autoscaler.engine.settle import settle
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import WriteOutcome, WriteResult
from autoscaler.model.memory import Memory
from autoscaler.model.observation import (
    ContainerUsage,
    ExternalReading,
    NoReading,
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
from autoscaler.model.policy import (
    ExternalMetric,
    Metric,
    Profile,
    ScalingPolicy,
)
from autoscaler.model.time import SECOND
from tests.engine.strategies import CONFIGS, MEMORIES, NAMES, NOW, SHAPES, observations, policies
from tests.engine.worlds import (
    KEY,
    TARGET,
    cpu,
    external_average,
    external_total,
    per_pod,
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
