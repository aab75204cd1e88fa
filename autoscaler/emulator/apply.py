"""Server-side apply, and who owns which field after any write.

Source: sigs.k8s.io/structured-merge-diff merge/update.go; apimachinery pkg/util/managedfields/internal.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from autoscaler.config.api_types import ApiType
from autoscaler.emulator.field_sets import EMPTY, FieldSet, Path, from_json, print_path, to_json
from autoscaler.emulator.typed import (
    Comparison,
    as_object,
    compare,
    fields_of,
    merged,
    schema_errors,
    with_declared_parents,
    without,
)
from autoscaler.model.json_types import JsonObject, JsonValue

Identity: TypeAlias = tuple[str, str, str, str]
"""What tells managers apart: name, operation, version, subresource."""

APPLY: Final = "Apply"
UPDATE: Final = "Update"
_SERVER_OWNED: Final = frozenset(
    {("f:apiVersion",), ("f:kind",), ("f:metadata",)}
    | {
        ("f:metadata", f"f:{name}")
        for name in (
            "name",
            "namespace",
            "creationTimestamp",
            "selfLink",
            "uid",
            "clusterName",
            "generation",
            "managedFields",
            "resourceVersion",
        )
    }
)
"""Fields that nobody owns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """A writer: field manager's name, the way it writes, the version it speaks and the subresource it writes to."""

    name: str
    operation: str = UPDATE
    api_version: str
    subresource: str = ""

    @property
    def identity(self) -> Identity:
        """What tells managers apart: an applier is the same one in every version."""
        version = "" if self.operation == APPLY else self.api_version
        return self.name, self.operation, version, self.subresource

    def describe(self, version: str = "") -> str:
        """The manager in a conflict: ``"kubectl" with subresource "scale" using apps/v1``."""
        text = json.dumps(self.name)
        if self.subresource:
            text += f' with subresource "{self.subresource}"'
        return text if self.operation == APPLY else f"{text} using {version or self.api_version}"


class ApplyConflictError(Exception):
    """Other managers own fields that the applied object changes (409 Conflict)."""

    def __init__(self, conflicts: Mapping[str, tuple[Path, ...]]) -> None:
        self.conflicts = conflicts
        super().__init__(_conflict_text(conflicts))

    @property
    def causes(self) -> list[JsonObject]:
        """The causes of the Status object."""
        return [
            {"reason": "FieldManagerConflict", "message": f"conflict with {manager}", "field": print_path(path)}
            for manager, paths in self.conflicts.items()
            for path in paths
        ]


class UntypedObjectError(Exception):
    """The applied object does not fit its type (500 in the API server)."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What one manager owns, and since when (RFC 3339)."""

    manager: Manager
    owned: FieldSet
    time: str

    def keeping(self, owned: FieldSet) -> "_Entry":
        return _Entry(self.manager, owned, self.time)


def apply(
    live: JsonObject,
    config: JsonObject,
    kind: ApiType,
    manager: Manager,
    at: str,
    *,
    force: bool = False,
    ignored: Iterable[str] = (),
    shown_version: str = "",
) -> JsonObject:
    """The live object (empty when there is none) after ``config`` was applied, with its managedFields.

    Fields that the manager applied before and no longer names are removed unless somebody else owns them. With ``force``
    it takes over what others own. ``at`` is now, RFC 3339. ``ignored`` names the top-level fields that this subresource
    does not write; ``shown_version`` is printed for updaters in conflicts.

    Raises:
        ApplyConflictError: without ``force``.
        UntypedObjectError: a field is not declared or has another type.
    """
    _check_typed(config, kind)
    config = {name: value for name, value in config.items() if name not in set(ignored)}
    before, entries = _content(live), _read(live)
    previous = entries.get(manager.identity)
    claimed = fields_of(config, kind) - _SERVER_OWNED
    entries[manager.identity] = _Entry(manager, claimed, at)
    combined = merged(before, config, kind)
    if previous is not None:
        combined = _pruned(combined, previous.owned, entries, kind)
    changes = compare(before, combined, kind)
    _resolve(entries, manager, changes, force, shown_version)
    if previous is not None and before == combined:
        entries[manager.identity] = _Entry(manager, claimed, previous.time)
    return _written(as_object(combined), [entry for entry in entries.values() if entry.owned])


def track_update(
    old: JsonObject, new: JsonObject, kind: ApiType, manager: Manager, at: str, *, ignored: Iterable[str] = ()
) -> JsonObject:
    """``new`` with managedFields after ``manager`` wrote it over ``old`` (the kind's zero object on create).

    ``ignored`` names the top-level fields that this subresource does not write.
    """
    entries = _read(old)
    left_out = set(ignored)
    before, after = (
        {name: value for name, value in _content(obj).items() if name not in left_out} for obj in (old, new)
    )
    changes = compare(before, after, kind)
    taken = frozenset(changes.added | changes.modified) - _SERVER_OWNED
    gone = taken | frozenset(changes.removed)
    if gone:
        entries = {key: entry.keeping(entry.owned - gone) for key, entry in entries.items()}
    if taken:
        previous = entries.get(manager.identity)
        entries[manager.identity] = _Entry(manager, taken | (previous.owned if previous else EMPTY), at)
    return _written(new, [entry for entry in entries.values() if entry.owned])


def _resolve(
    entries: dict[Identity, _Entry], manager: Manager, changes: Comparison, force: bool, shown_version: str
) -> None:
    """Take what changed from its other owners, in place; a conflict unless forced."""
    others = [key for key in entries if key != manager.identity]
    changed = changes.added | changes.modified
    conflicts = {key: overlap for key in others if (overlap := entries[key].owned & changed)}
    if conflicts and not force:
        told = {entries[key].manager.describe(shown_version): tuple(sorted(conflicts[key])) for key in conflicts}
        raise ApplyConflictError(dict(sorted(told.items())))
    for key in others:
        left = entries[key].owned - conflicts.get(key, EMPTY) - changes.removed
        if left:
            entries[key] = entries[key].keeping(left)
        else:
            del entries[key]


def _pruned(
    combined: JsonValue, applied_before: FieldSet, entries: Mapping[Identity, _Entry], kind: ApiType
) -> JsonValue:
    """The object without what the manager applied before and nobody owns now."""
    owned = frozenset().union(*(entry.owned for entry in entries.values()))
    unowned = with_declared_parents(applied_before, kind) - with_declared_parents(owned, kind)
    return without(combined, unowned, kind) if unowned else combined


def _check_typed(config: JsonObject, kind: ApiType) -> None:
    faults = schema_errors(config, kind)
    if not faults:
        return
    metadata = config.get("metadata") or {}
    group, _, version = config.get("apiVersion", "").rpartition("/")
    where = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
    what = f"{group}/{version}, Kind={config.get('kind', '')}"
    told = faults[0] if len(faults) == 1 else "errors:\n" + "\n".join(f"  {fault}" for fault in faults)
    raise UntypedObjectError(f"failed to create typed patch object ({where}; {what}): {told}")


def _content(obj: JsonObject) -> JsonObject:
    """The object without its managedFields."""
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return obj
    return {**obj, "metadata": {name: value for name, value in metadata.items() if name != "managedFields"}}


def _read(obj: JsonObject) -> dict[Identity, _Entry]:
    entries: dict[Identity, _Entry] = {}
    for raw in (obj.get("metadata") or {}).get("managedFields") or ():
        manager = Manager(
            name=raw.get("manager", ""),
            operation=raw.get("operation", UPDATE),
            api_version=raw.get("apiVersion", ""),
            subresource=raw.get("subresource", ""),
        )
        entries[manager.identity] = _Entry(manager, from_json(raw.get("fieldsV1") or {}), raw.get("time", ""))
    return entries


def _written(obj: JsonObject, entries: Iterable[_Entry]) -> JsonObject:
    """The object with its managedFields: appliers first, then by time and name."""
    ordered = sorted(
        entries,
        key=lambda entry: (entry.manager.operation, entry.time, entry.manager.name, entry.manager.api_version),
    )
    metadata = {name: value for name, value in (obj.get("metadata") or {}).items() if name != "managedFields"}
    if ordered:
        metadata["managedFields"] = [_entry_json(entry) for entry in ordered]
    return {**obj, "metadata": metadata}


def _entry_json(entry: _Entry) -> JsonObject:
    raw: JsonObject = {
        "manager": entry.manager.name,
        "operation": entry.manager.operation,
        "apiVersion": entry.manager.api_version,
        "time": entry.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": to_json(entry.owned),
    }
    return raw | ({"subresource": entry.manager.subresource} if entry.manager.subresource else {})


def _conflict_text(conflicts: Mapping[str, tuple[Path, ...]]) -> str:
    count = sum(len(paths) for paths in conflicts.values())
    if count == 1:
        ((manager, (path,)),) = conflicts.items()
        return f"Apply failed with 1 conflict: conflict with {manager}: {print_path(path)}"
    lines: list[str] = []
    for manager, paths in conflicts.items():
        lines.append(f"conflicts with {manager}:")
        lines += [f"- {print_path(path)}" for path in paths]
    return f"Apply failed with {count} conflicts: " + "\n".join(lines)
