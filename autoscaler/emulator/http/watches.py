"""Watches: what has happened since a revision, then everything as it happens, one JSON line an event.

Source: apiserver pkg/endpoints/handlers/watch.go, pkg/storage/cacher.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Final

from aiohttp import web

from autoscaler.emulator import errors
from autoscaler.emulator.http.exchange import Exchange
from autoscaler.emulator.http.list_options import ListOptions, parse_list_options
from autoscaler.emulator.http.presentation import show_one
from autoscaler.emulator.http.zero import zero_object
from autoscaler.emulator.storage import Change, Collection, with_revision
from autoscaler.emulator.store import ObjectStore
from autoscaler.emulator.versions import from_stored
from autoscaler.model.json_types import JsonObject

DEFAULT_TIMEOUT_S: Final = 1800
"""How long a watch lasts that names no timeoutSeconds."""
BOOKMARK_PERIOD_S: Final = 60.0
PENDING_LIMIT: Final = 10_000
"""Events a client may be behind; the watch of a slower one is ended, and it begins again."""
_INITIAL_END: Final = {"k8s.io/initial-events-end": "true"}
_Event = tuple[str, JsonObject]


async def watch_objects(exchange: Exchange, store: ObjectStore) -> web.StreamResponse:
    """Stream events until the timeout or until the client hangs up."""
    resource, info = exchange.resource, exchange.info
    options = parse_list_options(exchange.query, resource, watch=True, name=info.name)
    prefix = f"{info.namespace}/" if info.namespace and resource.namespaced else ""
    collection = store.storage.collection(resource.collection)
    stream = web.StreamResponse(headers=exchange.headers())
    stream.content_type = exchange.answer.type
    watcher = _Watcher(exchange, store, collection, prefix, options)
    try:
        await stream.prepare(exchange.request)
        await watcher.run(stream)
    except ConnectionResetError:
        pass  # the client has hung up: nobody is left to tell
    finally:
        watcher.close()
    return stream


class _Watcher:
    """One open watch: the events not yet sent, and the way into the wire's form."""

    def __init__(
        self, exchange: Exchange, store: ObjectStore, collection: Collection, prefix: str, options: ListOptions
    ) -> None:
        self._exchange = exchange
        self._store = store
        self._collection = collection
        self._prefix = prefix
        self._options = options
        self._pending: deque[Change] = deque()
        self._woken = asyncio.Event()
        self._is_first = True
        self._is_behind = False
        self._since = store.storage.resolve(options.revision or 0)
        collection.listeners.append(self._hear)

    def close(self) -> None:
        """Stop listening."""
        self._collection.listeners.remove(self._hear)

    def _hear(self, change: Change) -> None:
        if change.key.startswith(self._prefix) and change.revision > self._since:
            self._pending.append(change)
            self._is_behind = self._is_behind or len(self._pending) > PENDING_LIMIT
            self._woken.set()

    async def run(self, stream: web.StreamResponse) -> None:
        """Send the beginning, then changes as they come."""
        if 0 < self._since < self._collection.oldest:
            message = f"too old resource version: {self._since} ({self._collection.oldest})"
            await self._send(stream, "ERROR", errors.expired(message).status())
            return
        self._pending.clear()
        for kind, obj in list(self._beginning()):
            await self._send(stream, kind, obj)
        loop = asyncio.get_running_loop()
        ends = loop.time() + (self._options.timeout_seconds or DEFAULT_TIMEOUT_S)
        while (left := ends - loop.time()) > 0 and not self._is_behind:
            try:
                async with asyncio.timeout(min(left, BOOKMARK_PERIOD_S)):
                    await self._woken.wait()
            except TimeoutError:
                if self._options.bookmarks and left > BOOKMARK_PERIOD_S:
                    await self._send(stream, "BOOKMARK", self._bookmark())
                continue
            self._woken.clear()
            while self._pending and not self._is_behind:
                await self._send_change(stream, self._pending.popleft())

    def _beginning(self) -> Iterator[_Event]:
        """What exists, or the history after the revision asked for."""
        asked = self._options.send_initial_events
        if self._since and not asked:
            for change in list(self._collection.history):
                if change.revision > self._since and change.key.startswith(self._prefix):
                    yield from self._events_of(change)
            return
        if asked is False:
            return
        for obj in self._collection.scan(self._prefix):
            if self._options.matches(obj):
                yield "ADDED", self._shown(obj)
        if asked and self._options.bookmarks:
            yield "BOOKMARK", self._bookmark(_INITIAL_END)

    async def _send_change(self, stream: web.StreamResponse, change: Change) -> None:
        for kind, obj in self._events_of(change):
            await self._send(stream, kind, obj)

    def _events_of(self, change: Change) -> Iterator[_Event]:
        """A change as this watch sees it: an object that ceases to match is deleted to it."""
        before = change.old is not None and self._options.matches(change.old)
        after = change.new is not None and self._options.matches(change.new)
        if after and change.new is not None:
            yield "MODIFIED" if before else "ADDED", self._shown(change.new)
        elif before and change.old is not None:
            yield "DELETED", self._shown(with_revision(change.old, change.revision))

    def _shown(self, obj: JsonObject) -> JsonObject:
        shown = from_stored(self._exchange.resource, obj)
        first, self._is_first = self._is_first, False
        return show_one(self._exchange, shown, self._store.clock, obj, with_columns=first)

    def _bookmark(self, annotations: JsonObject | None = None) -> JsonObject:
        metadata: JsonObject = {"resourceVersion": str(self._store.storage.revision)}
        if annotations:
            metadata["annotations"] = annotations
        return zero_object(self._exchange.resource, metadata)

    async def _send(self, stream: web.StreamResponse, kind: str, obj: JsonObject) -> None:
        await stream.write(self._exchange.answer.encode({"type": kind, "object": obj}))
