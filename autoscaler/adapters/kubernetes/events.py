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

#: Per object: this many at once, then one more in every ``_REFILL``. Upstream's spam filter.
_BURST = 25
_REFILL: Nanoseconds = 5 * MINUTE
#: Objects and texts remembered; upstream's cache size.
_REMEMBERED = 4096


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
    name: str
    count: int


@dataclass(slots=True)
class _Budget:
    left: float
    at: Instant


K = TypeVar("K")
V = TypeVar("V")

_Key: TypeAlias = tuple[Regarding, str, Announcement]


class Events:
    """Writes Events. One instance per process, since it remembers what it wrote."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._written: OrderedDict[_Key, _Written] = OrderedDict()
        self._budgets: OrderedDict[tuple[Regarding, str], _Budget] = OrderedDict()
        self._sequence = 0
        self.held_back = 0  #: events not written because their object had too many

    async def write(self, about: Regarding, announcement: Announcement, *, by: Reporter, at: Instant) -> None:
        """Write an event, or count one more of it if it was written before. Raises: KubernetesError."""
        key = (about, by.component, announcement)
        if not self._has_budget((about, by.component), at):
            self.held_back += 1
            return
        before = self._written.get(key)
        if before is None or not await self._count(about.namespace, before, at):
            before = await self._create(about, announcement, by, at)
        _remember(self._written, key, before)

    def _has_budget(self, key: tuple[Regarding, str], at: Instant) -> bool:
        budget = self._budgets.get(key) or _Budget(left=_BURST, at=at)
        budget.left = min(_BURST, budget.left + max(0, at - budget.at) / _REFILL)
        budget.at = at
        _remember(self._budgets, key, budget)
        if budget.left < 1:
            return False
        budget.left -= 1
        return True

    async def _count(self, namespace: str, before: _Written, at: Instant) -> bool:
        """Count one more; tell whether the event was still there (the server forgets events after an hour)."""
        subject = Subject(verb="patch", resource="events", name=before.name)
        body = {"count": before.count + 1, "lastTimestamp": timestamp(at)}
        try:
            await self._client.merge_patch(object_path("/api/v1", namespace, "events", before.name), subject, body)
        except RefusedError as error:
            if error.is_not_found:
                return False
            raise
        before.count += 1
        return True

    async def _create(self, about: Regarding, announcement: Announcement, by: Reporter, at: Instant) -> _Written:
        self._sequence += 1
        name = f"{about.name}.{at + self._sequence:x}"  # several events of one pass share its instant
        await self._client.post(
            object_path("/api/v1", about.namespace, "events"),
            Subject(verb="create", resource="events"),
            _document(name, about, announcement, by, at),
        )
        return _Written(name=name, count=1)


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
