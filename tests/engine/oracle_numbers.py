"""Go's numbers for the oracles, in the plainest way; shares nothing with ``model.gonum``."""

from __future__ import annotations

import math

import numpy as np


def wrap(number: int, bits: int) -> int:
    """The signed integer of ``bits`` bits that is left of ``number``."""
    rest = number & (2**bits - 1)
    return rest - 2**bits if rest >= 2 ** (bits - 1) else rest


def divide(one: int, other: int) -> int:
    """Integer division toward zero."""
    size = abs(one) // abs(other)
    return size if (one < 0) == (other < 0) else -size


def over(one: float, other: float) -> float:
    """IEEE division."""
    with np.errstate(all="ignore"):
        return float(np.float64(one) / np.float64(other))


def i32(number: float) -> int:
    """A double as int32: truncated; NaN and whatever does not fit is the least one."""
    if math.isnan(number) or math.isinf(number) or not -(2**31) <= math.trunc(number) < 2**31:
        return -(2**31)
    return math.trunc(number)


def i32_ceil(number: float) -> int:
    """The ceiling of a double as int32."""
    return i32(number) if math.isnan(number) or math.isinf(number) else i32(float(math.ceil(number)))
