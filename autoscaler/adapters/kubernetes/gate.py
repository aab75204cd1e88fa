"""Where requests wait for their turn: one lane for the API server, and one for each metrics API that stands behind it.

An aggregated API answers for itself: a metrics adapter that is busy must not slow down scale writes.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from autoscaler.adapters.kubernetes.errors import Subject
from autoscaler.adapters.kubernetes.limiter import Lane, Pace, Ticket, Urgency, urgency_of

#: Full rate [requests/s] where nothing else is set: far above what we need, below what would hurt a small server.
DEFAULT_RATE: Final = 1000.0
#: Requests under way at once to each server. Watches are not counted: each holds its connection for a minute.
MOST_AT_ONCE: Final = 100
_AGGREGATED: Final = ("metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io")


class Turn:
    """Leave to make one request. ``waited``: for it [s]."""

    __slots__ = ("_began", "_is_over", "_queue", "waited")

    def __init__(self, queue: _Queue | None, began: float, waited: float) -> None:
        self._queue = queue
        self._began = began
        self._is_over = False
        self.waited = waited

    def answered(self) -> None:
        """The server kept up."""
        if self._queue is not None:
            self._queue.lane.pace.answered(asyncio.get_running_loop().time())

    def refused(self) -> None:
        """The server said that it is too much."""
        if self._queue is not None:
            self._queue.lane.pace.refused(self._began, asyncio.get_running_loop().time())

    def leave(self) -> None:
        """Make room for another one."""
        if self._queue is not None and not self._is_over:
            self._is_over = True
            self._queue.leave()


class Gate:
    """Lets requests pass in order of their urgency, as fast as their server bears."""

    def __init__(self, rate: float | None = DEFAULT_RATE, at_once: int = MOST_AT_ONCE) -> None:
        """``rate``: at most so many requests/s to each server. ``None``: nobody ever waits, which is for the lease."""
        self._full_rate = rate
        self._at_once = at_once
        self._queues: dict[str, _Queue] = {}

    @property
    def is_pressed(self) -> bool:
        """Tell whether the API server cannot bear all that is urgent: then nothing is sent that can wait."""
        return "" in self._queues and self._queues[""].lane.is_pressed

    @property
    def rate(self) -> float:
        """The rate at which the API server is asked at most, at present [requests/s]."""
        return self._queues[""].lane.pace.rate if "" in self._queues else self._full_rate or math.inf

    @asynccontextmanager
    async def turn(self, subject: Subject) -> AsyncIterator[Turn]:
        """Wait for a turn, and hold it through the block unless it is left before."""
        queue = self._queue(subject)
        turn = Turn(None, 0.0, 0.0) if queue is None else await queue.enter(urgency_of(subject))
        try:
            yield turn
        finally:
            turn.leave()

    @contextmanager
    def patience(self, subject: Subject) -> Iterator[None]:
        """Mark the time in which a request waits because the server asked for it."""
        queue, urgency = self._queue(subject), urgency_of(subject)
        if queue is None:
            yield
            return
        queue.lane.begin_patience(urgency)
        try:
            yield
        finally:
            queue.lane.end_patience(urgency)

    def _queue(self, subject: Subject) -> _Queue | None:
        if self._full_rate is None:
            return None
        server = _server_of(subject.resource)
        if server not in self._queues:
            self._queues[server] = _Queue(Lane(Pace(self._full_rate), self._at_once))
        return self._queues[server]


class _Queue:
    """A lane, and who waits in it."""

    __slots__ = ("_timer", "_waiting", "lane")

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self, urgency: Urgency) -> Turn:
        """Wait for a turn; cancelling gives the place up."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        ticket = self.lane.ask(urgency)
        let_in = self._waiting[ticket.number] = loop.create_future()
        self._admit()
        if let_in.done():
            return Turn(self, asked, 0.0)
        try:
            await let_in
        except asyncio.CancelledError:
            self._give_up(ticket, let_in)
            raise
        now = loop.time()
        return Turn(self, now, now - asked)

    def leave(self) -> None:
        """Make room."""
        self.lane.ended()
        self._admit()

    def _give_up(self, ticket: Ticket, let_in: asyncio.Future[None]) -> None:
        self._waiting.pop(ticket.number, None)
        if let_in.done() and not let_in.cancelled():
            self.leave()  # let in and cancelled at the same moment
        else:
            self.lane.withdraw(ticket)

    def _admit(self) -> None:
        """Let in whoever may begin, and look again when the next one may."""
        loop = asyncio.get_running_loop()
        while (ticket := self.lane.admit(loop.time())) is not None:
            self._waiting.pop(ticket.number).set_result(None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.lane.next_at(loop.time())
        if due is not None:
            self._timer = loop.call_at(due, self._admit)


def _server_of(resource: str) -> str:
    """Name the aggregated API that answers for a resource; empty: the API server itself."""
    return next((group for group in _AGGREGATED if resource.endswith(f".{group}")), "")
