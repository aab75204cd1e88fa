"""Units of time: whole nanoseconds, so that window edges are exact.

An ``Instant`` counts from the Unix epoch, or from zero in a simulation; the engine only ever subtracts two of them.
"""

from __future__ import annotations

from typing import Final

Nanoseconds = int
Instant = int

MILLISECOND: Final[Nanoseconds] = 1_000_000
SECOND: Final[Nanoseconds] = 1_000_000_000
MINUTE: Final[Nanoseconds] = 60 * SECOND
HOUR: Final[Nanoseconds] = 60 * MINUTE

#: Go's zero time.Time (year 1): before every instant that a cluster reports.
ZERO_TIME: Final[Instant] = -62_135_596_800 * SECOND


def seconds(value: float) -> Nanoseconds:
    """Turn a number of seconds into nanoseconds, rounded to the nearest."""
    return round(value * SECOND)


def as_seconds(value: Nanoseconds) -> float:
    """Turn nanoseconds into seconds; for people and plots, never for comparisons."""
    return value / SECOND


def earliest(one: Instant | None, other: Instant | None) -> Instant | None:
    """The earlier of two instants, either of which may not exist."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
