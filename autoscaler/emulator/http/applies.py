"""Server-side apply over HTTP: PATCH with ``application/apply-patch+yaml``.

Source: apiserver pkg/endpoints/handlers/patch.go, applyPatcher; pkg/endpoints/handlers/fieldmanager.
"""

from dataclasses import dataclass, replace

from aiohttp import web

from autoscaler.config.api_types import ApiType
from autoscaler.config.decoding import DecodeError, json_kind
from autoscaler.config.go_time import format_time
from autoscaler.emulator import codec, errors
from autoscaler.emulator.apply import APPLY, ApplyConflictError, Manager, UntypedObjectError, apply
from autoscaler.emulator.custom.scaling import replicas_only
from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.http.bodies import check_place, parse_yaml
from autoscaler.emulator.http.exchange import Exchange
from autoscaler.emulator.http.presentation import show_one
from autoscaler.emulator.http.views import View, view_of
from autoscaler.emulator.ownership import fields_left_alone
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.scale import SCALE, scale_errors, scaled
from autoscaler.emulator.store import ObjectStore, WriteOptions
from autoscaler.emulator.versions import from_stored, to_stored
from autoscaler.model.field_errors import required
from autoscaler.model.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class _Request:
    """What is applied: the object, by whom, and whether over other owners."""

    config: JsonObject
    manager: Manager
    force: bool


async def apply_object(exchange: Exchange, store: ObjectStore) -> web.Response:
    """Answer an apply: the object is made if it is not there."""
    resource, info = exchange.resource, exchange.info
    view = view_of(resource, info.subresource)
    options = replace(exchange.write_options("PatchOptions"), is_apply=True)
    request = _read(exchange, view, await exchange.request.read())
    existing = store.find(resource, info.name, info.namespace)
    if existing is None:
        if info.subresource:
            raise errors.not_found(resource.group, resource.plural, info.name)
        stored = _create(exchange, store, request, options)
        return exchange.respond(show_one(exchange, view.show(stored), store.clock), 201)
    if info.subresource == "scale":
        changed = _scaled(resource, existing, request, store)
    else:
        shown = from_stored(resource, existing)
        applied = _applied(resource, shown, request, store, info.subresource)
        check_place(applied, info.name, info.namespace)
        changed = _decoded(resource, applied)
    stored = store.replace(resource, existing, changed, options, info.subresource)
    return exchange.respond(show_one(exchange, view.show(stored), store.clock))


def _create(exchange: Exchange, store: ObjectStore, request: _Request, options: WriteOptions) -> JsonObject:
    resource, info = exchange.resource, exchange.info
    applied = _applied(resource, {}, request, store, "")
    check_place(applied, info.name, info.namespace)
    made = _placed(exchange, applied)
    return store.insert(resource, _decoded(resource, made), info.namespace, options)


def _read(exchange: Exchange, view: View, body: bytes) -> _Request:
    """The request's parts, checked.

    Raises:
        ApiError: 422 without a field manager; 400 for a body that is no object of the path.
    """
    if not exchange.query.get("fieldManager"):
        fault = required("fieldManager", "is required for apply patch")
        raise errors.invalid_options("PatchOptions", [fault])
    try:
        config = parse_yaml(body)
    except ValueError as fault:
        raise errors.bad_request(f"error decoding YAML: error converting YAML to JSON: {fault}") from None
    config = {} if config is None else config
    if not isinstance(config, dict):
        why = f"json: cannot unmarshal {json_kind(config)} into Go value of type map[string]interface {{}}"
        raise errors.bad_request(f"error decoding YAML: error unmarshaling JSON: while decoding JSON: {why}")
    resource = view.resource
    if config.get("apiVersion") != resource.api_version:
        raise errors.bad_request(
            f"Incorrect version specified in apply patch. Specified patch version: {config.get('apiVersion', '')}, "
            f"expected: {resource.api_version}"
        )
    if config.get("kind") != resource.kind:
        codec.check_kind(resource, config)
    metadata = config.get("metadata") or {}
    if metadata.get("managedFields"):
        raise errors.bad_request("metadata.managedFields must be nil")
    given = metadata.get("name")
    if given and given != exchange.info.name:
        raise errors.bad_request(
            f"the name of the object ({given}) does not match the name on the URL ({exchange.info.name})"
        )
    writer = Manager(
        name=exchange.manager,
        operation=APPLY,
        api_version=exchange.resource.api_version,
        subresource=exchange.info.subresource,
    )
    return _Request(config, writer, exchange.query.get("force") in {"true", "1"})


def _placed(exchange: Exchange, config: JsonObject) -> JsonObject:
    """The object under the name and in the namespace of the path."""
    metadata = {**(config.get("metadata") or {}), "name": exchange.info.name}
    if exchange.resource.namespaced:
        metadata["namespace"] = exchange.info.namespace
    return {**config, "metadata": metadata}


def _scaled(resource: Resource, workload: JsonObject, request: _Request, store: ObjectStore) -> JsonObject:
    """The workload with the replicas of an applied Scale, owned by the applier as part of the workload."""
    scale = request.config
    if faults := scale_errors(scale):
        raise errors.invalid("autoscaling", "Scale", workload["metadata"]["name"], faults)
    paths = resource.custom.scale if resource.custom is not None else None
    wanted = (scale.get("spec") or {}).get("replicas", 0)
    config = {"spec": {"replicas": wanted}} if paths is None else replicas_only(wanted, paths)
    changed = _applied(resource, workload, replace(request, config=config), store, "scale")
    return scaled(changed, scale, paths)


def _applied(
    resource: Resource, live: JsonObject, request: _Request, store: ObjectStore, subresource: str
) -> JsonObject:
    """``live`` with the object applied.

    Raises:
        ApiError: 409 for conflicts, 500 for an object that does not fit its schema.
    """
    kind: ApiType = codec.type_of(resource)
    shown_version = SCALE.api_version if subresource == "scale" else ""
    try:
        return apply(
            live,
            request.config,
            kind,
            request.manager,
            format_time(store.clock()),
            force=request.force,
            ignored=fields_left_alone(resource, subresource),
            shown_version=shown_version,
        )
    except ApplyConflictError as conflict:
        raise ApiError(409, "Conflict", str(conflict), {"causes": conflict.causes}) from None
    except UntypedObjectError as fault:
        raise errors.internal(str(fault)) from None


def _decoded(resource: Resource, obj: JsonObject) -> JsonObject:
    try:
        return to_stored(resource, codec.read_object(resource, obj).obj)
    except DecodeError as fault:
        raise codec.cannot_be_handled(resource, str(fault)) from None
