"""Quantities and label selectors of the conformance data."""

from __future__ import annotations

import math
from decimal import Decimal

from autoscaler.config.hpa_build import build_selector
from autoscaler.engine.recommend.metrics import status_quantity
from autoscaler.model.label_query import NOTHING, LabelQuery, SelectorError, parse_label_selector, query_of
from autoscaler.model.quantity import Format, Quantity, QuantityError
from tests.conformance.hpa_world import Json

_EXPONENT_FROM = 6


class NumberText(float):
    """A JSON number that remembers how it was written; quantities keep the text."""

    text: str

    def __new__(cls, text: str) -> NumberText:
        number = super().__new__(cls, text)
        number.text = text
        return number


def number_text(number: float) -> str:
    """A double as Go's ``%g`` writes it: the shortest digits that mean it, with an exponent from 1e+06 on."""
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else ("+Inf" if number > 0 else "-Inf")
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    assert isinstance(exponent, int)
    leading = len(digits) - 1 + exponent
    if number == 0 or -4 <= leading < _EXPONENT_FROM:
        return format(Decimal(repr(number)).normalize(), "f")
    first, rest = digits[0], "".join(map(str, digits[1:]))
    return f"{'-' * sign}{first}{'.' * bool(rest)}{rest}e{leading:+03d}"


def run_quantity(case: Json) -> Json:
    """Everything a quantity answers, or the parser's error."""
    try:
        return _answers(_quantity(case))
    except QuantityError as error:
        return {"error": str(error)}


def _quantity(case: Json) -> Quantity:
    if "value" in case:
        return Quantity.parse(case["value"])
    if "json_value" in case:
        value = case["json_value"]
        if isinstance(value, str) and len(value) >= 2 and value[0] == value[-1] == '"':
            value = value[1:-1]  # given as JSON text
        elif value == "null":
            value = None
        return Quantity.from_json(value.text if isinstance(value, NumberText) else value)
    return Quantity.from_milli(case["milli"], Format(case["format"]))


def run_build_quantity(case: Json) -> Json:
    """The quantity that a status holds for a resource."""
    return _answers(status_quantity(case["milli"], case["resource"]))


def _answers(quantity: Quantity) -> Json:
    return {
        "string": str(quantity),
        "canonical": quantity.canonical(),
        "json": quantity.to_json(),
        "format": quantity.format.value,
        "milli": quantity.milli(),
        "value": quantity.value(),
        "sign": quantity.sign,
        "zero": quantity.is_zero,
        "float": number_text(quantity.as_float()),
    }


def run_selector(case: Json) -> Json:
    """A selector, from text or from its object form: how it prints and whether it matches."""
    try:
        query, printed = _query(case)
    except SelectorError as error:
        return {"error": str(error)}
    return {
        "string": str(query),
        "printed": printed,
        "matches": query.matches_labels(case.get("labels") or {}),
        "empty": query.is_empty,
        "error": None,
    }


def _query(case: Json) -> tuple[LabelQuery, str | None]:
    if "selector" in case:
        return parse_label_selector(case["selector"] or ""), None
    given = case.get("label_selector")
    if given is None:
        return NOTHING, "nil"
    selector = build_selector(given)
    return query_of(selector), str(selector)
