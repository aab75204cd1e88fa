"""OpenAPI documents, enough for kubectl: which fields kinds have, and that the server checks them itself.

Source: kube-openapi; the ``fieldValidation`` parameter of PATCH is what makes kubectl leave validation to the server.
"""

import hashlib
from typing import Final

from aiohttp import web

from autoscaler.config.api_types import ApiType, Shape
from autoscaler.emulator.codec import type_of
from autoscaler.emulator.http.media import JSON, Answer
from autoscaler.emulator.resources import Registry, Resource
from autoscaler.model.json_types import JsonObject

_SCALARS: Final[dict[str, JsonObject]] = {
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "float64": {"type": "number", "format": "double"},
    "bool": {"type": "boolean"},
    "Time": {"type": "string", "format": "date-time"},
    "MicroTime": {"type": "string", "format": "date-time"},
    "Quantity": {"type": "string"},
    "IntOrString": {"x-kubernetes-int-or-string": True},
}
_FIELD_VALIDATION: Final = {"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}


class OpenApi:
    """Documents per group and version, made from the API's types and from custom resources' own schemas."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def answer(self, request: web.Request) -> web.Response:
        """Answer a GET below /openapi; 404 without a body for a version that is not served."""
        path = request.path.strip("/")
        if path == "openapi/v2":
            return _json({"swagger": "2.0", "info": _INFO, "paths": {}, "definitions": {}})
        if path == "openapi/v3":
            return _json({"paths": self._index()})
        group_version = path.removeprefix("openapi/v3/")
        document = self._document(group_version) if group_version in self._versions() else None
        return web.Response(status=404) if document is None else _json(document)

    def _versions(self) -> dict[str, tuple[str, str]]:
        """Document path to group and version."""
        return {
            f"apis/{group}/{version}" if group else f"api/{version}": (group, version)
            for group, versions in self._registry.versions().items()
            for version in versions
        }

    def _index(self) -> JsonObject:
        index = {}
        for path, served in self._versions().items():
            digest = hashlib.sha256(repr((served, self._registry.in_version(*served))).encode()).hexdigest()
            index[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest[:32].upper()}"}
        return index

    def _document(self, path: str) -> JsonObject:
        group, version = self._versions()[path]
        schemas: JsonObject = {}
        paths: JsonObject = {}
        for resource in self._registry.in_version(group, version):
            _describe(resource, schemas)
            scope = "/namespaces/{namespace}" if resource.namespaced else ""
            for verb in ("get", "patch", "post", "put", "delete"):
                item = paths.setdefault(f"/{path}{scope}/{resource.plural}/{{name}}", {})
                item[verb] = _operation(resource, verb)
        return {"openapi": "3.0.0", "info": _INFO, "paths": paths, "components": {"schemas": schemas}}


_INFO: Final = {"title": "Kubernetes", "version": "v1.36.2"}


def _operation(resource: Resource, verb: str) -> JsonObject:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    parameters = [_FIELD_VALIDATION, {"name": "dryRun", "in": "query", "schema": {"type": "string"}}]
    action = {"put": "update", "post": "create"}.get(verb, verb)
    head = {"x-kubernetes-action": action, "x-kubernetes-group-version-kind": kind, "responses": {}}
    return head | {"parameters": parameters if verb in ("patch", "post", "put") else []}


def _describe(resource: Resource, schemas: JsonObject) -> None:
    """Add the schema of a resource's kind and of every type it uses."""
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    name = _schema_name(resource)
    known = resource.schema or _struct(type_of(resource), schemas)
    schemas[name] = known | {"x-kubernetes-group-version-kind": [kind]}


def _schema_name(resource: Resource) -> str:
    group = (
        ".".join(reversed(resource.group.split(".")))
        if "." in resource.group
        else f"io.k8s.api.{resource.group or 'core'}"
    )
    return f"{group}.{resource.version}.{resource.kind}"


def _struct(kind: ApiType, schemas: JsonObject) -> JsonObject:
    properties = {name: _property(field, schemas) for name, field in kind.fields.items()}
    return {"type": "object", "properties": properties}


def _property(kind: ApiType, schemas: JsonObject) -> JsonObject:
    match kind.shape:
        case Shape.STRUCT:
            name = f"io.k8s.{kind.name}"
            if name not in schemas:
                schemas[name] = {}  # a type may hold itself
                schemas[name] = _struct(kind, schemas)
            return {"allOf": [{"$ref": f"#/components/schemas/{name}"}]}
        case Shape.LIST if kind.item is not None:
            return {"type": "array", "items": _property(kind.item, schemas)}
        case Shape.MAP if kind.item is not None:
            return {"type": "object", "additionalProperties": _property(kind.item, schemas)}
        case Shape.SCALAR:
            return _SCALARS.get(kind.name, {"type": "string"})
        case _:
            return {"x-kubernetes-preserve-unknown-fields": True}


def _json(value: JsonObject) -> web.Response:
    return web.Response(body=Answer(JSON).encode(value), content_type=JSON)
