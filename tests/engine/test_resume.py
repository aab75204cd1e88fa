"""A stored memory goes on where it was, unless a gap or a wrong clock says otherwise; then the careful way."""

from __future__ import annotations

from msgspec.structs import replace

from autoscaler.engine.resume import resumed
from autoscaler.model.memory import Memory, Recommendation, ScaleEvent
from autoscaler.model.time import MINUTE, SECOND

NOW = 10_000 * SECOND
PERIOD = 15 * SECOND


def memory(age: int, change_age: int = 100 * SECOND) -> Memory:
    return Memory(
        recommendations=(Recommendation(NOW - 4 * MINUTE, 12), Recommendation(NOW - age, 9)),
        scale_downs=(ScaleEvent(NOW - change_age, 3),),
    )


def test_after_a_short_gap_everything_counts_on() -> None:
    assert resumed(memory(40 * SECOND), NOW, period=PERIOD) == memory(40 * SECOND)


def test_after_a_long_gap_windows_begin_again_and_changes_still_count() -> None:
    stored = memory(2 * MINUTE)
    assert resumed(stored, NOW, period=PERIOD) == replace(stored, recommendations=None)


def test_a_memory_of_the_future_is_worth_nothing() -> None:
    assert resumed(memory(-31 * SECOND), NOW, period=PERIOD) is None
    assert resumed(memory(15 * SECOND, change_age=-31 * SECOND), NOW, period=PERIOD) is None


def test_clocks_may_be_half_a_minute_apart() -> None:
    assert resumed(memory(-30 * SECOND), NOW, period=PERIOD) == memory(-30 * SECOND)
