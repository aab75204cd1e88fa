"""What a schema drops from an object and fills in: unknown fields, nulls, defaults.

Source: kubernetes apiextensions-apiserver pkg/apiserver/schema/pruning and defaulting.
"""

from autoscaler.emulator.custom.schema_types import keeps_unknown
from autoscaler.model.json_types import JsonObject, JsonValue

_HEAD = frozenset({"apiVersion", "kind", "metadata"})


def pruned(obj: JsonObject, schema: JsonObject) -> tuple[JsonObject, list[str]]:
    """The object without fields its schema does not describe, and their paths, sorted."""
    dropped: list[str] = []
    head = {name: value for name, value in obj.items() if name in _HEAD}
    rest = {name: value for name, value in obj.items() if name not in _HEAD}
    kept = _prune(rest, schema, "", dropped)
    return head | kept, sorted(dropped)


def filled(value: JsonValue, schema: JsonObject) -> JsonValue:
    """The value with defaults for what is absent; a null where none is allowed counts as absent."""
    if isinstance(value, dict):
        return _filled_object(value, schema)
    if isinstance(value, list):
        items = schema.get("items") or {}
        return [filled(item, items) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # Go writes a whole float without a point
    return value


def _prune(value: JsonValue, schema: JsonObject, path: str, dropped: list[str]) -> JsonValue:
    if isinstance(value, list):
        items = schema.get("items") or {}
        return [_prune(item, items, f"{path}[{index}]", dropped) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    fields, others = schema.get("properties") or {}, schema.get("additionalProperties")
    embedded = _HEAD if schema.get("x-kubernetes-embedded-resource") else frozenset()
    kept: JsonObject = {}
    for name, item in value.items():
        place = f"{path}.{name}" if path else name
        if name in fields:
            kept[name] = _prune(item, fields[name], place, dropped)
        elif isinstance(others, dict):
            kept[name] = _prune(item, others, place, dropped)
        elif others is True or keeps_unknown(schema) or name in embedded:
            kept[name] = item
        else:
            dropped.append(place)
    return kept


def _filled_object(value: JsonObject, schema: JsonObject) -> JsonObject:
    fields, others = schema.get("properties") or {}, schema.get("additionalProperties")
    result: JsonObject = {}
    for name, item in value.items():
        inner = fields.get(name, others if isinstance(others, dict) else {})
        if item is None and inner and not _is_nullable(inner):
            continue
        result[name] = filled(item, inner)
    for name, inner in fields.items():
        if name not in result and "default" in inner:
            result[name] = filled(inner["default"], inner)
    return result


def _is_nullable(schema: JsonObject) -> bool:
    return bool(schema.get("nullable")) or (keeps_unknown(schema) and not schema.get("type"))
