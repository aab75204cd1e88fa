"""Stored objects as answers: single, as lists, as tables or as bare metadata."""

from collections.abc import Iterable
from typing import Final

from autoscaler.emulator import errors
from autoscaler.emulator.clock import Clock
from autoscaler.emulator.http.exchange import Exchange
from autoscaler.emulator.http.media import ACCEPTED
from autoscaler.emulator.printing.columns import Printer
from autoscaler.emulator.printing.custom import custom_printer
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.tables import partial_metadata, printer_of_kind, table
from autoscaler.emulator.versions import from_stored
from autoscaler.model.json_types import JsonObject

META: Final = "meta.k8s.io/v1"
_INCLUDE: Final = ("Metadata", "Object", "None", "")


def show_one(
    exchange: Exchange, obj: JsonObject, now: Clock, stored: JsonObject | None = None, *, with_columns: bool = True
) -> JsonObject:
    """One object in the shape the client asked for; ``stored`` is what its table row is made from.

    Of the tables of a watch only the first tells its columns.

    Raises:
        ApiError: 400 for a bad ``includeObject``, 406 for a shape it cannot take.
    """
    match exchange.answer.transform:
        case "Table":
            version = obj.get("metadata", {}).get("resourceVersion", "")
            rows = [(stored or obj, obj)]
            return _table(exchange, rows, {"resourceVersion": version}, now, with_columns=with_columns)
        case "PartialObjectMetadata":
            return partial_metadata(obj)
        case "":
            return obj
        case _:
            raise errors.not_acceptable(ACCEPTED)


def show_list(exchange: Exchange, stored: list[JsonObject], metadata: JsonObject, now: Clock) -> JsonObject:
    """A list of stored objects in the shape the client asked for; ``metadata`` is the list's.

    Raises:
        ApiError: as ``show_one``.
    """
    items = [from_stored(exchange.resource, obj) for obj in stored]
    match exchange.answer.transform:
        case "Table":
            return _table(exchange, list(zip(stored, items, strict=True)), metadata, now)
        case "PartialObjectMetadata" | "PartialObjectMetadataList":
            partials = [partial_metadata(item) for item in items]
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


def _table(
    exchange: Exchange,
    rows: list[tuple[JsonObject, JsonObject]],
    metadata: JsonObject,
    now: Clock,
    *,
    with_columns: bool = True,
) -> JsonObject:
    include = exchange.query.get("includeObject", "")
    if include not in _INCLUDE:
        why = f"includeObject: Invalid value: \"{include}\": must be 'Metadata', 'Object', 'None', or empty"
        raise errors.bad_request(f"Unable to convert to Table as requested: {why}")
    printer = _printer(exchange)
    include = include or "Metadata"
    if include != "Object":
        rows = [(stored, stored) for stored, _ in rows]  # metadata in a row is that of the stored version
    return table(printer, rows, now(), include=include, list_metadata=metadata, with_columns=with_columns)


def _printer(exchange: Exchange) -> Printer:
    resource = exchange.resource
    if resource.is_custom:
        return custom_printer(resource.columns)
    if exchange.info.subresource == "scale":
        return printer_of_kind("autoscaling", "Scale")
    return printer_of_kind(resource.group, resource.kind)
