"""Does a document have the shape of an API type? Finds every unknown field and every wrong type, not only the first.

The API server's own decoder (see ``decoding``) stops at the first wrong type; a person mending a file wants them all,
in plain words. What does not fit is left out of the value that comes back, so that the rest can be validated too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from autoscaler.config.api_types import ApiType, Shape
from autoscaler.config.field_paths import Step, format_path
from autoscaler.config.go_time import GoTimeError, parse_micro_time, parse_time
from autoscaler.config.suggestions import did_you_mean, nearest
from autoscaler.model.json_types import JsonObject, JsonValue
from autoscaler.model.quantity import Quantity, QuantityError

_LIMITS: Final = {"int32": 2**31, "int64": 2**63}
_BOOLEAN_HINT: Final = "unquoted, yes, no, on, off, y and n are booleans; write the text in quotes"
_TIMES: Final = {"Time": parse_time, "MicroTime": parse_micro_time}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeFault:
    """One field that does not fit. ``meant`` is the path of the field it was probably meant to be."""

    path: str
    what: str
    hint: str = ""
    meant: str = ""


@dataclass(slots=True)
class Shaped:
    """What fits of a value, and what does not."""

    value: JsonValue
    faults: list[ShapeFault] = field(default_factory=list)


def fit(value: JsonValue, kind: ApiType, *, hints: Mapping[str, str] | None = None) -> Shaped:
    """Compare ``value`` with ``kind``; ``hints`` gives advice for field names of earlier versions."""
    checker = _Checker(kind, hints or {})
    shaped = checker.fit(value, kind, ())
    return Shaped(shaped, checker.faults)


@dataclass(slots=True)
class _Checker:
    root: ApiType
    hints: Mapping[str, str]
    faults: list[ShapeFault] = field(default_factory=list)

    def fit(self, value: JsonValue, kind: ApiType, steps: tuple[Step, ...]) -> JsonValue:
        """Give the part of ``value`` that fits; ``None`` where nothing does. Null counts as absent."""
        if value is None:
            return None
        match kind.shape:
            case Shape.ANY:
                return value
            case Shape.STRUCT | Shape.MAP if not isinstance(value, dict):
                return self._refuse(steps, f"must be a mapping, is {describe(value)}", "write `field: value` lines")
            case Shape.STRUCT:
                return self._struct(value, kind, steps)
            case Shape.MAP:
                assert kind.item is not None
                fitted = {key: self.fit(item, kind.item, (*steps, key)) for key, item in value.items()}
                return {key: item for key, item in fitted.items() if item is not None}
            case Shape.LIST if not isinstance(value, list):
                return self._refuse(steps, f"must be a list, is {describe(value)}", "begin each item with `- `")
            case Shape.LIST:
                assert kind.item is not None
                return [self._item(item, kind.item, (*steps, index)) for index, item in enumerate(value)]
            case Shape.SCALAR:
                return self._scalar(value, kind.name, steps)

    def _item(self, value: JsonValue, kind: ApiType, steps: tuple[Step, ...]) -> JsonValue:
        fitted = self.fit(value, kind, steps)
        if value is None:
            self._refuse(steps, "is empty", "remove the item, or fill it in")
        return {} if fitted is None and kind.shape is Shape.STRUCT else fitted

    def _struct(self, value: JsonObject, kind: ApiType, steps: tuple[Step, ...]) -> JsonObject:
        fitted: JsonObject = {}
        for name, item in value.items():
            known = kind.fields.get(name)
            if known is None:
                self._unknown(name, kind, steps)
            elif (part := self.fit(item, known, (*steps, name))) is not None:
                fitted[name] = part
        return fitted

    def _unknown(self, name: str, kind: ApiType, steps: tuple[Step, ...]) -> None:
        guess = nearest(name, kind.fields)
        hint = self.hints.get(name, "")
        if not hint and guess is None:
            places = [place for place in _places(self.root, name) if place]
            hint = f"`{name}` belongs in {' or '.join(dict.fromkeys(places[:2]))}" if places else ""
        fault = ShapeFault(
            path=format_path((*steps, name)),
            what=f'unknown field "{name}"',
            hint=hint or did_you_mean(name, kind.fields),
            meant=format_path((*steps, guess)) if guess else "",
        )
        self.faults.append(fault)

    def _scalar(self, value: JsonValue, name: str, steps: tuple[Step, ...]) -> JsonValue:
        if name in _LIMITS:
            return self._integer(value, _LIMITS[name], steps)
        if name == "Quantity":
            return self._quantity(value, steps)
        if name == "IntOrString":
            is_either = isinstance(value, int | str) and not isinstance(value, bool)
            return value if is_either else self._refuse(steps, f"must be a number or text, is {describe(value)}")
        if name in _TIMES:
            return self._time(value, name, steps)
        if name == "bool":
            return (
                value
                if isinstance(value, bool)
                else self._refuse(steps, f"must be true or false, is {describe(value)}")
            )
        if name == "float64":
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return value if is_number else self._refuse(steps, f"must be a number, is {describe(value)}")
        return (
            value
            if isinstance(value, str)
            else self._refuse(steps, f"must be text, is {describe(value)}", _quote(value))
        )

    def _integer(self, value: JsonValue, limit: int, steps: tuple[Step, ...]) -> JsonValue:
        if isinstance(value, int) and not isinstance(value, bool):
            if -limit <= value < limit:
                return value
            return self._refuse(steps, f"must be between {-limit} and {limit - 1}, is {describe(value)}")
        hint = ""
        if isinstance(value, str) and re.fullmatch(r"\s*[0-9]+\s*%?\s*", value):
            hint = f"write {value.strip(' %')}, without quotes or a percent sign"
        return self._refuse(steps, f"must be a whole number, is {describe(value)}", hint)

    def _quantity(self, value: JsonValue, steps: tuple[Step, ...]) -> JsonValue:
        if isinstance(value, bool | list | dict):
            return self._refuse(steps, f"must be a quantity such as 500m, 2 or 1536Mi, is {describe(value)}")
        try:
            return Quantity.from_json(value).canonical()  # as the API server stores it
        except QuantityError as error:
            return self._refuse(steps, f"{describe(value)}: {error}", quantity_hint(str(value)))

    def _time(self, value: JsonValue, name: str, steps: tuple[Step, ...]) -> JsonValue:
        try:
            _TIMES[name](value if isinstance(value, str) else "")
        except GoTimeError:
            return self._refuse(steps, f"must be a time such as 2026-01-02T03:04:05Z, is {describe(value)}")
        return value

    def _refuse(self, steps: tuple[Step, ...], what: str, hint: str = "") -> None:
        self.faults.append(ShapeFault(path=format_path(steps), what=what, hint=hint))


def describe(value: JsonValue) -> str:
    """Name a value as a message does: what it is, and the value itself where it is short."""
    match value:
        case None:
            return "empty"
        case bool():
            return "true" if value else "false"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            shown = value if len(value) <= 40 else value[:37] + "..."
            return f'text "{shown}"'
        case _:
            text = repr(value)
            return text if len(text) <= 40 else text[:37] + "..."


def quantity_hint(text: str) -> str:
    """Advice for the usual slips in writing a quantity."""
    slips = {
        r"[0-9.]+\s*%": "a percentage goes into averageUtilization, without the percent sign",
        r"[0-9.]+\s+[A-Za-z]+": "write number and unit without a space",
        r"[0-9.]+(MB|GB|KB|kB|TB)": "units have no B: M is a million bytes, Mi is 1024 x 1024 bytes",
        r"[0-9.]+(MiB|GiB|KiB|TiB)": "units have no B: write Ki, Mi, Gi or Ti",
        r"[0-9.]+K": "a thousand is a small k; Ki is 1024",
        r"[0-9.]+(ki|mi|gi|ti)": "binary units begin with a capital: Ki, Mi, Gi, Ti",
        r"[0-9.]+[gt]": "units above k are capitals: M, G, T",
        r"[0-9]+,[0-9]+": "write a decimal point, not a comma",
        r"[0-9.]+/s(ec)?": "write the bare number; the metric itself says that it is per second",
    }
    return next((hint for slip, hint in slips.items() if re.fullmatch(slip, text.strip())), "write 500m, 2 or 1536Mi")


def _quote(value: JsonValue) -> str:
    if isinstance(value, bool):
        return _BOOLEAN_HINT
    return f'write it in quotes: "{value}"' if isinstance(value, int | float) else ""


def _places(kind: ApiType, name: str, path: str = "", depth: int = 0) -> Iterator[str]:
    """Find the structs below ``kind`` (its specification, not its status) that have a field of that name."""
    if depth > 8:
        return
    if kind.shape is Shape.STRUCT and name in kind.fields:
        yield path
    for part, item in kind.fields.items():
        if part not in ("status", "metadata"):
            yield from _places(item, name, f"{path}.{part}".lstrip("."), depth + 1)
    if kind.item is not None:
        yield from _places(kind.item, name, f"{path}[]" if kind.shape is Shape.LIST else path, depth + 1)
