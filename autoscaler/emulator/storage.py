"""Where objects are kept: one revision counter, collections, their recent history, and who listens.

Like etcd it knows nothing of the objects but their keys. Objects are shared, never copied: whoever changes one makes
a new one and puts it here.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from autoscaler.model.json_types import JsonObject

FIRST_REVISION: Final = 1000
"""Revision of an empty storage. Above 1, as on a real server: a client must not take 1 for "the beginning"."""
ALIAS_LIMIT: Final = 1_000
"""Aliases of past revisions that are remembered, the youngest."""
HISTORY_LIMIT: Final = 10_000
"""Events kept per collection; a watch from before the oldest one is expired."""


@dataclass(frozen=True, slots=True)
class Change:
    """One write: the object after it and before it. ``new`` is None for a deletion, ``old`` for a creation.

    Of a deletion, ``old`` already carries the deletion's resourceVersion.
    """

    revision: int
    key: str
    new: JsonObject | None
    old: JsonObject | None


Listener = Callable[[Change], None]


@dataclass(slots=True)
class Collection:
    """The objects of one resource, by key, in key order."""

    objects: dict[str, JsonObject] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    history: deque[Change] = field(default_factory=deque)
    oldest: int = FIRST_REVISION
    """Everything after this revision is in the history."""
    listeners: list[Listener] = field(default_factory=list)

    def scan(self, prefix: str) -> list[JsonObject]:
        """Objects whose key begins with ``prefix``, in key order."""
        if not prefix:
            return [self.objects[key] for key in self.keys]
        first = bisect_left(self.keys, prefix)
        last = bisect_left(self.keys, prefix + "\U0010ffff")
        return [self.objects[key] for key in self.keys[first:last]]

    def at(self, revision: int) -> dict[str, JsonObject]:
        """The objects as they were at a revision not older than ``oldest``."""
        past = dict(self.objects)
        for change in reversed(self.history):
            if change.revision <= revision:
                break
            if change.old is None:
                past.pop(change.key, None)
            else:
                past[change.key] = change.old
        return past


class Storage:
    """All collections and the one revision counter they share."""

    def __init__(self) -> None:
        self.revision = FIRST_REVISION
        self._collections: dict[str, Collection] = {}
        self._outbox: deque[tuple[Collection, Change]] = deque()
        self._is_telling = False
        self._aliases: dict[int, int] = {}

    def collection(self, name: str) -> Collection:
        """The collection of that name, made when first asked for."""
        found = self._collections.get(name)
        if found is None:
            found = self._collections[name] = Collection(oldest=FIRST_REVISION)
        return found

    def put(self, name: str, key: str, obj: JsonObject) -> JsonObject:
        """Store ``obj`` under a new revision; returns it with its resourceVersion."""
        self.revision += 1
        stored = with_revision(obj, self.revision)
        collection = self.collection(name)
        old = collection.objects.get(key)
        if old is None:
            insort(collection.keys, key)
        collection.objects[key] = stored
        self._publish(collection, Change(self.revision, key, stored, old))
        return stored

    def remove(self, name: str, key: str) -> JsonObject:
        """Forget the object; returns its last state with the deletion's resourceVersion."""
        self.revision += 1
        collection = self.collection(name)
        old = with_revision(collection.objects.pop(key), self.revision)
        del collection.keys[bisect_left(collection.keys, key)]
        self._publish(collection, Change(self.revision, key, None, old))
        return old

    def alias(self, revision: int) -> int:
        """A new revision that stands for a past one.

        Pages of one list are of one moment, yet the numbers that lists show never fall behind: a later page shows an
        alias, and a watch from it begins where the list was taken, so that nothing in between is lost.
        """
        if revision == self.revision:
            return revision
        self.revision += 2  # one for the alias; what is listed from now on must not share it
        self._aliases[self.revision - 1] = revision
        if len(self._aliases) > ALIAS_LIMIT:
            del self._aliases[next(iter(self._aliases))]
        return self.revision - 1

    def resolve(self, revision: int) -> int:
        """The revision that a number stands for: itself, unless it is an alias."""
        return self._aliases.get(revision, revision)

    def expire_history(self) -> None:
        """Forget what happened up to now: older watches, exact lists and continue tokens expire."""
        for collection in self._collections.values():
            collection.history.clear()
            collection.oldest = self.revision

    def _publish(self, collection: Collection, change: Change) -> None:
        collection.history.append(change)
        if len(collection.history) > HISTORY_LIMIT:
            collection.oldest = collection.history.popleft().revision
        self._outbox.append((collection, change))
        if not self._is_telling:
            self._tell()

    def _tell(self) -> None:
        """Tell listeners, in the order of revisions also where a listener writes."""
        self._is_telling = True
        try:
            while self._outbox:
                collection, change = self._outbox.popleft()
                for listener in tuple(collection.listeners):
                    listener(change)
        finally:
            self._is_telling = False


def with_revision(obj: JsonObject, revision: int) -> JsonObject:
    """``obj`` with another resourceVersion; everything below metadata is shared."""
    return obj | {"metadata": obj["metadata"] | {"resourceVersion": str(revision)}}
