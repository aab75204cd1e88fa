"""What a reading is worth: where it came from, how old its samples are, and how many of the pods it covers."""

from __future__ import annotations

from typing import assert_never

from msgspec import Struct

from autoscaler.model.observation import (
    ExternalReading,
    NoReading,
    ObjectReading,
    Observation,
    PodsReading,
    PrometheusReading,
    Reading,
    ResourceReading,
)
from autoscaler.model.time import ZERO_TIME, Instant


class Quality(Struct, frozen=True, kw_only=True, gc=False):
    """``source``: resource, pods, object, external, prometheus, or none where nothing was read.

    ``oldest``: when its oldest sample was taken; ``None``: it does not say. ``coverage``: share of the pods, or of
    Prometheus' sources, that have one; ``None``: not known, or not a matter of shares.
    """

    source: str
    oldest: Instant | None = None
    coverage: float | None = None


def quality_of(reading: Reading, seen: Observation) -> Quality:
    """Judge a reading by what else was seen."""
    match reading:
        case ResourceReading():
            have = {usage.pod for usage in reading.pods}
            return _per_pod("resource", [usage.at for usage in reading.pods], have, seen)
        case PodsReading():
            have = {sample.pod for sample in reading.samples}
            return _per_pod("pods", [sample.at for sample in reading.samples], have, seen)
        case ObjectReading():
            return Quality(source="object", oldest=_dated([reading.at]))
        case ExternalReading():
            return Quality(source="external", oldest=_dated([reading.at]))
        case PrometheusReading():
            return Quality(source="prometheus", oldest=_dated([reading.at]), coverage=reading.coverage)
        case NoReading():
            return Quality(source="none")
        case _:
            assert_never(reading)


def _per_pod(source: str, instants: list[Instant], have: set[str], seen: Observation) -> Quality:
    names = {pod.name for pod in seen.pods}
    return Quality(source=source, oldest=_dated(instants), coverage=len(names & have) / len(names) if names else None)


def _dated(instants: list[Instant]) -> Instant | None:
    return min((at for at in instants if at != ZERO_TIME), default=None)
