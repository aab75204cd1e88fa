"""The schema of a custom resource as a type, so that it merges and applies like built-in kinds.

Source: kubernetes apiextensions-apiserver pkg/controller/openapi/builder; kube-openapi pkg/schemaconv.
"""

from autoscaler.config.api_types import ANYTHING, ApiType, Shape, named_type
from autoscaler.model.json_types import JsonObject

_SCALARS = {"string": "string", "integer": "int64", "number": "float64", "boolean": "bool"}


def type_of_schema(schema: JsonObject) -> ApiType:
    """The type of a whole object: the schema's fields, and those every object has."""
    text = ApiType(Shape.SCALAR, "string")
    head = {"apiVersion": text, "kind": text, "metadata": named_type("ObjectMeta")}
    fields = {name: _type(each) for name, each in (schema.get("properties") or {}).items()}
    return ApiType(Shape.STRUCT, "object", fields=fields | head, allows_unknown=keeps_unknown(schema))


def keeps_unknown(schema: JsonObject) -> bool:
    """Whether fields that are not described are kept."""
    return bool(schema.get("x-kubernetes-preserve-unknown-fields"))


def _type(schema: JsonObject) -> ApiType:
    if schema.get("x-kubernetes-int-or-string"):
        return ApiType(Shape.SCALAR, "IntOrString")
    match schema.get("type"):
        case "object":
            return _object(schema)
        case "array":
            return _list(schema)
        case str() as scalar if scalar in _SCALARS:
            return ApiType(Shape.SCALAR, _SCALARS[scalar])
        case _:
            return ANYTHING


def _object(schema: JsonObject) -> ApiType:
    is_atomic = schema.get("x-kubernetes-map-type") == "atomic"
    values = schema.get("additionalProperties")
    if isinstance(values, dict) and not schema.get("properties"):
        item = _type(values)
        return ApiType(Shape.MAP, f"map[string]{item.name}", item, is_atomic=is_atomic)
    if values is True or (not schema.get("properties") and keeps_unknown(schema)):
        return ApiType(Shape.ANY, "object", is_atomic=is_atomic)
    fields = {name: _type(each) for name, each in (schema.get("properties") or {}).items()}
    return ApiType(Shape.STRUCT, "object", fields=fields, is_atomic=is_atomic, allows_unknown=keeps_unknown(schema))


def _list(schema: JsonObject) -> ApiType:
    items = schema.get("items") or {}
    item = _type(items)
    kind = schema.get("x-kubernetes-list-type")
    keys = tuple(schema.get("x-kubernetes-list-map-keys") or ()) if kind == "map" else ()
    fields = items.get("properties") or {}
    defaults = {key: fields[key]["default"] for key in keys if "default" in fields.get(key, {})}
    return ApiType(Shape.LIST, f"[]{item.name}", item, is_set=kind == "set", map_keys=keys, key_defaults=defaults)
