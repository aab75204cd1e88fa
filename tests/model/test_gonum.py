"""Go's numbers on amd64."""

from __future__ import annotations

import math

import pytest

from autoscaler.model.gonum import (
    INT32_MIN,
    INT64_MAX,
    INT64_MIN,
    ceil_int32,
    ceil_int64,
    double_of,
    int32_of,
    int64_of,
    power_of_ten,
    quotient,
    ratio,
    wrap_int32,
    wrap_int64,
)


@pytest.mark.parametrize(
    ("number", "expected"),
    [(5, 5), (2**31 - 1, 2**31 - 1), (2**31, -(2**31)), (-(2**31) - 1, 2**31 - 1), (2**32 + 7, 7)],
)
def test_int32_wraps(number: int, expected: int) -> None:
    assert wrap_int32(number) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [(-5, -5), (INT64_MAX, INT64_MAX), (2**63, INT64_MIN), (INT64_MIN - 1, INT64_MAX), (2**64 + 7, 7)],
)
def test_int64_wraps(number: int, expected: int) -> None:
    assert wrap_int64(number) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"), [(7, 2, 3), (-7, 2, -3), (7, -2, -3), (-7, -2, 3), (0, 5, 0), (0, -5, 0)]
)
def test_division_truncates(a: int, b: int, expected: int) -> None:
    assert quotient(a, b) == expected


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 3e9, -3e9])
def test_a_double_outside_int32_is_the_least_integer(number: float) -> None:
    assert int32_of(number) == INT32_MIN
    assert ceil_int32(number) == INT32_MIN


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 2.0**63, -(2.0**63) - 2048])
def test_a_double_outside_int64_is_the_least_integer(number: float) -> None:
    assert int64_of(number) == INT64_MIN
    assert ceil_int64(number) == INT64_MIN


@pytest.mark.parametrize(
    ("number", "truncated", "ceiling"),
    [(2.5, 2, 3), (-2.5, -2, -2), (2147483647.0, 2147483647, 2147483647), (-2147483648.5, -2147483648, -2147483648)],
)
def test_conversions_inside_the_range(number: float, truncated: int, ceiling: int) -> None:
    assert (int32_of(number), ceil_int32(number)) == (truncated, ceiling)
    assert (int64_of(number), ceil_int64(number)) == (truncated, ceiling)


def test_a_ceiling_beyond_int32_is_the_least_integer() -> None:
    assert ceil_int32(2147483647.5) == INT32_MIN
    assert int32_of(2147483647.5) == 2147483647


def test_division_by_zero_is_ieee() -> None:
    assert ratio(1.0, 0.0) == math.inf
    assert ratio(-1.0, 0.0) == -math.inf
    assert ratio(1.0, -0.0) == -math.inf
    assert math.isnan(ratio(0.0, 0.0))
    assert math.isnan(ratio(math.nan, 0.0))
    assert ratio(1.0, 4.0) == 0.25


@pytest.mark.parametrize(
    ("exponent", "expected"),
    [(0, 1.0), (3, 1e3), (-9, 1e-9), (308, 1e308), (309, math.inf), (-323, 1e-323), (-324, 0.0)],
)
def test_powers_of_ten(exponent: int, expected: float) -> None:
    assert power_of_ten(exponent) == expected


def test_doubles_of_huge_integers() -> None:
    assert double_of(10**400) == math.inf
    assert double_of(-(10**400)) == -math.inf
    assert double_of(3) == 3.0
