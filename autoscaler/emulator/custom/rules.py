"""Validation rules (``x-kubernetes-validations``) of a schema, evaluated on an object and what it replaces.

Source: kubernetes apiextensions-apiserver pkg/apiserver/schema/cel/validation.go.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from autoscaler.emulator.custom.cel import CelError, evaluate
from autoscaler.emulator.custom.cel_syntax import Node, mentions, parse_cel
from autoscaler.model.field_errors import OMITTED, FieldError, FieldFault, invalid
from autoscaler.model.json_types import JsonObject, JsonValue

_FAULT_OF_REASON: Final = {fault.reason: fault for fault in FieldFault if fault is not FieldFault.TYPE_INVALID}


@dataclass(frozen=True, slots=True)
class _Place:
    """A value with its schema and path, and the value that stood there before (None: nothing to compare with)."""

    value: JsonValue
    old: JsonValue
    schema: JsonObject
    path: str


def has_rules(schema: JsonValue) -> bool:
    """Whether there is any rule in the schema."""
    if not isinstance(schema, dict):
        return False
    if schema.get("x-kubernetes-validations"):
        return True
    inner = [*(schema.get("properties") or {}).values(), schema.get("additionalProperties"), schema.get("items")]
    return any(has_rules(each) for each in inner)


def broken_rules(obj: JsonObject, old: JsonObject | None, schema: JsonObject) -> list[FieldError]:
    """Faults of all rules; a rule on ``oldSelf`` is asked only where there was something before."""
    return list(_walk(_Place(obj, old, schema, "")))


def _walk(place: _Place) -> Iterator[FieldError]:
    if place.value is None:
        return
    for rule in place.schema.get("x-kubernetes-validations") or ():
        fault = _broken(rule, place)
        if fault is not None:
            yield fault
    if isinstance(place.value, dict):
        yield from _walk_object(place, place.value)
    elif isinstance(place.value, list):
        items = place.schema.get("items") or {}
        for index, item in enumerate(place.value):
            before = _same_item(item, place.old, place.schema)
            yield from _walk(_Place(item, before, items, f"{place.path}[{index}]"))


def _walk_object(place: _Place, value: JsonObject) -> Iterator[FieldError]:
    fields, others = place.schema.get("properties") or {}, place.schema.get("additionalProperties")
    old = place.old if isinstance(place.old, dict) else {}
    for name, item in value.items():
        inner = fields.get(name, others if isinstance(others, dict) else None)
        if inner is not None:
            path = f"{place.path}.{name}" if place.path else name
            yield from _walk(_Place(item, old.get(name), inner, path))


def _same_item(item: JsonValue, old: JsonValue, schema: JsonObject) -> JsonValue:
    """The item before, found by its keys; items of other lists cannot be told apart."""
    keys = schema.get("x-kubernetes-list-map-keys")
    if not keys or not isinstance(old, list) or not isinstance(item, dict):
        return None
    identity = [item.get(key) for key in keys]
    candidates = (each for each in old if isinstance(each, dict))
    return next((each for each in candidates if [each.get(key) for key in keys] == identity), None)


def _broken(rule: JsonObject, place: _Place) -> FieldError | None:
    expression = _compiled(rule["rule"])
    looks_back = mentions(expression, "oldSelf")
    if looks_back and place.old is None and not rule.get("optionalOldSelf"):
        return None
    variables = {"self": place.value} | ({"oldSelf": place.old} if looks_back else {})
    message = rule.get("message") or f"failed rule: {rule['rule']}"
    path = f"{place.path}{rule.get('fieldPath', '')}".lstrip(".") or "<nil>"
    try:
        if evaluate(expression, variables) is True:
            return None
    except CelError as error:
        return invalid(path, place.schema.get("type", "object"), f"{error} evaluating rule: {message}")
    fault = _FAULT_OF_REASON.get(rule.get("reason") or "", FieldFault.INVALID)
    return FieldError(fault, path, OMITTED, _told(rule, message, variables))


def _told(rule: JsonObject, message: str, variables: dict[str, Any]) -> str:
    """The message, or what the rule's own expression makes of it."""
    expression = rule.get("messageExpression")
    if not expression:
        return message
    try:
        text = evaluate(_compiled(expression), variables)
    except CelError:
        return message
    return text if isinstance(text, str) and text.strip() else message


@cache
def _compiled(rule: str) -> Node:
    return parse_cel(rule)
