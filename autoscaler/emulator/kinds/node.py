"""Nodes: the taint of a new node, and which taints are accepted.

Source: kubernetes plugin/pkg/admission/nodetaint; pkg/apis/core/validation/validation.go, validateNodeTaints.
"""

from autoscaler.emulator.kinds.checks import resource_quantity
from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError, duplicate, forbidden, invalid, not_supported, required
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


def _with_defaults(node: JsonObject) -> JsonObject:
    """The first of several address ranges and the single one say the same; a client that changed the single one wins."""
    spec = node.get("spec") or {}
    if spec.get("podCIDR") and (spec.get("podCIDRs") or [""])[0] != spec["podCIDR"]:
        return {**node, "spec": {**spec, "podCIDRs": [spec["podCIDR"]]}}
    if spec.get("podCIDRs") and not spec.get("podCIDR"):
        return {**node, "spec": {**spec, "podCIDR": spec["podCIDRs"][0]}}
    return node


def _validate(node: JsonObject) -> list[FieldError]:
    return _taints((node.get("spec") or {}).get("taints") or [], "metadata.taints")


def _validate_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    faults = [*_validate(new), *_addresses(new)]
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    for field, word in (("podCIDRs", "podCIDR"), ("providerID", "providerID")):
        if before.get(field) and spec.get(field) != before[field]:
            text = f'node updates may not change {word} except from "" to valid'
            faults.append(forbidden(f"spec.{field}", text))
    return faults


def _validate_status(new: JsonObject, old: JsonObject) -> list[FieldError]:
    del old  # nothing in it binds the new status
    status = new.get("status") or {}
    faults = _addresses(new)
    for field in ("capacity", "allocatable"):
        for name, amount in (status.get(field) or {}).items():
            faults += resource_quantity(name, amount, f"status.{field}[{name}]")
    return faults


def _addresses(node: JsonObject) -> list[FieldError]:
    """Addresses that a node reports twice."""
    reported = [
        {"Type": each.get("type", ""), "Address": each.get("address", "")}
        for each in (node.get("status") or {}).get("addresses") or ()
    ]
    return [
        duplicate(f"status.addresses[{index}]", address)
        for index, address in enumerate(reported)
        if address in reported[:index]
    ]


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


NODE = KindRules(
    with_defaults=_with_defaults, validate=_validate, validate_update=_validate_update, validate_status=_validate_status
)
