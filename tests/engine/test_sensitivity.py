"""What would change the answer, and when: every boundary is a boundary, and no instant is overlooked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.engine.evaluate import evaluate, seeded
from autoscaler.engine.instants import instants_that_matter
from autoscaler.engine.search import nearest_change
from autoscaler.engine.sensitivity import Boundary, Input, sensitivities
from autoscaler.engine.variations import at_instant, scaled, uniform, with_reading, with_replicas
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import Reason
from autoscaler.model.memory import Memory, ScaleEvent
from autoscaler.model.observation import Observation, Scale, ScaleUnavailable
from autoscaler.model.policy import Behavior, ExternalMetric, Metric, ScalingPolicy
from autoscaler.model.time import MINUTE, SECOND
from tests.engine.strategies import CONFIGS, MEMORIES, observations, policies
from tests.engine.worlds import (
    BROKEN,
    DEFAULT_BEHAVIOR,
    FREE,
    at,
    cpu,
    external_average,
    external_total,
    per_pod,
    pod,
    pods,
    policy,
    remembering,
    resources,
    rule,
    rules,
    samples,
    seen,
    total,
    usage,
)

FORGOTTEN = Memory(recommendations=())


def test_a_metric_within_tolerance_tells_both_edges() -> None:
    steady = sensitivities(policy(cpu(70)), seen(0, 5, usage([700] * 5)), FORGOTTEN)[0]

    assert (steady.input, steady.now) == (Input.METRIC, 700)
    assert steady.lower == Boundary(value=569, desired=4, observed="56%")  # 57% would still ask for 5: 5 x 57/70 = 4.07
    assert steady.higher == Boundary(value=780, desired=6, observed="78%")


def test_a_metric_that_another_outvotes_changes_nothing_by_falling() -> None:
    both = policy(cpu(70), external_average("queue", "30"))
    found = sensitivities(both, seen(0, 4, usage([700] * 4), total(300_000)), FORGOTTEN)

    assert [one.lower for one in found[:2]] == [None, Boundary(value=210_000, desired=7, observed="52.5")]
    assert found[0].higher is None  # the scale-up limit of 8 is reached already


def test_a_metric_that_cannot_be_read_is_searched_from_its_target() -> None:
    lost = sensitivities(policy(cpu(70)), seen(0, 5, BROKEN), FORGOTTEN)[0]

    assert (lost.now, lost.start, lost.at_start) == (None, 700, None)
    assert lost.lower == Boundary(value=569, desired=4, observed="56%")
    assert lost.higher == Boundary(value=780, desired=6, observed="78%")


def test_replicas_tell_where_the_target_would_be_moved() -> None:
    replicas = sensitivities(policy(cpu(70), low=2, high=10), seen(0, 5, usage([700] * 5)), FORGOTTEN)[-2]

    assert (replicas.input, replicas.now) == (Input.REPLICAS, 5)
    assert replicas.lower == Boundary(value=1, desired=2)
    assert replicas.higher == Boundary(value=11, desired=10)


def test_time_tells_when_the_window_lets_go() -> None:
    fading = remembering((-250, 6), (-200, 4))
    decision, _ = evaluate(policy(cpu(70), behavior=DEFAULT_BEHAVIOR), seen(0, 5, usage([140] * 5)), fading)
    time = sensitivities(policy(cpu(70), behavior=DEFAULT_BEHAVIOR), seen(0, 5, usage([140] * 5)), fading)[-1]

    assert (decision.desired, decision.reason) == (5, Reason.STABILIZED)
    assert decision.next_possible_change_at == at(50)
    assert time.higher == Boundary(value=at(50), desired=4)
    assert decision.stages[-1].since == at(-250)


def test_without_a_scale_there_is_nothing_to_change() -> None:
    gone = Observation(at=0, scale=ScaleUnavailable(error="not found"))

    assert sensitivities(policy(cpu(70)), gone, FORGOTTEN) == ()


def test_a_binding_rate_rule_tells_when_its_limit_really_moves() -> None:
    slow = Behavior(scale_up=rules(rule("Pods", 4, 60), rule("Percent", 10, 15)), scale_down=FREE.scale_down)
    spent = Memory(recommendations=(), scale_ups=(ScaleEvent(at(-10), 3), ScaleEvent(at(-50), 1)))
    decision, _ = evaluate(policy(cpu(70), behavior=slow), seen(0, 8, usage([1_400] * 8)), spent)

    # At 5 s the Percent rule's period ends, but 8 x 1.1 is not more than the 8 that Pods allows; at 10 s one pod is free.
    assert (decision.desired, decision.reason) == (8, Reason.RATE_LIMITED)
    assert decision.next_possible_change_at == at(5)


def test_a_pace_that_leaves_the_whole_way_open_may_close() -> None:
    slow = Behavior(scale_up=FREE.scale_up, scale_down=rules(rule("Pods", 1, 15)))
    paced = ControllerConfig(paced_bounds=True)
    lowered, grown = policy(cpu(70), high=11, behavior=slow), Memory(scale_ups=(ScaleEvent(at(-5), 1),))
    observation = seen(0, 13, among=())
    decision, _ = evaluate(lowered, observation, grown, paced)
    later, _ = evaluate(lowered, at_instant(observation, at(10)), grown, paced)

    # 13 - 1 added 5 s ago were 12 when the period began: 11 may be reached, until that pod is forgotten.
    assert (decision.desired, decision.next_possible_change_at) == (11, at(10))
    assert later.desired == 12


def test_a_young_pod_comes_of_age() -> None:
    young = (*pods(4), pod("p4", started=at(-100), since=at(-20)))
    observation = seen(0, 5, usage({f"p{i}": 900 for i in range(5)}), among=young)
    decision, _ = evaluate(policy(cpu(70)), observation, FORGOTTEN)

    assert decision.proposals[0].pods is not None
    assert decision.proposals[0].pods.unready == 1
    assert decision.next_possible_change_at == at(200)


@given(policies(), observations(), MEMORIES, CONFIGS)
@settings(max_examples=150, deadline=None)
def test_before_the_next_possible_change_the_answer_stays(
    rules_of: ScalingPolicy, observation: Observation, memory: Memory, config: ControllerConfig
) -> None:
    decision, _ = evaluate(rules_of, observation, memory, config)
    if isinstance(observation.scale, ScaleUnavailable):
        return
    memory = seeded(memory, observation.scale.spec_replicas, observation.at)
    next_change = decision.next_possible_change_at
    for moment in instants_that_matter(rules_of, observation, memory, config):
        if next_change is not None and moment >= next_change:
            moment = next_change - 1
        later, _ = evaluate(rules_of, at_instant(observation, moment), memory, config)
        assert later.desired == decision.desired


@given(policies(), observations(), MEMORIES, CONFIGS, st.integers(1, 4000 * SECOND))
@settings(max_examples=150, deadline=None)
def test_between_two_instants_that_matter_nothing_changes(
    rules_of: ScalingPolicy, observation: Observation, memory: Memory, config: ControllerConfig, later: int
) -> None:
    if isinstance(observation.scale, ScaleUnavailable):
        return
    memory = seeded(memory, observation.scale.spec_replicas, observation.at)
    moments = (observation.at, *instants_that_matter(rules_of, observation, memory, config))
    moment = observation.at + later
    last = max(known for known in moments if known <= moment)

    assert (
        evaluate(rules_of, at_instant(observation, moment), memory, config)[0].desired
        == evaluate(rules_of, at_instant(observation, last), memory, config)[0].desired
    )


@given(policies(), observations(), MEMORIES, CONFIGS)
@settings(max_examples=80, deadline=None)
def test_c85_at_every_boundary_the_answer_differs_and_beside_it_it_stays(
    rules_of: ScalingPolicy, observation: Observation, memory: Memory, config: ControllerConfig
) -> None:
    scale = observation.scale
    found = sensitivities(rules_of, observation, memory, config)
    if not isinstance(scale, Scale):
        assert found == ()
        return
    memory = seeded(memory, scale.spec_replicas, observation.at)
    present = evaluate(rules_of, observation, memory, config)[0]

    def desired(changed: Observation) -> int:
        return evaluate(rules_of, changed, memory, config)[0].desired

    for index, one in enumerate(found[: len(rules_of.metrics)]):
        for boundary, step in ((one.lower, 1), (one.higher, -1)):
            if boundary is not None:
                assert desired(_metric_at(rules_of, observation, index, one.now, boundary.value)) == boundary.desired
                before = _metric_at(rules_of, observation, index, one.now, boundary.value + step)
                assert desired(before) == present.desired != boundary.desired
    time = found[-1].higher
    if time is not None:
        assert desired(at_instant(observation, time.value - 1)) == present.desired
        assert desired(at_instant(observation, time.value)) == time.desired != present.desired
    for boundary, step in ((found[-2].lower, 1), (found[-2].higher, -1)):
        if boundary is not None:
            there = evaluate(rules_of, with_replicas(observation, scale, boundary.value), memory, config)[0]
            beside = evaluate(rules_of, with_replicas(observation, scale, boundary.value + step), memory, config)[0]
            assert there.desired == boundary.desired
            assert (there.rescale, there.desired) != (beside.rescale, present.desired)
            assert beside.rescale == present.rescale


@given(
    st.integers(1, 8),
    st.sampled_from([cpu(50), cpu(80), per_pod("rps", "0.1"), external_total("queue", "0.3")]),
    st.sampled_from([None, DEFAULT_BEHAVIOR, FREE]),
    st.lists(st.integers(0, 400), min_size=8, max_size=8),
    st.integers(0, 2),
    st.integers(0, 2),
)
@settings(max_examples=25, deadline=None)
def test_c85_trying_every_value_finds_no_nearer_change(
    current: int, metric: Metric, behavior: Behavior | None, load: list[int], unready: int, missing: int
) -> None:
    small = resources(cpu="300m")
    among = tuple(pod(f"p{i}", asks=small, ready="False" if i < unready else "True") for i in range(current))
    each = load[:current][missing:]
    readings = {
        "resource": usage({f"p{missing + i}": value for i, value in enumerate(each)}),
        "metric": total(sum(load))
        if isinstance(metric, ExternalMetric)
        else samples(load[: max(current - missing, 0)]),
    }
    reading = readings["metric" if hasattr(metric, "metric") else "resource"]
    rules_of, observation = policy(metric, high=20, behavior=behavior), seen(0, current, reading, among=among)
    present, found = evaluate(rules_of, observation, FORGOTTEN)[0], sensitivities(rules_of, observation, FORGOTTEN)[0]
    if found.now is None:
        return
    for boundary, values in (
        (found.higher, range(found.now + 1, found.now + 900)),
        (found.lower, range(found.now)[::-1]),
    ):
        changed = (
            value
            for value in values
            if evaluate(rules_of, _metric_at(rules_of, observation, 0, found.now, value), FORGOTTEN)[0].desired
            != present.desired
        )
        first = next(changed, None)
        assert first is None or (boundary is not None and boundary.value == first)


def _metric_at(
    rules_of: ScalingPolicy, observation: Observation, index: int, now: int | None, value: int
) -> Observation:
    metric = rules_of.metrics[index]
    if now is None:
        return with_reading(observation, index, uniform(metric, observation, value))
    return with_reading(observation, index, scaled(observation.readings[index], metric, now, value))


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_a_single_turn_is_always_found(start: int, limit: int, turn: int) -> None:
    found = nearest_change(lambda value: value >= turn, start, limit)

    if (start >= turn) == (limit >= turn):
        assert found is None
    else:
        assert found == ((turn, True) if limit >= turn else (turn - 1, False))


@pytest.mark.parametrize("limit", [10, -10])
def test_a_run_of_other_answers_is_found_at_its_near_edge(limit: int) -> None:
    found = nearest_change(lambda value: 3 <= abs(value) <= 5, 0, limit)

    assert found == (3 if limit > 0 else -3, True)


def test_the_window_of_five_minutes_is_kept_to_the_nanosecond() -> None:
    decision, _ = evaluate(policy(cpu(70)), seen(0, 5, usage([140] * 5)), Memory())

    assert decision.next_possible_change_at == 5 * MINUTE + 1  # an entry exactly as old as the window still counts
