"""Amounts in a structural schema: text in one of our ways of writing, with limits as a pattern and rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from autoscaler.config.blocks import BOUNDS, unit_of
from autoscaler.model.json_types import JsonObject

MAX_LENGTH: Final = 32
OFF_NOTE: Final = " Text, or off in quotes."
#: A quantity as Kubernetes' own kinds have it: a whole number, or a text such as 500m.
QUANTITY: Final[JsonObject] = {
    "maxLength": 64,
    "pattern": r"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$",
    "x-kubernetes-int-or-string": True,
}
_PLAIN: Final = r"[0-9]+(\.[0-9]+)?"
_PATTERNS: Final = {
    "duration": r"([0-9]+(\.[0-9]+)?(ms|[smhdw]))+|0",
    "share": rf"{_PLAIN}%?",
    "multiple": rf"{_PLAIN}x?",
}
#: How a rule reads the number in a text; durations are only ever asked whether they are 0.
_NUMBERS: Final = {
    "share": "(self.endsWith('%') ? double(self.replace('%', '')) / 100.0 : double(self))",
    "multiple": "double(self.replace('x', ''))",
}
_WRITTEN: Final = {
    "duration": "numbers with units, such as 90s or 1h30m",
    "share": "a share, such as 80% or 0.8",
    "multiple": "a multiple, such as 4x",
}
_SIGNS: Final = {
    "gt": (">", "more than"),
    "ge": (">=", "at least"),
    "lt": ("<", "less than"),
    "le": ("<=", "at most"),
}


def amount(shapes: Sequence[JsonObject], about: JsonObject, *, can_be_off: bool) -> JsonObject:
    """Give the schema of a text for an amount that ``shapes`` describe; ``off`` too where it may be switched off."""
    unit = next(filter(None, map(unit_of, shapes)))
    if unit == "amount":
        return {name: value for name, value in about.items() if name != BOUNDS} | QUANTITY
    bounds: dict[str, float] = about.get(BOUNDS, {})
    pattern = f"^({'off|' if can_be_off else ''}{_PATTERNS[unit]})$"
    note = f" Text: {_WRITTEN[unit]}{', or off in quotes' if can_be_off else ''}."
    written: JsonObject = {
        "type": "string",
        "maxLength": MAX_LENGTH,
        "pattern": pattern,
        "description": f"{about.get('description', '')}{note}".strip(),
    }
    if "default" in about:
        written["default"] = about["default"]
    rules = list(_rules(unit, bounds, can_be_off))
    return written | ({"x-kubernetes-validations": rules} if rules else {})


def _rules(unit: str, bounds: dict[str, float], can_be_off: bool) -> Iterator[JsonObject]:
    unless = "self == 'off' || " if can_be_off else ""
    if unit == "duration":
        if bounds.get("gt") == 0:
            yield {"rule": f"{unless}self.matches('[1-9]')", "message": "must be longer than 0"}
        return
    for sign, (operator, words) in _SIGNS.items():
        is_moot = (sign == "ge" and ("gt" in bounds or bounds.get("ge") == 0)) or (sign == "le" and "lt" in bounds)
        if sign not in bounds or is_moot:
            continue
        limit = bounds[sign]
        shown = f"{limit * 100:g}%" if unit == "share" else f"{limit:g}"
        yield {"rule": f"{unless}{_NUMBERS[unit]} {operator} {float(limit)!r}", "message": f"must be {words} {shown}"}
