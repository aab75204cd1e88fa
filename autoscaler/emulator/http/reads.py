"""GET of an object and of a list, with paging over an exact past.

Source: apiserver pkg/endpoints/handlers/get.go, pkg/storage/etcd3/store.go (GetList).
"""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from autoscaler.emulator import errors
from autoscaler.emulator.http.continue_token import NOW, decode_token, encode_token
from autoscaler.emulator.http.exchange import Exchange
from autoscaler.emulator.http.list_options import EXACT, ListOptions, parse_list_options, parse_revision
from autoscaler.emulator.http.pod_actions import read_log
from autoscaler.emulator.http.presentation import show_list, show_one
from autoscaler.emulator.http.views import view_of
from autoscaler.emulator.storage import Collection, Storage
from autoscaler.emulator.store import ObjectStore
from autoscaler.model.json_types import JsonObject

_TOKEN_EXPIRED: Final = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
_EXACT_EXPIRED: Final = "The resourceVersion for the provided list is too old."


@dataclass(frozen=True, slots=True)
class Page:
    """Objects of one answer, the revision they are of, and the metadata of the list."""

    items: list[JsonObject]
    metadata: JsonObject


def get_object(exchange: Exchange, store: ObjectStore) -> web.Response:
    """Answer a GET of an object or of a subresource that is an object."""
    info = exchange.info
    if info.subresource == "log":
        return read_log(exchange, store)
    view = view_of(exchange.resource, info.subresource)
    asked = parse_revision(exchange.query.get("resourceVersion", "")) or 0
    if asked > store.storage.revision:
        raise errors.too_large_version(asked, store.storage.revision)
    stored = store.get(exchange.resource, info.name, info.namespace)
    return exchange.respond(show_one(exchange, view.show(stored), store.clock, stored))


def list_objects(exchange: Exchange, store: ObjectStore) -> web.Response:
    """Answer a GET of a collection."""
    resource = exchange.resource
    options = parse_list_options(exchange.query, resource, watch=False)
    prefix = f"{exchange.info.namespace}/" if exchange.info.namespace and resource.namespaced else ""
    page = read_page(store, store.storage.collection(resource.collection), prefix, options)
    return exchange.respond(show_list(exchange, page.items, page.metadata, store.clock))


def read_page(store: ObjectStore, collection: Collection, prefix: str, options: ListOptions) -> Page:
    """The objects a list asks for: now, at an exact revision, or the next page of one.

    Raises:
        ApiError: 400 for a bad token, 410 for a forgotten revision, 504 for one yet to come.
    """
    start, revision = _where(options, store.storage)
    if revision > store.storage.revision:
        raise errors.too_large_version(revision, store.storage.revision)
    if revision and revision < collection.oldest:
        raise _expired(options, start)
    at = revision or store.storage.revision
    keyed = _keyed(collection, prefix, revision)
    rest = (
        [obj for key, obj in keyed if key > start and options.matches(obj)]
        if start
        else [obj for _, obj in keyed if options.matches(obj)]
    )
    items = rest[: options.limit] if options.limit else rest
    shown = revision if options.match == EXACT else store.storage.alias(at)
    metadata: JsonObject = {"resourceVersion": str(shown)}
    if len(items) < len(rest):
        metadata["continue"] = encode_token(_key_of(items[-1]), at)
        if not options.has_selector:
            metadata["remainingItemCount"] = len(rest) - len(items)
    return Page(items, metadata)


def _where(options: ListOptions, storage: Storage) -> tuple[str, int]:
    """Key to begin after, and the revision to read at (0: now)."""
    if options.continue_token:
        if options.revision:
            raise errors.bad_request("specifying resource version is not allowed when using continue")
        start, revision = decode_token(options.continue_token)
        return start, 0 if revision == NOW else revision
    if options.match == EXACT:
        return "", storage.resolve(options.revision or 0)
    if options.revision and options.revision > storage.revision:
        raise errors.too_large_version(options.revision, storage.revision)
    return "", 0


def _keyed(collection: Collection, prefix: str, revision: int) -> list[tuple[str, JsonObject]]:
    if not revision or not collection.history or collection.history[-1].revision <= revision:
        return [(_key_of(obj), obj) for obj in collection.scan(prefix)]
    past = collection.at(revision)
    return sorted((key, obj) for key, obj in past.items() if key.startswith(prefix))


def _key_of(obj: JsonObject) -> str:
    metadata = obj["metadata"]
    namespace = metadata.get("namespace", "")
    return f"{namespace}/{metadata['name']}" if namespace else str(metadata["name"])


def _expired(options: ListOptions, start: str) -> errors.ApiError:
    if not options.continue_token:
        return errors.expired(_EXACT_EXPIRED)
    refusal = errors.expired(_TOKEN_EXPIRED)
    refusal.metadata = {"continue": encode_token(start, NOW)}
    return refusal
