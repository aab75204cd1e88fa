"""The references are right themselves: known values, and laws that must agree with each other."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.validity import theory


@pytest.mark.parametrize(
    ("found", "known"),
    [
        pytest.param(theory.erlang_b(50, 45.0), 0.054104, id="erlang-b"),
        pytest.param(theory.erlang_c(1, 0.7), 0.7, id="one-server-waits-as-often-as-it-is-busy"),
        pytest.param(theory.erlang_c(2, 1.0), 1 / 3, id="erlang-c-of-two"),
        pytest.param(theory.mmc_mean_wait(10, 0.9, 0.099), 0.066204, id="mm10"),
        pytest.param(theory.mmc_mean_wait(1100, 0.98, 0.099), 0.0017664, id="mm1100"),
        pytest.param(theory.mmc_sojourn_quantile(10, 0.9, 0.099, 0.99), 0.61874, id="mm10-p99"),
        pytest.param(theory.mmc_sojourn_quantile(1, 0.5, 1.0, 0.99), 2 * math.log(100), id="mm1-p99"),
        pytest.param(theory.mg1_mean_wait(0.8, 0.1, 0.0), 0.2, id="md1"),
        pytest.param(theory.mdc_mean_wait(1, 0.8, 0.1), 0.2, id="md1-by-the-chain"),
        pytest.param(theory.mdc_mean_wait(10, 0.9, 0.1), 0.034458, id="md10"),
        pytest.param(theory.mdc_mean_wait(100, 0.95, 0.1), 0.0053446, id="md100"),
        pytest.param(theory.supermarket_mean_wait(0.9, 0.099), 0.15979, id="supermarket"),
        pytest.param(theory.erlang_m_1_mean_wait(1, 0.9, 0.1), 0.9, id="one-phase-is-mm1"),
        pytest.param(theory.erlang_m_1_mean_wait(1100, 0.9, 0.099), 0.41412, id="round-robin"),
    ],
)
def test_known_values(found, known):
    assert found == pytest.approx(known, rel=2e-5)


def test_steps_that_get_finer_become_the_sine():
    # a sine with a period of 600 s in steps of 1 s: a tenth of the steps' width in the other checks
    turn = 2 * math.pi / 600
    edges = np.cos(turn * np.arange(6_001))
    rates = 100 + 50 / turn * (edges[:-1] - edges[1:])
    t = np.arange(5_000, 6_000, dtype=np.float64)
    busy = theory.mean_busy_of_stairs(rates, 20.0)[5_000:6_000]
    assert busy == pytest.approx(theory.mean_busy_of_sine(100, 50, 600, 20.0, t), rel=3e-4)


def test_an_overload_leaves_a_triangle():
    assert theory.overload_peak_and_area(10, 20, 60, 5) == (600, 600 * 60 / 2 + 600 * 120 / 2)
