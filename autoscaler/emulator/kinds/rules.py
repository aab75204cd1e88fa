"""What a kind says about its objects."""

from collections.abc import Callable
from dataclasses import dataclass

from autoscaler.model.field_errors import FieldError
from autoscaler.model.json_types import JsonObject

Change = Callable[[JsonObject, JsonObject], list[FieldError]]
"""Faults of a change, from the new object and the old."""


def unchanged(obj: JsonObject) -> JsonObject:
    """A kind without defaults."""
    return obj


def no_faults(obj: JsonObject) -> list[FieldError]:
    """A kind that takes any decoded object."""
    del obj
    return []


def no_change_faults(new: JsonObject, old: JsonObject) -> list[FieldError]:
    """A kind that takes any change."""
    del new, old
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRules:
    """Defaults and validation of a kind, on decoded objects in the stored version. Arguments are never changed.

    ``validate`` judges a new object, ``validate_update`` a write to the object (None: the same as a new one),
    ``validate_status`` a write to the status subresource. All leave metadata alone.
    """

    with_defaults: Callable[[JsonObject], JsonObject] = unchanged
    validate: Callable[[JsonObject], list[FieldError]] = no_faults
    validate_update: Change | None = None
    validate_status: Change = no_change_faults

    def faults_of_update(self, new: JsonObject, old: JsonObject) -> list[FieldError]:
        """Faults of a write to the object."""
        return self.validate(new) if self.validate_update is None else self.validate_update(new, old)
