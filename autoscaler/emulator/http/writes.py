"""POST, PUT and DELETE.

Source: apiserver pkg/endpoints/handlers/create.go, update.go, delete.go.
"""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from autoscaler.config.api_types import named_type
from autoscaler.config.decoding import DecodeError, decode
from autoscaler.emulator import codec, errors
from autoscaler.emulator.deletion import DeleteOptions
from autoscaler.emulator.http.bodies import check_place, head_fault, parse_json, parse_yaml, read_body
from autoscaler.emulator.http.exchange import Exchange
from autoscaler.emulator.http.list_options import parse_list_options
from autoscaler.emulator.http.media import PROTOBUF, YAML, body_type
from autoscaler.emulator.http.presentation import list_of, show_one
from autoscaler.emulator.http.protobuf import decode_body
from autoscaler.emulator.http.reads import read_page
from autoscaler.emulator.http.views import view_of
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.store import ObjectStore
from autoscaler.emulator.versions import from_stored, to_stored
from autoscaler.model.field_errors import not_supported
from autoscaler.model.json_types import JsonObject, JsonValue

_OPTIONS: Final = Resource(group="", version="v1", plural="", kind="DeleteOptions", singular="")
_WRONG_NAMESPACE: Final = "the namespace of the provided object does not match the namespace sent on the request"


async def create_object(exchange: Exchange, store: ObjectStore) -> web.Response:
    """Answer a POST to a collection."""
    resource, info = exchange.resource, exchange.info
    options = exchange.write_options("CreateOptions")
    obj = await _read(exchange, resource)
    _check_namespace(obj, info.namespace)
    stored = store.insert(resource, to_stored(resource, obj), info.namespace, options)
    shown = from_stored(resource, stored)
    return exchange.respond(show_one(exchange, shown, store.clock), 201)


async def update_object(exchange: Exchange, store: ObjectStore) -> web.Response:
    """Answer a PUT of an object, its status or its scale."""
    resource, info = exchange.resource, exchange.info
    options = exchange.write_options("UpdateOptions")
    view = view_of(resource, info.subresource)
    obj = await _read(exchange, view.resource)
    _check_namespace(obj, info.namespace)
    check_place(obj, info.name, info.namespace)
    obj = obj | {"metadata": _placed(obj, info.name, info.namespace)}
    existing = store.find(resource, info.name, info.namespace)
    if existing is None:
        store.check_uid(resource, obj, None)
    if existing is None and resource.create_on_update and not info.subresource:
        obj["metadata"].pop("resourceVersion", None)  # of an object that is gone: it does not matter any more
        stored = store.insert(resource, to_stored(resource, obj), info.namespace, options)
        return exchange.respond(show_one(exchange, from_stored(resource, stored), store.clock), 201)
    existing = store.get(resource, info.name, info.namespace)
    if info.subresource != "scale":  # which writes into the object as it is
        store.check_conditional(resource, obj)
    stored = store.replace(resource, existing, view.apply(existing, obj), options, info.subresource)
    return exchange.respond(show_one(exchange, view.show(stored), store.clock))


async def delete_object(exchange: Exchange, store: ObjectStore) -> web.Response:
    """Answer a DELETE of one object: the object where it is kept or its kind says so, else a Status."""
    resource, info = exchange.resource, exchange.info
    options = await _delete_options(exchange)
    deleted = store.delete(resource, info.name, info.namespace, options)
    if deleted.gone and not resource.returns_deleted:
        metadata = deleted.obj["metadata"]
        details = errors.details_of(resource.group, resource.plural, metadata["name"])
        return exchange.respond(errors.success(details | {"uid": metadata["uid"]}))
    return exchange.respond(show_one(exchange, from_stored(resource, deleted.obj), store.clock))


async def delete_collection(exchange: Exchange, store: ObjectStore) -> web.Response:
    """Answer a DELETE of a collection: delete what the selectors take, and list it."""
    resource, info = exchange.resource, exchange.info
    options = await _delete_options(exchange)
    query = parse_list_options(exchange.query, resource, watch=False)
    prefix = f"{info.namespace}/" if info.namespace and resource.namespaced else ""
    page = read_page(store, store.storage.collection(resource.collection), prefix, query)
    for item in page.items:
        metadata = item["metadata"]
        store.delete(resource, metadata["name"], metadata.get("namespace", ""), options)
    items = [from_stored(resource, item) for item in page.items]
    return exchange.respond(list_of(resource, items, page.metadata))


async def _read(exchange: Exchange, resource: Resource) -> JsonObject:
    """The body as an object of the resource.

    Raises:
        ApiError: it cannot be read, or a strict client sent unknown fields.
    """
    content_type = exchange.request.headers.get("Content-Type", "")
    read = read_body(resource, content_type, await exchange.request.read())
    if refusal := exchange.complain(read.complaints):
        raise errors.bad_request(
            f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: {refusal}'
        )
    return read.obj


def _check_namespace(obj: JsonObject, namespace: str) -> None:
    given = (obj.get("metadata") or {}).get("namespace")
    if given and given != namespace:
        raise errors.bad_request(_WRONG_NAMESPACE)


def _placed(obj: JsonObject, name: str, namespace: str) -> JsonObject:
    metadata = (obj.get("metadata") or {}) | {"name": name}
    return metadata | {"namespace": namespace} if namespace else metadata


async def _delete_options(exchange: Exchange) -> DeleteOptions:
    body = await exchange.request.read()
    sent: JsonValue = {}
    if body:
        media_type = body_type(exchange.request.headers.get("Content-Type", ""))
        try:
            sent = _parse_options(media_type, body)
        except ValueError as fault:
            raise errors.internal(f"couldn't get version/kind; json parse error: {fault}") from None
    return _merged_options(_checked_options(sent), exchange.query)


def _checked_options(sent: JsonValue) -> JsonObject:
    """A body as DeleteOptions.

    Raises:
        ApiError: 400 for another kind; 500, as the server has it, for what cannot be read.
    """
    sent = {} if sent is None else sent
    if fault := head_fault(sent):
        raise errors.internal(f"couldn't get version/kind; json parse error: {fault}")
    codec.check_kind(_OPTIONS, sent | {"apiVersion": "v1"})
    try:
        return decode(sent, named_type("DeleteOptions")).obj
    except DecodeError as fault:
        raise errors.internal(str(fault)) from None


def _parse_options(media_type: str, body: bytes) -> JsonValue:
    if media_type == PROTOBUF:
        return decode_body(body, named_type("DeleteOptions"))
    return parse_yaml(body) if media_type == YAML else parse_json(body)


def _merged_options(sent: JsonObject, query: Mapping[str, str]) -> DeleteOptions:
    """Options of the body; the query counts where there is no body."""
    grace = query.get("gracePeriodSeconds") if not sent else None
    orphan = query.get("orphanDependents") if not sent else None
    preconditions = sent.get("preconditions") or {}
    dry_run = sent.get("dryRun") or ([query["dryRun"]] if query.get("dryRun") and not sent else [])
    if faults := [not_supported("dryRun", value, ["All"]) for value in dry_run if value != "All"]:
        raise errors.invalid_options("DeleteOptions", faults)
    return DeleteOptions(
        grace_period_seconds=sent.get("gracePeriodSeconds") if grace is None else _integer(grace),
        propagation_policy=sent.get("propagationPolicy") or (None if sent else query.get("propagationPolicy")),
        orphan_dependents=sent.get("orphanDependents") if orphan is None else orphan == "true",
        uid=preconditions.get("uid"),
        resource_version=preconditions.get("resourceVersion"),
        dry_run=bool(dry_run),
    )


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None
