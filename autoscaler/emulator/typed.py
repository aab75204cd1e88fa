"""Objects seen through their type: which fields they have, how two of them differ, merge, and lose fields.

Source: sigs.k8s.io/structured-merge-diff typed: tofieldset.go, compare.go, merge.go, remove.go, validate.go.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from autoscaler.config.api_types import ANYTHING, ApiType, Shape
from autoscaler.emulator.field_sets import FieldSet, Path, keyed, print_element, valued
from autoscaler.emulator.field_sets import field as named
from autoscaler.emulator.patching import same_json
from autoscaler.model.json_types import JsonObject, JsonValue


class _Absent(Enum):
    VALUE = "absent"


ABSENT: Final = _Absent.VALUE
MaybeJson: TypeAlias = JsonValue


@dataclass(slots=True)
class Comparison:
    """Fields that differ between two objects."""

    added: set[Path] = field(default_factory=set)
    modified: set[Path] = field(default_factory=set)
    removed: set[Path] = field(default_factory=set)


def fields_of(value: JsonValue, kind: ApiType) -> FieldSet:
    """The fields an applied object claims: its leaves and list items, but no objects on the way."""
    found: set[Path] = set()
    _claim(value, kind, (), found)
    return frozenset(found)


def compare(old: JsonValue, new: JsonValue, kind: ApiType) -> Comparison:
    """What was added (with every object on the way that is new), modified and removed."""
    result = Comparison()
    _compare(old, new, kind, (), result)
    return result


def merged(live: MaybeJson, config: MaybeJson, kind: ApiType) -> JsonValue:
    """``live`` with everything ``config`` says; what is atomic is replaced as a whole."""
    if config is ABSENT:
        return live
    if live is ABSENT or is_leaf(kind, live) or is_leaf(kind, config):
        return config
    if isinstance(live, dict) and isinstance(config, dict):
        names = dict.fromkeys([*live, *config])
        return {name: merged(live.get(name, ABSENT), config.get(name, ABSENT), child_of(kind, name)) for name in names}
    if isinstance(live, list) and isinstance(config, list):
        item = kind.item or ANYTHING
        theirs, ours = _by_element(live, kind), _by_element(config, kind)
        return [merged(theirs.get(key, ABSENT), ours.get(key, ABSENT), item) for key in dict.fromkeys([*theirs, *ours])]
    return config


def without(value: JsonValue, paths: FieldSet, kind: ApiType, path: Path = ()) -> JsonValue:
    """``value`` without the fields and items at ``paths``, and all below them."""
    if is_leaf(kind, value):
        return value
    if isinstance(value, dict):
        return {
            name: without(item, paths, child_of(kind, name), (*path, named(name)))
            for name, item in value.items()
            if (*path, named(name)) not in paths
        }
    item_kind = kind.item or ANYTHING
    return [
        without(item, paths, item_kind, (*path, element))
        for element, item in _elements(value, kind)
        if (*path, element) not in paths
    ]


def with_declared_parents(paths: FieldSet, kind: ApiType) -> FieldSet:
    """The set with the objects on the way to its paths, as far as they are fields by name (not keys or items)."""
    found = set(paths)
    for path in paths:
        current = kind
        for depth, element in enumerate(path[:-1]):
            if element.startswith("f:"):
                name = element[2:]
                if name in current.fields:
                    found.add(path[: depth + 1])
                current = child_of(current, name)
            else:
                current = current.item or ANYTHING
    return frozenset(found)


def schema_errors(value: JsonValue, kind: ApiType, path: str = "") -> list[str]:
    """What of an applied object does not fit its type, as ``.spec.zzz: field not declared in schema``."""
    return list(_schema_errors(value, kind, path))


def child_of(kind: ApiType, name: str) -> ApiType:
    """The type of a field or of a map's value."""
    if name in kind.fields:
        return kind.fields[name]
    return kind.item if kind.shape is Shape.MAP and kind.item is not None else ANYTHING


def is_leaf(kind: ApiType, value: JsonValue) -> bool:
    """Whether the value is owned as a whole."""
    if kind.is_atomic or not isinstance(value, dict | list):
        return True
    if isinstance(value, list):
        return not (kind.map_keys or kind.is_set)
    return kind.shape in {Shape.SCALAR, Shape.LIST}


def element_of(item: JsonValue, kind: ApiType) -> str:
    """The path element of a list's item: its keys (with their defaults), or its value."""
    if kind.is_set or not isinstance(item, dict):
        return valued(item)
    return keyed({name: item.get(name, kind.key_defaults.get(name)) for name in kind.map_keys})


def _elements(items: list[JsonValue], kind: ApiType) -> Iterator[tuple[str, JsonValue]]:
    return ((element_of(item, kind), item) for item in items)


def _by_element(items: list[JsonValue], kind: ApiType) -> dict[str, JsonValue]:
    return dict(_elements(items, kind))


def _children(value: MaybeJson, kind: ApiType) -> dict[str, tuple[JsonValue, ApiType]]:
    """Fields or items by path element, with their types."""
    if isinstance(value, dict):
        return {named(name): (item, child_of(kind, name)) for name, item in value.items()}
    if isinstance(value, list):
        return {element: (item, kind.item or ANYTHING) for element, item in _elements(value, kind)}
    return {}


def _claim(value: JsonValue, kind: ApiType, path: Path, found: set[Path]) -> None:
    if is_leaf(kind, value):
        found.add(path)
        return
    is_list = isinstance(value, list)
    for element, (item, item_kind) in _children(value, kind).items():
        here = (*path, element)
        _claim(item, item_kind, here, found)
        is_declared = element.startswith("f:") and element[2:] in kind.fields
        if is_list or item is None or item == {} or (kind.shape is not Shape.MAP and not is_declared):
            found.add(here)


def _compare(old: MaybeJson, new: MaybeJson, kind: ApiType, path: Path, result: Comparison) -> None:
    if old is new or old == new:
        return  # most of an object is left alone by a write, much of it even shared
    sides = [side for side in (old, new) if side is not ABSENT]
    both_empty = not any(side for side in sides if isinstance(side, dict | list))
    if both_empty or any(is_leaf(kind, side) and side is not None for side in sides):
        _note(old, new, path, result, is_change=old is not ABSENT and new is not ABSENT and not same_json(old, new))
        return
    before, after = _children(old, kind), _children(new, kind)
    for element in dict.fromkeys([*before, *after]):
        old_item = before[element][0] if element in before else ABSENT
        new_item = after[element][0] if element in after else ABSENT
        item_kind = (after.get(element) or before[element])[1]
        _compare(old_item, new_item, item_kind, (*path, element), result)
    _note(old, new, path, result, is_change=False)


def _note(old: MaybeJson, new: MaybeJson, path: Path, result: Comparison, *, is_change: bool) -> None:
    if old is ABSENT:
        result.added.add(path)
    elif new is ABSENT:
        result.removed.add(path)
    elif is_change:
        result.modified.add(path)


def _schema_errors(value: JsonValue, kind: ApiType, path: str) -> Iterator[str]:
    if value is None or kind.shape is Shape.ANY:
        return
    expected = _EXPECTED.get(kind.shape)
    if expected is not None and not isinstance(value, expected[0]):
        yield f"{path}: expected {expected[1]}, got {_go_value(value)}"
    elif kind.shape is Shape.SCALAR:
        yield from _scalar_errors(value, kind, path)
    elif isinstance(value, dict):
        for name, item in value.items():
            if kind.shape is Shape.STRUCT and name not in kind.fields and not kind.allows_unknown:
                yield f"{path}.{name}: field not declared in schema"
            else:
                yield from _schema_errors(item, child_of(kind, name), f"{path}.{name}")
    else:
        yield from _list_errors(value, kind, path)


def _list_errors(items: list[JsonValue], kind: ApiType, path: str) -> Iterator[str]:
    seen: set[str] = set()
    for index, item in enumerate(items):
        if kind.map_keys and isinstance(item, dict):
            missing = [name for name in kind.map_keys if name not in item and name not in kind.key_defaults]
            if missing:
                yield (
                    f"{path}: element {index}: associative list with keys has an element that omits key field "
                    f'"{missing[0]}" (and doesn\'t have default value)'
                )
                continue
        if kind.map_keys or kind.is_set:
            element = element_of(item, kind)
            if element in seen:
                yield f"{path}: duplicate entries for key {print_element(element)}"
            seen.add(element)
        yield from _schema_errors(item, kind.item or ANYTHING, f"{path}[{index}]")


_EXPECTED: Final = {
    Shape.STRUCT: (dict, "map"),
    Shape.MAP: (dict, "map"),
    Shape.LIST: (list, "list"),
}
_NUMBERS: Final = frozenset({"int32", "int64", "float64"})
_UNTYPED: Final = frozenset({"Quantity", "IntOrString"})


def _scalar_errors(value: JsonValue, kind: ApiType, path: str) -> Iterator[str]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind.name in _NUMBERS:
        fits, wanted = is_number, "numeric (int or float)"
    elif kind.name == "bool":
        fits, wanted = isinstance(value, bool), "boolean"
    elif kind.name in _UNTYPED:
        fits, wanted = is_number or isinstance(value, str), "scalar"
    else:
        fits, wanted = isinstance(value, str), "string"
    if not fits:
        yield f"{path}: expected {wanted}, got {_go_value(value)}"


def _go_value(value: JsonValue) -> str:
    match value:
        case dict():
            return "map"
        case list():
            return "list"
        case bool():
            return "boolean"
        case str():
            return "string"
        case _:
            return "int" if isinstance(value, int) else "float"


def as_object(value: JsonValue) -> JsonObject:
    """A value that is an object; anything else counts as an empty one."""
    return value if isinstance(value, dict) else {}
