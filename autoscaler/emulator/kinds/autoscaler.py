"""HorizontalPodAutoscalers in their stored form, autoscaling/v2.

Source: kubernetes pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go.
"""

from autoscaler.config.hpa_defaults import with_defaults
from autoscaler.config.hpa_v1 import without_round_trip_annotations
from autoscaler.config.hpa_validation import options_for, validate_spec
from autoscaler.emulator.kinds.checks import nonnegative
from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError
from autoscaler.model.json_types import JsonObject


def _with_defaults(hpa: JsonObject) -> JsonObject:
    return with_defaults(without_round_trip_annotations(hpa))


def _validate(hpa: JsonObject) -> list[FieldError]:
    return validate_spec(hpa.get("spec") or {}, options_for(hpa))


def _validate_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    return validate_spec(new.get("spec") or {}, options_for(new, old))


def _validate_status(new: JsonObject, old: JsonObject) -> list[FieldError]:
    del old  # nothing in it binds the new status
    return nonnegative(new.get("status") or {}, ["currentReplicas", "desiredReplicas"], "status")


HPA = KindRules(
    with_defaults=_with_defaults,
    validate=_validate,
    validate_update=_validate_update,
    validate_status=_validate_status,
)
