"""What a kind adds to the store: defaults, what may be written where, validation, deletion marks.

The store knows one ``Strategy`` per resource. ``PlainStrategy`` fits a kind with nothing special; kinds with rules of
their own extend it.
"""

from datetime import datetime
from typing import Protocol

from autoscaler.config.object_meta import NameRule, validate_metadata, validate_metadata_update
from autoscaler.emulator import deletion
from autoscaler.emulator.deletion import DeleteOptions, Marked
from autoscaler.model.field_errors import FieldError
from autoscaler.model.json_types import JsonObject
from autoscaler.model.names import dns_subdomain_faults


class Strategy(Protocol):
    """Rules of one kind, on objects in the form they are stored in. Nothing here changes its arguments."""

    def prepare_create(self, obj: JsonObject, now: datetime) -> JsonObject:
        """The object as it begins: status reset, first generation."""
        ...

    def prepare_update(self, new: JsonObject, old: JsonObject, subresource: str) -> JsonObject:
        """What of ``new`` a write to the object or to a subresource may change; the next generation."""
        ...

    def validate(self, new: JsonObject, old: JsonObject | None, subresource: str) -> list[FieldError]:
        """Faults of an object about to be stored, its metadata included; ``old`` is None on create."""
        ...

    def complete(self, obj: JsonObject) -> JsonObject:
        """The object as it is stored: with fields that are written even when unset."""
        ...

    def mark_deleted(self, obj: JsonObject, options: DeleteOptions, now: datetime) -> Marked:
        """What a delete does to it."""
        ...


class PlainStrategy:
    """A kind whose status is written apart, whose generation counts changes outside metadata and status."""

    def __init__(
        self,
        *,
        namespaced: bool = True,
        has_status: bool = True,
        has_generation: bool = True,
        name_rule: NameRule = dns_subdomain_faults,
    ) -> None:
        self._namespaced = namespaced
        self._has_status = has_status
        self._has_generation = has_generation
        self._name_rule = name_rule

    def prepare_create(self, obj: JsonObject, now: datetime) -> JsonObject:
        started = {key: value for key, value in obj.items() if key != "status" or not self._has_status}
        if self._has_generation:
            started["metadata"] = obj["metadata"] | {"generation": 1}
        return started

    def prepare_update(self, new: JsonObject, old: JsonObject, subresource: str) -> JsonObject:
        if subresource == "status":
            return _with_status(old | {"metadata": new["metadata"]}, new)
        written = _with_status(new, old) if self._has_status else new
        if self._has_generation and _spec_of(written) != _spec_of(old):
            generation = old["metadata"].get("generation", 0) + 1
            return written | {"metadata": written["metadata"] | {"generation": generation}}
        return written

    def validate(self, new: JsonObject, old: JsonObject | None, subresource: str) -> list[FieldError]:
        if old is not None:
            return validate_metadata_update(new["metadata"], old["metadata"])
        return validate_metadata(new["metadata"], namespaced=self._namespaced, name_rule=self._name_rule)

    def complete(self, obj: JsonObject) -> JsonObject:
        return obj

    def mark_deleted(self, obj: JsonObject, options: DeleteOptions, now: datetime) -> Marked:
        return deletion.mark(obj, options, now)


def _with_status(obj: JsonObject, source: JsonObject) -> JsonObject:
    without = {key: value for key, value in obj.items() if key != "status"}
    return without | ({"status": source["status"]} if "status" in source else {})


def _spec_of(obj: JsonObject) -> JsonObject:
    return {key: value for key, value in obj.items() if key not in ("metadata", "status")}
