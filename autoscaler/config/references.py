"""References to other objects by kind, name and apiVersion, as HorizontalPodAutoscalers carry them.

Source: kubernetes pkg/apis/autoscaling/validation/validation.go, ValidateCrossVersionObjectReference.
"""

from dataclasses import dataclass

from autoscaler.model.field_errors import FieldError, invalid, required
from autoscaler.model.json_types import JsonObject
from autoscaler.model.names import path_segment_faults


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceOptions:
    """What the apiVersion of a reference may be."""

    allow_empty_group: bool = False
    allow_invalid: bool = False


def validate_reference(reference: JsonObject, options: ReferenceOptions, path: str) -> list[FieldError]:
    faults: list[FieldError] = []
    for name in ("kind", "name"):
        faults += validate_segment(reference.get(name) or "", f"{path}.{name}", "")
    version = reference.get("apiVersion") or ""
    if options.allow_invalid:
        return faults
    if version.count("/") > 1:
        faults.append(invalid(f"{path}.apiVersion", version, f"unexpected GroupVersion string: {version}"))
    elif not options.allow_empty_group and not version.rpartition("/")[0]:
        faults.append(invalid(f"{path}.apiVersion", version, "apiVersion must specify API group"))
    return faults


def validate_segment(text: str, path: str, when_empty: str) -> list[FieldError]:
    """A text that must be there and can stand in a URL path."""
    if not text:
        return [required(path, when_empty)]
    return [invalid(path, text, fault) for fault in path_segment_faults(text)]
