"""Times of the Kubernetes API: read and written as Go does, with Go's error texts.

Two forms: seconds (``2026-01-02T03:04:05Z``, a fraction is accepted and dropped) and microseconds (exactly six digits).

Source: Go time/format.go, Parse; kubernetes apimachinery pkg/apis/meta/v1/time.go and micro_time.go.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from autoscaler.model.field_errors import quote

SECONDS_LAYOUT = "2006-01-02T15:04:05Z07:00"
MICROSECONDS_LAYOUT = "2006-01-02T15:04:05.000000Z07:00"
_FRACTION = ".000000"


class GoTimeError(ValueError):
    """A time that cannot be read; the text is Go's."""


class _ElementError(Exception):
    """The next part of the text does not fit the layout."""


class _RangeError(Exception):
    """A number is outside its range; the argument names what."""


def parse_time(text: str) -> datetime:
    """A time in seconds; a fraction is read and kept to the microsecond.

    Raises:
        GoTimeError: the text is not RFC 3339.
    """
    return _parse(text, SECONDS_LAYOUT, with_fraction=False)


def parse_micro_time(text: str) -> datetime:
    """A time with exactly six fraction digits.

    Raises:
        GoTimeError: the text has another form.
    """
    return _parse(text, MICROSECONDS_LAYOUT, with_fraction=True)


def format_time(moment: datetime) -> str:
    """UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_micro_time(moment: datetime) -> str:
    """UTC, with six fraction digits."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class _Reader:
    """The text that is left, consumed from the front."""

    def __init__(self, text: str) -> None:
        self.rest = text

    def literal(self, text: str) -> None:
        if not self.rest.startswith(text):
            raise _ElementError
        self.rest = self.rest.removeprefix(text)

    def year(self) -> int:
        if len(self.rest) < 4:
            raise _ElementError
        return self._digits(4)

    def number(self, name: str, low: int, high: int, *, two_digits: bool = True) -> int:
        width = 2 if two_digits or self.rest[1:2].isdigit() else 1
        value = self._digits(width)
        if not low <= value <= high:
            raise _RangeError(name)
        return value

    def optional_fraction(self) -> int:
        if self.rest[:1] not in {".", ","} or not self.rest[1:2].isdigit():
            return 0
        width = 1
        while self.rest[width : width + 1].isdigit():
            width += 1
        digits, self.rest = self.rest[1:width], self.rest[width:]
        return int(digits[:6].ljust(6, "0"))

    def fraction(self) -> int:
        if len(self.rest) < len(_FRACTION) or self.rest[0] not in {".", ","}:
            raise _ElementError
        separator, self.rest = self.rest[0], self.rest[1:]
        try:
            return self._digits(6)
        except _ElementError:
            self.rest = separator + self.rest
            raise

    def offset(self) -> timezone:
        if self.rest.startswith("Z"):
            self.rest = self.rest[1:]
            return UTC
        part = self.rest[:6]
        if len(part) < 6 or part[3] != ":" or part[0] not in "+-" or not (part[1:3] + part[4:6]).isdigit():
            raise _ElementError
        hours, minutes = int(part[1:3]), int(part[4:6])
        if hours > 24:
            raise _RangeError("time zone offset hour")
        if minutes > 60:
            raise _RangeError("time zone offset minute")
        self.rest = self.rest[6:]
        shift = timedelta(hours=hours, minutes=minutes)
        return timezone(shift if part[0] == "+" else -shift)

    def _digits(self, count: int) -> int:
        part = self.rest[:count]
        if len(part) < count or not (part.isascii() and part.isdigit()):
            raise _ElementError
        self.rest = self.rest[count:]
        return int(part)


def _parse(text: str, layout: str, *, with_fraction: bool) -> datetime:
    reader = _Reader(text)
    numbers: dict[str, int] = {}
    zone: timezone = UTC

    def element(name: str, read: Callable[[], int | None]) -> None:
        before = reader.rest
        try:
            value = read()
        except _ElementError:
            raise GoTimeError(
                f"parsing time {quote(text)} as {quote(layout)}: cannot parse {quote(before)} as {quote(name)}"
            ) from None
        except _RangeError as error:
            raise GoTimeError(f"parsing time {quote(text)}: {error} out of range") from None
        if value is not None:
            numbers[name] = value

    def read_zone() -> None:
        nonlocal zone
        zone = reader.offset()

    element("2006", reader.year)
    element("-", lambda: reader.literal("-"))
    element("01", lambda: reader.number("month", 1, 12))
    element("-", lambda: reader.literal("-"))
    element("02", lambda: reader.number("day", 0, 99))
    element("T", lambda: reader.literal("T"))
    element("15", lambda: reader.number("hour", 0, 23, two_digits=False))
    element(":", lambda: reader.literal(":"))
    element("04", lambda: reader.number("minute", 0, 59))
    element(":", lambda: reader.literal(":"))
    element("05", lambda: reader.number("second", 0, 59))
    element(_FRACTION, reader.fraction if with_fraction else reader.optional_fraction)
    element("Z07:00", read_zone)
    if reader.rest:
        raise GoTimeError(f"parsing time {quote(text)}: extra text: {quote(reader.rest)}")
    try:
        return datetime(
            numbers["2006"],
            numbers["01"],
            numbers["02"],
            numbers["15"],
            numbers["04"],
            numbers["05"],
            numbers[_FRACTION],
            tzinfo=zone,
        )
    except ValueError:
        raise GoTimeError(f"parsing time {quote(text)}: day out of range") from None
