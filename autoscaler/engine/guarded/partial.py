"""Answers of a metric source that stand for a part of what it should know; they may let a target grow, not shrink."""

from __future__ import annotations

from autoscaler.model.observation import PrometheusReading, Reading
from autoscaler.model.policy import Metric, PrometheusMetric

#: Characters of a warning that are told; a server may say a lot.
_SHOWN = 120


def partial_answer(metrics: tuple[Metric, ...], readings: tuple[Reading, ...], least: float) -> str:
    """Say which metric's source knows less than the share ``least`` of its own sources, or warned; empty: none."""
    for metric, reading in zip(metrics, readings, strict=False):
        if not isinstance(reading, PrometheusReading) or not isinstance(metric, PrometheusMetric):
            continue
        if reading.warnings:
            return f"{metric.name} may be incomplete: {reading.warnings[0][:_SHOWN]}"
        if reading.coverage is not None and reading.coverage < least:
            return f"only {reading.coverage:.0%} of the sources of {metric.name} answer, less than {least:.0%}"
    return ""
