"""Times as Go reads and prints them: RFC 3339 to the second, or with exactly six fraction digits.

Source: Go's time.Parse (format.go) and apimachinery pkg/apis/meta/v1 time.go, micro_time.go.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

SECONDS: Final = "2006-01-02T15:04:05Z07:00"
"""Layout of metav1.Time."""
MICROS: Final = "2006-01-02T15:04:05.000000Z07:00"
"""Layout of metav1.MicroTime: exactly six fraction digits."""

_CHUNKS = re.compile(r"2006|01|02|15|04|05|\.000000|Z07:00|.")
_LIMITS = {"01": (1, 12, "month"), "02": (1, 31, "day"), "15": (0, 23, "hour"), "04": (0, 59, "minute")}
_LIMITS["05"] = (0, 59, "second")
_ZONE = re.compile(r"Z|[+-]\d\d:\d\d")


class GoTimeError(ValueError):
    """The text is not a time of that layout; the message is Go's."""


def print_seconds(at: datetime) -> str:
    """``2026-01-02T03:04:05Z``: UTC, the fraction cut off."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def print_micros(at: datetime) -> str:
    """``2026-01-02T03:04:05.000006Z``: UTC with six fraction digits."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def normalize_time(text: str, layout: str) -> str:
    """The same instant in UTC, printed in ``layout``.

    Raises:
        GoTimeError: with Go's words when the text does not follow the layout.
    """
    at = parse(text, layout)
    return print_micros(at) if layout == MICROS else print_seconds(at)


def parse(text: str, layout: str) -> datetime:
    """The instant ``text`` names, read strictly by ``layout``.

    Raises:
        GoTimeError: with Go's words.
    """
    rest = text
    found: dict[str, str] = {}
    for chunk in _CHUNKS.findall(layout):
        size = _READERS.get(chunk, lambda rest, chunk=chunk: len(chunk) if rest.startswith(chunk) else 0)(rest)
        if not size:
            raise GoTimeError(f'parsing time "{text}" as "{layout}": cannot parse "{rest}" as "{chunk}"')
        found[chunk], rest = rest[:size], rest[size:]
        _check_range(text, chunk, found[chunk])
        if chunk == "05" and layout == SECONDS and (fraction := re.match(r"[.,]\d+", rest)):
            found[".000000"], rest = fraction.group(), rest[fraction.end() :]
    if rest:
        raise GoTimeError(f'parsing time "{text}": extra text: "{rest}"')
    return _assemble(text, found)


def _digits(count: int) -> Callable[[str], int]:
    pattern = re.compile(rf"[0-9]{{{count}}}")
    return lambda rest: count if pattern.match(rest) else 0


_READERS: Final[dict[str, Callable[[str], int]]] = {
    "2006": _digits(4),
    **{chunk: _digits(2) for chunk in _LIMITS},
    ".000000": lambda rest: 7 if re.match(r"\.\d{6}", rest) else 0,
    "Z07:00": lambda rest: match.end() if (match := _ZONE.match(rest)) else 0,
}


def _check_range(text: str, chunk: str, digits: str) -> None:
    if chunk in _LIMITS:
        low, high, name = _LIMITS[chunk]
        if not low <= int(digits) <= high:
            raise GoTimeError(f'parsing time "{text}": {name} out of range')


def _assemble(text: str, found: dict[str, str]) -> datetime:
    year, month, day = (int(found[chunk]) for chunk in ("2006", "01", "02"))
    hour, minute, second = (int(found[chunk]) for chunk in ("15", "04", "05"))
    micros = int(found.get(".000000", ".0")[1:7].ljust(6, "0"))
    try:
        at = datetime(year, month, day, hour, minute, second, micros, tzinfo=UTC)
    except ValueError:
        raise GoTimeError(f'parsing time "{text}": day out of range') from None
    return at - _offset(found["Z07:00"])


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta()
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return timedelta(minutes=-minutes if zone[0] == "-" else minutes)
