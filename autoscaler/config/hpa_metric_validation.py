"""Rules for one metric of a HorizontalPodAutoscaler: its source, and the target that source is held to.

Source: kubernetes pkg/apis/autoscaling/validation/validation.go, validateMetricSpec.
"""

from collections.abc import Callable, Mapping

from autoscaler.config.references import ReferenceOptions, validate_reference, validate_segment
from autoscaler.config.resource_names import validate_container_resource_name
from autoscaler.model.field_errors import FieldError, forbidden, invalid, not_supported, required
from autoscaler.model.json_types import JsonObject
from autoscaler.model.names import dns_label_faults
from autoscaler.model.quantity import Quantity

_METRIC_TYPES = ("ContainerResource", "External", "Object", "Pods", "Resource")
_TARGET_TYPES = frozenset({"Utilization", "Value", "AverageValue"})


def validate_metric(metric: JsonObject, objects: ReferenceOptions, path: str) -> list[FieldError]:
    """Only the first source present is looked at closely, whatever the declared type."""
    kind = metric.get("type") or ""
    present = [name for name in _SOURCES if metric.get(name) is not None]
    unsupported = not_supported(f"{path}.type", kind, _METRIC_TYPES)
    faults = [] if kind else [required(f"{path}.type", "must specify a metric source type")]
    if kind not in _METRIC_TYPES:
        faults.append(unsupported)
    if present:
        faults += _SOURCES[present[0]](metric[present[0]], objects, f"{path}.{present[0]}")
    expected = kind[:1].lower() + kind[1:]
    if kind not in _METRIC_TYPES:
        faults.append(unsupported)
    elif expected not in present:
        faults.append(required(f"{path}.{expected}", "must populate information for the given metric source"))
    if len(present) != 1:
        text = "must populate the given metric source only"
        faults += [forbidden(f"{path}.{name}", text) for name in present if name != expected]
    return faults


def _object(source: JsonObject, objects: ReferenceOptions, path: str) -> list[FieldError]:
    target = source.get("target") or {}
    faults = [
        *validate_reference(source.get("describedObject") or {}, objects, f"{path}.describedObject"),
        *_identifier(source, path),
        *_target(target, f"{path}.target"),
    ]
    if target.get("value") is None and target.get("averageValue") is None:
        faults.append(required(f"{path}.target.averageValue", "must set either a target value or averageValue"))
    return faults


def _external(source: JsonObject, _: ReferenceOptions, path: str) -> list[FieldError]:
    target = source.get("target") or {}
    faults = [*_identifier(source, path), *_target(target, f"{path}.target")]
    total, average = target.get("value") is not None, target.get("averageValue") is not None
    if not total and not average:
        text = "must set either a target value for metric or a per-pod target"
        faults.append(required(f"{path}.target.averageValue", text))
    if total and average:
        text = "may not set both a target value for metric and a per-pod target"
        faults.append(forbidden(f"{path}.target.value", text))
    return faults


def _pods(source: JsonObject, _: ReferenceOptions, path: str) -> list[FieldError]:
    target = source.get("target") or {}
    faults = [*_identifier(source, path), *_target(target, f"{path}.target")]
    if target.get("averageValue") is None or Quantity.from_json(target["averageValue"]).sign != 1:
        faults.append(required(f"{path}.target.averageValue", "must specify a positive target averageValue"))
    return faults


def _resource(source: JsonObject, _: ReferenceOptions, path: str) -> list[FieldError]:
    named = [] if source.get("name") else [required(f"{path}.name", "must specify a resource name")]
    return named + _resource_target(source.get("target") or {}, f"{path}.target")


def _container_resource(source: JsonObject, _: ReferenceOptions, path: str) -> list[FieldError]:
    name, container = source.get("name") or "", source.get("container") or ""
    if name:
        faults = validate_container_resource_name(name, f"{path}.name")
    else:
        faults = [required(f"{path}.name", "must specify a resource name")]
    if container:
        faults += [invalid(f"{path}.container", container, text) for text in dns_label_faults(container)]
    else:
        faults.append(required(f"{path}.container", "must specify a container"))
    return faults + _resource_target(source.get("target") or {}, f"{path}.target")


def _resource_target(target: JsonObject, path: str) -> list[FieldError]:
    faults = _target(target, path)
    share, value = target.get("averageUtilization") is not None, target.get("averageValue") is not None
    if not share and not value:
        text = "must set either a target raw value or a target utilization"
        faults.append(required(f"{path}.averageUtilization", text))
    if share and value:
        text = "may not set both a target raw value and a target utilization"
        faults.append(forbidden(f"{path}.averageValue", text))
    return faults


def _identifier(source: JsonObject, path: str) -> list[FieldError]:
    name = (source.get("metric") or {}).get("name") or ""
    return validate_segment(name, f"{path}.metric.name", "must specify a metric name")


def _target(target: JsonObject, path: str) -> list[FieldError]:
    kind = target.get("type") or ""
    faults = [] if kind else [required(f"{path}.type", "must specify a metric target type")]
    if kind not in _TARGET_TYPES:
        faults.append(invalid(f"{path}.type", kind, "must be either Utilization, Value, or AverageValue"))
    for name in ("value", "averageValue"):
        if target.get(name) is not None:
            quantity = Quantity.from_json(target[name])
            if quantity.sign != 1:
                faults.append(invalid(f"{path}.{name}", str(quantity), "must be positive"))
    share = target.get("averageUtilization")
    if share is not None and share < 1:
        faults.append(invalid(f"{path}.averageUtilization", share, "must be greater than 0"))
    return faults


_SOURCES: Mapping[str, Callable[[JsonObject, ReferenceOptions, str], list[FieldError]]] = {
    "object": _object,
    "external": _external,
    "pods": _pods,
    "resource": _resource,
    "containerResource": _container_resource,
}
"""The sources in the order upstream looks for them."""
