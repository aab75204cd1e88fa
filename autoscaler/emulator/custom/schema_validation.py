"""Whether an object fits its schema, in the words of the API server.

Source: kube-openapi pkg/validation/validate; kubernetes apiextensions-apiserver pkg/apiserver/validation/validation.go
and pkg/apiserver/schema/listtype.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from autoscaler.config.go_time import GoTimeError, parse_time
from autoscaler.emulator.patching import same_json
from autoscaler.model.field_errors import (
    FieldError,
    FieldFault,
    duplicate,
    go_json,
    invalid,
    required,
    too_long,
    too_many,
    type_invalid,
)
from autoscaler.model.json_types import JsonObject, JsonValue

BLOCKING = frozenset(
    {
        FieldFault.NOT_SUPPORTED,
        FieldFault.REQUIRED,
        FieldFault.TOO_LONG,
        FieldFault.TOO_MANY,
        FieldFault.TYPE_INVALID,
    }
)
"""Faults that make it pointless to evaluate rules."""


def validate_schema(value: JsonValue, schema: JsonObject, prefix: str = "") -> list[FieldError]:
    """Faults of a value; ``prefix`` stands before field paths, but not in the sentences."""
    return [_under(prefix, fault) for fault in _validate(value, schema, "")]


def validate_list_types(value: JsonValue, schema: JsonObject, path: str = "") -> list[FieldError]:
    """Items that appear twice in sets and keyed lists."""
    return list(_list_faults(value, schema, path))


def _under(prefix: str, fault: FieldError) -> FieldError:
    if not prefix:
        return fault
    return FieldError(fault.fault, f"{prefix}.{fault.field}" if fault.field else prefix, fault.value, fault.detail)


def _validate(value: JsonValue, schema: JsonObject, path: str) -> Iterator[FieldError]:
    if value is None and schema.get("nullable"):
        return
    wanted = schema.get("type")
    found = _json_type(value)
    if schema.get("x-kubernetes-int-or-string"):
        wanted = found if found in {"integer", "string"} else "integer,string"
    if wanted and found != wanted and not (wanted == "number" and found == "integer"):
        yield type_invalid(path, found, f'{path} in body must be of type {wanted}: "{found}"')
        return
    yield from _enum(value, schema, path)
    if isinstance(value, str):
        yield from _text(value, schema, path)
    elif isinstance(value, dict):
        yield from _object(value, schema, path)
    elif isinstance(value, list):
        yield from _list(value, schema, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(value, schema, path)
    yield from _combined(value, schema, path)


def _json_type(value: JsonValue) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _enum(value: JsonValue, schema: JsonObject, path: str) -> Iterator[FieldError]:
    choices = schema.get("enum")
    if choices is not None and not any(same_json(value, choice) for choice in choices):
        listed = ", ".join(go_json(choice) for choice in choices)
        yield FieldError(FieldFault.NOT_SUPPORTED, path, value, f"supported values: {listed}")


def _text(value: str, schema: JsonObject, path: str) -> Iterator[FieldError]:
    shortest, longest, pattern = (schema.get(name) for name in ("minLength", "maxLength", "pattern"))
    if longest is not None and len(value) > longest:
        yield too_long(path, longest)
    if shortest is not None and len(value) < shortest:
        yield invalid(path, value, f"{path} in body should be at least {shortest} chars long")
    if pattern is not None and not re.search(pattern, value):
        yield invalid(path, value, f"{path} in body should match '{pattern}'")
    name = schema.get("format")
    check = _FORMATS.get(name or "")
    if check is not None and not check(value):
        yield type_invalid(path, value, f'{path} in body must be of type {name}: "{value}"')


def _is_date_time(value: str) -> bool:
    try:
        parse_time(value)
    except GoTimeError:
        return False
    return True


_FORMATS: dict[str, Callable[[str], bool]] = {
    "date-time": _is_date_time,
    "date": lambda value: re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None,
    "uuid": lambda value: re.fullmatch(r"(?i)[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", value) is not None,
    "duration": lambda value: (
        re.fullmatch(r"\d+\s*(ns|us|µs|ms|s|m|h|d|w)(\d+\s*(ns|us|µs|ms|s|m|h|d|w))*", value) is not None
    ),
}
"""Formats that are checked; others say nothing."""


def _number(value: float, schema: JsonObject, path: str) -> Iterator[FieldError]:
    low, high, step = (schema.get(name) for name in ("minimum", "maximum", "multipleOf"))
    if low is not None and (value <= low if schema.get("exclusiveMinimum") else value < low):
        word = "greater than" if schema.get("exclusiveMinimum") else "greater than or equal to"
        yield invalid(path, value, f"{path} in body should be {word} {low}")
    if high is not None and (value >= high if schema.get("exclusiveMaximum") else value > high):
        word = "less than" if schema.get("exclusiveMaximum") else "less than or equal to"
        yield invalid(path, value, f"{path} in body should be {word} {high}")
    if step and value % step:
        yield invalid(path, value, f"{path} in body should be a multiple of {step}")


def _object(value: JsonObject, schema: JsonObject, path: str) -> Iterator[FieldError]:
    fields, others = schema.get("properties") or {}, schema.get("additionalProperties")
    for name in schema.get("required") or ():
        if name not in value:
            yield required(_join(path, name))
    least, most = schema.get("minProperties"), schema.get("maxProperties")
    if least is not None and len(value) < least:
        yield invalid(path, value, f"{path} in body should have at least {least} properties")
    if most is not None and len(value) > most:
        yield too_many(path, len(value), most)
    for name in sorted(value):
        inner = fields.get(name, others if isinstance(others, dict) else None)
        if inner is not None:
            yield from _validate(value[name], inner, _join(path, name))


def _list(value: Sequence[JsonValue], schema: JsonObject, path: str) -> Iterator[FieldError]:
    least, most = schema.get("minItems"), schema.get("maxItems")
    if least is not None and len(value) < least:
        yield invalid(path, list(value), f"{path} in body should have at least {least} items")
    if most is not None and len(value) > most:
        yield too_many(path, len(value), most)
    if schema.get("uniqueItems") and _has_twins(value):
        yield invalid(path, list(value), f"{path} in body shouldn't contain duplicates")
    items = schema.get("items") or {}
    for index, item in enumerate(value):
        yield from _validate(item, items, f"{path}[{index}]")


def _has_twins(items: Sequence[JsonValue]) -> bool:
    return any(same_json(item, other) for index, item in enumerate(items) for other in items[:index])


def _combined(value: JsonValue, schema: JsonObject, path: str) -> Iterator[FieldError]:
    def fits(inner: JsonObject) -> bool:
        return next(_validate(value, inner, path), None) is None

    for inner in schema.get("allOf") or ():
        yield from _validate(value, inner, path)
    if schema.get("anyOf") and not any(fits(inner) for inner in schema["anyOf"]):
        yield invalid(path, "", f'"{path}" must validate at least one schema (anyOf)')
    if schema.get("oneOf") and sum(fits(inner) for inner in schema["oneOf"]) != 1:
        yield invalid(path, "", f'"{path}" must validate one and only one schema (oneOf)')
    if schema.get("not") is not None and fits(schema["not"]):
        yield invalid(path, "", f'"{path}" must not validate the schema (not)')


def _list_faults(value: JsonValue, schema: JsonObject, path: str) -> Iterator[FieldError]:
    if isinstance(value, dict):
        fields, others = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, item in value.items():
            inner = fields.get(name, others if isinstance(others, dict) else {})
            yield from _list_faults(item, inner, _join(path, name))
    elif isinstance(value, list):
        keys = schema.get("x-kubernetes-list-map-keys") or ()
        kind = schema.get("x-kubernetes-list-type")
        seen: list[JsonValue] = []
        for index, item in enumerate(value):
            place = f"{path}[{index}]"
            identity = {key: item[key] for key in keys if key in item} if isinstance(item, dict) and keys else item
            if kind in {"set", "map"} and any(same_json(identity, other) for other in seen):
                yield duplicate(place, identity)
            seen.append(identity)
            yield from _list_faults(item, schema.get("items") or {}, place)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
