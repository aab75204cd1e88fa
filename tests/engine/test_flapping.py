"""The flap budget: what it counts, what it lets pass, and what it takes for granted when an account was lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autoscaler.engine.explain import sentence
from autoscaler.model.decision import PolicyStatus, Reason
from autoscaler.model.guard_memory import SizeChange
from autoscaler.model.memory import Memory
from autoscaler.model.safety import FlapBudget, Safety
from autoscaler.model.time import MINUTE, SECOND
from tests.engine.guarded_world import OFF, Story, policy_with

TWENTY = replace(OFF, flap_budget=FlapBudget(pods=20, per=10 * MINUTE))


def test_starts_and_stops_are_counted_and_not_what_was_gained_by_them() -> None:
    story = Story(policy_with(TWENTY), 10)
    assert story.see_all([15, 10, 15, 10, 15, 10]) == [15, 10, 15, 10, 15, 15]
    assert story.decision.reason is Reason.FLAP_BUDGET
    assert story.why == "the flap budget is spent: 25 of 20 starts and stops in 10 min"
    assert sentence(story.decision) == (
        "Staying at 15. requests asks for 10 (667 against 1000), but the flap budget is spent: 25 of 20 starts and stops "
        "in 10 min."
    )


def test_c41_when_it_is_spent_only_increases_pass() -> None:
    story = Story(policy_with(TWENTY), 10)
    story.see_all([15, 10, 15, 10, 15])
    assert story.see_all([10, 30, 10, 40, 10]) == [15, 30, 30, 40, 40]


def test_what_is_left_of_it_may_go() -> None:
    story = Story(policy_with(TWENTY), 10)
    assert story.see_all([20, 5]) == [20, 10]
    assert story.why == "the flap budget allows 10: 10 of 20 starts and stops are spent"


def test_it_comes_back_as_changes_are_forgotten_and_says_when() -> None:
    story = Story(policy_with(TWENTY), 10)
    story.see_all([20, 10])
    assert story.see(2) == 10
    assert story.decision.next_possible_change_at == 10 * MINUTE
    assert story.see_all([2] * 38)[-2:] == [10, 2]
    assert story.second == 615


@pytest.mark.parametrize(("peak", "expected"), [(10, 20), (45, 90)])
def test_by_default_it_is_twice_the_largest_size_within_the_hour(peak: int, expected: int) -> None:
    assert FlapBudget().limit(peak) == expected


def test_one_rise_and_one_fall_never_spend_the_default_and_a_second_one_does() -> None:
    story = Story(policy_with(replace(OFF, flap_budget=FlapBudget())), 2)
    rise, fall = [4, 8, 16, 32, 64, 100], [50, 25, 12, 6, 2]
    assert story.see_all(rise + fall)[-1] == 2
    assert story.see_all(rise + fall) == [*rise, 100, 100, 100, 100, 100]


def test_an_account_that_was_lost_counts_as_spent_while_the_status_tells_of_a_change() -> None:
    story = Story(policy_with(TWENTY), 10, begin=3600)
    last = (3600 - 60) * SECOND
    story.memory = Memory(recommendations=(), status=PolicyStatus(last_scale_at=last))
    assert story.see(5) == 10
    assert story.why == "what was changed within the last 10 min is not known, so the flap budget counts as spent"
    assert story.decision.next_possible_change_at == last + 10 * MINUTE
    assert story.see_all([5] * 36)[-2:] == [10, 5]


def test_a_policy_that_begins_has_its_whole_budget() -> None:
    assert Story(policy_with(TWENTY), 10).see(5) == 5


def test_the_account_keeps_no_more_than_the_budget_looks_at() -> None:
    story = Story(policy_with(TWENTY), 10)
    story.see_all([15, 15] + [15] * 60 + [20])
    assert story.memory.guards is not None
    assert story.memory.guards.changes == (SizeChange(62 * 15 * SECOND, 15, 20),)


def test_a_target_above_a_lowered_maximum_comes_down_whatever_was_spent() -> None:
    story = Story(policy_with(TWENTY, high=100), 50)
    story.see_all([90, 90])
    story.policy = policy_with(TWENTY, high=30)
    assert story.see(90) == 30


def test_it_can_be_off() -> None:
    story = Story(policy_with(replace(Safety(), flap_budget=None, max_step_down=None, collapse=None)), 10)
    assert story.see_all([20, 10] * 20) == [20, 10] * 20
    assert story.memory.guards is None or story.memory.guards.changes is None
