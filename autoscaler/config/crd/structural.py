"""A JSON schema as a structural one, which is all that an API server takes: one type per field, nothing referred to.

What a file may write in several ways has one way in an object: amounts are text, ``off`` is quoted, a guard with a block
is switched off by ``enabled: false`` in it. So whatever fits here also fits in a file.

Source: kubernetes.io/docs, "Extend the Kubernetes API with CustomResourceDefinitions", specifying a structural schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from autoscaler.config.blocks import BOUNDS, OFF, unit_of
from autoscaler.config.crd.amounts import OFF_NOTE, QUANTITY, amount
from autoscaler.model.json_types import JsonObject

#: Sizes where the schema names none: an API server refuses rules over what has no end.
MAX_TEXT: Final = 1024
MAX_ITEMS: Final = 50
MAX_PROPERTIES: Final = 64
_REFERENCE: Final = "#/$defs/"
_SWITCH: Final[JsonObject] = {"type": "boolean", "description": "false switches it off. Default true."}
_KEPT: Final = frozenset(
    {"default", "description", "enum", "format", "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum",
     "maxProperties", "minProperties", "pattern", "required", "type"}
)  # fmt: skip


class SchemaFormError(Exception):
    """A field can be written in ways that no structural schema describes; the text names it."""


def structural(schema: JsonObject, definitions: Mapping[str, JsonObject], path: str = "") -> JsonObject:
    """Give the structural form of ``schema``; what it refers to stands in ``definitions``.

    Raises: SchemaFormError, naming ``path``.
    """
    whole = _resolved(schema, definitions)
    options = [_resolved(option, definitions) for option in _options(whole)]
    can_be_off = any(option.get("enum") == list(OFF) for option in options)
    shapes = [option for option in options if not _is_off(option) and option.get("type") != "null"]
    about = {name: whole[name] for name in ("description", "default", BOUNDS) if whole.get(name) is not None}
    if any(map(unit_of, shapes)):
        return amount(shapes, about, can_be_off=can_be_off)
    if len(shapes) > 1 and all(shape.get("type") == "string" for shape in shapes):
        return _texts(shapes, about, can_be_off=can_be_off)
    if len(shapes) != 1:
        raise SchemaFormError(f"{path}: may be {len(shapes)} things: {[shape.get('type') for shape in shapes]}")
    [shape] = shapes
    written = _of_one_type(shape | about, definitions, path)
    if can_be_off and written.get("type") == "string":
        return {**written, "description": f"{written.get('description', '')}{OFF_NOTE}"}
    return _with_switch(written) if can_be_off else written


def _resolved(schema: JsonObject, definitions: Mapping[str, JsonObject]) -> JsonObject:
    """Put what is referred to in its place; what stands beside the reference wins."""
    if "$ref" not in schema:
        return schema
    beside = {name: value for name, value in schema.items() if name != "$ref"}
    return {**definitions[schema["$ref"].removeprefix(_REFERENCE)], **beside}


def _options(schema: JsonObject) -> list[JsonObject]:
    """Give each way in which the value may be written, unions within unions taken apart."""
    if "anyOf" not in schema:
        return [{name: value for name, value in schema.items() if name not in ("default", BOUNDS)}]
    return [found for option in schema["anyOf"] for found in _options(option)]


def _is_off(option: JsonObject) -> bool:
    return option.get("enum") == list(OFF) or list(option.get("properties", ())) == ["enabled"]


def _of_one_type(schema: JsonObject, definitions: Mapping[str, JsonObject], path: str) -> JsonObject:
    written = {name: value for name, value in schema.items() if name in _KEPT}
    if "description" in written:
        written["description"] = " ".join(str(written["description"]).split("\n\n")[0].replace("``", "`").split())
    match schema.get("type"):
        case "object":
            return written | _fields(schema, definitions, path)
        case "array":
            items = structural(schema["items"], definitions, f"{path}[]")
            return {"maxItems": MAX_ITEMS, **written, "items": items, "x-kubernetes-list-type": "atomic"}
        case "string":
            return _text(written, schema)
        case "integer" | "number":
            return written | _range(schema)
        case "boolean":
            return written
        case ["string", "number"]:  # a quantity, as Kubernetes writes it
            del written["type"]
            return written | QUANTITY
        case other:
            raise SchemaFormError(f"{path}: no structural form of type {other}")


def _fields(schema: JsonObject, definitions: Mapping[str, JsonObject], path: str) -> JsonObject:
    values = schema.get("additionalProperties")
    if isinstance(values, dict):
        inner = structural(values, definitions, f"{path}.*")
        return {"maxProperties": schema.get("maxProperties", MAX_PROPERTIES), "additionalProperties": inner}
    fields = {
        name: _with_block_default(part, structural(part, definitions, f"{path}.{name}"), definitions)
        for name, part in schema["properties"].items()
    }
    return {"properties": fields}


def _with_block_default(part: JsonObject, written: JsonObject, definitions: Mapping[str, JsonObject]) -> JsonObject:
    """Let a block that is there by default be there, so that the defaults of its fields are filled in and seen."""
    is_optional = any(option.get("type") == "null" for option in part.get("anyOf", ()))
    fields = written.get("properties", {})
    if is_optional or "default" in part or written.get("required") or not fields:
        return written
    has_defaults = any("default" in field for field in fields.values())
    return {**written, "default": {}} if has_defaults and _is_model(part, definitions) else written


def _is_model(part: JsonObject, definitions: Mapping[str, JsonObject]) -> bool:
    return any(option.get("$ref", "").removeprefix(_REFERENCE) in definitions for option in _options(part))


def _text(written: JsonObject, schema: JsonObject) -> JsonObject:
    if "const" in schema:
        return {**written, "enum": [schema["const"]]}
    is_bounded = "enum" in written or "maxLength" in written
    return written if is_bounded else {**written, "maxLength": 64 if "format" in written else MAX_TEXT}


def _texts(shapes: Sequence[JsonObject], about: JsonObject, *, can_be_off: bool) -> JsonObject:
    """Give one text for several ways of writing one; the server lets through what any of them allows in length."""
    longest = max(shape.get("maxLength", len(shape.get("const", "")) or MAX_TEXT) for shape in shapes)
    note = OFF_NOTE if can_be_off else ""
    plain = {name: value for name, value in about.items() if name not in ("description", BOUNDS)}
    return {"type": "string", "description": f"{about.get('description', '')}{note}", "maxLength": longest, **plain}


def _range(schema: JsonObject) -> JsonObject:
    """Write limits as OpenAPI 3.0 does: an exclusive one is a limit and a flag."""
    given: JsonObject = {}
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if exclusive in schema:
            given |= {limit: schema[exclusive], exclusive: True}
    return given


def _with_switch(written: JsonObject) -> JsonObject:
    """Let a block say ``enabled: false``; what it requires is required of one that is on."""
    needed = written.pop("required", [])
    rules = [
        {
            "rule": f"has(self.enabled) && !self.enabled || has(self.{name})",
            "message": f"{name} is required unless enabled is false",
            "fieldPath": f".{name}",
        }
        for name in needed
    ]
    switched = {**written, "properties": {"enabled": dict(_SWITCH), **written["properties"]}}
    return switched | ({"x-kubernetes-validations": rules} if rules else {})
