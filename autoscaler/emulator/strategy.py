"""What a kind adds to the store: defaults, what may be written where, validation, deletion marks.

Source: the strategy.go files of kubernetes pkg/registry.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from autoscaler.config.object_meta import NameRule, validate_metadata, validate_metadata_update
from autoscaler.emulator import deletion
from autoscaler.emulator.deletion import DeleteOptions, Marked
from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError
from autoscaler.model.json_types import JsonObject
from autoscaler.model.names import dns_subdomain_faults


class Strategy(Protocol):
    """Rules of one kind, on objects in the form they are stored in. Nothing here changes its arguments."""

    def with_defaults(self, obj: JsonObject) -> JsonObject:
        """A decoded object with what it leaves open filled in."""
        ...

    def prepare_create(self, obj: JsonObject, now: datetime) -> JsonObject:
        """The object as it begins: status reset, first generation."""
        ...

    def prepare_update(self, new: JsonObject, old: JsonObject, subresource: str) -> JsonObject:
        """What of ``new`` a write to the object or to a subresource may change; the next generation."""
        ...

    def validate(self, new: JsonObject, old: JsonObject | None, subresource: str) -> list[FieldError]:
        """Faults of an object about to be stored, its metadata included; ``old`` is None on create."""
        ...

    def mark_deleted(self, obj: JsonObject, options: DeleteOptions, now: datetime) -> Marked:
        """What a delete does to it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """In what a kind differs from the common one."""

    has_status: bool = True
    """Whether the status is written through its subresource only."""
    has_generation: bool = True
    """Whether a generation counts the changes of the spec."""
    annotations_count: bool = False
    """Whether changed annotations are a new generation too."""
    status_keeps: tuple[str, ...] = ()
    """Metadata fields that a status write leaves alone ("*": all)."""
    name_rule: NameRule = dns_subdomain_faults
    first_status: Callable[[JsonObject, datetime], JsonObject] | None = None
    """Status of a new object; by default it is empty."""
    admitted: Callable[[JsonObject], JsonObject] = lambda obj: obj
    """What admission adds to a new object."""
    mark_deleted: Callable[[JsonObject, DeleteOptions, datetime], Marked] = deletion.mark


class KindStrategy:
    """A kind by its rules and traits. ``zero`` is an object with only what is always written."""

    def __init__(self, rules: KindRules, traits: Traits, zero: JsonObject, *, namespaced: bool) -> None:
        self._rules = rules
        self._traits = traits
        self._zero_status = zero.get("status")
        self._namespaced = namespaced

    def with_defaults(self, obj: JsonObject) -> JsonObject:
        return self._rules.with_defaults(obj)

    def prepare_create(self, obj: JsonObject, now: datetime) -> JsonObject:
        begun = self._traits.admitted(obj)
        if self._traits.has_status:
            begun = {key: value for key, value in begun.items() if key != "status"}
            first = self._traits.first_status
            status = self._zero_status if first is None else first(begun, now)
            begun |= {} if status is None else {"status": status}
        if self._traits.has_generation:
            begun["metadata"] = obj["metadata"] | {"generation": 1}
        return begun

    def prepare_update(self, new: JsonObject, old: JsonObject, subresource: str) -> JsonObject:
        if subresource == "status":
            return _with_status(old | {"metadata": self._status_metadata(new, old)}, new)
        if subresource in _BY_THE_SERVER:
            return new
        written = _with_status(new, old) if self._traits.has_status else new
        if self._traits.has_generation and self._counts(written, old):
            generation = old["metadata"].get("generation", 0) + 1
            return written | {"metadata": written["metadata"] | {"generation": generation}}
        return written

    def validate(self, new: JsonObject, old: JsonObject | None, subresource: str) -> list[FieldError]:
        if old is None:
            rule = self._traits.name_rule
            faults = validate_metadata(new["metadata"], namespaced=self._namespaced, name_rule=rule)
            return faults + self._rules.validate(new)
        faults = validate_metadata_update(new["metadata"], old["metadata"])
        if subresource == "status":
            return faults + self._rules.validate_status(new, old)
        return faults if subresource in _BY_THE_SERVER else faults + self._rules.faults_of_update(new, old)

    def mark_deleted(self, obj: JsonObject, options: DeleteOptions, now: datetime) -> Marked:
        return self._traits.mark_deleted(obj, options, now)

    def _status_metadata(self, new: JsonObject, old: JsonObject) -> JsonObject:
        """Metadata after a status write: fields the kind guards stay as they were."""
        metadata, before = new["metadata"], old["metadata"]
        kept = before.keys() | metadata.keys() if "*" in self._traits.status_keeps else self._traits.status_keeps
        changed = {key: value for key, value in metadata.items() if key not in kept or key in _NEVER_KEPT}
        return changed | {key: before[key] for key in kept if key in before and key not in _NEVER_KEPT}

    def _counts(self, new: JsonObject, old: JsonObject) -> bool:
        if _spec_of(new) != _spec_of(old):
            return True
        if not self._traits.annotations_count:
            return False
        annotations, before = (obj["metadata"].get("annotations") for obj in (new, old))
        return bool(annotations != before)


_BY_THE_SERVER = frozenset({"binding"})
"""Writes the server makes itself: neither prepared nor judged."""
_NEVER_KEPT = frozenset({"managedFields", "resourceVersion"})


def _with_status(obj: JsonObject, source: JsonObject) -> JsonObject:
    without = {key: value for key, value in obj.items() if key != "status"}
    return without | ({"status": source["status"]} if "status" in source else {})


def _spec_of(obj: JsonObject) -> JsonObject:
    """All but the metadata; where the status is written apart, a write of the object has left it as it was."""
    return {key: value for key, value in obj.items() if key != "metadata"}
