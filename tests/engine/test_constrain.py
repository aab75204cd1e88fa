"""Windows and rate rules, each edge on its own side."""

from __future__ import annotations

import pytest

from autoscaler.engine.constrain.rates import (
    change_within,
    limit_rate,
    limit_without_behavior,
    period_ends,
    remember_event,
    scale_down_limit,
    scale_up_limit,
)
from autoscaler.engine.constrain.stabilize import stabilize_both_ways, stabilize_downwards, window_of
from autoscaler.engine.evaluate import evaluate
from autoscaler.model.gonum import INT32_MAX, INT32_MIN
from autoscaler.model.memory import Recommendation, ScaleEvent
from autoscaler.model.policy import Behavior
from autoscaler.model.time import MINUTE, SECOND
from tests.engine.worlds import at, external_average, policy, remembering, rule, rules, seen, total

NOW = at(1000)
History = tuple[Recommendation, ...]


def history(*entries: tuple[float, int]) -> History:
    """Entries by age [s]."""
    return tuple(Recommendation(NOW - at(age), replicas) for age, replicas in entries)


@pytest.mark.parametrize(
    ("past", "desired", "expected"),
    [
        pytest.param([(90, 7)], 4, 7, id="the-highest-of-the-window-holds"),
        pytest.param([(300, 7)], 4, 7, id="exactly-as-old-as-the-window-still-counts"),
        pytest.param([(300.001, 7)], 4, 4, id="older-is-forgotten"),
        pytest.param([(90, 3)], 4, 4, id="a-lower-one-does-not-matter"),
        pytest.param([], 4, 4, id="no-history"),
    ],
)
def test_without_behavior(past: list[tuple[float, int]], desired: int, expected: int) -> None:
    assert stabilize_downwards(history(*past), desired, NOW, 5 * MINUTE).replicas == expected


@pytest.mark.parametrize(
    ("past", "desired", "expected"),
    [
        pytest.param([(30, 9)], 12, 10, id="growing-waits-for-the-lowest-of-the-window"),
        pytest.param([(30, 11)], 12, 11, id="which-may-itself-be-growth"),
        pytest.param([(60, 9)], 12, 12, id="exactly-as-old-as-the-up-window-is-out"),
        pytest.param([(59.999, 9)], 12, 10, id="just-inside-it-holds"),
        pytest.param([(299.999, 9)], 5, 9, id="shrinking-waits-for-the-highest-of-the-window"),
        pytest.param([(300, 9)], 5, 5, id="exactly-as-old-as-the-down-window-is-out"),
        pytest.param([(200, 14)], 5, 10, id="an-old-peak-keeps-the-present-size-not-itself"),
        pytest.param([(30, 3), (200, 14)], 8, 10, id="both-windows-disagree-so-stay"),
    ],
)
def test_with_behavior(past: list[tuple[float, int]], desired: int, expected: int) -> None:
    held = stabilize_both_ways(history(*past), 10, desired, NOW, MINUTE, 5 * MINUTE)

    assert held.replicas == expected


def test_the_last_old_entry_is_overwritten_in_place() -> None:
    past = history((400, 1), (500, 2), (10, 3))
    written = stabilize_both_ways(past, 3, 3, NOW, 0, 5 * MINUTE).history

    assert written == (past[0], Recommendation(NOW, 3), past[2])
    assert stabilize_downwards(past, 3, NOW, 5 * MINUTE).history == written


def test_an_entry_on_the_edge_neither_counts_nor_is_overwritten() -> None:
    past = history((300, 9))
    held = stabilize_both_ways(past, 5, 4, NOW, 0, 5 * MINUTE)

    assert (held.replicas, held.history) == (4, (*past, Recommendation(NOW, 4)))


def test_an_entry_old_for_one_window_only_stays() -> None:
    past = history((100, 9))

    assert stabilize_both_ways(past, 5, 5, NOW, 0, 5 * MINUTE).history[0] == past[0]


def test_the_hold_ends_when_its_last_holder_leaves_the_window() -> None:
    past = history((200, 9), (100, 9), (50, 7))

    assert stabilize_both_ways(past, 9, 5, NOW, 0, 5 * MINUTE).until == at(900) + 5 * MINUTE
    assert stabilize_downwards(past, 5, NOW, 5 * MINUTE).until == at(900) + 5 * MINUTE + 1
    assert stabilize_both_ways(past, 5, 12, NOW, MINUTE, 0).until == at(950) + MINUTE
    assert stabilize_both_ways(past, 9, 9, NOW, 0, 5 * MINUTE).until is None


@pytest.mark.parametrize(("seconds", "expected"), [(0, 0), (60, MINUTE), (None, 5 * SECOND)])
def test_an_absent_window_is_the_default_in_whole_seconds(seconds: int | None, expected: int) -> None:
    assert window_of(seconds, 5 * SECOND + 999) == expected


def events(*entries: tuple[float, int]) -> tuple[ScaleEvent, ...]:
    """Changes by age [s]."""
    return tuple(ScaleEvent(NOW - at(age), change) for age, change in entries)


def test_both_lists_count_in_both_directions() -> None:
    ups, downs = events((10, 4)), events((20, 1))

    assert scale_up_limit(rules(rule("Pods", 2, 60)), ups, downs, 10, NOW) == 9
    assert scale_down_limit(rules(rule("Pods", 2, 60)), ups, downs, 10, NOW) == 5


def test_each_rule_has_its_own_period() -> None:
    both = rules(rule("Pods", 2, 15), rule("Pods", 9, 60))

    assert scale_up_limit(both, events((30, 5)), (), 10, NOW) == 14


@pytest.mark.parametrize(("age", "counted"), [(59.999, 3), (60, 0)])
def test_a_change_exactly_as_old_as_the_period_is_outside(age: float, counted: int) -> None:
    assert change_within(events((age, 3)), 60, NOW) == counted
    ends = period_ends(rules(rule("Pods", 1, 60)), events((age, 3), (1, 1)), NOW)
    assert ends == [NOW + at(60 - second) for second in (age, 1) if second < 60]


def test_a_period_ends_once_for_each_rule_and_change_and_never_in_the_past() -> None:
    both, changes = rules(rule("Pods", 1, 60), rule("Pods", 1, 15)), events((60, 1), (14, 1), (1, 1))

    assert period_ends(both, changes, NOW) == [NOW + at(1), NOW + at(14), NOW + at(46), NOW + at(59)]


@pytest.mark.parametrize(("percent", "start", "up"), [(10, 100, 111), (100, 7, 14), (50, 3, 5), (1, 1, 2)])
def test_percent_up_is_upstreams_double_rounded_up(percent: int, start: int, up: int) -> None:
    assert scale_up_limit(rules(rule("Percent", percent, 60)), (), (), start, NOW) == up


@pytest.mark.parametrize(("percent", "start", "down"), [(90, 10, 0), (50, 3, 1), (100, 5, 0), (200, 5, -5), (1, 1, 0)])
def test_percent_down_is_upstreams_double_truncated(percent: int, start: int, down: int) -> None:
    assert scale_down_limit(rules(rule("Percent", percent, 60)), (), (), start, NOW) == down


@pytest.mark.parametrize(("select", "up", "down"), [("Max", 20, 5), ("Min", 13, 7), ("Disabled", 10, 10)])
def test_which_rule_wins(select: str, up: int, down: int) -> None:
    both = rules(rule("Pods", 3, 60), rule("Percent", 100, 60), select=select)
    halves = rules(rule("Pods", 3, 60), rule("Percent", 50, 60), select=select)

    assert scale_up_limit(both, (), (), 10, NOW) == up
    assert scale_down_limit(halves, (), (), 10, NOW) == down


def test_no_rules_are_no_proposal_at_all() -> None:
    assert scale_up_limit(rules(select="Max"), (), (), 10, NOW) == INT32_MIN
    assert scale_up_limit(rules(select="Min"), (), (), 10, NOW) == INT32_MAX
    assert scale_down_limit(rules(select="Max"), (), (), 10, NOW) == INT32_MAX
    assert scale_down_limit(rules(select="Min"), (), (), 10, NOW) == INT32_MIN


ONE_A_MINUTE = Behavior(scale_up=rules(rule("Pods", 1, 60)), scale_down=rules(rule("Pods", 1, 60)))


@pytest.mark.parametrize(
    ("current", "desired", "ups", "downs", "expected"),
    [
        pytest.param(5, 9, (), (), (6, "ScaleUpLimit"), id="up"),
        pytest.param(5, 6, (), (), (6, "DesiredWithinRange"), id="up-to-the-limit"),
        pytest.param(5, 1, (), (), (4, "ScaleDownLimit"), id="down"),
        pytest.param(5, 9, events((1, 3)), (), (5, "ScaleUpLimit"), id="used-up-never-turns-around"),
        pytest.param(5, 1, (), events((1, 3)), (5, "ScaleDownLimit"), id="used-up-downwards"),
        pytest.param(9, 99, (), (), (10, "TooManyReplicas"), id="the-maximum-comes-first"),
        pytest.param(3, 0, (), (), (2, "TooFewReplicas"), id="the-minimum-comes-first"),
        pytest.param(50, 50, (), (), (50, "DesiredWithinRange"), id="staying-is-never-clamped"),
    ],
)
def test_limits(
    current: int,
    desired: int,
    ups: tuple[ScaleEvent, ...],
    downs: tuple[ScaleEvent, ...],
    expected: tuple[int, str],
) -> None:
    limited = limit_rate(ONE_A_MINUTE, ups, downs, current, desired, (2, 10), NOW)

    assert (limited.replicas, limited.reason) == expected


@pytest.mark.parametrize(
    ("current", "desired", "expected"),
    [
        pytest.param(1, 9, (4, "ScaleUpLimit"), id="at-least-four"),
        pytest.param(3, 9, (6, "ScaleUpLimit"), id="at-most-double"),
        pytest.param(9, 99, (10, "TooManyReplicas"), id="maximum"),
        pytest.param(9, 1, (2, "TooFewReplicas"), id="minimum-at-once"),
        pytest.param(3, 5, (5, "DesiredWithinRange"), id="within"),
    ],
)
def test_limits_without_behavior(current: int, desired: int, expected: tuple[int, str]) -> None:
    limited = limit_without_behavior(current, desired, (2, 10), 2.0, 4.0)

    assert (limited.replicas, limited.reason) == expected


def test_events_are_marked_by_their_own_directions_longest_period_and_the_last_is_overwritten() -> None:
    past = events((100, 1), (61, 2), (10, 3))
    stored = remember_event(past, rules(rule("Pods", 1, 60), rule("Pods", 1, 15)), 7, NOW)

    assert stored == (
        ScaleEvent(NOW - at(100), 1, outdated=True),
        ScaleEvent(NOW, 7),
        ScaleEvent(NOW - at(10), 3),
    )


def test_an_event_exactly_as_old_as_the_longest_period_is_kept() -> None:
    past = events((60, 2))

    assert remember_event(past, rules(rule("Pods", 1, 60)), 7, NOW) == (*past, ScaleEvent(NOW, 7))


def test_without_rules_every_past_event_may_go() -> None:
    assert remember_event(events((1, 2)), rules(), 7, NOW) == (ScaleEvent(NOW, 7),)


def test_a_binding_rate_says_when_it_frees() -> None:
    watched = policy(external_average("q", "1"), behavior=ONE_A_MINUTE)
    memory = remembering()
    decision, _ = evaluate(watched, seen(1000, 5, total(9000), among=()), memory)
    assert decision.next_possible_change_at is None  # nothing was changed before, so nothing frees
    used = type(memory)(recommendations=(), scale_ups=events((20, 1)))
    held, _ = evaluate(watched, seen(1000, 5, total(9000), among=()), used)

    assert (held.desired, held.reason.value) == (5, "RateLimited")
    assert held.next_possible_change_at == at(980) + MINUTE
