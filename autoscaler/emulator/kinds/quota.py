"""ResourceQuotas: validation, what a pod uses of them, and the refusals of the quota admission plugin.

Source: kubernetes pkg/apis/core/validation/validation.go, ValidateResourceQuota; pkg/quota/v1/evaluator/core/pods.go;
apiserver pkg/admission/plugin/resourcequota/controller.go.
"""

from collections.abc import Iterable, Sequence

from autoscaler.config.resource_names import is_extended, validate_quota_resource_name
from autoscaler.emulator.kinds.amounts import ZERO, Amounts, amounts_of, minus, plus, pod_amounts
from autoscaler.emulator.kinds.checks import resource_quantity
from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError, invalid
from autoscaler.model.json_types import JsonObject
from autoscaler.model.quantity import Quantity

_COMPUTE = ("cpu", "memory")
_TERMINAL_PHASES = frozenset({"Succeeded", "Failed"})


def _validate(quota: JsonObject) -> list[FieldError]:
    faults: list[FieldError] = []
    for name, amount in ((quota.get("spec") or {}).get("hard") or {}).items():
        faults += _amount(name, amount, f"spec.hard[{name}]")
    return faults


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


def _amount(name: str, amount: str, path: str) -> list[FieldError]:
    return [*validate_quota_resource_name(name, path), *resource_quantity(name, amount, path)]


def pod_usage(pod: JsonObject) -> dict[str, Quantity]:
    """What a pod counts in a quota; a finished one counts only as an object."""
    usage = {"count/pods": Quantity(1)}
    if (pod.get("status") or {}).get("phase") in _TERMINAL_PHASES:
        return usage
    usage["pods"] = Quantity(1)
    requests, limits = (pod_amounts(pod["spec"], side) for side in ("requests", "limits"))
    for name, amount in requests.items():
        usage[f"requests.{name}"] = amount
        if not is_extended(name):
            usage[name] = amount
    for name, amount in limits.items():
        if not is_extended(name):
            usage[f"limits.{name}"] = amount
    return usage


def missing_requests(pod: JsonObject, hard: Iterable[str]) -> str:
    """Which containers do not say what a quota counts: ``requests.cpu for: c,d; limits.memory for: c``, or nothing."""
    spec = pod["spec"]
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    parts = []
    for name in sorted(hard):
        side, _, resource = name.rpartition(".")
        if resource not in _COMPUTE or side not in {"", "requests", "limits"}:
            continue
        silent = sorted({each.get("name", "") for each in containers if not _says(each, side or "requests", resource)})
        if silent:
            parts.append(f"{name} for: {','.join(silent)}")
    return "; ".join(parts)


def quota_refusal(quota: JsonObject, pod: JsonObject, old: JsonObject | None = None) -> str:
    """Why the quota does not let the pod in (the reason of a 403), or the empty text. ``old`` is the pod before."""
    status = quota.get("status") or {}
    hard, used = amounts_of(status.get("hard")), amounts_of(status.get("used"))
    name = quota["metadata"]["name"]
    if missing := missing_requests(pod, hard):
        return f"failed quota: {name}: must specify {missing}"
    added = _increase(pod, old, hard)
    over = [resource for resource in sorted(added) if plus(used.get(resource, ZERO), added[resource]) > hard[resource]]
    if not over:
        return ""
    requested, spent, limit = (_listed(amounts, over) for amounts in (added, used, hard))
    return f"exceeded quota: {name}, requested: {requested}, used: {spent}, limited: {limit}"


def charged(quota: JsonObject, pod: JsonObject, old: JsonObject | None = None) -> JsonObject:
    """The quota with the pod's usage added; itself if nothing changes."""
    status = quota.get("status") or {}
    added = _increase(pod, old, amounts_of(status.get("hard")))
    if not added:
        return quota
    used = amounts_of(status.get("used"))
    total = {name: plus(used.get(name, ZERO), amount).canonical() for name, amount in added.items()}
    return {**quota, "status": {**status, "used": (status.get("used") or {}) | total}}


def _increase(pod: JsonObject, old: JsonObject | None, hard: Amounts) -> dict[str, Quantity]:
    """What a new pod, or the change of one, adds to what the quota limits."""
    usage = pod_usage(pod)
    before = pod_usage(old) if old is not None else {}
    deltas = {name: minus(usage.get(name, ZERO), before.get(name, ZERO)) for name in hard}
    return {name: delta for name, delta in deltas.items() if delta.sign > 0}


def _says(container: JsonObject, side: str, resource: str) -> bool:
    return resource in ((container.get("resources") or {}).get(side) or {})


def _listed(amounts: Amounts, names: Sequence[str]) -> str:
    return ",".join(f"{name}={amounts.get(name, ZERO).canonical()}" for name in names)


QUOTA = KindRules(validate=_validate, validate_update=_validate_update, validate_status=_validate_status)
