"""The status of an autoscaling/v2 HorizontalPodAutoscaler: read from an object, written as upstream writes it.

Instants are nanoseconds since the Unix epoch; on the wire they are whole seconds.
Source: kubernetes staging/src/k8s.io/api/autoscaling/v2/types.go (field order), pkg/controller/podautoscaler
horizontal.go (what is copied from the spec).
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import zip_longest

from autoscaler.config.go_time import GoTimeError, format_time, parse_time
from autoscaler.model.decision import Condition, MetricStatus, PolicyStatus
from autoscaler.model.json_types import JsonObject
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    MetricName,
    ObjectMetric,
    PodsMetric,
    PrometheusMetric,
    ResourceMetric,
    ScalingPolicy,
    UnknownMetric,
)
from autoscaler.model.quantity import Quantity, QuantityError
from autoscaler.model.selector import LabelSelector
from autoscaler.model.time import SECOND, ZERO_TIME, Instant


def status_to_object(status: PolicyStatus, policy: ScalingPolicy) -> JsonObject:
    """Write ``status`` as JSON: upstream's field order, ``currentReplicas`` left out when 0, absent metrics as null."""
    written: JsonObject = {}
    if status.observed_generation is not None:
        written["observedGeneration"] = status.observed_generation
    if status.last_scale_at is not None:
        written["lastScaleTime"] = _write_time(status.last_scale_at)
    if status.current_replicas:
        written["currentReplicas"] = status.current_replicas
    written["desiredReplicas"] = status.desired_replicas
    written["currentMetrics"] = None
    if status.metrics is not None:
        # The policy may have changed since: a status names the metrics that were measured, where it knows them.
        pairs = zip_longest(status.metrics, policy.metrics[: len(status.metrics)])
        written["currentMetrics"] = [_write_metric(current.metric or metric, current) for current, metric in pairs]
    if status.conditions:
        written["conditions"] = [write_condition(condition) for condition in status.conditions]
    return written


def status_from_object(obj: JsonObject) -> PolicyStatus:
    """Read the status of the object ``obj``. What is absent, null or cannot be read counts as never written."""
    status = obj.get("status") or {}
    metrics = status.get("currentMetrics")
    return PolicyStatus(
        current_replicas=status.get("currentReplicas") or 0,
        desired_replicas=status.get("desiredReplicas") or 0,
        last_scale_at=_read_time(status.get("lastScaleTime")),
        metrics=None if metrics is None else tuple(_read_metric(metric) for metric in metrics),
        conditions=tuple(_read_condition(condition) for condition in status.get("conditions") or ()),
        observed_generation=status.get("observedGeneration"),
    )


def write_condition(condition: Condition) -> JsonObject:
    """Write one condition as JSON."""
    written: JsonObject = {
        "type": condition.type,
        "status": condition.status,
        "lastTransitionTime": _write_time(condition.last_transition),
    }
    if condition.reason:
        written["reason"] = condition.reason
    if condition.message:
        written["message"] = condition.message
    if condition.observed_generation is not None:
        written["observedGeneration"] = condition.observed_generation
    return written


def _read_condition(condition: JsonObject) -> Condition:
    at = _read_time(condition.get("lastTransitionTime"))
    return Condition(
        type=condition.get("type") or "",
        status=condition.get("status") or "",
        reason=condition.get("reason") or "",
        message=condition.get("message") or "",
        last_transition=ZERO_TIME if at is None else at,
        observed_generation=condition.get("observedGeneration"),
    )


def _write_metric(metric: Metric | None, status: MetricStatus) -> JsonObject:
    """Write one metric; a failed one, and one that nobody remembers, is blank, at its place."""
    if status.is_blank or metric is None:
        return {"type": ""}
    current = _write_current(status)
    match metric:
        case ResourceMetric():
            return {"type": "Resource", "resource": {"name": metric.resource, "current": current}}
        case ContainerResourceMetric():
            source = {"name": metric.resource, "current": current, "container": metric.container}
            return {"type": "ContainerResource", "containerResource": source}
        case PodsMetric():
            return {"type": "Pods", "pods": {"metric": write_name(metric.metric), "current": current}}
        case ObjectMetric(described=described):
            reference = {"kind": described.kind, "name": described.name}
            if described.api_version:
                reference["apiVersion"] = described.api_version
            source = {"metric": write_name(metric.metric), "current": current, "describedObject": reference}
            return {"type": "Object", "object": source}
        case ExternalMetric():
            return {"type": "External", "external": {"metric": write_name(metric.metric), "current": current}}
        case PrometheusMetric():
            return {"type": "Prometheus", "prometheus": {"name": metric.name, "current": current}}
        case UnknownMetric():
            return {"type": ""}


def _write_current(status: MetricStatus) -> JsonObject:
    current: JsonObject = {}
    if status.value is not None:
        current["value"] = str(status.value)
    if status.average_value is not None:
        current["averageValue"] = str(status.average_value)
    if status.average_utilization is not None:
        current["averageUtilization"] = status.average_utilization
    return current


def _read_metric(metric: JsonObject) -> MetricStatus:
    sources = (source for source in metric.values() if isinstance(source, dict))
    current: JsonObject = next((source["current"] for source in sources if isinstance(source.get("current"), dict)), {})
    return MetricStatus(
        average_utilization=current.get("averageUtilization"),
        average_value=_read_quantity(current.get("averageValue")),
        value=_read_quantity(current.get("value")),
    )


def write_name(metric: MetricName) -> JsonObject:
    """Write a metric's name and the selector that narrows it."""
    if metric.selector is None:
        return {"name": metric.name}
    return {"name": metric.name, "selector": _write_selector(metric.selector)}


def _write_selector(selector: LabelSelector) -> JsonObject:
    written: JsonObject = {}
    if selector.match_labels:
        written["matchLabels"] = dict(sorted(selector.match_labels))
    if selector.match_expressions:
        written["matchExpressions"] = [
            {"key": item.key, "operator": str(item.operator)} | ({"values": list(item.values)} if item.values else {})
            for item in selector.match_expressions
        ]
    return written


def _write_time(at: Instant) -> str | None:
    return None if at == ZERO_TIME else format_time(datetime.fromtimestamp(at // SECOND, tz=UTC))


def _read_time(text: str | None) -> Instant | None:
    try:
        return None if text is None else int(parse_time(text).timestamp()) * SECOND
    except GoTimeError:
        return None


def _read_quantity(value: str | float | None) -> Quantity | None:
    try:
        return None if value is None else Quantity.from_json(value)
    except QuantityError:
        return None
