"""Instants as people write them and as documents show them: ``-90s`` before it was made, a time of RFC 3339, or ``now``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from autoscaler.config.durations import DurationError, parse_duration
from autoscaler.config.go_time import GoTimeError, parse_time
from autoscaler.model.time import SECOND, ZERO_TIME, Instant

NOW: Final = "now"
_EXAMPLES: Final = "write an age such as -90s, a time such as 2026-01-05T12:00:00Z, or now"


def instant_of(text: str, at: Instant) -> Instant:
    """Turn ``text`` into an instant [ns since the Unix epoch]; an age counts back from ``at``.

    Raises:
        ValueError: neither an age, nor a time, nor ``now``; the message says what one looks like.
    """
    if text == NOW:
        return at
    try:
        return at - parse_duration(text[1:]) if text.startswith("-") else time_of(text)
    except (DurationError, GoTimeError) as error:
        if text[:1].isdigit() and text[-1:].isalpha() and "T" not in text:
            raise ValueError(f"{text!r} has no sign: the past is written -{text}") from error
        raise ValueError(f"{text!r} is not a point in time; {_EXAMPLES}") from error


def time_of(text: str) -> Instant:
    """Turn a time of RFC 3339 into an instant, to the microsecond.

    Raises:
        GoTimeError: not such a time.
    """
    moment = parse_time(text)
    return int(moment.timestamp() // 1) * SECOND + moment.microsecond * 1000


def print_time(at: Instant) -> str:
    """Write an instant as RFC 3339 in UTC, with as many digits of a second as it needs."""
    whole, rest = divmod(max(at, ZERO_TIME), SECOND)
    try:
        text = datetime.fromtimestamp(whole, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return f"{at}ns"  # beyond the year 9999, where some window of a fuzzed policy may end
    return f"{text}.{rest:09d}".rstrip("0").rstrip(".") + "Z" if rest else f"{text}Z"


def _checked(text: str) -> str:
    instant_of(text, 0)
    return text


Moment = Annotated[str, AfterValidator(_checked), Field(json_schema_extra={"examples": ["-90s", "now"]})]
"""The text of an instant; ``instant_of`` reads it once it is known when the observation was made."""
