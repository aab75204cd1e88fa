"""A reflector: a local copy of one collection, kept by list and watch, that knows how old it is.

List (in pages) gives a version; a watch from there gives every change. A watch ends when the server closes it (every
minute or so, on purpose: a clean end proves the connection was alive), when nothing at all came for longer than that
(a half-open connection), or when the server no longer holds our version (410: list again). Every failure waits longer
than the one before, with jitter, and never ends the loop. A quarter of an hour after the last list there is another one,
whatever the watch said: events that something on the way swallowed are missing no longer than that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import msgspec

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.errors import (
    KubernetesError,
    NoAnswerError,
    RefusedError,
    Subject,
    refusal_in_stream,
)
from autoscaler.adapters.kubernetes.wire import BookmarkObject, WatchLine, decode

PAGE_SIZE = 500
#: A watch that ended sooner [s], without an event, did not work.
SHORTEST_WATCH = 1.0

T = TypeVar("T")
T_in = TypeVar("T_in", contravariant=True)

#: Gives a number in [0, 1): the only source of chance here.
Jitter = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Times of a reflector [s]."""

    watch_shortest: float = 40.0  #: the server ends a watch between these two, so that many do not end together
    watch_longest: float = 60.0
    silence_margin: float = 10.0  #: past the server's own end: a connection that is this silent is dead
    backoff_first: float = 0.5
    backoff_longest: float = 30.0
    relist: float = 900.0  #: between two lists, though the watch works, give or take a fifth
    relist_retry: float = 60.0  #: the next try where such a list fails; the watch goes on meanwhile


DEFAULT_PACE = Pace()


class Sink(Protocol[T_in]):
    """Where the copy is kept."""

    def replace(self, items: Sequence[T_in]) -> None:
        """Hold exactly these."""

    def put(self, item: T_in) -> None:
        """Hold this one in place of its namesake."""

    def remove(self, item: T_in) -> None:
        """Hold it no longer; harmless where it is not held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list."""

    items: Sequence[T]
    resource_version: str
    continue_: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection(Generic[T]):
    """What is watched, and how to read it. ``query`` narrows it, such as by a label selector."""

    path: str
    resource: str
    read_page: Callable[[bytes], Page[T]]
    read_item: Callable[[msgspec.Raw], T]
    query: Mapping[str, str] = field(default_factory=dict)


_LINE = msgspec.json.Decoder(WatchLine)
_BOOKMARK = msgspec.json.Decoder(BookmarkObject)


class Reflector(Generic[T]):
    """Keeps ``sink`` equal to a collection. Run it as a task; cancel the task to stop it."""

    def __init__(
        self, client: Client, collection: Collection[T], sink: Sink[T], *, jitter: Jitter, pace: Pace = DEFAULT_PACE
    ) -> None:
        self._client = client
        self._collection = collection
        self._sink = sink
        self._jitter = jitter
        self._pace = pace
        self._version = ""
        self._failures = 0
        self._proven_at = float("-inf")
        self._relist_at = float("inf")
        self._listed = asyncio.Event()
        self.trouble = ""  #: why the copy is not being renewed; empty while it is
        self.relists = 0

    @property
    def age(self) -> float:
        """How long ago the copy was last known to be complete [s]; infinite before the first list."""
        return self._now() - self._proven_at

    @property
    def is_synced(self) -> bool:
        """Tell whether the collection was listed at least once."""
        return self._listed.is_set()

    async def wait_synced(self) -> None:
        """Wait for the first complete list."""
        await self._listed.wait()

    async def run(self) -> None:
        """Keep the copy until cancelled."""
        while True:
            try:
                if not self._version:
                    await self._list()
                elif self._now() >= self._relist_at:
                    self._relist_at = self._now() + self._pace.relist_retry
                    await self._list()
                await self._watch()
                self._failures = 0
            except KubernetesError as error:
                if isinstance(error, RefusedError) and error.is_expired:
                    self._version = ""
                await self._back_off(error)

    async def _list(self) -> None:
        subject = Subject(verb="list", resource=self._collection.resource)
        items: list[T] = []
        token = ""
        while True:
            query = {**self._collection.query, "limit": str(PAGE_SIZE)} | ({"continue": token} if token else {})
            page = self._collection.read_page(await self._client.get(self._collection.path, subject, query))
            items.extend(page.items)
            token = page.continue_
            if not token:
                break
        self._sink.replace(items)
        self._version = page.resource_version
        self.relists += 1
        self._relist_at = self._now() + self._pace.relist * (0.8 + 0.4 * self._jitter())
        self._prove()
        self._listed.set()

    async def _watch(self) -> None:
        span = self._pace.watch_longest - self._pace.watch_shortest
        lasts = round(self._pace.watch_shortest + span * self._jitter())
        query = {
            **self._collection.query,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(lasts),
        }
        subject = Subject(verb="watch", resource=self._collection.resource)
        silence = lasts + self._pace.silence_margin
        began, before = self._now(), self._version
        async with self._client.stream(self._collection.path, subject, query, silence=silence) as lines:
            async for line in lines:
                self._take(line, subject)
        if self._version == before and self._now() - began < SHORTEST_WATCH:
            # Something between us and the server closes connections: asking again at once would be a storm.
            raise NoAnswerError(f"the watch of {self._collection.resource} ended at once without an event")
        self._prove()

    def _take(self, line: bytes, subject: Subject) -> None:
        event = decode(_LINE, line, subject)
        if event.type == "ERROR":
            raise refusal_in_stream(bytes(event.object))
        version = decode(_BOOKMARK, event.object, subject).metadata.resource_version
        if event.type in {"ADDED", "MODIFIED"}:
            self._sink.put(self._collection.read_item(event.object))
        elif event.type == "DELETED":
            self._sink.remove(self._collection.read_item(event.object))
        self._version = version
        self._failures = 0
        self._prove()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _prove(self) -> None:
        self._proven_at = self._now()
        self.trouble = ""

    async def _back_off(self, error: KubernetesError) -> None:
        self.trouble = str(error)
        self._failures += 1
        longest = min(self._pace.backoff_longest, self._pace.backoff_first * 2 ** min(self._failures - 1, 16))
        wait = longest * (0.5 + self._jitter() / 2)
        asked = error.retry_after if isinstance(error, RefusedError) else None
        await asyncio.sleep(wait if asked is None else max(wait, asked))
