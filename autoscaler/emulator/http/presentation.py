"""Stored objects as answers: single, as lists, as tables or as bare metadata."""

from collections.abc import Iterable
from typing import Final

from autoscaler.emulator import errors
from autoscaler.emulator.clock import Clock
from autoscaler.emulator.http.exchange import Exchange
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.tables_of import table_parts
from autoscaler.model.json_types import JsonObject

META: Final = "meta.k8s.io/v1"
_INCLUDE: Final = ("Metadata", "Object", "None", "")


def show_one(exchange: Exchange, obj: JsonObject, now: Clock) -> JsonObject:
    """One object in the shape the client asked for.

    Raises:
        ApiError: 400 for a bad ``includeObject``, 406 for a shape it cannot take.
    """
    match exchange.answer.transform:
        case "Table":
            version = obj.get("metadata", {}).get("resourceVersion", "")
            return _table(exchange, [obj], {"resourceVersion": version}, now)
        case "PartialObjectMetadata":
            return partial(obj)
        case "":
            return obj
        case _:
            raise errors.not_acceptable(_ACCEPTED)


def show_list(exchange: Exchange, items: list[JsonObject], metadata: JsonObject, now: Clock) -> JsonObject:
    """A list in the shape the client asked for; ``metadata`` is the list's.

    Raises:
        ApiError: as ``show_one``.
    """
    match exchange.answer.transform:
        case "Table":
            return _table(exchange, items, metadata, now)
        case "PartialObjectMetadata" | "PartialObjectMetadataList":
            partials = [partial(item) for item in items]
            return {"kind": "PartialObjectMetadataList", "apiVersion": META, "metadata": metadata, "items": partials}
        case _:
            return list_of(exchange.resource, items, metadata)


def list_of(resource: Resource, items: Iterable[JsonObject], metadata: JsonObject) -> JsonObject:
    """A list of the resource's own kind. Built-in items leave their kind and version to the list."""
    if resource.is_custom:
        metadata = {"continue": ""} | metadata
        shown = list(items)
    else:
        shown = [{key: part for key, part in item.items() if key not in ("kind", "apiVersion")} for item in items]
    kind = resource.list_kind or f"{resource.kind}List"
    return {"kind": kind, "apiVersion": resource.api_version, "metadata": metadata, "items": shown}


def partial(obj: JsonObject) -> JsonObject:
    """The object's metadata alone."""
    return {"kind": "PartialObjectMetadata", "apiVersion": META, "metadata": obj["metadata"]}


def _table(exchange: Exchange, items: list[JsonObject], metadata: JsonObject, now: Clock) -> JsonObject:
    include = exchange.query.get("includeObject", "")
    if include not in _INCLUDE:
        why = f"includeObject: Invalid value: \"{include}\": must be 'Metadata', 'Object', 'None', or empty"
        raise errors.bad_request(f"Unable to convert to Table as requested: {why}")
    columns, rows = table_parts(exchange.resource, items, now())
    shown = [{"cells": cells, "object": _row_object(item, include)} for item, cells in zip(items, rows, strict=True)]
    return {"kind": "Table", "apiVersion": META, "metadata": metadata, "columnDefinitions": columns, "rows": shown}


def _row_object(obj: JsonObject, include: str) -> JsonObject | None:
    if include == "Object":
        return obj
    return None if include == "None" else partial(obj)


_ACCEPTED: Final = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
