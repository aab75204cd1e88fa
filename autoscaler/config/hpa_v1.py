"""HorizontalPodAutoscalers between autoscaling/v2 (the stored form) and v1, which keeps what it lacks in annotations.

Source: kubernetes pkg/apis/autoscaling/v1/conversion.go, pkg/apis/autoscaling/annotations.go.
"""

import json
from collections.abc import Callable, Mapping

from autoscaler.config.hpa_defaults import DEFAULT_CPU_UTILIZATION
from autoscaler.model.json_types import JsonObject, JsonValue

_PREFIX = "autoscaling.alpha.kubernetes.io/"
METRICS = f"{_PREFIX}metrics"
CURRENT_METRICS = f"{_PREFIX}current-metrics"
CONDITIONS = f"{_PREFIX}conditions"
BEHAVIOR = f"{_PREFIX}behavior"
TOLERANCES = {"scaleUp": f"{_PREFIX}scale-up-tolerance", "scaleDown": f"{_PREFIX}scale-down-tolerance"}
ROUND_TRIP = frozenset({METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR, *TOLERANCES.values()})
"""Annotations that v1 speaks through; v2 never shows them."""
_SOURCES = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}
_BEHAVIOR_NAMES = {
    "ScaleUp": "scaleUp",
    "ScaleDown": "scaleDown",
    "StabilizationWindowSeconds": "stabilizationWindowSeconds",
    "SelectPolicy": "selectPolicy",
    "Policies": "policies",
    "Type": "type",
    "Value": "value",
    "PeriodSeconds": "periodSeconds",
}
"""The annotation keeps the behavior with Go's names, not with those of the API."""


def to_v1(hpa: JsonObject) -> JsonObject:
    """A stored (v2) object as autoscaling/v1 shows it."""
    spec, status = hpa.get("spec") or {}, hpa.get("status") or {}
    metrics = spec.get("metrics") or []
    kept = {name: spec[name] for name in ("scaleTargetRef", "minReplicas", "maxReplicas") if name in spec}
    share = next((share for metric in metrics if (share := _cpu_share(metric)) is not None), None)
    if share is not None:
        kept["targetCPUUtilizationPercentage"] = share
    annotations = _without_round_trip(hpa) | _annotations(spec, status)
    return {
        "kind": hpa.get("kind", "HorizontalPodAutoscaler"),
        "apiVersion": "autoscaling/v1",
        "metadata": _annotated(hpa.get("metadata") or {}, annotations),
        "spec": kept,
        "status": _status_v1(status),
    }


def from_v1(hpa: JsonObject) -> JsonObject:
    """An autoscaling/v1 object in its stored (v2) form; annotations that cannot be read are dropped."""
    metadata, given = hpa.get("metadata") or {}, hpa.get("spec") or {}
    annotations = metadata.get("annotations") or {}
    spec = {name: given[name] for name in ("scaleTargetRef", "minReplicas", "maxReplicas") if name in given}
    metrics = [_spec_v2(metric) for metric in _read_list(annotations.get(METRICS))]
    share = given.get("targetCPUUtilizationPercentage")
    if share is None and not metrics:
        share = DEFAULT_CPU_UTILIZATION
    if share is not None:
        target = {"type": "Utilization", "averageUtilization": share}
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    spec["metrics"] = metrics
    behavior = _behavior_v2(annotations)
    if behavior:
        spec["behavior"] = behavior
    stored = {**hpa, "apiVersion": "autoscaling/v2", "spec": spec}
    stored["metadata"] = _annotated(metadata, _without_round_trip(hpa))
    if "status" in hpa:
        stored["status"] = _status_v2(hpa["status"], annotations)
    return stored


def without_round_trip_annotations(hpa: JsonObject) -> JsonObject:
    """A v2 object without the annotations that only v1 may show."""
    return {**hpa, "metadata": _annotated(hpa.get("metadata") or {}, _without_round_trip(hpa))}


def _without_round_trip(hpa: JsonObject) -> JsonObject:
    annotations = (hpa.get("metadata") or {}).get("annotations") or {}
    return {name: value for name, value in annotations.items() if name not in ROUND_TRIP}


def _annotated(metadata: JsonObject, annotations: JsonObject) -> JsonObject:
    rest = {name: value for name, value in metadata.items() if name != "annotations"}
    return rest | {"annotations": annotations} if annotations else rest


def _cpu_share(metric: JsonObject) -> int | None:
    """The target of a cpu utilization metric, in percent."""
    resource = metric.get("resource") or {}
    if metric.get("type") != "Resource" or resource.get("name") != "cpu":
        return None
    share: int | None = (resource.get("target") or {}).get("averageUtilization")
    return share


def _annotations(spec: JsonObject, status: JsonObject) -> JsonObject:
    """What v1 has no field for."""
    others = [_metric_v1(metric, "spec") for metric in spec.get("metrics") or () if _cpu_share(metric) is None]
    current = [_metric_v1(metric, "status") for metric in status.get("currentMetrics") or ()]
    annotations: JsonObject = {}
    if others:
        annotations[METRICS] = _compact(others)
    if current:
        annotations[CURRENT_METRICS] = _compact(current)
    behavior = spec.get("behavior")
    if behavior is not None:
        annotations[BEHAVIOR] = _compact(_behavior_v1(behavior))
        for direction, name in TOLERANCES.items():
            tolerance = (behavior.get(direction) or {}).get("tolerance")
            if tolerance is not None:
                annotations[name] = tolerance
    if status.get("conditions"):
        order = ("type", "status", "lastTransitionTime", "reason", "message")
        annotations[CONDITIONS] = _compact([_picked(each, *order) for each in status["conditions"]])
    return annotations


def _status_v1(status: JsonObject) -> JsonObject:
    kept = _picked(status, "observedGeneration", "lastScaleTime")
    kept |= {"currentReplicas": status.get("currentReplicas", 0), "desiredReplicas": status.get("desiredReplicas", 0)}
    for metric in status.get("currentMetrics") or ():
        resource = metric.get("resource") or {}
        share = (resource.get("current") or {}).get("averageUtilization")
        if metric.get("type") == "Resource" and resource.get("name") == "cpu" and share is not None:
            kept["currentCPUUtilizationPercentage"] = share
    return kept


def _status_v2(status: JsonObject, annotations: JsonObject) -> JsonObject:
    stored = _picked(status, "observedGeneration", "lastScaleTime", "currentReplicas", "desiredReplicas")
    metrics = [_status_metric_v2(metric) for metric in _read_list(annotations.get(CURRENT_METRICS))]
    share = status.get("currentCPUUtilizationPercentage")
    if not metrics and share is not None:
        metrics = [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": share}}}]
    stored["currentMetrics"] = metrics or None
    conditions = _read_list(annotations.get(CONDITIONS))
    return stored | ({"conditions": conditions} if conditions else {})


def _metric_v1(metric: JsonObject, side: str) -> JsonObject:
    """A metric, or its status, with the flat fields of v1."""
    source = _SOURCES.get(metric.get("type", ""), "")
    flat = _FLATTEN[side](metric.get(source) or {}, source)
    return {"type": metric.get("type", ""), source: flat}


def _flat_spec(body: JsonObject, source: str) -> JsonObject:
    target, metric = body.get("target") or {}, body.get("metric") or {}
    match source:
        case "resource" | "containerResource":
            return _named(
                ("name", body.get("name")),
                ("targetAverageUtilization", target.get("averageUtilization")),
                ("targetAverageValue", target.get("averageValue")),
                ("container", body.get("container")),
            )
        case "pods":
            return _named(
                ("metricName", metric.get("name")),
                ("targetAverageValue", target.get("averageValue", "0")),
                ("selector", metric.get("selector")),
            )
        case "object":
            return _named(
                ("target", _reference(body)),
                ("metricName", metric.get("name")),
                ("targetValue", target.get("value", "0")),
                ("selector", metric.get("selector")),
                ("averageValue", target.get("averageValue")),
            )
        case _:
            return _named(
                ("metricName", metric.get("name")),
                ("metricSelector", metric.get("selector")),
                ("targetValue", target.get("value")),
                ("targetAverageValue", target.get("averageValue")),
            )


def _flat_status(body: JsonObject, source: str) -> JsonObject:
    current, metric = body.get("current") or {}, body.get("metric") or {}
    match source:
        case "resource" | "containerResource":
            return _named(
                ("name", body.get("name")),
                ("currentAverageUtilization", current.get("averageUtilization")),
                ("currentAverageValue", current.get("averageValue", "0")),
                ("container", body.get("container")),
            )
        case "pods":
            return _named(
                ("metricName", metric.get("name")),
                ("currentAverageValue", current.get("averageValue", "0")),
                ("selector", metric.get("selector")),
            )
        case "object":
            return _named(
                ("target", _reference(body)),
                ("metricName", metric.get("name")),
                ("currentValue", current.get("value", "0")),
                ("selector", metric.get("selector")),
                ("averageValue", current.get("averageValue")),
            )
        case _:
            return _named(
                ("metricName", metric.get("name")),
                ("metricSelector", metric.get("selector")),
                ("currentValue", current.get("value", "0")),
                ("currentAverageValue", current.get("averageValue")),
            )


_FLATTEN: Mapping[str, Callable[[JsonObject, str], JsonObject]] = {"spec": _flat_spec, "status": _flat_status}


def _source_of(metric: JsonObject) -> tuple[str, JsonObject]:
    """The field that the declared type names, and what is in it; an annotation may hold anything."""
    kind = metric.get("type")
    source = _SOURCES.get(kind, "") if isinstance(kind, str) else ""
    flat = metric.get(source) if source else None
    return source, flat if isinstance(flat, dict) else {}


def _spec_v2(metric: JsonObject) -> JsonObject:
    source, flat = _source_of(metric)
    share, average = flat.get("targetAverageUtilization"), flat.get("targetAverageValue", flat.get("averageValue"))
    total = flat.get("targetValue")
    if source in {"resource", "containerResource"}:
        target = _named(
            ("type", "AverageValue" if share is None else "Utilization"),
            ("averageValue", average),
            ("averageUtilization", share),
        )
        return {"type": metric["type"], source: _named(*_name_and_container(flat), ("target", target))}
    kind = "AverageValue" if average is not None else "Value"
    target = _named(("type", kind), ("value", None if average is not None else total), ("averageValue", average))
    return {"type": metric.get("type", ""), source: _body_v2(flat, "target", target)}


def _status_metric_v2(metric: JsonObject) -> JsonObject:
    source, flat = _source_of(metric)
    current = _named(
        ("value", flat.get("currentValue")),
        ("averageValue", flat.get("currentAverageValue", flat.get("averageValue"))),
        ("averageUtilization", flat.get("currentAverageUtilization")),
    )
    if source in {"resource", "containerResource"}:
        return {"type": metric["type"], source: _named(*_name_and_container(flat), ("current", current))}
    return {"type": metric.get("type", ""), source: _body_v2(flat, "current", current)}


def _name_and_container(flat: JsonObject) -> tuple[tuple[str, JsonValue], ...]:
    return ("name", flat.get("name")), ("container", flat.get("container"))


def _body_v2(flat: JsonObject, field: str, value: JsonObject) -> JsonObject:
    selector = flat.get("selector", flat.get("metricSelector"))
    metric = _named(("name", flat.get("metricName")), ("selector", selector))
    return _named(("describedObject", flat.get("target")), ("metric", metric), (field, value))


def _behavior_v1(value: JsonValue) -> JsonValue:
    """The behavior with Go's names, in Go's order; tolerances travel apart."""
    if isinstance(value, list):
        return [_behavior_v1(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        go: _behavior_v1(value.get(ours))
        for go, ours in _BEHAVIOR_NAMES.items()
        if ours in value or _is_sibling(ours, value)
    }


def _is_sibling(name: str, value: JsonObject) -> bool:
    """Whether Go would print an absent field as null next to those present."""
    groups = ({"scaleUp", "scaleDown"}, {"stabilizationWindowSeconds", "selectPolicy", "policies"})
    return any(name in group and group & value.keys() for group in groups)


def _behavior_v2(annotations: JsonObject) -> JsonObject:
    read = _read(annotations.get(BEHAVIOR))
    try:
        behavior = _with_our_names(read) if isinstance(read, dict) else {}
    except RecursionError:  # nested beyond all reason: cannot be read
        behavior = {}
    for direction, name in TOLERANCES.items():
        if name in annotations and isinstance(behavior.get(direction), dict):
            behavior[direction] = {**behavior[direction], "tolerance": annotations[name]}
    return behavior


def _with_our_names(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_with_our_names(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {_BEHAVIOR_NAMES.get(name, name): _with_our_names(item) for name, item in value.items() if item is not None}


def _reference(body: JsonObject) -> JsonObject:
    return _picked(body.get("describedObject") or {}, "kind", "name", "apiVersion")


def _picked(source: JsonObject, *names: str) -> JsonObject:
    return {name: source[name] for name in names if name in source}


def _named(*pairs: tuple[str, JsonValue]) -> JsonObject:
    return {name: value for name, value in pairs if value is not None}


def _compact(value: JsonValue) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _read(text: str | None) -> JsonValue:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None


def _read_list(text: str | None) -> list[JsonObject]:
    read = _read(text)
    return [item for item in read if isinstance(item, dict)] if isinstance(read, list) else []
