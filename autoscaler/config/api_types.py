"""The types of the Kubernetes API as data: which fields exist, of which type, and how their lists and maps merge.

One description serves decoding (wrong types, unknown fields, zero values), strategic merge patches and server-side
apply; a custom resource's schema is brought to the same form by its own module.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


class Shape(Enum):
    """What a JSON value of a type looks like."""

    SCALAR = auto()
    LIST = auto()
    MAP = auto()
    STRUCT = auto()
    ANY = auto()


class Presence(Enum):
    """What becomes of a zero value (0, false, empty text, empty list or map) when an object is written."""

    OMIT_ZERO = auto()
    KEEP_ZERO = auto()
    ALWAYS = auto()


@dataclass(frozen=True, slots=True)
class ApiType:
    """A type at one place: what it holds, and how two values of it merge there."""

    shape: Shape
    name: str
    """Go's name, as decoding errors show it: ``int32``, ``[]v1.Container``."""
    item: "ApiType | None" = None
    """Type of a list's items or a map's values."""
    fields: Mapping[str, "ApiType"] = field(default_factory=dict, repr=False, compare=False)
    presence: Presence = Presence.OMIT_ZERO
    is_atomic: bool = False
    """Server-side apply owns the whole map or object, not its fields (lists are atomic unless keyed or a set)."""
    is_set: bool = False
    map_keys: tuple[str, ...] = ()
    """Fields that tell a list's items apart in server-side apply; empty for other lists."""
    strategies: frozenset[str] = frozenset()
    """Strategic merge patch: ``merge``, ``replace``, ``retainKeys``."""
    merge_key: str = ""
    key_defaults: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """Defaults of key fields that an item may leave out."""
    allows_unknown: bool = False
    """Fields that are not described are kept (custom resources with preserve-unknown-fields)."""


ANYTHING = ApiType(Shape.ANY, "interface {}")

_KINDS = {
    ("", "Event"): "core.Event",
    ("events.k8s.io", "Event"): "events.Event",
}
_SCALARS = frozenset(
    {"string", "int32", "int64", "bool", "float64", "Quantity", "IntOrString", "Time", "MicroTime", "[]byte"}
)
_PRESENCE = {"ptr": Presence.KEEP_ZERO, "always": Presence.ALWAYS}


def type_of_kind(group: str, version: str, kind: str) -> ApiType | None:
    """The type of a built-in kind; None when the kind is not known."""
    name = _KINDS.get((group, kind), kind)
    if (group, version) == ("autoscaling", "v2"):
        name = f"v2.{kind}"
    return _types().get(name)


def named_type(name: str) -> ApiType:
    """A type by its name in the data file, such as ``PodSpec`` or ``v2.MetricSpec``.

    Raises:
        KeyError: there is no such type.
    """
    return _types()[name]


@cache
def _types() -> Mapping[str, ApiType]:
    source = tomllib.loads(files("autoscaler.config").joinpath("api_types.toml").read_text(encoding="utf-8"))
    fields_of: dict[str, dict[str, ApiType]] = {name: {} for name in source}
    structs = {
        name: ApiType(
            Shape.STRUCT,
            _go_struct(name),
            fields=MappingProxyType(fields_of[name]),
            is_atomic=table.get("") == "atomic",
        )
        for name, table in source.items()
    }
    for name, table in source.items():
        for field_name, text in table.items():
            if field_name:
                fields_of[name][field_name] = _field_type(text, structs.__getitem__)
    return MappingProxyType(structs)


def _go_struct(name: str) -> str:
    package, _, bare = name.rpartition(".")
    return f"{'v2' if package == 'v2' else 'v1'}.{bare}"


def _field_type(text: str, struct: Callable[[str], ApiType]) -> ApiType:
    """The type written as ``TYPE [rule ...]``; the rules are explained at the head of the data file."""
    expression, *rules = text.split()
    base = _parse(expression, struct)
    options: dict[str, Any] = {
        "is_atomic": base.is_atomic or "atomic" in rules,
        "is_set": "set" in rules,
        "presence": next((_PRESENCE[rule] for rule in rules if rule in _PRESENCE), Presence.OMIT_ZERO),
    }
    for rule in rules:
        name, _, value = rule.partition("=")
        if name == "map":
            options["map_keys"] = tuple(value.split(","))
            options["key_defaults"] = {"protocol": "TCP"} if "protocol" in value else {}
        elif name.split(",")[0] in {"merge", "replace", "retainKeys"}:
            options["strategies"] = frozenset(name.split(","))
            options["merge_key"] = value
    return ApiType(base.shape, base.name, base.item, base.fields, **options)


def _parse(expression: str, struct: Callable[[str], ApiType]) -> ApiType:
    if expression == "any":
        return ANYTHING
    if expression.startswith("string:"):
        return ApiType(Shape.SCALAR, expression.removeprefix("string:"))
    if expression in _SCALARS:
        return ApiType(Shape.SCALAR, expression)
    if expression.startswith("[]"):
        item = _parse(expression[2:], struct)
        return ApiType(Shape.LIST, f"[]{item.name}", item)
    if expression.startswith("map[string]"):
        item = _parse(expression.removeprefix("map[string]"), struct)
        return ApiType(Shape.MAP, f"map[string]{item.name}", item)
    return struct(expression)
