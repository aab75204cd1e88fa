"""One served version of a custom resource: how its objects are read, filled in and judged.

Source: kubernetes apiextensions-apiserver pkg/registry/customresource/strategy.go and validator.go.
"""

from dataclasses import dataclass, field

from autoscaler.config.api_types import ApiType, named_type
from autoscaler.config.decoding import decode
from autoscaler.emulator.custom.filling import filled, pruned
from autoscaler.emulator.custom.rules import broken_rules, has_rules
from autoscaler.emulator.custom.schema_types import type_of_schema
from autoscaler.emulator.custom.schema_validation import BLOCKING, validate_list_types, validate_schema
from autoscaler.emulator.jsonpath import parse_json_path
from autoscaler.model.field_errors import FieldError, invalid
from autoscaler.model.json_types import JsonObject, JsonValue

_UNCHECKED = (
    "some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)
_MAX_REPLICAS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ScalePaths:
    """Where the counts of a scale subresource stand, as JSON paths; the selector's may be empty."""

    spec_replicas: str
    status_replicas: str
    selector: str = ""


@dataclass(frozen=True, slots=True)
class CustomVersion:
    """A version as its definition describes it."""

    kind: str
    schema: JsonObject = field(repr=False)
    has_status: bool
    scale: ScalePaths | None
    type: ApiType = field(repr=False)
    has_rules: bool

    def read(self, raw: JsonObject) -> tuple[JsonObject, tuple[str, ...]]:
        """The object with defaults and without unknown fields, and what a strict reader would refuse.

        An object of another kind is left as it is.

        Raises:
            DecodeError: the metadata has a field of the wrong type.
        """
        metadata = decode(raw.get("metadata") or {}, named_type("ObjectMeta"))
        obj = raw | {"metadata": metadata.obj}
        if (raw.get("kind") or self.kind) != self.kind:
            return obj, ()
        kept, unknown = pruned(obj, self.schema)
        dropped = sorted([*(f"metadata.{name}" for name in metadata.unknown_fields), *unknown])
        whole = filled({name: value for name, value in kept.items() if name != "metadata"}, self.schema)
        return {**whole, "metadata": metadata.obj}, tuple(f'unknown field "{path}"' for path in dropped)

    def faults_of_new(self, obj: JsonObject) -> list[FieldError]:
        """Faults of an object to be created, its metadata aside."""
        return self._faults(obj, None)

    def faults_of_update(self, new: JsonObject, old: JsonObject) -> list[FieldError]:
        """Faults of a change of the object, its metadata aside."""
        return self._faults(new, old)

    def faults_of_status(self, new: JsonObject, old: JsonObject) -> list[FieldError]:
        """Faults of a change of the status."""
        schema = (self.schema.get("properties") or {}).get("status")
        faults: list[FieldError] = []
        if schema is not None and "status" in new:
            faults += validate_schema(new["status"], schema, "status")
        if self.scale is not None:
            faults += _scale_status(new, self.scale)
        return self._with_rules(faults + validate_list_types(_body(new), self.schema), new, old)

    def faults_of_other_kind(self, obj: JsonObject) -> list[FieldError]:
        """Faults of an object that names another kind."""
        kind = obj.get("kind", "")
        return self._with_rules([invalid("kind", kind, f"must be {self.kind}")], obj, None)

    def _faults(self, obj: JsonObject, old: JsonObject | None) -> list[FieldError]:
        body = _body(obj)
        faults = validate_schema(body, self.schema)
        if self.scale is not None:
            faults += _count(obj, self.scale.spec_replicas)
            faults += _scale_status(obj, self.scale)
        return self._with_rules(faults + validate_list_types(body, self.schema), obj, old)

    def _with_rules(self, faults: list[FieldError], obj: JsonObject, old: JsonObject | None) -> list[FieldError]:
        if not self.has_rules:
            return faults
        if any(fault.fault in BLOCKING for fault in faults):
            return [*faults, invalid("<nil>", None, _UNCHECKED)]
        return faults + broken_rules(obj, old, self.schema)


def custom_version(kind: str, definition: JsonObject) -> CustomVersion:
    """The version that an entry of a definition's ``spec.versions`` describes."""
    schema = (definition.get("schema") or {}).get("openAPIV3Schema") or {}
    subresources = definition.get("subresources") or {}
    scale = subresources.get("scale")
    paths = None
    if scale is not None:
        paths = ScalePaths(scale["specReplicasPath"], scale["statusReplicasPath"], scale.get("labelSelectorPath", ""))
    return CustomVersion(
        kind=kind,
        schema=schema,
        has_status=subresources.get("status") is not None,
        scale=paths,
        type=type_of_schema(schema),
        has_rules=has_rules(schema),
    )


def _body(obj: JsonObject) -> JsonObject:
    """What the schema is about: everything but the parts every object has."""
    return {name: value for name, value in obj.items() if name not in {"apiVersion", "kind", "metadata"}}


def _scale_status(obj: JsonObject, paths: ScalePaths) -> list[FieldError]:
    faults = _count(obj, paths.status_replicas)
    if paths.selector:
        selector = parse_json_path(paths.selector).first(obj)
        if selector is not None and not isinstance(selector, str):
            faults.append(invalid(paths.selector, "", _accessor_error(paths.selector, selector, "string")))
    return faults


def _count(obj: JsonObject, path: str) -> list[FieldError]:
    """Faults of a replica count."""
    count = parse_json_path(path).first(obj)
    if count is None:
        return []
    if isinstance(count, bool) or not isinstance(count, int):
        return [invalid(path, 0, _accessor_error(path, count, "int64"))]
    if count < 0:
        return [invalid(path, count, "should be a non-negative integer")]
    if count > _MAX_REPLICAS:
        return [invalid(path, count, f"should be less than or equal to {_MAX_REPLICAS}")]
    return []


def _accessor_error(path: str, value: JsonValue, wanted: str) -> str:
    names = {bool: "bool", int: "int64", float: "float64", str: "string", list: "[]interface {}"}
    found = names.get(type(value), "map[string]interface {}")
    return f"{path} accessor error: {value} is of the type {found}, expected {wanted}"
