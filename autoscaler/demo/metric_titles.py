"""Metrics of a policy as people read them: a short name and the target."""

from __future__ import annotations

from autoscaler.demo.feed import MetricTitle
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    MetricTarget,
    ObjectMetric,
    PodsMetric,
    PrometheusMetric,
    ResourceMetric,
    UnknownMetric,
)


def metric_title(metric: Metric) -> MetricTitle:
    """Name a metric and its target, such as ``cpu`` and ``70%``."""
    match metric:
        case ResourceMetric():
            return MetricTitle(metric.resource, _target(metric.target))
        case ContainerResourceMetric():
            return MetricTitle(f"{metric.resource} of {metric.container}", _target(metric.target))
        case PodsMetric() | ObjectMetric() | ExternalMetric():
            return MetricTitle(metric.metric.name, _target(metric.target))
        case PrometheusMetric():
            return MetricTitle(metric.name, _target(metric.target))
        case UnknownMetric():
            return MetricTitle(metric.type, "")


def _target(target: MetricTarget) -> str:
    if target.average_utilization is not None:
        return f"{target.average_utilization}%"
    quantity = target.average_value if target.average_value is not None else target.value
    if quantity is None:
        return ""
    return f"{quantity} per pod" if target.average_value is not None else str(quantity)
