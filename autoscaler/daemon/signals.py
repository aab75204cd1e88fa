"""How good the signals are, over all policies: their age, their coverage, and who has to hold for want of them.

One series per kind of source, the worst of all policies: a series per policy would say no more and cost a thousand
times as much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge, Histogram

from autoscaler.control.messages import Record
from autoscaler.engine.reading_quality import quality_of
from autoscaler.model.decision import Reason
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import as_seconds

#: Milliseconds to the longest time-out anybody sets [s].
_BUCKETS = tuple(0.001 * 2**power for power in range(15))
#: Reasons that mean: this policy could not decide freely.
_FROZEN = (Reason.METRIC_MISSING, Reason.TARGET_MISSING, Reason.AMBIGUOUS)


@dataclass(frozen=True, slots=True)
class _Quality:
    """What one policy's last look was worth. By source: oldest sample [s], smallest share of pods with a sample."""

    ages: dict[str, float]
    coverages: dict[str, float]
    reason: Reason


class Signals:
    """Keeps the last quality of each policy, and shows the worst at each scrape."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._last: dict[PolicyKey, _Quality] = {}
        self._reads = Histogram(
            "autoscaler_metric_read_seconds",
            "Time to read one metric.",
            ["source"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self._age = Gauge(
            "autoscaler_metric_age_seconds", "Age of the oldest sample a decision used.", ["source"], registry=registry
        )
        self._coverage = Gauge(
            "autoscaler_metric_coverage_ratio", "Smallest share of pods with a sample.", ["source"], registry=registry
        )
        self._frozen = Gauge(
            "autoscaler_frozen_policies",
            "Policies that hold because they cannot decide.",
            ["reason"],
            registry=registry,
        )

    def timed(self, source: str, seconds: float) -> None:
        """Take how long reading one metric took."""
        self._reads.labels(source).observe(seconds)

    def note(self, record: Record) -> None:
        """Take the quality of a pass."""
        seen = record.observation
        ages: dict[str, float] = {}
        coverages: dict[str, float] = {}
        for reading in seen.readings:
            quality = quality_of(reading, seen)
            source = quality.source
            if quality.oldest is not None:
                age = as_seconds(max(0, seen.at - quality.oldest))
                ages[source] = max(age, ages.get(source, 0.0))
            if quality.coverage is not None:
                coverages[source] = min(quality.coverage, coverages.get(source, 1.0))
        self._last[record.key] = _Quality(ages, coverages, record.decision.reason)

    def forget(self, key: PolicyKey) -> None:
        """Drop a policy that is gone."""
        self._last.pop(key, None)

    def refresh(self) -> None:
        """Show the worst of all policies."""
        ages: dict[str, float] = {}
        coverages: dict[str, float] = {}
        for quality in self._last.values():
            for source, age in quality.ages.items():
                ages[source] = max(age, ages.get(source, 0.0))
            for source, share in quality.coverages.items():
                coverages[source] = min(share, coverages.get(source, 1.0))
        _show(self._age, ages)
        _show(self._coverage, coverages)
        counts = Counter(quality.reason for quality in self._last.values())
        _show(self._frozen, {reason.value: counts[reason] for reason in _FROZEN})


def _show(gauge: Gauge, values: Mapping[str, float]) -> None:
    """Show exactly these: a source that nobody uses any more must not keep its last value."""
    gauge.clear()
    for label, value in values.items():
        gauge.labels(label).set(value)
