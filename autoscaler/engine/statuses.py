"""When a status is worth writing: only if the API would see a difference.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go (updateStatusIfNeeded), v1.36.2.
"""

from __future__ import annotations

from autoscaler.model.decision import MetricStatus, PolicyStatus
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    ObjectMetric,
    PodsMetric,
    PrometheusMetric,
    ResourceMetric,
)


def same_status(one: PolicyStatus, other: PolicyStatus) -> bool:
    """Whether two statuses are semantically equal: none equals empty, quantities compare by value."""
    if one is other:
        return True
    return (
        one.current_replicas == other.current_replicas
        and one.desired_replicas == other.desired_replicas
        and one.last_scale_at == other.last_scale_at
        and one.conditions == other.conditions
        and one.observed_generation == other.observed_generation
        and _same_metrics(one.metrics or (), other.metrics or ())
    )


def _same_metrics(ones: tuple[MetricStatus, ...], others: tuple[MetricStatus, ...]) -> bool:
    if len(ones) != len(others):
        return False
    for one, other in zip(ones, others, strict=True):
        if (
            one.average_utilization != other.average_utilization
            or one.average_value != other.average_value
            or one.value != other.value
            or not _same_identity(one.metric, other.metric)
        ):
            return False
    return True


def _same_identity(one: Metric | None, other: Metric | None) -> bool:
    """Whether two entries name the same metric; one that was read from an object does not say, and is believed."""
    return one is other or one is None or other is None or _identity(one) == _identity(other)


def _identity(metric: Metric) -> object:
    """What a status copies from a metric's spec: everything but the target."""
    match metric:
        case ResourceMetric():
            return ("Resource", metric.resource)
        case ContainerResourceMetric():
            return ("ContainerResource", metric.resource, metric.container)
        case PodsMetric():
            return ("Pods", metric.metric)
        case ObjectMetric():
            return ("Object", metric.described, metric.metric)
        case ExternalMetric():
            return ("External", metric.metric)
        case PrometheusMetric():
            return ("Prometheus", metric.name)
        case _:
            return None
