"""Numbers that people impose: which counts, how far they reach, and the gentle way back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autoscaler.model.decision import Reason
from autoscaler.model.safety import Hold
from autoscaler.model.time import HOUR, MINUTE, SECOND
from tests.engine.guarded_world import OFF, Story, policy_with

GENTLE = replace(OFF, hold_return=0.05)


def hold(replicas: int, until: int = MINUTE, **more: object) -> Hold:
    return Hold(replicas=replicas, until=until, author="ann", reason="sale", **more)  # type: ignore[arg-type]


def test_c50_a_pin_of_30_is_let_go_of_by_a_twentieth_in_each_period_until_the_metrics_number_is_reached() -> None:
    story = Story(policy_with(GENTLE, hold=hold(30)), 12)
    assert story.see_all([12] * 4) == [30, 30, 30, 30]
    assert story.see_all([12] * 19) == [
        29,
        28,
        26,
        25,
        24,
        23,
        21,
        20,
        19,
        18,
        18,
        17,
        16,
        15,
        14,
        14,
        13,
        13,
        13,
    ]  # 12 is within tolerance of 13


def test_the_way_back_says_what_it_is_and_when_it_goes_on() -> None:
    story = Story(policy_with(GENTLE, hold=hold(30)), 12)
    story.see_all([12] * 5)
    assert story.decision.reason is Reason.RETURNING
    assert story.why == "29 on the way back from 30, which was imposed: 5% at most in each period"
    assert story.decision.next_possible_change_at == 75 * SECOND


def test_the_way_back_can_be_switched_off() -> None:
    story = Story(policy_with(OFF, hold=hold(30)), 12)
    assert story.see_all([12] * 6) == [30, 30, 30, 30, 12, 12]


def test_the_way_back_waits_while_the_metrics_are_away() -> None:
    story = Story(policy_with(GENTLE, hold=hold(30)), 12)
    assert story.see_all([12] * 5 + [None] * 10 + [12] * 2) == [30] * 4 + [29] + [29] * 10 + [28, 27]


def test_a_hold_that_is_taken_back_before_its_end_is_left_as_gently() -> None:
    story = Story(policy_with(GENTLE, hold=hold(30, HOUR)), 12)
    story.see_all([12] * 3)
    story.policy = policy_with(GENTLE)
    assert story.see_all([12] * 3) == [29, 28, 26]


def test_growth_ends_the_way_back() -> None:
    story = Story(policy_with(GENTLE, hold=hold(30)), 12)
    assert story.see_all([12] * 5 + [40, 12]) == [30] * 4 + [29, 40, 12]


@pytest.mark.parametrize(("asked", "expected"), [(12, 30), (45, 45)])
def test_c50_a_floor_leaves_the_metrics_free_to_ask_for_more(asked: int, expected: int) -> None:
    assert Story(policy_with(OFF, hold=hold(30, is_floor=True)), 29).see(asked) == expected


def test_c50_of_several_holds_the_newest_in_force_counts() -> None:
    first = hold(30, HOUR, begin=0)
    second = hold(20, 90 * SECOND, begin=30 * SECOND)
    story = Story(policy_with(OFF, holds=(second, first)), 12)
    assert story.see_all([12] * 8) == [30, 30, 20, 20, 20, 20, 30, 30]


def test_of_holds_that_do_not_say_when_they_began_the_last_one_counts() -> None:
    assert Story(policy_with(OFF, hold=hold(30), holds=(hold(25), hold(20))), 12).see(12) == 20


def test_a_hold_below_the_minimum_is_written_also_while_the_metrics_are_away() -> None:
    story = Story(policy_with(OFF, hold=hold(1)), 12)
    assert story.see_all([None, 12, None]) == [1, 1, 1]


def test_a_hold_above_the_maximum_counts_as_the_maximum() -> None:
    assert Story(policy_with(OFF, hold=hold(1000)), 12).see(12) == 100


def test_the_event_of_a_hold_names_its_author() -> None:
    story = Story(policy_with(OFF, hold=hold(30)), 12)
    story.see(12)
    assert story.decision.rescale_reason == "ann holds it at 30: sale"
