"""Metrics that stay away: what stands in for them, from when, how far, and how they are trusted again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autoscaler.engine.guarded.usual import remember_usual, usual_at
from autoscaler.model.decision import Reason
from autoscaler.model.guard_memory import Usual
from autoscaler.model.safety import Fallback, FallbackUse, Planned
from autoscaler.model.time import HOUR, MINUTE
from autoscaler.model.windows import DAY, Window
from tests.engine.guarded_world import OFF, Story, policy_with

ALWAYS = Window(days=(0, 1, 2, 3, 4, 5, 6), begin=0, end=24 * 60)


def blind(story: Story, passes: int) -> list[int]:
    return story.see_all([None] * passes)


def with_fallback(use: FallbackUse, **more: object) -> Story:
    """A policy at 10 whose metric just asked for 12, and then is away: after a minute something stands in."""
    fallback = Fallback(after=MINUTE, use=use, **more)  # type: ignore[arg-type]  # the test names fields
    story = Story(policy_with(replace(OFF, fallback=fallback), high=40), 10)
    assert story.see(12) == 12
    story.size = 10  # somebody took two away
    return story


@pytest.mark.parametrize(
    ("use", "more", "expected"),
    [
        pytest.param(FallbackUse.HOLD, {}, 10, id="hold"),
        pytest.param(FallbackUse.LAST_GOOD, {}, 12, id="what-was-last-asked-for"),
        pytest.param(FallbackUse.FIXED, {"replicas": 25}, 25, id="fixed"),
        pytest.param(FallbackUse.MAX, {}, 40, id="the-maximum"),
        pytest.param(FallbackUse.SCHEDULE, {"rows": (Planned(window=ALWAYS, replicas=18),)}, 18, id="plan"),
        pytest.param(FallbackUse.SCHEDULE, {}, 10, id="nothing-planned"),
        pytest.param(FallbackUse.SCHEDULE, {"replicas": 15}, 15, id="plan-for-other-hours"),
        pytest.param(FallbackUse.FORECAST, {}, 10, id="no-day-known"),
        pytest.param(FallbackUse.FIXED, {"replicas": 100}, 40, id="never-above-the-maximum"),
        pytest.param(FallbackUse.FIXED, {"replicas": 5}, 10, id="never-less-than-there-is"),
        pytest.param(FallbackUse.FIXED, {"replicas": 5, "allow_decrease": True}, 5, id="unless-allowed"),
        pytest.param(FallbackUse.FIXED, {"replicas": 0, "allow_decrease": True}, 2, id="never-below-the-minimum"),
    ],
)
def test_what_stands_in_does_so_after_a_while_and_not_before(
    use: FallbackUse, more: dict[str, object], expected: int
) -> None:
    story = with_fallback(use, **more)
    assert blind(story, 6) == [10, 10, 10, 10, expected, expected]


def test_it_says_what_stands_in_and_since_when_the_metrics_are_away() -> None:
    story = with_fallback(FallbackUse.MAX)
    blind(story, 5)
    assert (story.decision.reason, story.why) == (
        Reason.FALLBACK,
        "the metrics have been away for 1 min; the maximum is 40",
    )
    assert story.decision.rescale_reason == story.why


def test_it_says_why_nothing_stands_in() -> None:
    story = with_fallback(FallbackUse.FORECAST)
    blind(story, 5)
    assert story.why == "the metrics have been away for 1 min, and no whole day is known to go by"
    story = with_fallback(FallbackUse.FIXED, replicas=5)
    blind(story, 5)
    assert story.why == (
        "the metrics have been away for 1 min; the fallback is 5, and a fallback takes nothing away unless allowed to"
    )


def test_what_stands_in_does_so_for_a_limited_time() -> None:
    story = with_fallback(FallbackUse.LAST_GOOD, limit=2 * MINUTE, allow_decrease=True)
    blind(story, 8)
    story.size = 20
    assert story.see(None) == 20
    assert story.why == "the metrics have been away for 2 min, longer than the fallback is meant for"


def test_steps_and_pauses_hold_for_what_stands_in_too() -> None:
    fallback = Fallback(after=MINUTE, use=FallbackUse.MAX)
    story = Story(policy_with(replace(OFF, fallback=fallback, max_step_up=2.0)), 10)
    story.see(10)
    assert blind(story, 7)[-3:] == [20, 40, 80]
    story = Story(policy_with(replace(OFF, fallback=fallback), pause_scale_up=True), 10)
    story.see(10)
    assert blind(story, 7)[-1] == 10


def test_a_good_pass_in_between_begins_the_wait_anew() -> None:
    story = with_fallback(FallbackUse.MAX)
    assert story.see_all([None] * 4 + [10] + [None] * 4) == [10] * 9


def test_after_a_loss_three_good_samples_come_before_anything_shrinks() -> None:
    story = Story(policy_with(replace(OFF, warm_up=3)), 10)
    assert story.see_all([10, None, None, 4, 4]) == [10] * 5
    assert (story.decision.reason, story.why) == (
        Reason.WARMING_UP,
        "the metrics were away: 1 more good sample before anything shrinks",
    )
    assert story.see(4) == 4


def test_after_a_loss_growth_waits_for_nothing() -> None:
    story = Story(policy_with(replace(OFF, warm_up=3)), 10)
    assert story.see_all([None, 20]) == [10, 20]


def test_passes_that_see_the_same_sample_count_once() -> None:
    story = Story(policy_with(replace(OFF, warm_up=2)), 10)
    story.see(None)
    story.second -= 14
    assert story.see(4) == 10
    story.second -= 14
    assert story.see(4) == 10
    assert story.see_all([4, 4]) == [10, 4]


def filled(days: int, asked: int = 10) -> Usual:
    """A memory of some days that asked for ``asked``, and for 30 from 12:00 to 12:15."""
    usual = remember_usual(None, 0, asked)
    for quarter in range(1, days * 96 + 1):
        usual = remember_usual(usual, quarter * 15 * MINUTE, 30 if quarter % 96 == 48 else asked)
    return usual


def test_the_usual_of_this_time_of_day_and_a_quarter_ahead_is_known_after_a_day() -> None:
    assert usual_at(filled(1), DAY - MINUTE) is None
    usual = filled(1)
    hours = (11, 11.5, 11.75, 12, 12.2, 12.25)
    assert [usual_at(usual, DAY + round(hour * HOUR)) for hour in hours] == [10, 10, 30, 30, 30, 10]


def test_the_usual_is_the_most_of_three_days_and_forgets_older_ones() -> None:
    usual = filled(1, asked=20)
    for quarter in range(97, 4 * 96 + 1):
        usual = remember_usual(usual, quarter * 15 * MINUTE, 10)
    assert usual_at(usual, 4 * DAY + 6 * HOUR) == 10
    assert usual_at(usual, 3 * DAY + 6 * HOUR) is not None


def test_hours_without_metrics_are_unknown_and_not_zero() -> None:
    usual = remember_usual(remember_usual(None, 0, 10), DAY, 12)
    assert usual_at(usual, DAY + 12 * HOUR) is None
    assert usual_at(usual, DAY + MINUTE) == 10


def test_an_outage_longer_than_a_day_goes_by_the_days_before_it() -> None:
    usual = filled(2)
    assert usual_at(usual, 3 * DAY + 12 * HOUR) == 30
    assert usual_at(usual, 4 * DAY + 12 * HOUR) == 30
    assert usual_at(usual, 5 * DAY + 12 * HOUR) is None


def test_a_forecast_stands_in_with_what_the_day_before_asked_for() -> None:
    fallback = Fallback(after=MINUTE, use=FallbackUse.FORECAST)
    story = Story(policy_with(replace(OFF, fallback=fallback)), 10)
    for quarter in range(97):
        story.second = quarter * 900
        story.see(30 if quarter == 4 else 10)
    story.second, story.size = 86400 + 3600, 10
    assert blind(story, 5) == [10, 10, 10, 10, 30]
    assert story.why == "the metrics have been away for 1 min; the most of this time of day is 30"
