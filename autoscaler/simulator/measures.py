"""What a score is told as: each number's name in files, its label in tables, its unit.

Names in files end in their unit where it is not a count. Tables, files, comparisons and data frames all read this list.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from autoscaler.simulator.result import Score


class Unit(StrEnum):
    """What a measure counts, which decides how it is printed."""

    COUNT = "count"  #: of requests, minutes or actions; an average of several seeds need not be whole
    AMOUNT = "amount"  #: replica-hours, pods, money
    SHARE = "share"  #: 0 to 1, printed in percent
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number of a score; ``label`` is empty for those that tables leave out."""

    key: str
    unit: Unit
    of: Callable[[Score], float | None]
    label: str = ""


def _late_share(score: Score) -> float:
    return score.late / score.requests if score.requests else 0.0


def _bad_share(score: Score) -> float:
    return (score.late + score.failed) / score.requests if score.requests else 0.0


COST: Final = "cost"
REPLICA_HOURS: Final = "replica_hours"
MINUTES: Final = "minutes"
MINUTES_VIOLATED: Final = "slo_minutes_violated"
LATE_SHARE: Final = "late_share"
BAD_SHARE: Final = "bad_share"

MEASURES: Final = (
    Measure(key="requests", unit=Unit.COUNT, of=lambda s: s.requests),
    Measure(key="served", unit=Unit.COUNT, of=lambda s: s.served),
    Measure(key="late", unit=Unit.COUNT, of=lambda s: s.late),
    Measure(key="rejected", unit=Unit.COUNT, of=lambda s: s.rejected),
    Measure(key="timed_out", unit=Unit.COUNT, of=lambda s: s.timed_out),
    Measure(key="lost", unit=Unit.COUNT, of=lambda s: s.lost),
    Measure(
        key=MINUTES_VIOLATED, unit=Unit.COUNT, of=lambda s: s.slo_minutes_violated, label="SLO minutes violated"
    ),
    Measure(key=MINUTES, unit=Unit.COUNT, of=lambda s: s.minutes),
    Measure(key="latency_p50_s", unit=Unit.SECONDS, of=lambda s: s.latency_p50, label="latency p50"),
    Measure(key="latency_p95_s", unit=Unit.SECONDS, of=lambda s: s.latency_p95, label="latency p95"),
    Measure(key="latency_p99_s", unit=Unit.SECONDS, of=lambda s: s.latency_p99, label="latency p99"),
    Measure(key=LATE_SHARE, unit=Unit.SHARE, of=_late_share, label="late requests"),
    Measure(key="failed", unit=Unit.COUNT, of=lambda s: s.failed, label="lost requests"),
    Measure(key="unserved_share", unit=Unit.SHARE, of=lambda s: s.unserved_share, label="unserved share"),
    Measure(key=BAD_SHARE, unit=Unit.SHARE, of=_bad_share),  # late or unserved
    Measure(key=COST, unit=Unit.AMOUNT, of=lambda s: s.cost, label="cost"),
    Measure(key="node_hours", unit=Unit.AMOUNT, of=lambda s: s.node_hours, label="node-hours"),
    Measure(key=REPLICA_HOURS, unit=Unit.AMOUNT, of=lambda s: s.replica_hours, label="replica-hours"),
    Measure(key="mean_replicas", unit=Unit.AMOUNT, of=lambda s: s.mean_replicas, label="mean replicas"),
    Measure(key="peak_replicas", unit=Unit.COUNT, of=lambda s: s.peak_replicas, label="peak replicas"),
    Measure(key="scale_ups", unit=Unit.COUNT, of=lambda s: s.scale_ups, label="scale actions up"),
    Measure(key="scale_downs", unit=Unit.COUNT, of=lambda s: s.scale_downs, label="scale actions down"),
    Measure(key="direction_changes", unit=Unit.COUNT, of=lambda s: s.turns, label="changes of direction"),
    Measure(key="shortages", unit=Unit.COUNT, of=lambda s: s.shortages, label="times short of capacity"),
    Measure(
        key="time_to_capacity_median_s",
        unit=Unit.SECONDS,
        of=lambda s: s.time_to_capacity_median,
        label="time to capacity, median",
    ),
    Measure(
        key="time_to_capacity_worst_s",
        unit=Unit.SECONDS,
        of=lambda s: s.time_to_capacity_worst,
        label="time to capacity, worst",
    ),
)  # fmt: skip
BY_KEY: Final = {measure.key: measure for measure in MEASURES}

Values = dict[str, float | None]


def measure(score: Score) -> Values:
    """Give every number of a score by name: no cost where no price is known, ``None`` for a latency nobody experienced."""
    values: Values = {}
    for each in MEASURES:
        value = each.of(score)
        if value is not None:
            values[each.key] = value if math.isfinite(value) else None
    return values
