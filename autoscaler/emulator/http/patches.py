"""PATCH: JSON, merge and strategic patches, and server-side apply.

Source: apiserver pkg/endpoints/handlers/patch.go.
"""

from collections.abc import Callable
from typing import Final

from aiohttp import web

from autoscaler.config.api_types import ApiType
from autoscaler.config.decoding import DecodeError
from autoscaler.emulator import codec, errors
from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.http.applies import apply_object
from autoscaler.emulator.http.bodies import check_place, parse_json
from autoscaler.emulator.http.exchange import Exchange
from autoscaler.emulator.http.json_syntax import duplicate_fields
from autoscaler.emulator.http.media import body_type
from autoscaler.emulator.http.presentation import show_one
from autoscaler.emulator.http.views import View, view_of
from autoscaler.emulator.patching import PatchError, PatchVerdict, json_patch, merge_patch
from autoscaler.emulator.store import ObjectStore
from autoscaler.emulator.strategic_patch import strategic_patch
from autoscaler.emulator.unstructured import conversion_fault, go_format
from autoscaler.model.field_errors import forbidden, go_json, invalid
from autoscaler.model.json_types import JsonObject, JsonValue

JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_PATCH: Final = "application/strategic-merge-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"
_CUSTOM: Final = (JSON_PATCH, MERGE_PATCH, APPLY_PATCH)
_BUILT_IN: Final = (*_CUSTOM, STRATEGIC_PATCH)
_REJECTED: Final = "the server rejected our request due to an error in our request"


async def patch_object(exchange: Exchange, store: ObjectStore) -> web.Response:
    """Answer a PATCH of an object, its status or its scale."""
    resource, info = exchange.resource, exchange.info
    patch_type = _patch_type(exchange)
    if patch_type == APPLY_PATCH:
        return await apply_object(exchange, store)
    view = view_of(resource, info.subresource)
    options = exchange.write_options("PatchOptions")
    if "force" in exchange.query:
        fault = forbidden("force", "may not be specified for non-apply patch")
        raise errors.invalid_options("PatchOptions", [fault])
    body = await exchange.request.read()
    existing = store.get(resource, info.name, info.namespace)
    apply_patch = _reader(patch_type, view, body)
    patched = _patched(apply_patch, view, existing)
    prefix = "json patch " if patch_type == JSON_PATCH else ""
    obj = _decode(exchange, view, patched, [f"{prefix}{repeated}" for repeated in duplicate_fields(body)])
    check_place(obj, info.name, info.namespace)
    stored = store.replace(resource, existing, view.apply(existing, obj), options, info.subresource)
    return exchange.respond(show_one(exchange, view.show(stored), store.clock))


def _patch_type(exchange: Exchange) -> str:
    accepted = _CUSTOM if exchange.resource.is_custom else _BUILT_IN
    header = exchange.request.headers.get("Content-Type", "")
    try:
        return body_type(header, accepted)
    except ApiError:
        if exchange.resource.is_custom:
            raise
        raise ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {}) from None


def _reader(patch_type: str, view: View, body: bytes) -> Callable[[JsonObject], JsonValue]:
    """The patch in a body, as a function of the object it changes."""
    try:
        patch = parse_json(body)
    except ValueError as fault:
        prefix = "" if patch_type == STRATEGIC_PATCH else "error decoding patch: "
        raise errors.bad_request(f"{prefix}{fault}") from None
    if patch_type == JSON_PATCH:
        return lambda obj: json_patch(obj, patch)
    if patch_type == MERGE_PATCH:
        return lambda obj: merge_patch(obj, patch)
    kind = codec.type_of(view.resource)
    return lambda obj: _strategic(obj, patch, kind)


def _strategic(obj: JsonObject, patch: JsonValue, kind: ApiType) -> JsonObject:
    """The object after a strategic patch, which the server moves from a map into the object, without JSON between."""
    patched = strategic_patch(obj, patch, kind)
    if fault := conversion_fault(patched, kind):
        raise errors.invalid("", "", "", [invalid("patch", go_format(patch), fault)])
    return patched


def _patched(apply_patch: Callable[[JsonObject], JsonValue], view: View, existing: JsonObject) -> JsonValue:
    try:
        return apply_patch(view.show(existing))
    except PatchError as fault:
        raise _refusal(fault) from None


def _refusal(fault: PatchError) -> ApiError:
    match fault.verdict:
        case PatchVerdict.MALFORMED:
            return errors.bad_request(str(fault))
        case PatchVerdict.TOO_LARGE:
            return ApiError(413, "RequestEntityTooLarge", f"Request entity too large: {fault}")
        case PatchVerdict.REJECTED:
            return ApiError(422, "Invalid", _REJECTED, {})
        case PatchVerdict.INTERNAL:
            return errors.internal(str(fault))


def _decode(exchange: Exchange, view: View, patched: JsonValue, repeated: list[str]) -> JsonObject:
    """The patched object, read anew: a patch may have made anything of it."""
    if isinstance(patched, dict) and not view.resource.is_custom:
        if why := codec.kind_fault(view.resource, patched, package=view.resource.version):
            raise unreadable_patch(patched, why)
    try:
        read = codec.read_object(view.resource, patched)
    except DecodeError as fault:
        raise unreadable_patch(patched, str(fault)) from None
    if refusal := exchange.complain((*repeated, *read.complaints)):
        raise unreadable_patch(patched, refusal)
    return read.obj


def unreadable_patch(patched: JsonValue, why: str) -> ApiError:
    """422: the patch makes an object that cannot be read."""
    return errors.invalid("", "", "", [invalid("patch", go_json(patched), why)])
