"""What the page is told: a snapshot for a newcomer, then each message as it happens.

Every listener has a queue of its own with a bound. One that does not keep up is let go; the browser connects again and
starts from a fresh snapshot, so nothing grows and nobody slows the others down.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

MAX_LISTENERS: Final = 32
MAX_WAITING: Final = 256  #: messages one listener may be behind
MAX_POINTS: Final = 8000  #: two hours at one point per simulated second
MAX_DECISIONS: Final = 200


class FeedFullError(Exception):
    """No further listener is served; another must leave first."""


class MetricFigure(msgspec.Struct, frozen=True):
    """One metric at one instant: as people read it, and as a share of its target (1 is on target)."""

    observed: str
    ratio: float


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """The world at one instant. Rates are requests per second, latencies seconds, ``lost`` a share of all so far."""

    at: float  #: seconds since 1970, simulated
    demand: float
    capacity: float
    desired: int
    current: int
    ready: int
    p50: float | None
    p99: float | None
    lost: float
    metrics: tuple[MetricFigure | None, ...] = ()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list of decisions; passes that hold the same number share a line.

    ``tone`` is ``up``, ``down``, ``hold``, ``trouble`` or ``other`` (somebody else scaled). ``why`` is the sentence without its opening words.
    ``waits_until``: when the window or rate rule that holds may let go.
    """

    id: int
    at: float
    until: float
    tone: str
    before: int | None
    after: int
    sentence: str
    why: str
    waits_until: float | None = None


class MetricTitle(msgspec.Struct, frozen=True):
    """A metric's short name and its target as people read it."""

    label: str
    target: str


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """What does not change while the demo runs. ``slo`` is in seconds."""

    target: str
    minimum: int
    maximum: int
    speed: float
    slo: float
    kubectl: str
    metrics: tuple[MetricTitle, ...]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All that a newcomer needs."""

    meta: Meta
    points: list[Point]
    decisions: list[Entry]


@dataclass(eq=False)
class Listener:
    """One open page. ``None`` in the queue ends it."""

    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(MAX_WAITING))


class Feed:
    """Keeps the recent past and passes on the present."""

    def __init__(self, meta: Meta) -> None:
        self.meta = meta
        self._points: deque[Point] = deque(maxlen=MAX_POINTS)
        self._decisions: deque[Entry] = deque(maxlen=MAX_DECISIONS)
        self._listeners: set[Listener] = set()
        self._ended = False

    def add_point(self, point: Point) -> None:
        """Append a point to every chart."""
        self._points.append(point)
        self._send("point", point)

    def add_decision(self, entry: Entry) -> None:
        """Append a line to the list of decisions, or let its newest line grow (same ``id``)."""
        if self._decisions and self._decisions[-1].id == entry.id:
            self._decisions[-1] = entry
        else:
            self._decisions.append(entry)
        self._send("decision", entry)

    def end(self) -> None:
        """Tell every page that nothing more will come."""
        self._ended = True
        self._send("end", {})
        for listener in list(self._listeners):
            self._dismiss(listener)

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Join: the first message is the snapshot.

        Raises:
            FeedFullError: when ``MAX_LISTENERS`` pages are open.
        """
        if len(self._listeners) >= MAX_LISTENERS:
            raise FeedFullError(f"{MAX_LISTENERS} pages are open")
        listener = Listener()
        snapshot = Snapshot(meta=self.meta, points=list(self._points), decisions=list(self._decisions))
        listener.queue.put_nowait(_frame("snapshot", snapshot))
        if self._ended:
            listener.queue.put_nowait(_frame("end", {}))
            listener.queue.put_nowait(None)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def _send(self, kind: str, message: Any) -> None:
        if not self._listeners:
            return
        frame = _frame(kind, message)
        for listener in list(self._listeners):
            try:
                listener.queue.put_nowait(frame)
            except asyncio.QueueFull:
                self._dismiss(listener)

    def _dismiss(self, listener: Listener) -> None:
        self._listeners.discard(listener)
        if listener.queue.full():
            listener.queue.get_nowait()  # room for the word that ends it
        listener.queue.put_nowait(None)


def _frame(kind: str, message: Any) -> bytes:
    """Encode one server-sent event; JSON text holds no bare newline, so one data line is enough."""
    return b"event: " + kind.encode() + b"\ndata: " + msgspec.json.encode(message) + b"\n\n"
