"""Kubernetes Events: written as upstream's recorder does, repeats counted instead of repeated, floods held back.

Core v1 Events, because ``kubectl describe`` and people's queries read them (both APIs share one storage).

Source: client-go tools/record/events_cache.go, EventCorrelator.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.errors import RefusedError, Subject
from autoscaler.adapters.kubernetes.paths import object_path
from autoscaler.adapters.kubernetes.wire import timestamp
from autoscaler.model.decision import Announcement
from autoscaler.model.time import MINUTE, Instant, Nanoseconds

#: Objects and texts remembered; upstream's cache size.
_REMEMBERED = 4096
#: A repeat is counted here at once, and on the server at most this often: a text that comes with every pass of a thousand
#: policies would otherwise be a write each time.
COUNTED_EVERY: Nanoseconds = MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Regarding:
    """The object an event is about."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who reports: the component, and which instance of it."""

    component: str
    instance: str


@dataclass(slots=True)
class _Written:
    """An event the server holds: with which count, and how many more came ``since`` it was ``told`` last."""

    about: Regarding
    name: str
    count: int
    told: Instant
    since: int = 0
    last: Instant = 0


@dataclass(slots=True)
class _Budget:
    left: float
    at: Instant


K = TypeVar("K")
V = TypeVar("V")

_Key: TypeAlias = tuple[Regarding, str, Announcement]


class Events:
    """Writes Events. One instance per process, since it remembers what it wrote.

    ``per_minute``: at most so many requests about one object in any minute, on average; all of them may come at once.
    """

    def __init__(self, client: Client, *, per_minute: int = 10) -> None:
        self._client = client
        self._per_minute = per_minute
        self._written: OrderedDict[_Key, _Written] = OrderedDict()
        self._budgets: OrderedDict[tuple[Regarding, str], _Budget] = OrderedDict()
        self._sequence = 0
        self.held_back = 0  #: events not written because their object had too many

    async def write(self, about: Regarding, announcement: Announcement, *, by: Reporter, at: Instant) -> bool:
        """Write an event, or count one more of it if it was written before; tell whether the server was asked.

        Raises: KubernetesError.
        """
        key = (about, by.component, announcement)
        before = self._written.get(key)
        if before is not None:
            before.since += 1
            before.last = at
            _remember(self._written, key, before)
            if at - before.told < COUNTED_EVERY:
                return False
        if not self._has_budget((about, by.component), at):
            self.held_back += before is None
            return False
        if before is None or not await self._count(before):
            _remember(self._written, key, await self._create(about, announcement, by, at))
        return True

    def untold(self, at: Instant, *, every: Nanoseconds = COUNTED_EVERY) -> tuple[_Key, ...]:
        """Name the events whose repeats the server was not told of for ``every``."""
        return tuple(key for key, each in self._written.items() if each.since and at - each.told >= every)

    async def tell(self, key: _Key) -> None:
        """Tell the server of an event's repeats. Raises: KubernetesError."""
        known = self._written.get(key)
        if known is not None and not await self._count(known):
            self._written.pop(key, None)

    def _has_budget(self, key: tuple[Regarding, str], at: Instant) -> bool:
        budget = self._budgets.get(key) or _Budget(left=self._per_minute, at=at)
        regained = max(0, at - budget.at) * self._per_minute / MINUTE
        budget.left = min(self._per_minute, budget.left + regained)
        budget.at = at
        _remember(self._budgets, key, budget)
        if budget.left < 1:
            return False
        budget.left -= 1
        return True

    async def _count(self, before: _Written) -> bool:
        """Tell the server of repeats; gives whether the event was still there (the server forgets it after an hour)."""
        subject = Subject(verb="patch", resource="events", name=before.name)
        count = before.count + before.since
        body = {"count": count, "lastTimestamp": timestamp(before.last)}
        path = object_path("/api/v1", before.about.namespace, "events", before.name)
        try:
            await self._client.merge_patch(path, subject, body)
        except RefusedError as error:
            if error.is_not_found:
                return False
            raise
        before.count, before.since, before.told = count, 0, before.last
        return True

    async def _create(self, about: Regarding, announcement: Announcement, by: Reporter, at: Instant) -> _Written:
        self._sequence += 1
        name = f"{about.name}.{at + self._sequence:x}"  # several events of one pass share its instant
        await self._client.post(
            object_path("/api/v1", about.namespace, "events"),
            Subject(verb="create", resource="events"),
            _document(name, about, announcement, by, at),
        )
        return _Written(about=about, name=name, count=1, told=at, last=at)


def _document(name: str, about: Regarding, announcement: Announcement, by: Reporter, at: Instant) -> dict[str, Any]:
    involved = {
        "apiVersion": about.api_version,
        "kind": about.kind,
        "namespace": about.namespace,
        "name": about.name,
        "uid": about.uid,
    }
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": about.namespace},
        "involvedObject": {key: value for key, value in involved.items() if value},
        "type": announcement.type,
        "reason": announcement.reason,
        "message": announcement.message[:1024],
        "source": {"component": by.component},
        "reportingComponent": by.component,
        "reportingInstance": by.instance,
        "firstTimestamp": timestamp(at),
        "lastTimestamp": timestamp(at),
        "count": 1,
    }


def _remember(entries: OrderedDict[K, V], key: K, value: V) -> None:
    entries[key] = value
    entries.move_to_end(key)
    if len(entries) > _REMEMBERED:
        entries.popitem(last=False)
