"""Leases: what leader election keeps.

Source: kubernetes pkg/apis/coordination/validation/validation.go; pkg/registry/coordination/lease/strategy.go.
"""

from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError, invalid
from autoscaler.model.json_types import JsonObject

_GATED_FIELDS = ("strategy", "preferredHolder")
"""Fields of coordinated leader election, which is off by default: dropped on write."""


def _without_gated_fields(lease: JsonObject) -> JsonObject:
    spec = lease.get("spec") or {}
    return {**lease, "spec": {name: value for name, value in spec.items() if name not in _GATED_FIELDS}}


def _validate(lease: JsonObject) -> list[FieldError]:
    spec = lease.get("spec") or {}
    faults: list[FieldError] = []
    duration, transitions = spec.get("leaseDurationSeconds"), spec.get("leaseTransitions")
    if duration is not None and duration <= 0:
        faults.append(invalid("spec.leaseDurationSeconds", duration, "must be greater than 0"))
    if transitions is not None and transitions < 0:
        faults.append(invalid("spec.leaseTransitions", transitions, "must be greater than or equal to 0"))
    return faults


LEASE = KindRules(with_defaults=_without_gated_fields, validate=_validate)
