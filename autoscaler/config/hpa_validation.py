"""Which autoscaling/v2 HorizontalPodAutoscalers the API server accepts, and its words for the others.

Works on plain JSON after defaulting. Whether ``target.type`` fits the value given is not checked: upstream does not.

Source: kubernetes pkg/apis/autoscaling/validation/validation.go and pkg/registry/autoscaling/horizontalpodautoscaler.
"""

from dataclasses import dataclass

from autoscaler.config.hpa_metric_validation import validate_metric
from autoscaler.config.object_meta import validate_metadata, validate_metadata_update
from autoscaler.config.references import ReferenceOptions, validate_reference
from autoscaler.model.field_errors import FieldError, forbidden, invalid, not_supported, required
from autoscaler.model.json_types import JsonObject
from autoscaler.model.quantity import Quantity

MAX_WINDOW_S = 3600
"""Longest stabilization window."""
MAX_PERIOD_S = 1800
"""Longest period of a rate rule."""
_SELECT_POLICIES = ("Disabled", "Max", "Min")
_RULE_TYPES = ("Percent", "Pods")


_NEEDS_GROUP = ReferenceOptions()
_ANY_GROUP = ReferenceOptions(allow_empty_group=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class HpaOptions:
    """What differs between create and update, and between feature gates."""

    min_replicas_lower_bound: int = 1
    target: ReferenceOptions = _NEEDS_GROUP
    objects: ReferenceOptions = _ANY_GROUP


def options_for(hpa: JsonObject, old: JsonObject | None = None, *, scale_to_zero: bool = False) -> HpaOptions:
    """The options of the API server: lenient where an object stored before already breaks a newer rule."""
    target = _target_of(hpa)
    old_target = _target_of(old) if old is not None else None
    unchanged = old_target is not None and all(
        old_target.get(name) == target.get(name) for name in ("kind", "apiVersion")
    )
    old_spec = (old or {}).get("spec") or {}
    had_zero = old_spec.get("minReplicas") == 0
    return HpaOptions(
        min_replicas_lower_bound=0 if scale_to_zero or had_zero else 1,
        target=ReferenceOptions(
            allow_empty_group=target.get("kind") == "ReplicationController", allow_invalid=unchanged
        ),
        objects=ReferenceOptions(allow_empty_group=True, allow_invalid=_has_invalid_object_version(old_spec)),
    )


def validate_hpa(hpa: JsonObject, options: HpaOptions | None = None) -> list[FieldError]:
    """Faults of an object to be created; options default to the API server's."""
    return [
        *validate_metadata(hpa.get("metadata") or {}, namespaced=True),
        *validate_spec(hpa.get("spec") or {}, options or options_for(hpa)),
    ]


def validate_hpa_update(hpa: JsonObject, old: JsonObject, options: HpaOptions | None = None) -> list[FieldError]:
    """Faults of a change of the object."""
    return [
        *validate_metadata_update(hpa.get("metadata") or {}, old.get("metadata") or {}),
        *validate_spec(hpa.get("spec") or {}, options or options_for(hpa, old)),
    ]


def validate_hpa_status_update(hpa: JsonObject, old: JsonObject) -> list[FieldError]:
    """Faults of a change of the status."""
    status = hpa.get("status") or {}
    faults = validate_metadata_update(hpa.get("metadata") or {}, old.get("metadata") or {})
    return faults + [
        invalid(f"status.{name}", status[name], "must be greater than or equal to 0")
        for name in ("currentReplicas", "desiredReplicas")
        if status.get(name, 0) < 0
    ]


def validate_spec(spec: JsonObject, options: HpaOptions, path: str = "spec") -> list[FieldError]:
    """Faults of the spec: bounds, target, metrics, behavior."""
    behavior = spec.get("behavior") or {}
    faults = [
        *_bounds(spec, options.min_replicas_lower_bound, path),
        *validate_reference(_target_of({"spec": spec}), options.target, f"{path}.scaleTargetRef"),
        *_metrics(spec, options, f"{path}.metrics"),
    ]
    for direction in ("scaleUp", "scaleDown"):
        if behavior.get(direction) is not None:
            faults += _rules(behavior[direction], f"{path}.behavior.{direction}")
    return faults


def _target_of(hpa: JsonObject | None) -> JsonObject:
    target: JsonObject = ((hpa or {}).get("spec") or {}).get("scaleTargetRef") or {}
    return target


def _has_invalid_object_version(spec: JsonObject) -> bool:
    described = [(metric.get("object") or {}).get("describedObject") or {} for metric in spec.get("metrics") or ()]
    return any(reference.get("apiVersion", "").count("/") > 1 for reference in described)


def _bounds(spec: JsonObject, lower_bound: int, path: str) -> list[FieldError]:
    low, high = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    faults: list[FieldError] = []
    if low is not None and low < lower_bound:
        faults.append(invalid(f"{path}.minReplicas", low, f"must be greater than or equal to {lower_bound}"))
    if high == 0:
        faults.append(required(f"{path}.maxReplicas", "must be set and greater than 0"))
    elif high < 0:
        faults.append(invalid(f"{path}.maxReplicas", high, "must be greater than or equal to 1"))
    if low is not None and high < low:
        faults.append(invalid(f"{path}.maxReplicas", high, "must be greater than or equal to `minReplicas`"))
    return faults


def _metrics(spec: JsonObject, options: HpaOptions, path: str) -> list[FieldError]:
    metrics = spec.get("metrics") or []
    faults: list[FieldError] = []
    for index, metric in enumerate(metrics):
        faults += validate_metric(metric, options.objects, f"{path}[{index}]")
    scales_from_zero = any(metric.get("type") in {"Object", "External"} for metric in metrics)
    if spec.get("minReplicas") == 0 and not scales_from_zero:
        text = "must specify at least one Object or External metric to support scaling to zero replicas"
        faults.append(forbidden(path, text))
    return faults


def _rules(rules: JsonObject, path: str) -> list[FieldError]:
    """Faults of one direction of a behavior."""
    window, chosen = rules.get("stabilizationWindowSeconds"), rules.get("selectPolicy")
    faults: list[FieldError] = []
    if window is not None and window < 0:
        text = "must be greater than or equal to zero"
        faults.append(invalid(f"{path}.stabilizationWindowSeconds", window, text))
    if window is not None and window > MAX_WINDOW_S:
        text = f"must be less than or equal to {MAX_WINDOW_S}"
        faults.append(invalid(f"{path}.stabilizationWindowSeconds", window, text))
    if chosen is not None and chosen not in _SELECT_POLICIES:
        faults.append(not_supported(f"{path}.selectPolicy", chosen, _SELECT_POLICIES))
    policies = rules.get("policies") or []
    if not policies:
        faults.append(required(f"{path}.policies", "must specify at least one Policy"))
    for index, policy in enumerate(policies):
        faults += _rate_rule(policy, f"{path}.policies[{index}]")
    if rules.get("tolerance") is not None:
        tolerance = Quantity.from_json(rules["tolerance"])
        if tolerance.sign < 0:
            faults.append(invalid(f"{path}.tolerance", str(tolerance), "must be greater than or equal to 0"))
    return faults


def _rate_rule(rule: JsonObject, path: str) -> list[FieldError]:
    kind, value, period = rule.get("type") or "", rule.get("value") or 0, rule.get("periodSeconds") or 0
    faults = [] if kind in _RULE_TYPES else [not_supported(f"{path}.type", kind, _RULE_TYPES)]
    if value <= 0:
        faults.append(invalid(f"{path}.value", value, "must be greater than zero"))
    if period <= 0:
        faults.append(invalid(f"{path}.periodSeconds", period, "must be greater than zero"))
    if period > MAX_PERIOD_S:
        faults.append(invalid(f"{path}.periodSeconds", period, f"must be less than or equal to {MAX_PERIOD_S}"))
    return faults
