"""A JSON schema as a flat list of fields, for people: each with its path and what its description says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

Schema = dict[str, Any]  # a JSON schema is as free as JSON; nothing else here is

_DEFINITION: Final = "#/$defs/"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field: ``path`` with ``[]`` for items of a list, and what it means."""

    path: str
    meaning: str


@dataclass(slots=True)
class _Walk:
    definitions: dict[str, Schema]
    seen: dict[str, str] = field(default_factory=dict)  #: by definition, the path under which its fields are listed


def field_rows(schema: Schema) -> list[FieldRow]:
    """List the fields of ``schema`` in its order; a part that occurs again refers to where it is listed."""
    walk = _Walk(schema.get("$defs", {}))
    top = list(schema.get("properties", {}).items())
    for name, part in top:  # what stands at the top is listed there, wherever else it occurs
        target, suffix = _object(walk, part)
        if target:
            walk.seen[target] = name + suffix
    return [row for name, part in top for row in _rows(walk, name, part)]


def _rows(walk: _Walk, path: str, part: Schema) -> Iterator[FieldRow]:
    target, suffix = _object(walk, part)
    if not target:
        yield FieldRow(path, _meaning(part))
        return
    where = f"{path}{suffix}"
    definition = walk.definitions[target]
    described = part if "description" in part else {"description": definition.get("description", "").split("\n\n")[0]}
    if walk.seen.setdefault(target, where) != where:
        yield FieldRow(where, f"{_meaning(part)} As `{walk.seen[target]}`.".strip())
        return
    yield FieldRow(where, _meaning(described))
    for name, inner in definition["properties"].items():
        yield from _rows(walk, f"{where}.{name}", inner)


def _object(walk: _Walk, part: Schema) -> tuple[str, str]:
    """Give the definition of the object that ``part`` is, or is a list of, with ``[]`` for a list; empty for others."""
    options = [option for option in part.get("anyOf", [part]) if option.get("type") != "null"]
    if len(options) != 1:
        return "", ""
    (option,) = options
    items = option.get("items", option)
    name = items.get("$ref", "").removeprefix(_DEFINITION)
    return (name, "[]" if "items" in option else "") if "properties" in walk.definitions.get(name, {}) else ("", "")


def _meaning(part: Schema) -> str:
    return " ".join(str(part.get("description", "")).split()).replace("``", "`")
