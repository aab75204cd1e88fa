"""Samples that are too old to be believed are missing; upstream never looks at their age."""

from __future__ import annotations

from msgspec.structs import replace

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
from autoscaler.model.time import SECOND, Instant, Nanoseconds
from autoscaler.model.usage_columns import UsageColumns

#: How far a metric source's clock may be ahead of ours [ns]; a sample from further in the future is as bad as an old one.
SKEW = 30 * SECOND


def believed(observation: Observation, max_age: Nanoseconds | None) -> Observation:
    """Give the observation without samples that are older than ``max_age``, or from the future."""
    if max_age is None:
        return observation
    oldest, newest = observation.at - max_age, observation.at + SKEW
    readings = tuple(_believed(reading, oldest, newest, observation.at) for reading in observation.readings)
    if all(one is other for one, other in zip(readings, observation.readings, strict=True)):
        return observation
    return replace(observation, readings=readings)


def _believed(reading: Reading, oldest: Instant, newest: Instant, now: Instant) -> Reading:
    match reading:
        case ResourceReading(pods=UsageColumns(at=at)):
            return reading if oldest <= at <= newest else ResourceReading(pods=())
        case ResourceReading(pods=samples):
            fresh = tuple(sample for sample in samples if oldest <= sample.at <= newest)
            return reading if len(fresh) == len(samples) else ResourceReading(pods=fresh)
        case PodsReading(samples=found):
            kept = tuple(sample for sample in found if oldest <= sample.at <= newest)
            return reading if len(kept) == len(found) else PodsReading(samples=kept)
        case ObjectReading(at=at) | ExternalReading(at=at) | PrometheusReading(at=at):
            return reading if oldest <= at <= newest else NoReading(error=_stale(at, now, now - oldest))
        case NoReading():
            return reading


def _stale(at: Instant, now: Instant, limit: Nanoseconds) -> str:
    if at > now:
        return f"its sample is from {(at - now) // SECOND} s in the future: whose clock is wrong?"
    return f"its sample is {(now - at) // SECOND} s old; the limit is {limit // SECOND} s"
