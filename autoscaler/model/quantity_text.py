"""Read the text of a Kubernetes quantity: sign, digits, suffix, and the form upstream's parser chooses to hold it in.

Source: k8s.io/apimachinery pkg/api/resource/quantity.go (ParseQuantity) and suffix.go, v0.36.2.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from autoscaler.model.gonum import INT64_MAX, wrap_int32

NANO = -9
WRONG_FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
WRONG_SUFFIX = "unable to parse quantity's suffix"
WRONG_NUMBER = "unable to parse numeric part of quantity"

# Upstream would grind through numbers of any length; nobody means one with thousands of digits.
_LONGEST_NUMBER = 4000
_DIGITS_OF_INT64 = 18

_TEXT = re.compile(r"([+-]?)0*([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[+-]?[0-9]*)", re.ASCII)
_EXPONENT = re.compile(r"[eE]([+-]?[0-9]+)", re.ASCII)

DECIMAL_SUFFIXES = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY_SUFFIXES = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


class Format(StrEnum):
    """Which family of suffixes a quantity prints with."""

    DECIMAL_SI = "DecimalSI"
    BINARY_SI = "BinarySI"
    DECIMAL_EXPONENT = "DecimalExponent"


class QuantityError(ValueError):
    """The text is not a quantity; the message is upstream's."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text stands for: ``mantissa * 10^exponent``.

    ``is_big`` marks upstream's arbitrary-precision form, whose conversions to int64 differ. ``text`` is the original
    where upstream keeps it for printing.
    """

    mantissa: int
    exponent: int
    is_big: bool
    format: Format
    text: str | None


def read(text: str) -> Reading:
    """Parse ``text`` as upstream does.

    Raises:
        QuantityError: not a quantity, or longer than 4000 digits.
    """
    match = _TEXT.fullmatch(text)
    if not text or match is None:
        raise QuantityError(WRONG_FORMAT)
    sign, integer, fraction, suffix = match.groups()
    exponent, form = _suffix(suffix)
    integer, fraction = integer or "0", fraction or ""
    if len(integer) + len(fraction) > _LONGEST_NUMBER:
        raise QuantityError(WRONG_NUMBER)
    reading = _small(text, sign == "-", integer, fraction, exponent, form)
    if reading is not None:
        return reading
    if match.end(2) == len(sign) and not fraction:  # no digit at all: only the int64 form reads that as 0
        raise QuantityError(WRONG_NUMBER)
    return _big(sign == "-", integer, fraction, exponent, form)


def _suffix(suffix: str) -> tuple[int, Format]:
    """Exponent (of ten, or of two for BinarySI) and format of a suffix."""
    if suffix in DECIMAL_SUFFIXES:
        return DECIMAL_SUFFIXES[suffix], Format.DECIMAL_SI
    if suffix in BINARY_SUFFIXES:
        return BINARY_SUFFIXES[suffix], Format.BINARY_SI
    match = _EXPONENT.fullmatch(suffix)
    # A 64-bit integer has at most 19 digits besides leading zeros.
    if match is None or len(match[1].lstrip("+-0")) > 19 or not -INT64_MAX - 1 <= int(match[1]) <= INT64_MAX:
        raise QuantityError(WRONG_SUFFIX)
    return wrap_int32(int(match[1])), Format.DECIMAL_EXPONENT


def _small(text: str, negative: bool, integer: str, fraction: str, exponent: int, form: Format) -> Reading | None:
    """The int64 form, or ``None`` where the value does not fit it."""
    digits = integer + fraction
    if form is Format.BINARY_SI:
        if fraction or 15 - len(integer) - exponent * 3 // 10 - 1 < 0:
            return None
        mantissa, scale = int(digits) << exponent, 0
        is_canonical = int(digits) % 8 != 0
    else:
        scale = exponent - len(fraction)
        if len(digits) > _DIGITS_OF_INT64 or scale < NANO:
            return None
        mantissa = int(digits)
        is_canonical = scale % 3 == 0 and not digits.endswith("000") and not digits.startswith("0")
    return Reading(-mantissa if negative else mantissa, scale, False, form, text if is_canonical else None)


def _big(negative: bool, integer: str, fraction: str, exponent: int, form: Format) -> Reading:
    """The arbitrary-precision form: rounded away from zero to nano, binary values capped at 2^63-1."""
    amount, scale = int(integer + fraction), -len(fraction)
    if form is Format.BINARY_SI:
        amount <<= exponent
    else:
        scale += exponent
    if amount and scale > _LONGEST_NUMBER:
        raise QuantityError(WRONG_NUMBER)
    nano = _nanos(amount, scale)
    scale = NANO
    if form is Format.BINARY_SI:
        if nano > INT64_MAX * 10**9:
            nano, scale = INT64_MAX, 0
        elif 0 < nano < 10**9:
            form = Format.DECIMAL_SI
    return Reading(-nano if negative else nano, scale, True, form, None)


def _nanos(amount: int, scale: int) -> int:
    """``amount * 10^scale`` in units of 10^-9, rounded up; ``amount`` is not negative."""
    shift = scale - NANO
    if amount == 0:
        return 0
    if shift >= 0:
        return amount * int(10**shift)
    if -shift > _LONGEST_NUMBER:  # far below one nano
        return 1
    return -(-amount // int(10**-shift))
