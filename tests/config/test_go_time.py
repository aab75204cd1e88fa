"""Times are read and refused as Go does it."""

from datetime import UTC, datetime

import pytest

from autoscaler.config.go_time import GoTimeError, format_micro_time, format_time, parse_micro_time, parse_time

LAYOUT = '"2006-01-02T15:04:05.000000Z07:00"'


def test_both_forms() -> None:
    assert parse_time("2026-01-02T03:04:05.5Z") == datetime(2026, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)
    assert format_time(parse_time("2026-01-02T03:04:05+02:00")) == "2026-01-02T01:04:05Z"
    assert format_micro_time(parse_micro_time("2026-01-02T03:04:05.000001Z")) == "2026-01-02T03:04:05.000001Z"


@pytest.mark.parametrize(
    ("text", "rest", "element"),
    [
        ("2026-01-02T03:04:05Z", "Z", ".000000"),
        ("2026-01-02T03:04:05.123Z", ".123Z", ".000000"),
        ("2026-01-02T03:04:05.123456789Z", "789Z", "Z07:00"),
        ("2026-01-02 03:04:05.123456Z", " 03:04:05.123456Z", "T"),
        ("2026-01-02T03:04:05.123456", "", "Z07:00"),
        ("", "", "2006"),
        ("yesterday", "yesterday", "2006"),
    ],
)
def test_misfits_name_the_element(text: str, rest: str, element: str) -> None:
    with pytest.raises(GoTimeError) as raised:
        parse_micro_time(text)
    assert str(raised.value) == f'parsing time "{text}" as {LAYOUT}: cannot parse "{rest}" as "{element}"'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("2026-13-02T03:04:05.000000Z", "month out of range"),
        ("2026-02-30T03:04:05.000000Z", "day out of range"),
        ("2026-01-02T24:04:05.000000Z", "hour out of range"),
        ("2026-01-02T03:04:05.000000Zx", 'extra text: "x"'),
    ],
)
def test_numbers_out_of_range(text: str, fault: str) -> None:
    with pytest.raises(GoTimeError) as raised:
        parse_micro_time(text)
    assert str(raised.value) == f'parsing time "{text}": {fault}'
