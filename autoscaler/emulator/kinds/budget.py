"""PodDisruptionBudgets: validation, and whether an eviction is allowed.

Source: kubernetes pkg/apis/policy/validation/validation.go; pkg/registry/core/pod/storage/eviction.go.
"""

from dataclasses import dataclass

from autoscaler.emulator.kinds.checks import (
    at_most_100_percent,
    int_or_percent,
    label_selector,
    nonnegative,
)
from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError, invalid, not_supported
from autoscaler.model.json_types import JsonObject

MAX_DISRUPTED_PODS = 2000
"""Most evictions that may wait for the budget's controller to see them."""
_EVICTION_POLICIES = ("AlwaysAllow", "IfHealthyBudget")
_COUNTS = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")


@dataclass(frozen=True, slots=True)
class EvictionRefusal:
    """Why a pod may not be evicted now: 429 with this message and the cause DisruptionBudget."""

    message: str
    cause: str


def _validate(budget: JsonObject) -> list[FieldError]:
    spec = budget.get("spec") or {}
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    policy = spec.get("unhealthyPodEvictionPolicy")
    faults: list[FieldError] = []
    if least is not None and most is not None:
        shown = {
            "MinAvailable": least,
            "Selector": spec.get("selector"),
            "MaxUnavailable": most,
            "UnhealthyPodEvictionPolicy": policy,
        }
        faults.append(invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set"))
    for name, value in (("minAvailable", least), ("maxUnavailable", most)):
        if value is not None:
            faults += int_or_percent(value, f"spec.{name}")
            faults += at_most_100_percent(value, f"spec.{name}")
    faults += label_selector(spec.get("selector") or {}, "spec.selector")
    if policy is not None and policy not in _EVICTION_POLICIES:
        faults.append(not_supported("spec.unhealthyPodEvictionPolicy", policy, _EVICTION_POLICIES))
    return faults


def _validate_status(new: JsonObject, old: JsonObject) -> list[FieldError]:
    del old  # nothing in it binds the new status
    return nonnegative(new.get("status") or {}, _COUNTS, "status")


def eviction_refusal(budget: JsonObject) -> EvictionRefusal | None:
    """Why the budget does not let a healthy pod go, or None."""
    name, status = budget["metadata"]["name"], budget.get("status") or {}
    message = "Cannot evict pod as it would violate the pod's disruption budget."
    if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 0):
        return EvictionRefusal(message, f"The disruption budget {name} is still being processed by the server.")
    if status.get("disruptionsAllowed", 0) > 0:
        return None
    needed, healthy = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
    cause = f"The disruption budget {name} needs {needed} healthy pods and has {healthy} currently"
    return EvictionRefusal(message, cause)


def after_eviction(budget: JsonObject, pod: str, at: str) -> JsonObject:
    """The budget with one disruption less to give, and the pod noted as disrupted at that time (RFC 3339)."""
    status = budget.get("status") or {}
    disrupted = {**(status.get("disruptedPods") or {}), pod: at}
    left = status.get("disruptionsAllowed", 0) - 1
    return {**budget, "status": {**status, "disruptionsAllowed": left, "disruptedPods": disrupted}}


BUDGET = KindRules(validate=_validate, validate_status=_validate_status)
