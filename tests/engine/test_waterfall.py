"""The figures behind each step: windows and what they hold, rate rules and what they have left."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.engine.constrain.budgets import Budget, budgets
from autoscaler.engine.constrain.rates import scale_down_limit, scale_up_limit
from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.variations import scaled, uniform, with_reading, with_replicas
from autoscaler.engine.waterfall import Waterfall, waterfall
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig
from autoscaler.model.memory import Memory, Recommendation, ScaleEvent
from autoscaler.model.observation import NoReading, Observation, Scale
from autoscaler.model.policy import Behavior, ScalingPolicy, ScalingRules, SelectPolicy
from autoscaler.model.time import MINUTE, SECOND
from tests.engine.strategies import CONFIGS, MEMORIES, NOW, RULES, observations, policies
from tests.engine.worlds import (
    BROKEN,
    DEFAULT_BEHAVIOR,
    at,
    container_cpu,
    cpu,
    external_average,
    object_total,
    object_value,
    per_pod,
    policy,
    remembering,
    rule,
    rules,
    samples,
    seen,
    total,
    usage,
)


def explained(rules_of: ScalingPolicy, observation: Observation, memory: Memory) -> Waterfall | None:
    """Decide, and work the steps out."""
    decision, _ = evaluate(rules_of, observation, memory)
    return waterfall(rules_of, decision, memory)


def test_every_rule_tells_where_it_started_and_what_is_left() -> None:
    spent = Memory(scale_ups=(ScaleEvent(at(-10), 2), ScaleEvent(at(-40), 3)), scale_downs=(ScaleEvent(at(-50), 1),))
    pods, percent = rule("Pods", 4, 15), rule("Percent", 100, 60)

    assert budgets(rules(pods, percent), spent, 8, 0, grows=True) == (
        Budget(rule=pods, start=6, limit=10, left=2, frees_at=at(5), binds=True),
        Budget(rule=percent, start=4, limit=8, left=0, frees_at=at(10), binds=False),
    )
    assert [one.binds for one in budgets(rules(pods, percent, select="Min"), spent, 8, 0, grows=True)] == [False, True]


def test_shrinking_counts_downwards() -> None:
    pods, percent = rule("Pods", 1, 60), rule("Percent", 50, 60)
    shrunk = Memory(scale_downs=(ScaleEvent(at(-59), 1),))

    assert budgets(rules(pods, percent), shrunk, 8, 0, grows=False) == (
        Budget(rule=pods, start=9, limit=8, left=0, frees_at=at(1), binds=False),
        Budget(rule=percent, start=9, limit=4, left=4, frees_at=at(1), binds=True),
    )
    assert [one.binds for one in budgets(rules(pods, percent, select="Min"), shrunk, 8, 0, grows=False)] == [
        True,
        False,
    ]


def test_a_disabled_direction_has_no_budgets() -> None:
    assert budgets(rules(rule("Pods", 1, 60), select="Disabled"), Memory(), 8, 0, grows=False) == ()
    assert budgets(rules(), Memory(), 8, 0, grows=True) == ()


@given(RULES, MEMORIES, st.integers(0, 60), st.booleans())
def test_the_rule_that_binds_gives_the_limit(
    given_rules: ScalingRules, memory: Memory, current: int, grows: bool
) -> None:
    found = budgets(given_rules, memory, current, NOW, grows=grows)
    limit = (scale_up_limit if grows else scale_down_limit)(
        given_rules, memory.scale_ups, memory.scale_downs, current, NOW
    )

    assert {one.limit for one in found if one.binds} == ({limit} if found else set())
    assert all(one.left == max((one.limit - current) * (1 if grows else -1), 0) for one in found)
    assert all(one.frees_at is None or one.frees_at > NOW for one in found)


def test_the_entry_that_holds_is_the_last_that_is_high_enough() -> None:
    memory = remembering((-200, 9), (-100, 8), (-50, 4), (-400, 20))
    steps = explained(policy(cpu(70), behavior=DEFAULT_BEHAVIOR), seen(0, 8, usage([140] * 8)), memory)

    assert steps is not None
    assert (steps.asked, steps.held, steps.desired, steps.current) == (2, 8, 8, 8)
    assert steps.windows.held_by == Recommendation(at(-100), 8)  # once it is forgotten, fewer than 8 are possible
    assert steps.windows.remembered == (
        Recommendation(at(-200), 9),
        Recommendation(at(-100), 8),
        Recommendation(at(-50), 4),
    )
    assert (steps.windows.up, steps.windows.down, steps.rates) == (0, 5 * MINUTE, None)


def test_growing_is_held_by_the_last_that_is_low_enough() -> None:
    slow = Behavior(scale_up=rules(rule("Pods", 100, 15), window=60), scale_down=rules(rule("Pods", 100, 15)))
    memory = remembering((-50, 4), (-30, 5), (-10, 7))
    steps = explained(policy(cpu(70), behavior=slow), seen(0, 5, usage([1_400] * 5)), memory)

    assert steps is not None
    assert (steps.asked, steps.held, steps.desired) == (10, 5, 5)
    assert steps.windows.held_by == Recommendation(at(-30), 5)


def test_without_behavior_there_is_a_fixed_limit_upwards_only() -> None:
    up = explained(policy(cpu(70)), seen(0, 3, usage([3_000] * 3)), Memory(recommendations=()))
    down = explained(policy(cpu(70)), seen(0, 8, usage([140] * 8)), Memory(recommendations=()))

    assert up is not None
    assert up.rates is not None
    assert (up.rates.grows, up.rates.select, up.rates.limit, up.windows.up) == (True, None, 6, None)
    assert down is not None
    assert down.rates is not None
    assert (down.rates.grows, down.rates.limit, down.rates.budgets) == (False, None, ())


def test_without_behavior_an_entry_as_old_as_the_window_is_still_remembered() -> None:
    steps = explained(policy(cpu(70)), seen(0, 8, usage([700] * 8)), remembering((-300, 8), (-301, 9)))

    assert steps is not None
    assert steps.windows.remembered == (Recommendation(at(-300), 8),)


@pytest.mark.parametrize(
    "observation",
    [
        pytest.param(seen(0, 5, BROKEN), id="no-metric"),
        pytest.param(seen(0, 500, usage([700] * 5)), id="outside-the-bounds"),
        pytest.param(seen(0, 0, usage([700] * 5)), id="switched-off"),
    ],
)
def test_there_are_no_steps_where_the_metrics_were_not_followed(observation: Observation) -> None:
    assert explained(policy(cpu(70)), observation, Memory()) is None


def test_a_failed_metric_that_forbids_shrinking_leaves_no_steps() -> None:
    both = policy(cpu(70), external_average("queue", "30"))

    assert explained(both, seen(0, 5, usage([140] * 5), BROKEN), Memory()) is None
    assert explained(both, seen(0, 5, usage([1400] * 5), BROKEN), Memory()) is not None


@given(policies(), observations(), MEMORIES, CONFIGS)
@settings(max_examples=150, deadline=None)
def test_the_steps_lead_to_the_answer(
    rules_of: ScalingPolicy, observation: Observation, memory: Memory, config: ControllerConfig
) -> None:
    decision, _ = evaluate(rules_of, observation, memory, config)
    steps = waterfall(rules_of, decision, memory, config)
    if steps is None:
        return
    assert steps.desired == decision.desired
    held = steps.windows.held_by
    assert (held is not None) == (steps.held != steps.asked)
    if held is not None:
        assert held.replicas >= steps.held if steps.held > steps.asked else held.replicas <= steps.held
    if steps.rates is None:
        assert steps.held == steps.current
    elif steps.rates.select is not SelectPolicy.DISABLED and steps.rates.limit is not None:
        room = min(steps.rates.limit, steps.high) if steps.rates.grows else max(steps.rates.limit, steps.low)
        met = min(steps.held, room) if steps.rates.grows else max(steps.held, room)
        assert steps.desired in (met, steps.low)  # from its own zero a target is lifted to the minimum


def test_a_reading_is_scaled_pod_by_pod() -> None:
    twice = scaled(usage([100, 300, 0]), cpu(70), 133, 266)
    assert [pod.containers[0].usage for pod in twice.pods] == [(("cpu", 200),), (("cpu", 600),), (("cpu", 0),)]  # type: ignore[union-attr]  # of its kind
    assert scaled(usage([100, 301]), cpu(70), 200, 200) == usage([100, 301])
    assert scaled(usage([100, 301]), cpu(70), 200, 201) == usage([101, 303])  # rounded up
    assert scaled(usage([0, 0]), cpu(70), 0, 50) == usage([50, 50])  # nothing to scale: alike
    assert scaled(usage([10, 20], "memory"), cpu(70), 15, 30) == usage([10, 20], "memory")
    assert scaled(samples([100, 300]), per_pod("rps", "1"), 200, 100) == samples([50, 150])
    assert scaled(object_value(7), object_total("hits", "1"), 7, 9) == object_value(9)
    assert scaled(total(3, 4), external_average("queue", "1"), 7, 9) == total(9)
    assert scaled(total(3, 4), external_average("queue", "1"), 7, 7) == total(3, 4)
    assert scaled(BROKEN, cpu(70), 7, 9) is BROKEN
    assert scaled(usage([100]), container_cpu("app", 70), 100, 200) == usage([200])
    assert scaled(usage([100]), container_cpu("other", 70), 100, 200) == usage([100])


def test_a_reading_is_made_up_for_every_pod() -> None:
    world = seen(0, 2)

    assert [one.value for one in uniform(per_pod("rps", "1"), world, 5).samples] == [5, 5]  # type: ignore[union-attr]  # of its kind
    made = uniform(container_cpu("app", 70), world, 5)
    assert [(one.pod, one.containers[0].name, one.containers[0].usage) for one in made.pods] == [  # type: ignore[union-attr]  # of its kind
        ("p0", "app", (("cpu", 5),)),
        ("p1", "app", (("cpu", 5),)),
    ]
    assert uniform(external_average("queue", "1"), world, 5) == total(5)
    assert uniform(object_total("hits", "1"), world, 5) == object_value(5)


def test_one_thing_is_changed_and_nothing_else() -> None:
    world = seen(0, 3, BROKEN, status_replicas=2)
    scale = world.scale
    assert isinstance(scale, Scale)

    assert with_replicas(world, scale, 5).scale == Scale(spec_replicas=5, status_replicas=4, selector="app=web")
    assert with_replicas(world, scale, 0).scale == Scale(spec_replicas=0, status_replicas=0, selector="app=web")
    assert with_reading(world, 2, total(1)).readings == (
        BROKEN,
        NoReading(error="the metric was not read"),
        total(1),
    )
    assert with_reading(world, 0, total(1)).pods == world.pods


def test_windows_default_as_the_controller_is_configured() -> None:
    short = ControllerConfig(downscale_stabilization=90 * SECOND)
    decision, _ = evaluate(policy(cpu(70), behavior=DEFAULT_BEHAVIOR), seen(0, 3, usage([700] * 3)), Memory(), short)
    steps = waterfall(policy(cpu(70), behavior=DEFAULT_BEHAVIOR), decision, Memory(), short)

    assert steps is not None
    assert steps.windows.down == 90 * SECOND
    assert (steps.tolerance.low, steps.tolerance.high) == (0.9, 1.1)
    assert DEFAULT_CONFIG.downscale_stabilization == 5 * MINUTE
