"""The clock of the emulated cluster."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from autoscaler.emulator.scaled_clock import ScaledClock
from autoscaler.model.time import SECOND

NOON = 1_795_521_600 * SECOND


def test_stands_until_it_is_let_run_then_goes_fast() -> None:
    real = [5 * SECOND]
    clock = ScaledClock(NOON, 30, monotonic=lambda: real[0])
    real[0] += SECOND
    assert clock.now() == NOON

    clock.stand_at(NOON + 60 * SECOND)
    clock.run()
    real[0] += 2 * SECOND

    assert clock.now() == NOON + 120 * SECOND
    assert clock.time_of_day() == datetime(2026, 11, 24, 12, 2, tzinfo=UTC)
    assert clock.wait_for(15 * SECOND) == 0.5


def test_never_goes_back() -> None:
    clock = ScaledClock(NOON, 1)
    with pytest.raises(ValueError, match="would go back"):
        clock.stand_at(NOON - 1)
    clock.run()
    with pytest.raises(ValueError, match="runs already"):
        clock.stand_at(NOON + SECOND)


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_speed_must_be_above_zero(speed: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        ScaledClock(NOON, speed)
