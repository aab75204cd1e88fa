"""Answers the ``default`` and ``validate`` cases of the HPA conformance vectors."""

from typing import Any

from autoscaler.config.api_types import named_type
from autoscaler.config.decoding import DecodeError, decode
from autoscaler.config.hpa_defaults import with_defaults
from autoscaler.config.hpa_validation import (
    HpaOptions,
    options_for,
    validate_hpa,
    validate_hpa_update,
)
from autoscaler.config.references import ReferenceOptions
from autoscaler.model.field_errors import FieldError

_HPA = "v2.HorizontalPodAutoscaler"


def run_default(case: dict[str, Any]) -> dict[str, Any]:
    """The object with defaults, without the empty status that only a stored object has."""
    try:
        return {"hpa": with_defaults(_decoded(case["hpa"]))}
    except DecodeError as error:
        return {"decode_error": str(error)}


def run_validate(case: dict[str, Any]) -> dict[str, Any]:
    """The faults of the object, or the text of the first field that cannot be read."""
    try:
        hpa = _decoded(case["hpa"])
        old = _decoded(case["old_hpa"]) if case.get("old_hpa") else None
    except DecodeError as error:
        return {"decode_error": str(error)}
    if case.get("apply_defaults", True):
        hpa = with_defaults(hpa)
        old = None if old is None else with_defaults(old)
    options = _options(case, hpa, old)
    errors = validate_hpa(hpa, options) if old is None else validate_hpa_update(hpa, old, options)
    return {"errors": [_told(error) for error in errors]}


def _decoded(hpa: dict[str, Any]) -> dict[str, Any]:
    decoded = decode(hpa, named_type(_HPA), keep_texts=True).obj
    if "status" not in hpa:
        decoded.pop("status", None)
    return decoded


def _options(case: dict[str, Any], hpa: dict[str, Any], old: dict[str, Any] | None) -> HpaOptions:
    given = case.get("opts")
    if given is None:
        return options_for(hpa, old, scale_to_zero=(case.get("gates") or {}).get("HPAScaleToZero", False))
    return HpaOptions(
        min_replicas_lower_bound=given.get("min_replicas_lower_bound", 0),
        target=ReferenceOptions(
            allow_empty_group=given.get("target_allow_empty_group", False),
            allow_invalid=given.get("target_allow_invalid", False),
        ),
        objects=ReferenceOptions(
            allow_empty_group=given.get("objects_allow_empty_group", False),
            allow_invalid=given.get("objects_allow_invalid", False),
        ),
    )


def _told(error: FieldError) -> dict[str, str]:
    return {
        "type": error.fault.reason,
        "field": error.field,
        "detail": error.detail,
        "message": str(error),
    }
