"""The quality of signals: the worst of all policies, by kind of source; nothing left over from those that are gone."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from autoscaler.control.messages import Record
from autoscaler.daemon.signals import Signals
from autoscaler.model.decision import Decision, PolicyStatus, Reason, Settlement, WriteOutcome, WriteResult
from autoscaler.model.observation import (
    ExternalReading,
    NoReading,
    Observation,
    Pod,
    PodResources,
    PodSample,
    PodsReading,
    PodUsage,
    Reading,
    ResourceReading,
    Scale,
)
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import SECOND, ZERO_TIME

NOW = 100 * SECOND


def look(name: str, *readings: Reading, pods: int = 4, reason: Reason = Reason.UNCHANGED) -> Record:
    key = PolicyKey(namespace="shop", name=name)
    return Record(
        key=key,
        observation=Observation(
            at=NOW,
            scale=Scale(spec_replicas=pods, status_replicas=pods),
            pods=tuple(Pod(name=f"p{number}", resources=PodResources()) for number in range(pods)),
            readings=readings,
        ),
        decision=Decision(
            key=key, at=NOW, current=pods, desired=pods, rescale=False, reason=reason, status=PolicyStatus()
        ),
        outcome=WriteOutcome(result=WriteResult.NOT_NEEDED),
        settlement=Settlement(status=PolicyStatus()),
    )


def usage(*ages: int) -> ResourceReading:
    return ResourceReading(
        pods=tuple(
            PodUsage(pod=f"p{number}", containers=(), at=NOW - age * SECOND, window=SECOND)
            for number, age in enumerate(ages)
        )
    )


def shown(signals: Signals, registry: CollectorRegistry) -> dict[str, float]:
    signals.refresh()
    lines = [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]
    return {
        line.rpartition(" ")[0].removeprefix("autoscaler_"): float(line.rpartition(" ")[2])
        for line in lines
        if not line.endswith(" 0.0") or "ratio" in line
    }


def test_the_worst_policy_counts_by_source() -> None:
    registry = CollectorRegistry()
    signals = Signals(registry)
    sample = PodSample(pod="p0", value=1, at=ZERO_TIME, window=SECOND)

    signals.note(look("a", usage(20, 30, 10, 10), ExternalReading(values=(1,), at=NOW - 70 * SECOND)))
    signals.note(look("b", usage(5, 5, 5), PodsReading(samples=(sample,)), reason=Reason.METRIC_MISSING))
    signals.note(look("c", NoReading(error="down"), reason=Reason.METRIC_MISSING))

    assert shown(signals, registry) == {
        'metric_age_seconds{source="resource"}': 30.0,
        'metric_age_seconds{source="external"}': 70.0,
        'metric_coverage_ratio{source="resource"}': 0.75,
        'metric_coverage_ratio{source="pods"}': 0.25,
        'frozen_policies{reason="MetricMissing"}': 2.0,
    }

    for name in ("b", "c"):
        signals.forget(PolicyKey(namespace="shop", name=name))
    assert shown(signals, registry) == {
        'metric_age_seconds{source="resource"}': 30.0,
        'metric_age_seconds{source="external"}': 70.0,
        'metric_coverage_ratio{source="resource"}': 1.0,
    }


def test_a_sample_from_the_future_is_not_older_than_now() -> None:
    registry = CollectorRegistry()
    signals = Signals(registry)

    signals.note(look("a", usage(-5)))

    assert 'metric_age_seconds{source="resource"}' not in shown(signals, registry)
