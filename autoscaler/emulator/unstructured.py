"""What Go says of JSON that it moves from a map into an object: strategic merge patches are read that way.

Source: kubernetes apimachinery pkg/runtime/converter.go; Go's fmt.
"""

from autoscaler.config.api_types import ApiType, Shape
from autoscaler.emulator.patching import go_kind
from autoscaler.model.json_types import JsonValue

_KIND_OF: dict[str, str] = {"int32": "int32", "int64": "int64", "float64": "float64", "bool": "bool"}
_BY_TEXT = frozenset({"Quantity", "IntOrString", "Time", "MicroTime", "[]byte"})
"""Types that read their own JSON: their faults are those of decoding."""
_GO_TYPES = {"string": "string", "bool": "bool", "object": "map", "array": "slice"}


def conversion_fault(value: JsonValue, kind: ApiType) -> str | None:
    """The first value that does not fit its field, in the converter's words; None when all do."""
    if value is None or kind.shape is Shape.ANY:
        return None
    if kind.shape is Shape.SCALAR:
        return None if kind.name in _BY_TEXT else _scalar_fault(value, kind)
    found = _go_type(value)
    if kind.shape is Shape.LIST:
        if not isinstance(value, list):
            return f"cannot restore slice from {found}"
        return _first(value, [kind.item] * len(value))
    if not isinstance(value, dict):
        start = "cannot restore map from" if kind.shape is Shape.MAP else "cannot restore struct from:"
        return f"{start} {found}"
    if kind.shape is Shape.MAP:
        return _first(list(value.values()), [kind.item] * len(value))
    names = [name for name in sorted(value) if name in kind.fields]
    return _first([value[name] for name in names], [kind.fields[name] for name in names])


def go_format(value: JsonValue) -> str:
    """A value as Go's ``%v`` prints it: ``map[spec:map[replicas:2]]``."""
    match value:
        case dict():
            return "map[" + " ".join(f"{name}:{go_format(value[name])}" for name in sorted(value)) + "]"
        case list():
            return "[" + " ".join(go_format(item) for item in value) + "]"
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _first(values: list[JsonValue], kinds: list[ApiType | None]) -> str | None:
    for value, kind in zip(values, kinds, strict=True):
        fault = conversion_fault(value, kind) if kind is not None else None
        if fault is not None:
            return fault
    return None


def _scalar_fault(value: JsonValue, kind: ApiType) -> str | None:
    wanted = _KIND_OF.get(kind.name, "string")
    found = _go_type(value)
    if found == wanted or (found == "int64" and wanted in {"int32", "float64"}):
        return None
    numbers = {"int32", "int64", "float64"}
    if isinstance(value, float) and value.is_integer() and wanted in numbers:
        return None
    if (found in numbers and wanted in numbers) or (found == "int64" and wanted == "string"):
        return f"cannot convert {found} to {kind.name}"
    return f"unrecognized type: {wanted}"


def _go_type(value: JsonValue) -> str:
    """Go's kind of a value in a map."""
    if isinstance(value, float):
        return "float64"
    return _GO_TYPES.get(go_kind(value), "int64")
