"""Go's fixed-width integers and doubles on amd64, where they differ from Python's numbers.

Upstream's arithmetic wraps, truncates and converts in ways that decide replica counts; these functions are the only
place where that behaviour is spelled out.
"""

import math

INT32_MAX = 2**31 - 1
INT32_MIN = -(2**31)
INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)

_TWO_TO_32 = 2**32
_TWO_TO_63 = 2**63
_TWO_TO_64 = 2**64


def wrap_int64(number: int) -> int:
    """``number`` modulo 2^64, as a signed 64-bit integer."""
    if INT64_MIN <= number <= INT64_MAX:
        return number
    return (number + _TWO_TO_63) % _TWO_TO_64 - _TWO_TO_63


def wrap_int32(number: int) -> int:
    """``number`` modulo 2^32, as a signed 32-bit integer."""
    return (number - INT32_MIN) % _TWO_TO_32 + INT32_MIN


def quotient(dividend: int, divisor: int) -> int:
    """Integer division that truncates toward zero; ``divisor`` is not 0."""
    if (dividend >= 0) is (divisor > 0):
        return dividend // divisor
    return -(-dividend // divisor)


def ratio(numerator: float, denominator: float) -> float:
    """IEEE division: x/0 is an infinity, 0/0 is NaN, never an exception."""
    if denominator != 0.0:
        return numerator / denominator
    if numerator == 0.0 or math.isnan(numerator):
        return math.nan
    return math.copysign(math.inf, numerator) * math.copysign(1.0, denominator)


def int32_of(number: float) -> int:
    """Convert a double to int32, truncating; NaN and out of range give the least integer (amd64's CVTTSD2SQ)."""
    if -2147483649.0 < number < 2147483648.0:
        return int(number)
    return INT32_MIN


def int64_of(number: float) -> int:
    """Convert a double to int64, truncating; NaN and out of range give the least integer (amd64's CVTTSD2SQ)."""
    if -9223372036854775808.0 <= number < 9223372036854775808.0:
        return int(number)
    return INT64_MIN


def ceil_int32(number: float) -> int:
    """Convert the ceiling of a double to int32; NaN and out of range give the least integer."""
    if -2147483649.0 < number <= 2147483647.0:
        return math.ceil(number)
    return INT32_MIN


def ceil_int64(number: float) -> int:
    """Convert the ceiling of a double to int64; NaN and out of range give the least integer."""
    if -9223372036854775808.0 <= number < 9223372036854775808.0:
        return math.ceil(number)
    return INT64_MIN


def power_of_ten(exponent: int) -> float:
    """10^exponent as ``math.Pow10`` computes it: two table entries, so above 10^32 not always the nearest double."""
    if 0 <= exponent <= 308:
        return float(f"1e{exponent // 32 * 32}") * float(f"1e{exponent % 32}")
    if -323 <= exponent < 0:
        return float(f"1e-{-exponent // 32 * 32}") / float(f"1e{-exponent % 32}")
    return math.inf if exponent > 0 else 0.0


def double_of(number: int) -> float:
    """The double nearest to an integer of any size; beyond the largest double an infinity."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
