"""Writes down what each metric of a decision read, what that was worth, and what it asked for."""

from __future__ import annotations

import math
from typing import Literal

from autoscaler.config.decision_record import MetricPart, Number, Pods
from autoscaler.config.moments import print_time
from autoscaler.engine.explain import metric_label
from autoscaler.engine.explained import Explained
from autoscaler.engine.reading_quality import Quality, quality_of
from autoscaler.engine.recommend.calculation import Tolerance
from autoscaler.model.decision import Proposal
from autoscaler.model.observation import NoReading, Observation
from autoscaler.model.time import SECOND

_PER_POD = ("resource", "pods")


def metric_parts(explained: Explained) -> list[MetricPart]:
    """Give one part for each metric that was asked."""
    seen = explained.observation
    readings = (*seen.readings, *(NoReading(error="") for _ in explained.decision.proposals[len(seen.readings) :]))
    return [
        _metric(proposal, quality_of(reading, seen), seen, explained.tolerance)
        for proposal, reading in zip(explained.decision.proposals, readings, strict=False)
    ]


def _metric(proposal: Proposal, quality: Quality, seen: Observation, tolerance: Tolerance) -> MetricPart:
    ratio = proposal.adjusted_ratio if proposal.adjusted_ratio is not None else proposal.ratio
    oldest = quality.oldest
    return MetricPart(
        name=proposal.name,
        label=metric_label(proposal.name),
        type=proposal.metric_type,
        source=quality.source,
        sampled_at=None if oldest is None else print_time(oldest),
        age_seconds=None if oldest is None else max(seen.at - oldest, 0) / SECOND,
        coverage=quality.coverage,
        health=_health(proposal, quality),
        observed=proposal.observed,
        target=proposal.target,
        ratio=_number(proposal.ratio),
        adjusted_ratio=_number(proposal.adjusted_ratio),
        within_tolerance=None if ratio is None else tolerance.holds(ratio),
        pods=_pods(proposal, quality, seen),
        note=proposal.note,
        replicas=proposal.replicas,
        error=proposal.error,
    )


def _health(proposal: Proposal, quality: Quality) -> Literal["ok", "partial", "missing"]:
    if proposal.replicas is None:
        return "missing"
    is_partial = proposal.pods is not None or (quality.coverage is not None and quality.coverage < 1)
    return "partial" if is_partial else "ok"


def _pods(proposal: Proposal, quality: Quality, seen: Observation) -> Pods | None:
    """Give the pods by group; a metric that names none could count on all of them."""
    counts = proposal.pods
    if counts is not None:
        return Pods(ready=counts.ready, unready=counts.unready, missing=counts.missing, ignored=counts.ignored)
    if proposal.replicas is None or quality.source not in _PER_POD:
        return None
    return Pods(ready=len(seen.pods), unready=0, missing=0, ignored=0)


def _number(value: float | None) -> Number | None:
    if value is None or math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
