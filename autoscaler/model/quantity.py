"""Kubernetes resource quantities with upstream's arithmetic: ``500m``, ``1536Mi``, ``1e3``.

A faithful twin of Go's ``resource.Quantity``, including what it does at the edges (text reuse, wrap-around, rounding
away from zero), because replica counts depend on it.

Source: k8s.io/apimachinery pkg/api/resource: quantity.go, amount.go, math.go, scale_int.go, v0.36.2.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from functools import total_ordering
from typing import Self

from msgspec import Struct

from autoscaler.model.gonum import INT64_MAX, INT64_MIN, double_of, power_of_ten, quotient, wrap_int64
from autoscaler.model.quantity_text import BINARY_SUFFIXES, DECIMAL_SUFFIXES, Format, QuantityError, read

__all__ = ["Format", "Quantity", "QuantityError"]

_MILLI = -3
_DECIMAL_SUFFIX_OF = {exponent: suffix for suffix, exponent in DECIMAL_SUFFIXES.items()}
_BINARY_SUFFIX_OF = {exponent: suffix for suffix, exponent in BINARY_SUFFIXES.items()} | {0: ""}
# Powers with a multiplication of their own upstream: these wrap on overflow, every other one gives 0.
_WRAPPING_POWERS = frozenset({1, 2, 3, 6, 9})


@total_ordering
class Quantity(Struct, frozen=True, eq=False, gc=False):
    """``mantissa * 10^exponent``; equal, ordered and hashed by value, whatever the format or text."""

    mantissa: int
    exponent: int = 0
    format: Format = Format.DECIMAL_SI
    is_big: bool = False
    text: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a quantity as the API does.

        Raises:
            QuantityError: with upstream's message.
        """
        reading = read(text)
        return cls(reading.mantissa, reading.exponent, reading.format, is_big=reading.is_big, text=reading.text)

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read a decoded JSON value: a string, a bare number, or null, which is zero.

        Raises:
            QuantityError: with upstream's message.
        """
        if value is None:
            return cls(0)
        return cls.parse(value.strip() if isinstance(value, str) else _json_text(value))

    @classmethod
    def from_milli(cls, number: int, form: Format = Format.DECIMAL_SI) -> Self:
        """``number`` thousandths; wrapped to 64 bits."""
        return cls(wrap_int64(number), _MILLI, form)

    @property
    def sign(self) -> int:
        """-1, 0 or 1."""
        return (self.mantissa > 0) - (self.mantissa < 0)

    @property
    def is_zero(self) -> bool:
        """Whether the value is 0."""
        return self.mantissa == 0

    def milli(self) -> int:
        """The value in thousandths as int64: Go's ``MilliValue``, rounding and wrapping as it does."""
        return self._scaled(_MILLI)

    def value(self) -> int:
        """The value in whole units as int64: Go's ``Value``, rounding and wrapping as it does."""
        return self._scaled(0)

    def as_float(self) -> float:
        """Go's ``AsApproximateFloat64``: one multiplication by a power of ten, so ``0.3`` and ``300m`` may differ."""
        number = double_of(self.mantissa)
        return number if self.exponent == 0 else number * power_of_ten(self.exponent)

    def plus(self, other: Quantity) -> Quantity:
        """The sum; in arbitrary precision where one of the two is, or where it leaves int64."""
        if other.mantissa == 0:
            return self
        if self.mantissa == 0:
            return other
        exponent = min(self.exponent, other.exponent)
        mantissa = self.mantissa * int(10 ** (self.exponent - exponent))
        mantissa += other.mantissa * int(10 ** (other.exponent - exponent))
        is_big = self.is_big or other.is_big or not INT64_MIN <= mantissa <= INT64_MAX
        return Quantity(mantissa, exponent, self.format, is_big=is_big)

    def canonical(self) -> str:
        """Print with no fraction and the largest suffix that loses nothing.

        As upstream, a DecimalSI value of 10^21 or more loses its exponent: there is no suffix above ``E``.
        """
        if self.mantissa == 0:
            return "0"
        whole = self._whole() if self.format is Format.BINARY_SI else None
        if whole is not None and abs(whole) >= 1024:
            return _binary_text(whole)
        return self._decimal_text()

    def to_json(self) -> str:
        """The JSON form: the quoted text."""
        return f'"{self}"'

    def __str__(self) -> str:
        return self.canonical() if self.text is None else self.text

    def __repr__(self) -> str:
        return f"Quantity({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Quantity):
            return NotImplemented
        if self.exponent == other.exponent:
            return self.mantissa == other.mantissa
        return self._reduced() == other._reduced()

    def __ne__(self, other: object) -> bool:
        return not self == other  # a Struct brings one of its own, which compares identities

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Quantity):
            return NotImplemented
        if self.sign != other.sign:
            return self.sign < other.sign
        mine, theirs = self._magnitude(), other._magnitude()
        if mine != theirs:
            return mine < theirs if self.sign > 0 else mine > theirs
        shift = self.exponent - other.exponent  # small: the magnitudes agree
        return self.mantissa * int(10 ** max(shift, 0)) < other.mantissa * int(10 ** max(-shift, 0))

    def __hash__(self) -> int:
        return hash(self._reduced())

    def _reduced(self) -> tuple[int, int]:
        """Mantissa and exponent without trailing zeros: one form per value."""
        mantissa, exponent = _without_factors(self.mantissa, 10)
        return (mantissa, self.exponent + exponent) if mantissa else (0, 0)

    def _magnitude(self) -> int:
        """Place of the leading digit: 3 for 1234; 0 for zero."""
        return len(str(abs(self.mantissa))) - 1 + self.exponent if self.mantissa else 0

    def _whole(self) -> int | None:
        """The value if it is an integer."""
        if self.exponent >= 0:
            return self.mantissa * int(10**self.exponent)
        whole, rest = divmod(abs(self.mantissa), int(10**-self.exponent))
        return None if rest else whole * self.sign

    def _decimal_text(self) -> str:
        mantissa, zeros = _without_factors(self.mantissa, 10)
        exponent = self.exponent + zeros
        mantissa *= 10 ** (exponent % 3)
        exponent -= exponent % 3
        if self.format is Format.DECIMAL_EXPONENT:
            return f"{mantissa}e{exponent}" if exponent else str(mantissa)
        return f"{mantissa}{_DECIMAL_SUFFIX_OF.get(exponent, '')}"

    def _scaled(self, scale: int) -> int:
        """The value in units of 10^scale (0 or -3) as int64."""
        power = self.exponent - scale
        if self.is_big:
            return _scaled_big(self.mantissa, power)
        if power == 0:
            return self.mantissa
        if power > 0:
            return _multiplied(self.mantissa, power)
        return _divided_away_from_zero(self.mantissa, -power)


def _json_text(value: object) -> str:
    """A bare JSON value as Go writes it: YAML numbers reach the API through Go's encoder."""
    if not isinstance(value, float) or not math.isfinite(value):
        return json.dumps(value)
    if 1e-6 <= abs(value) < 1e21 or value == 0:
        return format(Decimal(repr(value)).normalize(), "f")
    return repr(value).replace("e-0", "e-").replace("e+0", "e+")


def _multiplied(mantissa: int, power: int) -> int:
    """An int64 times 10^power; on overflow wrapped where upstream multiplies at once, else 0."""
    if power > 18 or mantissa == 0:  # 10^19 alone is beyond int64
        return 0
    product: int = mantissa * 10**power
    wrapped = wrap_int64(product)
    return wrapped if wrapped == product or power in _WRAPPING_POWERS else 0


def _divided_away_from_zero(mantissa: int, power: int) -> int:
    rounded: int = -(-abs(mantissa) // 10**power)
    return rounded if mantissa > 0 else -rounded


def _scaled_big(mantissa: int, power: int) -> int:
    """An arbitrary-precision mantissa times 10^power.

    Dividing anything below 2^63-1 wraps first, truncates and then *adds* 1 for a remainder, also to a negative value.
    """
    if power >= 0:
        return wrap_int64(wrap_int64(mantissa) * 10**power)
    divisor = 10**-power
    if mantissa >= INT64_MAX:
        return wrap_int64(-(-mantissa // divisor))
    wrapped = wrap_int64(mantissa)
    whole = quotient(wrapped, divisor)
    return whole if whole * divisor == wrapped else whole + 1


def _without_factors(number: int, base: int) -> tuple[int, int]:
    """``number`` with every factor ``base`` divided out, and how many there were; 0 stays."""
    times = 0
    while number and number % base == 0:
        number //= base
        times += 1
    return number, times


def _binary_text(whole: int) -> str:
    mantissa, times = _without_factors(whole, 1024)
    return f"{mantissa}{_BINARY_SUFFIX_OF.get(times * 10, '')}"
