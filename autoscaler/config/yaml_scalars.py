"""What an unquoted word means: the reading of kubectl and the API server, which is YAML 1.1 with their exceptions.

``on``, ``yes``, ``y`` and their opposites are booleans, ``0x1F``, ``0o17``, ``017`` and ``1_000`` are numbers, dates
stay text, ``1:30`` stays text. Source: sigs.k8s.io/yaml, whose resolver is that of go-yaml version 2.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

Scalar = str | int | float | bool | None

_WORDS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
#: An underscore that does not stand between two digits. Go minds it only where a number begins with its point.
_STRAY = re.compile(r"(?<![0-9])_|_(?![0-9])")
_BASES: Final = (16, 2, 8, 10)

#: Longer digit strings are no number anybody means, and turning one into an integer takes quadratic time.
MAX_DIGITS: Final = 400
#: Below this Go prints a whole double without an exponent, so the API takes it where it wants an integer.
_WHOLE_LIMIT: Final = 1e21


def resolve(text: str) -> Scalar:
    """Give the JSON value of the plain (unquoted) scalar ``text``. May be NaN or infinite: the caller refuses those.

    A whole number written as ``2.0`` or ``1e3`` becomes an integer, as it does on its way through JSON in Go.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789" or len(text) > MAX_DIGITS:
        return text
    if text[0] == "." and _STRAY.search(text):
        return text
    digits = text.replace("_", "")
    if (match := _INTEGER.fullmatch(digits)) is not None:
        return _integer(match)
    if _FLOAT.fullmatch(digits) is None:
        return text
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        return text  # beyond a double: go-yaml leaves it as text
    return _through_json(number)


def _through_json(number: float) -> int | float:
    """Write the double as Go does, its shortest digits padded with zeros, and read it again."""
    return int(Decimal(repr(number))) if number.is_integer() and abs(number) < _WHOLE_LIMIT else number


def _integer(match: re.Match[str]) -> int | float:
    sign, *groups = match.groups()
    base, digits = next((base, group) for base, group in zip(_BASES, groups, strict=True) if group is not None)
    number = -int(digits, base) if sign == "-" else int(digits, base)
    if -(2**63) <= number < 2**63:
        return number
    try:
        return _through_json(float(number))  # the API server's decoder has no integer this large
    except OverflowError:
        return number
