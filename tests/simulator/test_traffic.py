"""Rate functions: literal rates, exact integrals."""

from __future__ import annotations

import numpy as np
import pytest

from autoscaler.config.traces import Trace
from autoscaler.config.traffic import Diurnal, FlashCrowd, Ramp, Step
from autoscaler.simulator.traffic import (
    Product,
    Total,
    arrivals,
    constant,
    crowd,
    diurnal,
    ramp,
    replay,
    scaled,
    stairs,
)

RAMP = ramp(Ramp.model_validate({"from": 10, "to": 50, "begin": "100s", "over": "200s"}))
DAY = diurnal(Diurnal.model_validate({"low": 100, "high": 900, "period": "24h", "peak_at": "12h"}))
CROWD = crowd(FlashCrowd.model_validate({"at": "60s", "peak": 40, "rise": "20s", "hold": "30s", "half_life": "100s"}))
STEPS = stairs((Step(at="0s", rps=5), Step(at="10s", rps=8)))


def at(function, *times):
    return function.rate(np.array(times, dtype=float)).tolist()


def test_a_ramp_is_flat_straight_flat():
    assert at(RAMP, 0, 100, 200, 300, 1000) == [10, 10, 30, 50, 50]


def test_a_day_has_its_trough_at_midnight_and_its_peak_at_noon():
    assert at(DAY, 0, 21_600, 43_200) == pytest.approx([100, 500, 900])


def test_a_flash_crowd_rises_holds_and_halves():
    assert at(CROWD, 60, 70, 80, 110, 210) == pytest.approx([0, 20, 40, 40, 20])


def test_steps_hold_until_the_next():
    assert at(STEPS, 0, 9.9, 10, 1e6) == [5, 5, 8, 8]


def test_arrivals_in_a_second_that_a_step_does_not_cut():
    assert arrivals(STEPS, 8, 12).tolist() == [5, 5, 8, 8]


def test_a_ramp_s_arrivals_are_the_mean_rate_of_each_second():
    assert arrivals(RAMP, 100, 103) == pytest.approx([10.1, 10.3, 10.5])


@pytest.mark.parametrize(
    "function",
    [RAMP, DAY, CROWD, Total((RAMP, DAY, CROWD)), Product((RAMP, CROWD)), constant(7)],
    ids=["ramp", "day", "crowd", "sum", "product", "constant"],
)
def test_the_integral_is_the_area_under_the_rate(function):
    fine = np.linspace(0, 500, 1_000_001)
    rates = function.rate(fine)
    area = np.concatenate(([0], np.cumsum((rates[1:] + rates[:-1]) / 2 * np.diff(fine))))
    some = np.array([0, 0.5, 59.5, 100, 111.25, 250, 500])
    assert function.integral(some) == pytest.approx(np.interp(some, fine, area), rel=1e-8, abs=1e-6)


def test_cutting_time_differently_gives_the_same_arrivals():
    whole = Product((RAMP, DAY)).integral(np.array([0.0, 400.0]))
    assert arrivals(Product((RAMP, DAY)), 0, 400).sum() == pytest.approx(whole[1] - whole[0], rel=1e-12)


def trace(step, rates):
    times = 1_700_000_000 + step * np.arange(len(rates), dtype=float)
    return Trace(source="t.csv", times=times, rates=np.array(rates, dtype=float), step=step)


def test_a_trace_of_minutes_holds_each_bin_and_ends_with_the_last():
    assert at(replay(trace(60.0, [6, 12, 18])), 0, 59, 60, 179, 180) == [6, 6, 12, 18, 0]


def test_a_trace_of_five_minutes_is_joined_by_lines():
    assert at(replay(trace(300.0, [6, 12])), 0, 150, 300, 500) == [6, 9, 12, 12]


def test_an_offset_begins_later_in_the_trace():
    assert at(replay(trace(60.0, [6, 12, 18]), 60.0), 0, 60) == [12, 18]


def test_scaling_maps_lowest_and_highest():
    assert at(scaled(replay(trace(60.0, [6, 12, 18])), 10, 10_000, 180), 0, 60, 120) == pytest.approx(
        [10, 5005, 10_000]
    )


def test_scaling_a_constant_gives_the_highest():
    assert at(scaled(constant(5), 10, 100, 60), 0) == [100]
