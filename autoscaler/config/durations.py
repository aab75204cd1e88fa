"""Durations as people write them: ``90s``, ``1h30m``, ``7d``, ``250ms``."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from autoscaler.model.time import HOUR, MILLISECOND, MINUTE, SECOND, Nanoseconds

_UNITS: Final[dict[str, Nanoseconds]] = {
    "ms": MILLISECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
    "d": 24 * HOUR,
    "w": 7 * 24 * HOUR,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])")


class DurationError(ValueError):
    """The text is not a duration; the message says what one looks like."""


def parse_duration(text: str) -> Nanoseconds:
    """Turn ``1h30m`` into nanoseconds. A bare number is refused: its unit would be a guess.

    Raises:
        DurationError: not one or more numbers, each with a unit of ms, s, m, h, d or w.
    """
    parts = _PART.findall(text.strip())
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        raise DurationError(f"{text!r} is not a duration; write numbers with units, such as 90s, 1h30m or 7d")
    return round(sum(Fraction(number) * _UNITS[unit] for number, unit in parts))


def print_duration(value: Nanoseconds) -> str:
    """Write nanoseconds as people do, largest unit first: ``1h30m``; ``0s`` for nothing."""
    sign, rest, text = "-" if value < 0 else "", abs(value), ""
    for unit in ("d", "h", "m", "s", "ms"):
        count, rest = divmod(rest, _UNITS[unit])
        text += f"{count}{unit}" if count else ""
    return sign + (text or "0s")
