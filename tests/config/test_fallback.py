"""What stands in for metrics, budgets of flapping and several holds, as they are written and as the engine has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from autoscaler.config.policies import load_policies
from autoscaler.config.zones import UnknownZoneError, zone_of
from autoscaler.model.safety import Fallback, FallbackUse, FlapBudget, Guarding, Hold, Planned
from autoscaler.model.time import HOUR, MINUTE, SECOND
from autoscaler.model.windows import UTC_ZONE, Window

POLICY = """\
apiVersion: autoscaler.dev/v1alpha1
kind: ScalingPolicy
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 10
"""


def read(tmp_path: Path, more: str) -> Guarding:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY + more)
    loaded = load_policies([file])
    assert loaded.faults == ()
    guarding = loaded.policies[0].guarding
    assert guarding is not None
    return guarding


def faults(tmp_path: Path, more: str) -> list[str]:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY + more)
    return [str(fault).replace(str(file), "FILE").split("\n")[0] for fault in load_policies([file]).faults]


def test_defaults(tmp_path: Path) -> None:
    safety = read(tmp_path, "").safety
    assert safety.flap_budget == FlapBudget(share=2.0, pods=None, per=HOUR)
    assert (safety.fallback, safety.warm_up, safety.hold_return) == (None, 3, 0.05)


def test_each_can_be_off(tmp_path: Path) -> None:
    safety = read(tmp_path, "  safety: {flapBudget: off, fallback: off, warmUp: off, holdReturn: off}\n").safety
    assert (safety.flap_budget, safety.fallback, safety.warm_up, safety.hold_return) == (None, None, None, None)


def test_a_flap_budget(tmp_path: Path) -> None:
    safety = read(tmp_path, "  safety: {flapBudget: {share: 60%, per: 30m}}\n").safety
    assert safety.flap_budget == FlapBudget(share=0.6, per=30 * MINUTE)
    safety = read(tmp_path, "  safety: {flapBudget: {pods: 25}}\n").safety
    assert safety.flap_budget == FlapBudget(pods=25)


def test_a_plan_for_hours_of_the_week_needs_no_quotes(tmp_path: Path) -> None:
    more = """\
  safety:
    fallback:
      use: Schedule
      replicas: 2
      schedule:
        - {days: [Fri, Mon], from: 18:00, to: 02:30, timezone: Europe/Berlin, replicas: 8}
        - {replicas: 3}
"""
    assert read(tmp_path, more).safety.fallback == Fallback(
        use=FallbackUse.SCHEDULE,
        replicas=2,
        rows=(
            Planned(window=Window(days=(0, 4), begin=1080, end=150, zone=zone_of("Europe/Berlin")), replicas=8),
            Planned(window=Window(days=(0, 1, 2, 3, 4, 5, 6), begin=0, end=1440, zone=UTC_ZONE), replicas=3),
        ),
    )


@pytest.mark.parametrize(
    ("text", "limit"),
    [("use: LastGood", HOUR), ("use: LastGood, after: 2h", 3 * HOUR), ("use: LastGood, for: 20m", 20 * MINUTE)],
)
def test_what_was_last_asked_for_is_worth_something_for_a_while(tmp_path: Path, text: str, limit: int) -> None:
    fallback = read(tmp_path, f"  safety: {{fallback: {{{text}}}}}\n").safety.fallback
    assert fallback is not None
    assert fallback.limit == limit


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("use: Fixed", "FILE:7: spec.safety.fallback.replicas: is required with use: Fixed"),
        ("use: Schedule", "FILE:7: spec.safety.fallback.schedule: has to have a row with use: Schedule"),
        ("use: Max, for: 5m", "FILE:7: spec.safety.fallback.for: has to be longer than `after`, or it never stands in"),
        ("use: Schedule, schedule: [{replicas: 1, timezone: Europe/Berlln}]", ""),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, more: str, expected: str) -> None:
    [fault] = faults(tmp_path, f"  safety: {{fallback: {{{more}}}}}\n")
    if expected:
        assert fault == expected
    else:
        assert "spec.safety.fallback.schedule[0].timezone: 'Europe/Berlln' is no time zone" in fault


def test_several_holds(tmp_path: Path) -> None:
    more = """\
  holds:
    - {replicas: 5, from: 2026-01-05T10:00:00Z, until: 2026-01-05T12:00:00Z, floor: true, author: ann, reason: sale}
    - {replicas: 7, until: 2026-01-05T13:00:00+01:00, author: bob, reason: test}
"""
    noon = round(datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp()) * SECOND
    assert read(tmp_path, more).holds == (
        Hold(replicas=5, begin=noon - 2 * HOUR, until=noon, is_floor=True, author="ann", reason="sale"),
        Hold(replicas=7, until=noon, author="bob", reason="test"),
    )


def test_a_hold_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    hold = "{replicas: 5, from: 2026-01-05T10:00:00Z, until: 2026-01-05T10:00:00Z, author: ann, reason: sale}"
    assert faults(tmp_path, f"  hold: {hold}\n") == ["FILE:7: spec.hold.until: has to be later than `from`"]


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])
def test_a_zone_shows_what_the_clocks_show(name: str) -> None:
    zone, info = zone_of(name), ZoneInfo(name)
    moment = datetime(2024, 1, 1, 0, 7, tzinfo=UTC)
    while moment.year < 2027:
        at = round(moment.timestamp()) * SECOND
        shown = moment.astimezone(info).replace(tzinfo=UTC)
        assert zone.local(at) == round(shown.timestamp()) * SECOND
        moment += timedelta(hours=1)


def test_a_zone_changes_to_the_second() -> None:
    begin = round(datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp()) * SECOND
    zone = zone_of("Europe/Berlin")
    assert [zone.local(at) - at for at in (begin - 1, begin)] == [HOUR, 2 * HOUR]


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(UnknownZoneError, match="'Mars/Olympus' is no time zone"):
        zone_of("Mars/Olympus")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-28T18:00", False),  # a Saturday
        ("2026-03-27T17:59", False),
        ("2026-03-27T18:00", True),
        ("2026-03-28T02:29", True),  # Friday's, on the next day
        ("2026-03-28T02:30", False),
    ],
)
def test_a_window_goes_by_the_clock_on_the_wall(moment: str, expected: bool) -> None:
    window = Window(days=(0, 4), begin=1080, end=150, zone=zone_of("Europe/Berlin"))
    at = round(datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp()) * SECOND
    assert window.covers(at) is expected
