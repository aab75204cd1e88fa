"""Frozen values to bytes and back, for a closed set of classes, readable by later versions.

A value is written as ``[class, field, ...]`` in msgpack, compressed. Which fields a class had is kept once per journal, so
that a field added later is filled with its default; a class or field that is unknown here is an error, not a guess.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final

import msgspec

from autoscaler.model.usage_columns import UsageColumns

_TUPLE: Final = ""
_ENUM: Final = "~"
_BIG: Final = "#"
_INT64: Final = 1 << 63
_LEVEL: Final = 1  #: zlib's fastest: pods of one workload compress well at any level
_MOST_BYTES: Final = 256 * 1024 * 1024  #: of one value once it is unpacked

Schema = dict[str, list[str]]


class CodecError(ValueError):
    """Bytes that cannot be read: damaged, or written by a later version."""


class Codec:
    """Writes and reads values of the given classes (structs, dataclasses, enums) and what they are made of."""

    def __init__(self, classes: Iterable[type[Any]], written: Schema | None = None) -> None:
        """``written``: the fields that classes had where the bytes come from; by default those they have now."""
        self._classes = {each.__name__: each for each in classes}
        self.schema: Schema = {
            name: _fields(each) for name, each in self._classes.items() if not issubclass(each, Enum)
        }
        self._written = self.schema if written is None else written

    def encode(self, value: object) -> bytes:
        """Give a value's bytes.

        Raises:
            TypeError: it holds something that is not of the set.
        """
        return zlib.compress(msgspec.msgpack.encode(self._plain(value)), _LEVEL)

    def decode(self, body: bytes) -> Any:
        """Give the value of some bytes.

        Raises:
            CodecError: they cannot be read.
        """
        try:
            unpacker = zlib.decompressobj()
            plain = unpacker.decompress(body, _MOST_BYTES)
            if not unpacker.eof:
                raise CodecError("incomplete, or far too large")
            return self._value(msgspec.msgpack.decode(plain))
        except (zlib.error, msgspec.MsgspecError, KeyError, IndexError, TypeError, ValueError, RecursionError) as error:
            raise CodecError(f"unreadable value: {error}") from error

    def _plain(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | float | bytes):
            return value
        if isinstance(value, Enum):
            return [_ENUM + type(self._known(value)).__name__, value.value]
        if isinstance(value, str):
            return value
        if isinstance(value, int):
            return value if -_INT64 <= value < _INT64 else [_BIG, str(value)]
        if isinstance(value, tuple | UsageColumns):
            return [_TUPLE, *map(self._plain, value)]
        name = type(self._known(value)).__name__
        return [name, *(self._plain(getattr(value, field)) for field in self.schema[name])]

    def _known(self, value: Any) -> Any:
        if self._classes.get(type(value).__name__) is not type(value):
            raise TypeError(f"a journal has no place for {type(value).__qualname__}")
        return value

    def _value(self, plain: Any) -> Any:
        if not isinstance(plain, list):
            return plain
        tag, rest = plain[0], plain[1:]
        if tag == _TUPLE:
            return tuple(map(self._value, rest))
        if tag == _BIG:
            return int(rest[0])
        if tag.startswith(_ENUM):
            return self._class(tag[1:])(rest[0])
        fields = self._written[tag]
        if len(fields) != len(rest):
            raise CodecError(f"{tag} has {len(rest)} fields where its journal says {len(fields)}")
        return self._class(tag)(**dict(zip(fields, map(self._value, rest), strict=True)))

    def _class(self, name: str) -> type[Any]:
        found = self._classes.get(name)
        if found is None:
            raise CodecError(f"unknown class {name}: written by a later version?")
        return found


def _fields(each: type[Any]) -> list[str]:
    if issubclass(each, msgspec.Struct):
        return list(each.__struct_fields__)
    if dataclasses.is_dataclass(each):
        return [field.name for field in dataclasses.fields(each) if field.init]
    raise TypeError(f"{each.__qualname__} is neither a struct nor a dataclass nor an enum")


def read_schema(text: str) -> Schema:
    """Read what ``Codec.schema`` was when a journal was begun.

    Raises:
        CodecError: it is not of that shape.
    """
    try:
        return msgspec.json.decode(text, type=Schema)
    except msgspec.MsgspecError as error:
        raise CodecError(f"unreadable schema: {error}") from error


def write_schema(schema: Mapping[str, list[str]]) -> str:
    """Write a schema for ``read_schema``."""
    return msgspec.json.encode(schema).decode()
