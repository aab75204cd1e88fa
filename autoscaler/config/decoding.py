"""JSON into an API object as Go's decoder does it: the first wrong type fails, unknown fields are dropped and told.

What comes out is what the API server would write back: no nulls, no empty optional fields, times and quantities in
their canonical form.

Source: sigs.k8s.io/json (a fork of Go's encoding/json) and the UnmarshalJSON methods of apimachinery.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from autoscaler.config.api_types import ApiType, Presence, Shape
from autoscaler.config.go_time import GoTimeError, format_micro_time, format_time, parse_micro_time, parse_time
from autoscaler.model.field_errors import quote
from autoscaler.model.json_types import JsonObject, JsonValue
from autoscaler.model.quantity import Quantity, QuantityError

_INTEGER_LIMITS = {"int32": 2**31, "int64": 2**63}
_ZERO_OF = {"int32": 0, "int64": 0, "bool": False, "float64": 0}


class DecodeError(ValueError):
    """A value that does not fit its field; the text is Go's."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The object as the API server understands it, and the paths of fields it does not know."""

    obj: JsonObject
    unknown_fields: tuple[str, ...]

    @property
    def strict_errors(self) -> tuple[str, ...]:
        """What fieldValidation=Strict refuses and Warn warns of."""
        return tuple(f"unknown field {quote(path)}" for path in self.unknown_fields)


def decode(value: JsonValue, kind: ApiType, *, keep_texts: bool = False) -> Decoded:
    """Read ``value`` as ``kind``; ``keep_texts`` leaves quantities and times as they were written.

    Raises:
        DecodeError: the first field (in the order of the document) whose value has the wrong type.
    """
    decoder = _Decoder(keep_texts=keep_texts)
    if not isinstance(value, dict):
        raise DecodeError(f"json: cannot unmarshal {json_kind(value)} into Go value of type {kind.name}")
    return Decoded(decoder.struct(value, kind, _Place()), tuple(decoder.unknown))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands: the Go struct that holds it, Go's path (without indexes) and the full path."""

    struct: str = ""
    go_path: str = ""
    path: str = ""

    def child(self, struct: str, name: str) -> "_Place":
        return _Place(struct, f"{self.go_path}.{name}".lstrip("."), f"{self.path}.{name}".lstrip("."))

    def at(self, index: int) -> "_Place":
        return _Place(self.struct, self.go_path, f"{self.path}[{index}]")


@dataclass(slots=True)
class _Decoder:
    keep_texts: bool
    unknown: list[str] = field(default_factory=list)

    def value(self, value: JsonValue, kind: ApiType, place: _Place) -> JsonValue:
        """The decoded value; None when it is null."""
        if value is None:
            return None
        match kind.shape:
            case Shape.ANY:
                return value
            case Shape.SCALAR:
                return self._scalar(value, kind, place)
            case Shape.LIST:
                return self._list(value, kind, place)
            case Shape.MAP:
                return self._map(value, kind, place)
            case Shape.STRUCT:
                if not isinstance(value, dict):
                    raise _mismatch(json_kind(value), kind.name, place)
                return self.struct(value, kind, place)

    def struct(self, value: JsonObject, kind: ApiType, place: _Place) -> JsonObject:
        """The fields that are known and worth writing."""
        result: JsonObject = {}
        struct = kind.name.rpartition(".")[2]
        for name, item in value.items():
            known = kind.fields.get(name)
            if known is None:
                self._unknown(name, item, kind, place, result)
                continue
            decoded = self.value(item, known, place.child(struct, name))
            if not _is_left_out(decoded, known):
                result[name] = decoded
        for name, known in kind.fields.items():
            if known.presence is Presence.ALWAYS and name not in result:
                result[name] = _zero(known)
        return result

    def _unknown(self, name: str, value: JsonValue, kind: ApiType, place: _Place, result: JsonObject) -> None:
        if kind.allows_unknown:
            result[name] = value
        else:
            self.unknown.append(f"{place.path}.{name}".lstrip("."))

    def _list(self, value: JsonValue, kind: ApiType, place: _Place) -> JsonValue:
        if not isinstance(value, list):
            raise _mismatch(json_kind(value), kind.name, place)
        item = kind.item
        assert item is not None
        decoded = [self.value(entry, item, place.at(index)) for index, entry in enumerate(value)]
        return [_zero(item) if entry is None else entry for entry in decoded]

    def _map(self, value: JsonValue, kind: ApiType, place: _Place) -> JsonValue:
        if not isinstance(value, dict):
            raise _mismatch(json_kind(value), kind.name, place)
        item = kind.item
        assert item is not None
        decoded = {key: self.value(entry, item, place) for key, entry in value.items()}
        return {key: _zero(item) if entry is None else entry for key, entry in decoded.items()}

    def _scalar(self, value: JsonValue, kind: ApiType, place: _Place) -> JsonValue:
        if kind.name in _INTEGER_LIMITS:
            return _integer(value, kind.name, place)
        if kind.name in _SPECIAL:
            decoded = _SPECIAL[kind.name](value, place)
            return value if self.keep_texts and isinstance(value, str) else decoded
        if json_kind(value) != {"bool": "bool", "float64": "number"}.get(kind.name, "string"):
            raise _mismatch(json_kind(value), kind.name, place)
        return value


def _integer(value: JsonValue, name: str, place: _Place) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _mismatch(json_kind(value), name, place)
    limit = _INTEGER_LIMITS[name]
    if isinstance(value, float) or not -limit <= value < limit:
        raise _mismatch(f"number {value}", name, place)
    return value


def _quantity(value: JsonValue, _: _Place) -> str:
    try:
        return Quantity.from_json(value).canonical()
    except QuantityError as error:
        raise DecodeError(str(error)) from None


def _int_or_string(value: JsonValue, place: _Place) -> int | str:
    return value if isinstance(value, str) else _integer(value, "int32", place)


def _time(value: JsonValue, place: _Place) -> str:
    if not isinstance(value, str):
        raise _mismatch(json_kind(value), "string", place)
    try:
        return format_time(parse_time(value))
    except GoTimeError as error:
        raise DecodeError(str(error)) from None


def _micro_time(value: JsonValue, place: _Place) -> str:
    if not isinstance(value, str):
        raise _mismatch(json_kind(value), "string", place)
    try:
        return format_micro_time(parse_micro_time(value))
    except GoTimeError as error:
        raise DecodeError(str(error)) from None


_SPECIAL: dict[str, Callable[[JsonValue, _Place], JsonValue]] = {
    "Quantity": _quantity,
    "IntOrString": _int_or_string,
    "Time": _time,
    "MicroTime": _micro_time,
}


def _mismatch(found: str, wanted: str, place: _Place) -> DecodeError:
    if not place.go_path:
        return DecodeError(f"json: cannot unmarshal {found} into Go value of type {wanted}")
    return DecodeError(
        f"json: cannot unmarshal {found} into Go struct field {place.struct}.{place.go_path} of type {wanted}"
    )


def json_kind(value: JsonValue) -> str:
    """Go's word for the kind of a JSON value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, list):
        return "array"
    return "object" if isinstance(value, dict) else "number"


def _is_left_out(value: JsonValue, kind: ApiType) -> bool:
    """Whether the API server would not write the field back."""
    if value is None or (kind.presence is Presence.ALWAYS and value in ([], {})):
        return True
    if kind.presence is not Presence.OMIT_ZERO or kind.shape in {Shape.STRUCT, Shape.ANY}:
        return False
    if kind.name in {"Quantity", "IntOrString", "Time", "MicroTime"}:
        return False
    return not value


def _zero(kind: ApiType) -> JsonValue:
    if kind.shape is Shape.STRUCT:
        return {name: _zero(known) for name, known in kind.fields.items() if known.presence is Presence.ALWAYS}
    if kind.shape is not Shape.SCALAR or kind.name in {"Time", "MicroTime"}:
        return None
    return _ZERO_OF.get(kind.name, "")
