"""Confidence intervals, against figures from tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autoscaler.simulator.intervals import estimate


def test_five_values_by_hand():
    # mean 3, standard deviation sqrt(2.5), t(0.975, 4) = 2.776 (any table): 2.776 * 1.5811 / 2.2361 = 1.963
    found = estimate([1, 2, 3, 4, 5])
    assert (found.mean, found.n) == (3, 5)
    assert found.half_width == pytest.approx(1.9632, abs=1e-4)
    assert (found.low, found.high) == (pytest.approx(1.0368, abs=1e-4), pytest.approx(4.9632, abs=1e-4))


def test_two_values_are_little():
    assert estimate([10, 12]).half_width == pytest.approx(12.706, abs=1e-3)  # t(0.975, 1) = 12.706, s / sqrt(2) = 1


def test_one_value_has_no_interval():
    found = estimate([7])
    assert (found.mean, found.half_width, found.n, found.low, found.is_beyond_chance) == (7, None, 1, 7, False)


def test_no_value_is_not_a_number():
    assert math.isnan(estimate([]).mean)


def test_what_is_not_finite_does_not_count():
    assert estimate([1, math.nan, 3, math.inf]).n == 2


def test_equal_values_have_a_width_of_nothing():
    found = estimate([0.1] * 7)
    assert (found.mean, found.half_width) == (0.1, 0.0)


@pytest.mark.parametrize(
    ("values", "beyond"),
    [
        pytest.param([1.0, 1.1, 0.9], True, id="all-on-one-side"),
        pytest.param([1.0, -1.0, 0.5], False, id="on-both-sides"),
        pytest.param([0.0, 0.0], False, id="no-difference-at-all"),
        pytest.param([-2.0, -2.0], True, id="always-the-same-difference"),
        pytest.param([-2.0], False, id="one-seed-proves-nothing"),
    ],
)
def test_a_difference_beyond_chance(values, beyond):
    assert estimate(values).is_beyond_chance is beyond


def test_the_interval_contains_the_truth_nineteen_times_in_twenty():
    rng = np.random.default_rng(20)
    hits = [e.low <= 5.0 <= e.high for e in (estimate(rng.normal(5.0, 2.0, 8).tolist()) for _ in range(2_000))]
    assert np.mean(hits) == pytest.approx(0.95, abs=0.015)
