"""The event queue: what happens at given instants, and in which order when instants are equal."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from enum import IntEnum

from autoscaler.model.time import Instant


class Kind(IntEnum):
    """Order of events at one instant: what is scripted, what pods do, what nodes do, what is measured. Evaluations come last."""

    SCRIPTED = 0  #: what a scenario lets happen by time, such as a rollout
    POD_STARTED = 1
    POD_READY = 2
    POD_CRASHED = 3
    POD_GONE = 4
    NODE_READY = 5
    NODE_LOST = 6
    NODES_REVIEWED = 7
    SCRAPE = 8


Action = Callable[[Instant], None]


class EventQueue:
    """Events by instant, then kind, then order of entry: never by accident."""

    __slots__ = ("_entries", "_entry")

    def __init__(self) -> None:
        self._entries: list[tuple[Instant, int, int, Action]] = []
        self._entry = 0

    def push(self, at: Instant, kind: Kind, action: Action) -> None:
        """Have ``action`` called with ``at`` when the queue is run that far."""
        heapq.heappush(self._entries, (at, kind, self._entry, action))
        self._entry += 1

    def next_at(self) -> Instant | None:
        """Tell when the next event is due; ``None`` when there is none."""
        return self._entries[0][0] if self._entries else None

    def due(self, until: Instant) -> Iterator[tuple[Instant, Action]]:
        """Yield every event up to and including ``until``, also those pushed meanwhile."""
        while self._entries and self._entries[0][0] <= until:
            at, _, _, action = heapq.heappop(self._entries)
            yield at, action
