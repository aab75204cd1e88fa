"""What is wrong with a JSON text, in the words of Go's scanner; and fields given twice.

Source: Go encoding/json scanner.go; sigs.k8s.io/json strict decoding.
"""

import json
import re
from collections.abc import Collection
from typing import Final

from autoscaler.model.field_errors import quote
from autoscaler.model.json_types import JsonValue

_END: Final = "unexpected end of JSON input"
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORDS: Final = ("true", "false", "null")


class _SyntaxFaultError(Exception):
    """Carries the fault's text out of the recursion."""


def syntax_fault(text: str) -> str:
    """The first fault of a text that is no JSON."""
    try:
        end = _space(text, _value(text, _space(text, 0)))
        if end < len(text):
            raise _SyntaxFaultError(f"invalid character {_char(text[end])} after top-level value")
    except (_SyntaxFaultError, RecursionError) as fault:
        return str(fault)
    return _END


def duplicate_fields(body: bytes) -> list[str]:
    """``duplicate field "spec.replicas"`` for every field a JSON body gives twice in one object."""
    return strict_complaints(body, ())


def strict_complaints(body: bytes, unknown: Collection[str]) -> list[str]:
    """The fields that a JSON body gives twice and those of ``unknown`` (told as complaints), in the text's order."""
    try:
        root = json.loads(body, object_pairs_hook=_Object)
    except ValueError:
        return []
    found: dict[str, None] = {}
    _collect(root, "", unknown, found)
    return list(found)


class _Object(list[tuple[str, JsonValue]]):
    """A parsed object with all its fields, repeated ones too."""


def _collect(value: JsonValue, path: str, unknown: Collection[str], found: dict[str, None]) -> None:
    if isinstance(value, _Object):
        seen: set[str] = set()
        for key, item in value:
            where = f"{path}.{key}" if path else key
            if (complaint := f"unknown field {quote(where)}") in unknown:
                found[complaint] = None
                continue
            if key in seen:
                found[f"duplicate field {quote(where)}"] = None
            seen.add(key)
            _collect(item, where, unknown, found)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            _collect(item, f"{path}[{at}]", unknown, found)


def _space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _at(text: str, at: int) -> str:
    if at >= len(text):
        raise _SyntaxFaultError(_END)
    return text[at]


def _value(text: str, at: int) -> int:
    char = _at(text, at)
    if char == "{":
        return _object(text, at)
    if char == "[":
        return _array(text, at)
    if char == '"':
        return _string(text, at)
    for word in _WORDS:
        if char == word[0]:
            return _word(text, at, word)
    if (match := _NUMBER.match(text, at)) and match.group() != "-":
        return match.end()
    raise _SyntaxFaultError(f"invalid character {_char(char)} looking for beginning of value")


def _object(text: str, at: int) -> int:
    at = _space(text, at + 1)
    if _at(text, at) == "}":
        return at + 1
    while True:
        if _at(text, at) != '"':
            raise _SyntaxFaultError(f"invalid character {_char(text[at])} looking for beginning of object key string")
        at = _space(text, _string(text, at))
        if _at(text, at) != ":":
            raise _SyntaxFaultError(f"invalid character {_char(text[at])} after object key")
        at = _space(text, _value(text, _space(text, at + 1)))
        if (char := _at(text, at)) == "}":
            return at + 1
        if char != ",":
            raise _SyntaxFaultError(f"invalid character {_char(char)} after object key:value pair")
        at = _space(text, at + 1)


def _array(text: str, at: int) -> int:
    at = _space(text, at + 1)
    if _at(text, at) == "]":
        return at + 1
    while True:
        at = _space(text, _value(text, at))
        if (char := _at(text, at)) == "]":
            return at + 1
        if char != ",":
            raise _SyntaxFaultError(f"invalid character {_char(char)} after array element")
        at = _space(text, at + 1)


def _string(text: str, at: int) -> int:
    if match := _STRING.match(text, at):
        return match.end()
    for place in range(at + 1, len(text)):
        if ord(text[place]) < 0x20:
            raise _SyntaxFaultError(f"invalid character {_char(text[place])} in string literal")
    raise _SyntaxFaultError(_END)


def _word(text: str, at: int, word: str) -> int:
    for offset, wanted in enumerate(word):
        if (char := _at(text, at + offset)) != wanted:
            raise _SyntaxFaultError(f"invalid character {_char(char)} in literal {word} (expecting '{wanted}')")
    return at + len(word)


def _char(char: str) -> str:
    """A character in single quotes, as Go shows it."""
    if char == "'":
        return r"'\''"
    if char == '"':
        return "'\"'"
    return f"'{quote(char)[1:-1]}'"
