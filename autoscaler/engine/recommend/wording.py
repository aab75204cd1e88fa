"""Upstream's words for a metric: its name in messages, and what is said when it fails.

All of it is observable interface and byte for byte upstream's, oddities included: an Object metric with a per-pod
target calls itself "external metric", a ContainerResource metric with an average value calls itself "<resource>
resource".

Source: kubernetes pkg/controller/podautoscaler/horizontal.go (computeReplicasForMetric and below), v1.36.2.
"""

from __future__ import annotations

from functools import lru_cache
from typing import assert_never

from msgspec import Struct

from autoscaler.model.decision import ErrorKind
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    MetricName,
    ObjectMetric,
    PodsMetric,
    PrometheusMetric,
    ResourceMetric,
    UnknownMetric,
)

NO_RESOURCE_TARGET = (
    "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set"
)
NO_OBJECT_TARGET = "invalid object metric source: neither a value target nor an average value target was set"
NO_EXTERNAL_TARGET = "invalid external metric source: neither a value target nor an average value target was set"
NO_PROMETHEUS_TARGET = "invalid prometheus metric source: neither a value target nor an average value target was set"
NO_PODS_TARGET = "invalid pods metric source: no average value target was set"


class Failure(Struct, frozen=True, gc=False):
    """A metric without an answer, as it is told: in its event and condition, and in the error of the pass."""

    reason: str
    message: str
    error: str
    kind: ErrorKind = ErrorKind.INTERNAL


def metric_type(metric: Metric) -> str:
    """The metric's ``type`` in the API."""
    match metric:
        case ResourceMetric():
            return "Resource"
        case ContainerResourceMetric():
            return "ContainerResource"
        case PodsMetric():
            return "Pods"
        case ObjectMetric():
            return "Object"
        case ExternalMetric():
            return "External"
        case PrometheusMetric():
            return "Prometheus"
        case UnknownMetric():
            return metric.type
        case _:
            assert_never(metric)


def metric_name(metric: Metric) -> str:
    """The name a metric has in conditions and events."""
    match metric:
        case ResourceMetric():
            if metric.target.average_value is not None:
                return f"{metric.resource} resource"
            return _utilization_name(metric.resource)
        case ContainerResourceMetric():
            if metric.target.average_value is not None:
                return f"{metric.resource} resource"
            return f"{metric.resource} container resource utilization (percentage of request)"
        case PodsMetric():
            return f"pods metric {metric.metric.name}"
        case ObjectMetric():
            if metric.target.type == "Value":
                return f"{metric.described.kind} metric {metric.metric.name}"
            return external_name(metric.metric)
        case ExternalMetric():
            return external_name(metric.metric)
        case PrometheusMetric():
            return f"Prometheus metric {metric.name}"
        case UnknownMetric():
            return ""
        case _:
            assert_never(metric)


@lru_cache(maxsize=64)  # the same object every time, so that texts with it in them are found and compared at once
def _utilization_name(resource: str) -> str:
    return f"{resource} resource utilization (percentage of request)"


def external_name(metric: MetricName) -> str:
    """How an External metric, and an Object metric with a per-pod target, call themselves."""
    return f"external metric {metric.name}({selector_text(metric)})"


def selector_text(metric: MetricName) -> str:
    """A metric's selector as messages print it."""
    return "nil" if metric.selector is None else str(metric.selector)


def failure_of(metric: Metric, error: str, *, was_asked: bool = True) -> Failure:
    """Put ``error``, a calculator's text, into the words of the metric's type.

    ``was_asked``: the calculation began; it does not where the selector of an Object metric is wrong.
    """
    match metric:
        case ResourceMetric():
            message = _resource_message(metric, error)
            return Failure(
                "FailedGetResourceMetric", message, f"failed to get {metric.resource} resource metric value: {message}"
            )
        case ContainerResourceMetric():
            message = _resource_message(metric, error)
            return Failure(
                "FailedGetContainerResourceMetric",
                message,
                f"failed to get {metric.container} container metric value: {message}",
            )
        case PodsMetric():
            return Failure("FailedGetPodsMetric", error, f"failed to get pods metric value: {error}")
        case ObjectMetric():
            return _object_failure(metric, error, was_asked=was_asked)
        case ExternalMetric():
            return _external_failure(metric, error)
        case PrometheusMetric():
            told = f"failed to get {metric.name} Prometheus metric value: {error}"
            return Failure("FailedGetPrometheusMetric", error, told)
        case UnknownMetric():
            message = f'unknown metric source type "{metric.type}"'
            return Failure("InvalidMetricSourceType", message, message, ErrorKind.SPEC)
        case _:
            assert_never(metric)


def _resource_message(metric: ResourceMetric | ContainerResourceMetric, error: str) -> str:
    if error == NO_RESOURCE_TARGET:
        return error
    what = "utilization" if metric.target.average_value is None else "usage"
    return f"failed to get {metric.resource} {what}: {error}"


def _object_failure(metric: ObjectMetric, error: str, *, was_asked: bool) -> Failure:
    is_average = was_asked and metric.target.type == "AverageValue" and metric.target.average_value is not None
    detail = f"failed to get {metric.metric.name} object metric: {error}" if is_average else error
    return Failure("FailedGetObjectMetric", error, f"failed to get object metric value: {detail}")


def _external_failure(metric: ExternalMetric, error: str) -> Failure:
    name = metric.metric.name
    if metric.target.average_value is not None:
        detail = f"failed to get {name} external metric: {error}"
    elif metric.target.value is not None:
        detail = f"failed to get external metric {name}: {error}"
    else:
        detail = error
    return Failure("FailedGetExternalMetric", error, f"failed to get {name} external metric value: {detail}")
