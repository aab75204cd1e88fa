"""Request bodies in protobuf, as kubectl's typed commands (create namespace, autoscale, auth can-i) send them.

A message is read by the API's own types and the field numbers beside this file. Fields whose numbers are not listed are
refused, never dropped. Answers always go out as JSON, which the same clients accept.

Source: apimachinery pkg/runtime/serializer/protobuf; protobuf's encoding.
"""

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final

from autoscaler.config.api_types import ApiType, Shape, named_type, type_of_kind
from autoscaler.config.go_time import format_micro_time, format_time
from autoscaler.model.json_types import JsonObject, JsonValue

_MAGIC: Final = b"k8s\x00"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INTEGERS: Final = ("int32", "int64")
_Field = tuple[int, int | bytes]


class ProtobufError(ValueError):
    """A body that cannot be read."""


def decode_body(body: bytes, expected: ApiType) -> JsonObject:
    """The object in a body with the Kubernetes envelope; its own kind decides how it is read.

    Raises:
        ProtobufError: it is no such message, or holds a field whose number is not known here.
    """
    if not body.startswith(_MAGIC):
        raise ProtobufError("provided data does not appear to be a protobuf message, expected prefix k8s\\x00")
    head: JsonObject = {}
    raw = b""
    for number, value in _fields(body[len(_MAGIC) :]):
        if number == 1 and isinstance(value, bytes):
            head = {_HEAD[place]: text.decode() for place, text in _fields(value) if isinstance(text, bytes)}
        elif number == 2 and isinstance(value, bytes):
            raw = value
    group, _, version = head.get("apiVersion", "").rpartition("/")
    kind = type_of_kind(group, version, head.get("kind", "")) or expected
    return head | _message(raw, kind)


_HEAD: Final = {1: "apiVersion", 2: "kind"}


def _message(raw: bytes, kind: ApiType) -> JsonObject:
    numbers = _numbers(kind)
    result: JsonObject = {}
    for number, value in _fields(raw):
        if (name := numbers.get(number)) is None:
            if value not in (b"", 0):
                raise ProtobufError(f"field {number} of {kind.name} is not known")
            continue
        if name == "status":
            continue  # sent empty with every object; a status is never written this way
        field = kind.fields[name]
        read = _value(value, field.item if field.shape is Shape.LIST and field.item else field)
        if field.shape is Shape.LIST:
            result.setdefault(name, []).append(read)
        elif field.shape is Shape.MAP:
            result.setdefault(name, {}).update(read)
        else:
            result[name] = read
    return result


def _value(value: int | bytes, field: ApiType) -> JsonValue:
    if field.shape is Shape.STRUCT and isinstance(value, bytes):
        return _message(value, field)
    if field.shape is Shape.MAP and isinstance(value, bytes) and field.item is not None:
        entry = dict(_fields(value))
        key, item = entry.get(1, b""), entry.get(2, b"")
        return {key.decode() if isinstance(key, bytes) else str(key): _value(item, field.item)}
    return _scalar(value, field.name)


def _scalar(value: int | bytes, name: str) -> JsonValue:
    if isinstance(value, int):
        if name == "bool":
            return bool(value)
        return value - 2**64 if value >= 2**63 else value
    match name:
        case "Quantity":
            text = dict(_fields(value)).get(1, b"0")
            return text.decode() if isinstance(text, bytes) else "0"
        case "IntOrString":
            return _int_or_string(dict(_fields(value)))
        case "Time" | "MicroTime":
            return _time(dict(_fields(value)), name)
        case _ if name in _INTEGERS:
            raise ProtobufError(f"{name} is no number")
        case _:
            return value.decode("utf-8", "replace")


def _int_or_string(parts: dict[int, int | bytes]) -> int | str:
    text = parts.get(3, b"")
    number = parts.get(2, 0)
    is_text = parts.get(1) == 1 and isinstance(text, bytes)
    return text.decode() if is_text and isinstance(text, bytes) else int(number)


def _time(parts: dict[int, int | bytes], name: str) -> str | None:
    seconds, nanos = parts.get(1, 0), parts.get(2, 0)
    if not isinstance(seconds, int) or not isinstance(nanos, int) or not (seconds or nanos):
        return None
    at = _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1000)
    return format_micro_time(at) if name == "MicroTime" else format_time(at)


def _fields(raw: bytes) -> Iterator[_Field]:
    """Field numbers and values of a message: numbers as they are, everything else as bytes."""
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        wire = tag & 7
        if wire == _VARINT:
            number, at = _varint(raw, at)
            yield tag >> 3, number
            continue
        if wire == _BYTES:
            size, at = _varint(raw, at)
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
        else:
            raise ProtobufError(f"wire type {wire} is not known")
        if at + size > len(raw):
            raise ProtobufError("unexpected EOF")
        yield tag >> 3, raw[at : at + size]
        at += size


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        if at >= len(raw):
            raise ProtobufError("unexpected EOF")
        byte = raw[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
        shift += 7


def _numbers(kind: ApiType) -> dict[int, str]:
    known = _numbers_by_fields().get(id(kind.fields))
    if known is None:
        raise ProtobufError(f"{kind.name} cannot be read from protobuf")
    return known


@cache
def _numbers_by_fields() -> dict[int, dict[int, str]]:
    """Field names by number, by the identity of a type's fields: a type at one place shares them with its definition."""
    text = files(__package__).joinpath("protobuf_fields.toml").read_text(encoding="utf-8")
    return {
        id(named_type(name).fields): {int(number): field for number, field in table.items()}
        for name, table in tomllib.loads(text).items()
    }
