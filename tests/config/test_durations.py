"""Durations read and print as people write them."""

from __future__ import annotations

import pytest

from autoscaler.config.durations import DurationError, parse_duration, print_duration
from autoscaler.model.time import HOUR, MILLISECOND, MINUTE, SECOND


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", 90 * SECOND),
        ("1h30m", 90 * MINUTE),
        ("7d", 168 * HOUR),
        ("250ms", 250 * MILLISECOND),
        ("0.5s", 500 * MILLISECOND),
        (" 2w ", 336 * HOUR),
        ("0s", 0),
    ],
)
def test_parse(text: str, expected: int) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "15", "1.s", "s", "-5s", "5 s", "5sec", "1h 30m", "1e3s", "5M"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(DurationError, match="such as 90s, 1h30m or 7d"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0s"), (90 * SECOND, "1m30s"), (25 * HOUR, "1d1h"), (1500 * MILLISECOND, "1s500ms"), (-5 * SECOND, "-5s")],
)
def test_print(value: int, expected: str) -> None:
    assert print_duration(value) == expected
