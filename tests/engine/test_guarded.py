"""The guarded profile: nothing shrinks on doubtful data or too fast, people's words count, and growth is never held back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.explain import sentence
from autoscaler.engine.settle import settle
from autoscaler.model.controller_config import DEFAULT_CONFIG
from autoscaler.model.decision import Decision, Reason, WriteOutcome, WriteResult
from autoscaler.model.memory import Memory, Recommendation
from autoscaler.model.observation import (
    ContainerSpec,
    ContainerUsage,
    ExternalReading,
    Observation,
    Pod,
    PodResources,
    PodUsage,
    ReadyCondition,
    ResourceReading,
    Scale,
)
from autoscaler.model.policy import (
    ExternalMetric,
    MetricName,
    MetricTarget,
    ObjectRef,
    PolicyKey,
    Profile,
    ResourceMetric,
    ScalingPolicy,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.safety import Collapse, Guarding, Hold, Safety
from autoscaler.model.time import HOUR, MINUTE, SECOND

NOW = 100 * HOUR
OFF = Safety(max_sample_age=None, min_coverage=None, max_step_down=None, max_step_up=None, collapse=None)
CPU = ResourceMetric(resource="cpu", target=MetricTarget(type="Utilization", average_utilization=50))
DEPTH = ExternalMetric(
    metric=MetricName(name="depth"), target=MetricTarget(type="AverageValue", average_value=Quantity.parse("10"))
)
#: shrinks as soon as it is asked to: the stabilization window is not what is tested here
HASTY = replace(DEFAULT_CONFIG, downscale_stabilization=0)


def policy(safety: Safety = OFF, metric: ResourceMetric | ExternalMetric = CPU, **guarding: object) -> ScalingPolicy:
    return ScalingPolicy(
        key=PolicyKey(namespace="shop", name="web"),
        target=ObjectRef(api_version="apps/v1", kind="Deployment", name="web"),
        min_replicas=1,
        max_replicas=100,
        metrics=(metric,),
        profile=Profile.GUARDED,
        guarding=Guarding(safety=safety, **guarding),  # type: ignore[arg-type]  # the test names fields
    )


RESOURCES = PodResources(containers=(ContainerSpec(name="app", requests=(("cpu", Quantity.parse("1")),)),))


def seen(replicas: int, percent: int, *, age: int = 10, with_sample: int | None = None, at: int = NOW) -> Observation:
    """``replicas`` ready pods that use ``percent`` of their request, of which ``with_sample`` have a sample."""
    since = at - HOUR
    ready = ReadyCondition(status="True", last_transition=since)
    pods = tuple(Pod(name=f"web-{i}", resources=RESOURCES, started_at=since, ready=ready) for i in range(replicas))
    usage = (("cpu", percent * 10),)
    samples = tuple(
        PodUsage(
            pod=pod.name, containers=(ContainerUsage(name="app", usage=usage),), at=at - age * SECOND, window=SECOND
        )
        for pod in pods[:with_sample]
    )
    scale = Scale(spec_replicas=replicas, status_replicas=replicas, selector="app=web")
    return Observation(at=at, scale=scale, pods=pods, readings=(ResourceReading(pods=samples),))


def decide(policy: ScalingPolicy, observation: Observation, memory: Memory | None = None) -> Decision:
    return evaluate(policy, observation, memory or Memory(recommendations=()), HASTY)[0]


def test_without_guards_it_decides_as_upstream_does() -> None:
    exact = replace(policy(), guarding=None, profile=Profile.EXACT)
    for percent in (0, 20, 49, 60, 300):
        assert decide(policy(), seen(10, percent)) == decide(exact, seen(10, percent))


def test_a_stale_sample_is_missing_and_shrinks_nothing() -> None:
    fresh, stale = seen(10, 20, age=90), seen(10, 20, age=91)
    aged = policy(replace(OFF, max_sample_age=90 * SECOND))

    assert decide(aged, fresh).desired == 4
    held = decide(aged, stale)
    assert (held.desired, held.reason) == (10, Reason.METRIC_MISSING)
    assert decide(policy(), stale).desired == 4, "upstream never looks at a sample's age"


def test_a_stale_total_says_how_old_it_is() -> None:
    depth = policy(replace(OFF, max_sample_age=90 * SECOND), DEPTH)
    observation = structs.replace(seen(10, 0), readings=(ExternalReading(values=(20_000,), at=NOW - 95 * SECOND),))
    decision = decide(depth, observation)
    assert decision.desired == 10
    assert "its sample is 95 s old; the limit is 90 s" in decision.proposals[0].error


def test_a_sample_from_the_future_is_missing_beyond_half_a_minute_of_skew() -> None:
    aged = policy(replace(OFF, max_sample_age=90 * SECOND))
    assert decide(aged, seen(10, 20, age=-30)).desired == 4
    assert decide(aged, seen(10, 20, age=-31)).desired == 10


@pytest.mark.parametrize(("with_sample", "expected"), [(9, 6), (8, 8), (7, 10)])
def test_where_too_few_pods_have_a_sample_nothing_shrinks(with_sample: int, expected: int) -> None:
    decision = decide(policy(replace(OFF, min_coverage=0.8)), seen(10, 20, with_sample=with_sample))
    assert decision.desired == expected
    if expected == 10:
        assert decision.reason is Reason.METRIC_PARTIAL
        assert sentence(decision) == (
            "Staying at 10. cpu asks for 9 (20% against 50%), but only 7 of 10 pods have a sample, less than 80%."
        )


def test_poor_coverage_never_stops_growth() -> None:
    assert decide(policy(replace(OFF, min_coverage=0.8)), seen(10, 300, with_sample=5)).desired > 10


@pytest.mark.parametrize(("percent", "expected"), [(30, 6), (25, 5), (1, 5)])
def test_a_step_takes_away_half_at_most(percent: int, expected: int) -> None:
    assert decide(policy(replace(OFF, max_step_down=0.5)), seen(10, percent)).desired == expected


@pytest.mark.parametrize(("current", "expected"), [(1, 5), (2, 6), (10, 20)])
def test_a_step_adds_no_more_than_its_multiple_or_four_pods(current: int, expected: int) -> None:
    decision = decide(policy(replace(OFF, max_step_up=2.0)), seen(current, 1000))
    assert (decision.desired, decision.reason) == (min(expected, max(2 * current, 4)), decision.reason)


def collapse_of(minutes: int) -> ScalingPolicy:
    return policy(replace(OFF, collapse=Collapse(drop=0.8, confirm=minutes * MINUTE)))


def test_a_collapse_has_to_last() -> None:
    guarded, memory = collapse_of(5), Memory(recommendations=())
    story = []
    for second in range(0, 331, 30):
        decision, after = evaluate(guarded, seen(10, 5, at=NOW + second * SECOND), memory, HASTY)
        _, memory = settle(guarded, decision, after, WriteOutcome(result=WriteResult.NOT_NEEDED), HASTY)
        story.append((second, decision.desired))
    assert story == [(second, 10) for second in range(0, 300, 30)] + [(300, 1), (330, 1)]


def test_a_collapse_that_is_interrupted_begins_again() -> None:
    guarded, memory = collapse_of(1), Memory(recommendations=())
    story = []
    for second, percent in ((0, 5), (30, 5), (45, 50), (60, 5), (90, 5), (119, 5), (120, 5)):
        decision, memory = evaluate(guarded, seen(10, percent, at=NOW + second * SECOND), memory, HASTY)
        story.append(decision.desired)
    assert story == [10, 10, 10, 10, 10, 10, 1]


def test_a_collapse_says_until_when_it_is_doubted() -> None:
    decision = decide(collapse_of(5), seen(10, 5))
    assert decision.reason is Reason.CONFIRMING
    assert decision.next_possible_change_at == NOW + 5 * MINUTE
    assert [stage.why for stage in decision.stages if stage.stage == "guards"] == [
        "a fall of more than 80% has to be asked for throughout 300 s before it is believed"
    ]


def test_pauses_stop_one_direction() -> None:
    down, up = policy(pause_scale_down=True), policy(pause_scale_up=True)
    assert [decide(down, seen(10, percent)).desired for percent in (20, 100)] == [10, 20]
    assert [decide(up, seen(10, percent)).desired for percent in (20, 100)] == [4, 10]
    assert decide(up, seen(10, 100)).reason is Reason.PAUSED


def test_a_hold_counts_until_it_ends_whatever_the_metrics_say() -> None:
    hold = Hold(replicas=30, until=NOW + HOUR, author="ann", reason="sale")
    held = policy(hold=hold, pause_scale_up=True)
    decision = decide(held, seen(10, 20))
    assert (decision.desired, decision.reason, decision.rescale) == (30, Reason.HELD, True)
    assert (
        sentence(decision) == "Growing from 10 to 30. cpu asks for 4 (20% against 50%), but ann holds it at 30: sale."
    )
    assert decide(held, seen(30, 20)).desired == 30
    missing = structs.replace(seen(30, 20), readings=(ResourceReading(pods=()),))
    assert decide(held, missing).desired == 30
    assert decide(held, seen(30, 20, at=NOW + HOUR)).desired == 12


def test_a_hold_above_the_maximum_counts_as_the_maximum_and_wakes_nothing_that_was_switched_off() -> None:
    hold = Hold(replicas=300, until=NOW + HOUR, author="ann", reason="sale")
    assert decide(policy(hold=hold), seen(10, 20)).desired == 100
    assert decide(policy(hold=hold), seen(0, 0)).desired == 0


def test_every_guard_is_on_by_default_and_the_memory_of_a_window_still_counts() -> None:
    guarded = policy(Safety())
    memory = Memory(recommendations=(Recommendation(NOW - MINUTE, 9),))
    decision, _ = evaluate(guarded, seen(10, 1), memory, DEFAULT_CONFIG)
    assert decision.desired == 10, "a fall to 1 is not believed at once"
    assert decide(guarded, seen(10, 20)).desired == 5, "half at most"
