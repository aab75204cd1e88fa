"""Nodes: the taint of a new node, and which taints are accepted.

Source: kubernetes plugin/pkg/admission/nodetaint; pkg/apis/core/validation/validation.go, validateNodeTaints.
"""

from autoscaler.emulator.kinds.checks import resource_quantity
from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError, duplicate, invalid, not_supported, required
from autoscaler.model.json_types import JsonObject
from autoscaler.model.names import label_value_faults, qualified_name_faults

_NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def admitted_node(node: JsonObject) -> JsonObject:
    """A new node carries the not-ready taint until a controller finds it ready."""
    spec = node.get("spec") or {}
    taints = spec.get("taints") or []
    if any(taint.get("key") == _NOT_READY["key"] and taint.get("effect") == "NoSchedule" for taint in taints):
        return node
    return {**node, "spec": {**spec, "taints": [*taints, _NOT_READY]}}


def _validate(node: JsonObject) -> list[FieldError]:
    return _taints((node.get("spec") or {}).get("taints") or [], "metadata.taints")


def _validate_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    faults = _validate(new)
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    for name in ("providerID", "podCIDR"):
        if before.get(name) and spec.get(name) != before[name]:
            text = "node updates may not change " + name + ' except from "" to valid'
            faults.append(invalid(f"spec.{name}", spec.get(name, ""), text))
    return faults


def _validate_status(new: JsonObject, old: JsonObject) -> list[FieldError]:
    del old  # nothing in it binds the new status
    status = new.get("status") or {}
    faults: list[FieldError] = []
    for field in ("capacity", "allocatable"):
        for name, amount in (status.get(field) or {}).items():
            faults += resource_quantity(name, amount, f"status.{field}[{name}]")
    return faults


def _taints(taints: list[JsonObject], path: str) -> list[FieldError]:
    faults: list[FieldError] = []
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(taints):
        place = f"{path}[{index}]"
        key, value, effect = (taint.get(name) or "" for name in ("key", "value", "effect"))
        faults += [invalid(f"{place}.key", key, text) for text in qualified_name_faults(key)]
        faults += [invalid(f"{place}.value", value, text) for text in label_value_faults(value)]
        if not effect:
            faults.append(required(f"{place}.effect"))
        elif effect not in _EFFECTS:
            faults.append(not_supported(f"{place}.effect", effect, _EFFECTS))
        if (key, effect) in seen:
            shown = {"Key": key, "Value": value, "Effect": effect, "TimeAdded": taint.get("timeAdded")}
            faults.append(duplicate(place, shown, "taints must be unique by key and effect pair"))
        seen.add((key, effect))
    return faults


NODE = KindRules(validate=_validate, validate_update=_validate_update, validate_status=_validate_status)
