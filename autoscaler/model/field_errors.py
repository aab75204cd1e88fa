"""One fault of one field, in the words the Kubernetes API server uses.

Source: kubernetes apimachinery pkg/util/validation/field/errors.go and pkg/util/errors/errors.go.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from autoscaler.model.json_types import JsonObject, JsonValue


class FieldFault(Enum):
    """What is wrong with a field: the reason of a Status cause, and the words it is printed with."""

    NOT_FOUND = ("FieldValueNotFound", "Not found")
    REQUIRED = ("FieldValueRequired", "Required value")
    DUPLICATE = ("FieldValueDuplicate", "Duplicate value")
    INVALID = ("FieldValueInvalid", "Invalid value")
    NOT_SUPPORTED = ("FieldValueNotSupported", "Unsupported value")
    FORBIDDEN = ("FieldValueForbidden", "Forbidden")
    TOO_LONG = ("FieldValueTooLong", "Too long")
    TOO_MANY = ("FieldValueTooMany", "Too many")
    INTERNAL = ("InternalError", "Internal error")
    TYPE_INVALID = ("FieldValueTypeInvalid", "Invalid value")

    @property
    def reason(self) -> str:
        """Reason of the cause in a Status object."""
        return self.value[0]

    @property
    def words(self) -> str:
        """The words printed before the value."""
        return self.value[1]


class _Omitted(Enum):
    VALUE = "omitted"


OMITTED: Final = _Omitted.VALUE
"""A bad value that is not printed (null is printed as ``null``)."""

_SILENT_FAULTS = frozenset({FieldFault.REQUIRED, FieldFault.FORBIDDEN, FieldFault.TOO_LONG, FieldFault.INTERNAL})


@dataclass(frozen=True, slots=True)
class FieldError:
    """A fault, the path of the field it was found at, the value found there and an explanation."""

    fault: FieldFault
    field: str
    value: JsonValue = OMITTED
    detail: str = ""

    @property
    def body(self) -> str:
        """The text without the field: ``Invalid value: -1: must be positive``."""
        text = self.fault.words
        if self.fault not in _SILENT_FAULTS and self.value is not OMITTED:
            text += f": {print_value(self.value)}"
        return f"{text}: {self.detail}" if self.detail else text

    def __str__(self) -> str:
        return f"{self.field}: {self.body}"

    def cause(self) -> JsonObject:
        """The entry of ``details.causes`` in a Status object."""
        return {"reason": self.fault.reason, "message": self.body, "field": self.field}


def required(field: str, detail: str = "") -> FieldError:
    """The field must be set."""
    return FieldError(FieldFault.REQUIRED, field, "", detail)


def invalid(field: str, value: JsonValue, detail: str) -> FieldError:
    """The value breaks a rule that ``detail`` names."""
    return FieldError(FieldFault.INVALID, field, value, detail)


def type_invalid(field: str, value: JsonValue, detail: str) -> FieldError:
    """The value has the wrong JSON type."""
    return FieldError(FieldFault.TYPE_INVALID, field, value, detail)


def not_supported(field: str, value: JsonValue, supported: Sequence[str]) -> FieldError:
    """The value is none of ``supported``, which are printed in the given order."""
    names = ", ".join(quote(name) for name in supported)
    return FieldError(FieldFault.NOT_SUPPORTED, field, value, f"supported values: {names}" if supported else "")


def duplicate(field: str, value: JsonValue, detail: str = "") -> FieldError:
    """The value appears twice where it must be unique."""
    return FieldError(FieldFault.DUPLICATE, field, value, detail)


def forbidden(field: str, detail: str) -> FieldError:
    """The field must not be set, or not be changed."""
    return FieldError(FieldFault.FORBIDDEN, field, "", detail)


def not_found(field: str, value: JsonValue) -> FieldError:
    """The value names something that does not exist."""
    return FieldError(FieldFault.NOT_FOUND, field, value)


def too_long(field: str, limit_bytes: int) -> FieldError:
    """The text is longer than ``limit_bytes``."""
    return FieldError(FieldFault.TOO_LONG, field, "", f"may not be more than {limit_bytes} bytes")


def too_many(field: str, actual: int, limit: int) -> FieldError:
    """The list has ``actual`` items, more than ``limit``."""
    plural = "item" if limit == 1 else "items"
    return FieldError(FieldFault.TOO_MANY, field, actual, f"must have at most {limit} {plural}")


def aggregate_text(errors: Iterable[FieldError]) -> str:
    """One text for several faults: bare when there is one, else in brackets; equal texts count once."""
    texts = list(dict.fromkeys(str(error) for error in errors))
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def print_value(value: JsonValue) -> str:
    """A bad value as Go prints it: numbers bare, text quoted, everything else as compact JSON."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, float):
        return f"{value:.17g}" if float(f"{value:.6g}") != value else f"{value:g}"
    return go_json(value)


def go_json(value: JsonValue) -> str:
    """Compact JSON with the characters ``< > &`` escaped, as Go's encoder writes it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


_GO_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    '"': '\\"',
    "\\": "\\\\",
}


def quote(text: str) -> str:
    """A text in double quotes with Go's escapes (``%q``)."""
    return '"' + "".join(_escape(char) for char in text) + '"'


def _escape(char: str) -> str:
    if char in _GO_ESCAPES:
        return _GO_ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
