"""ResourceQuotas: validation, and the refusals of the quota admission plugin.

Source: kubernetes pkg/apis/core/validation/validation.go, ValidateResourceQuota; apiserver pkg/admission/plugin/resourcequota/controller.go.
"""

from collections.abc import Sequence

from autoscaler.config.resource_names import is_quota_resource, validate_quota_resource_name
from autoscaler.emulator.kinds.amounts import ZERO, Amounts, amounts_of, plus
from autoscaler.emulator.kinds.checks import resource_quantity
from autoscaler.emulator.kinds.quota_usage import (
    POD_COMPUTE,
    POD_COUNTS,
    SCOPES,
    is_in_scope,
    missing_requests,
    usage_of,
)
from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError, invalid
from autoscaler.model.json_types import JsonObject
from autoscaler.model.quantity import Quantity

_CONFLICTS = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))


def _validate(quota: JsonObject) -> list[FieldError]:
    faults: list[FieldError] = []
    for name, amount in ((quota.get("spec") or {}).get("hard") or {}).items():
        faults += _amount(name, amount, f"spec.hard[{name}]")
    return faults + _scopes(quota.get("spec") or {})


def _validate_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    faults = _validate(new)
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    if sorted(spec.get("scopes") or ()) != sorted(before.get("scopes") or ()):
        faults.append(invalid("spec.scopes", spec.get("scopes"), "field is immutable"))
    return faults


def _validate_status(new: JsonObject, old: JsonObject) -> list[FieldError]:
    del old  # nothing in it binds the new status
    faults: list[FieldError] = []
    for field in ("hard", "used"):
        for name, amount in ((new.get("status") or {}).get(field) or {}).items():
            faults += _amount(name, amount, f"status.{field}[{name}]")
    return faults


def _scopes(spec: JsonObject) -> list[FieldError]:
    scopes = spec.get("scopes") or []
    faults: list[FieldError] = []
    for scope in scopes:
        if scope not in SCOPES:
            faults.append(invalid("spec.scopes", scopes, "unsupported scope"))
        valid = POD_COUNTS if scope == "BestEffort" else POD_COUNTS | POD_COMPUTE
        faults += [
            invalid("spec.scopes", scopes, "unsupported scope applied to resource")
            for name in sorted(spec.get("hard") or ())
            if is_quota_resource(name) and name not in valid
        ]
    if any(set(pair) <= set(scopes) for pair in _CONFLICTS):
        faults.append(invalid("spec.scopes", scopes, "conflicting scopes"))
    return faults


def _amount(name: str, amount: str, path: str) -> list[FieldError]:
    return [*validate_quota_resource_name(name, path), *resource_quantity(name, amount, path)]


def quota_refusal(quota: JsonObject, group: str, plural: str, obj: JsonObject) -> str:
    """Why the quota does not let a new object in (the reason of a 403), or the empty text."""
    if not is_in_scope(quota, group, plural, obj):
        return ""
    status = quota.get("status") or {}
    hard, used = amounts_of(status.get("hard")), amounts_of(status.get("used"))
    name = quota["metadata"]["name"]
    if missing := missing_requests(group, plural, obj, hard):
        return f"failed quota: {name}: must specify {missing}"
    added = _counted(group, plural, obj, hard)
    unknown = sorted(resource for resource in added if resource not in used)
    if unknown:
        return f"status unknown for quota: {name}, resources: {','.join(unknown)}"
    over = [resource for resource in sorted(added) if plus(used[resource], added[resource]) > hard[resource]]
    if not over:
        return ""
    requested, spent, limit = (_listed(amounts, over) for amounts in (added, used, hard))
    return f"exceeded quota: {name}, requested: {requested}, used: {spent}, limited: {limit}"


def charged(quota: JsonObject, group: str, plural: str, obj: JsonObject) -> JsonObject:
    """The quota with a new object's usage added; itself if nothing changes."""
    status = quota.get("status") or {}
    added = _counted(group, plural, obj, amounts_of(status.get("hard")))
    if not added or not is_in_scope(quota, group, plural, obj):
        return quota
    used = amounts_of(status.get("used"))
    total = {name: plus(used.get(name, ZERO), amount).canonical() for name, amount in added.items()}
    return {**quota, "status": {**status, "used": (status.get("used") or {}) | total}}


def _counted(group: str, plural: str, obj: JsonObject, hard: Amounts) -> dict[str, Quantity]:
    """What the object uses of what the quota limits."""
    usage = usage_of(group, plural, obj)
    return {name: amount for name, amount in usage.items() if name in hard and amount.sign > 0}


def _listed(amounts: Amounts, names: Sequence[str]) -> str:
    return ",".join(f"{name}={amounts.get(name, ZERO).canonical()}" for name in names)


QUOTA = KindRules(validate=_validate, validate_update=_validate_update, validate_status=_validate_status)
