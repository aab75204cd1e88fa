"""Sets of fields, as ``metadata.managedFields`` keeps them (FieldsV1).

A path is a tuple of elements in the words of FieldsV1: ``f:spec`` (a field), ``k:{"name":"c"}`` (the item of a keyed
list), ``v:"a"`` (the item of a set).

Source: sigs.k8s.io/structured-merge-diff fieldpath.
"""

import json
from collections.abc import Iterable
from typing import Final, TypeAlias

from autoscaler.model.json_types import JsonObject, JsonValue

Path: TypeAlias = tuple[str, ...]
FieldSet: TypeAlias = frozenset[Path]

EMPTY: Final[FieldSet] = frozenset()
_SELF: Final = "."


def field(name: str) -> str:
    """The element of a field or of a map's key."""
    return f"f:{name}"


def keyed(keys: JsonObject) -> str:
    """The element of an item of a keyed list."""
    return f"k:{_compact(keys)}"


def valued(value: JsonValue) -> str:
    """The element of an item of a set."""
    return f"v:{_compact(value)}"


def to_json(paths: Iterable[Path]) -> JsonObject:
    """FieldsV1 of a set: nested objects; a path that has paths below it is marked by a dot."""
    root: JsonObject = {}
    for path in sorted(paths):
        node = root
        for element in path:
            node = node.setdefault(element, {})
        node[_SELF] = {}
    return _without_lone_dots(root)


def from_json(fields: JsonObject) -> FieldSet:
    """The set that FieldsV1 describes."""
    found: list[Path] = []
    _collect(fields, (), found)
    return frozenset(found)


def print_path(path: Path) -> str:
    """The path as conflicts print it: ``.status.conditions[type="Ready"].status``."""
    return "".join(print_element(element) for element in path)


def print_element(element: str) -> str:
    """One step of a printed path."""
    kind, text = element[0], element[2:]
    if kind == "f":
        return f".{text}"
    if kind == "v":
        return f"[={text}]"
    keys = json.loads(text)
    return "[" + ",".join(f"{name}={_compact(keys[name])}" for name in sorted(keys)) + "]"


def _without_lone_dots(node: JsonObject) -> JsonObject:
    if node.keys() == {_SELF}:
        return {}
    return {element: child if element == _SELF else _without_lone_dots(child) for element, child in node.items()}


def _collect(node: JsonObject, path: Path, found: list[Path]) -> None:
    for element, child in node.items():
        if element == _SELF:
            found.append(path)
            continue
        here = (*path, element)
        if not child:
            found.append(here)
        else:
            _collect(child, here, found)


def _compact(value: JsonValue) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
