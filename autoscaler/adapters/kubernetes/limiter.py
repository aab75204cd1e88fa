"""How fast we ask one server, and who goes first: a rate that yields when the server is busy, and a queue by urgency.

The rate grows by a fixed step while answers come and halves when the server says that it is too much (429, or 503 with
Retry-After), once for all requests that were under way then. So any number of clients settle on what the server can bear.

Pure: the time is an argument [s], and nothing here waits. ``gate`` does.

Source: D.-M. Chiu, R. Jain, Analysis of the increase and decrease algorithms for congestion avoidance (1989).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from autoscaler.adapters.kubernetes.errors import Subject

#: The rate never falls below this [requests/s]: somebody has to notice that the server is well again.
LEAST_RATE: Final = 5.0
#: From the lowest to the full rate it takes this long [s] of answers without a refusal.
RECOVERY: Final = 30.0
#: Requests that may begin together after a pause: what the rate gives in this long [s], and one at least.
BURST: Final = 0.1
#: Time without any answer says nothing about the server: a pause counts as this long [s] at most.
_LONGEST_EVIDENCE: Final = 1.0
#: What sums of small waits may lack of a whole request.
_ROUNDING: Final = 1e-9


class Urgency(IntEnum):
    """Who goes first where not everybody can."""

    SCALE = 0  #: replicas are written
    READ = 1  #: what decisions are made from
    STATUS = 2  #: what people read; the newest one replaces those before it
    EVENT = 3  #: old news


def urgency_of(subject: Subject) -> Urgency:
    """Tell how urgent a request is. Leases are not among them: they have a connection of their own."""
    if subject.resource == "events":
        return Urgency.EVENT
    if subject.verb in {"get", "list", "watch"}:
        return Urgency.READ
    return Urgency.SCALE if subject.resource.endswith("/scale") else Urgency.STATUS


@dataclass(slots=True)
class Pace:
    """A rate [requests/s] that follows what the server bears, at most ``most``, and the requests it allows."""

    most: float
    rate: float = field(init=False)
    _allowed: float = field(init=False)
    _at: float | None = None  #: until when ``_allowed`` is up to date
    _cut_at: float = float("-inf")
    _answered_at: float = float("-inf")

    def __post_init__(self) -> None:
        self.rate = self.most
        self._allowed = self._burst

    def take(self, now: float) -> bool:
        """Take leave for one request, if there is any."""
        self._refill(now)
        if self._allowed < 1.0 - _ROUNDING:
            return False
        self._allowed -= 1.0
        return True

    def next_at(self, now: float) -> float:
        """Tell when there will be leave for one request."""
        self._refill(now)
        return now + max(0.0, 1.0 - self._allowed) / self.rate

    @property
    def is_cut(self) -> bool:
        """Tell whether the server bears less than we would ask."""
        return self.rate < self.most

    def answered(self, now: float) -> None:
        """Grow: the server kept up with us for the time since the last answer, or the last refusal."""
        well = min(now - max(self._answered_at, self._cut_at), _LONGEST_EVIDENCE)
        self._refill(now)
        self._answered_at = now
        self.rate = min(self.most, self.rate + max(0.0, well) * self.most / RECOVERY)

    def refused(self, begun: float, now: float) -> None:
        """Halve, unless the request began before the rate was last cut: then it says nothing new."""
        if begun < self._cut_at:
            return
        self._refill(now)
        self._cut_at = now
        self.rate = min(self.most, max(LEAST_RATE, self.rate / 2))
        self._allowed = min(self._allowed, self._burst)

    @property
    def _burst(self) -> float:
        return max(1.0, self.rate * BURST)

    def _refill(self, now: float) -> None:
        if self._at is not None:
            self._allowed = min(self._burst, self._allowed + max(0.0, now - self._at) * self.rate)
        self._at = now


@dataclass(slots=True, order=True)
class Ticket:
    """A place in the queue: by urgency, then by age."""

    urgency: Urgency
    number: int
    gone: bool = field(default=False, compare=False)


class Lane:
    """Requests to one server: those that wait, by urgency, and how many may be under way at once."""

    def __init__(self, pace: Pace, at_once: int) -> None:
        self.pace = pace
        self._at_once = at_once
        self._under_way = 0
        self._number = 0
        self._queue: list[Ticket] = []
        self._held = dict.fromkeys(Urgency, 0)  # in the queue, or because the server asked for patience

    @property
    def is_pressed(self) -> bool:
        """Tell whether what can wait should: a scale write waits, or reads do because the server cannot bear more."""
        return self._held[Urgency.SCALE] > 0 or (self.pace.is_cut and self._held[Urgency.READ] > 0)

    def ask(self, urgency: Urgency) -> Ticket:
        """Take a place in the queue."""
        self._number += 1
        ticket = Ticket(urgency, self._number)
        heapq.heappush(self._queue, ticket)
        self._held[urgency] += 1
        return ticket

    def withdraw(self, ticket: Ticket) -> None:
        """Give a place up, if it is still held."""
        if not ticket.gone:
            ticket.gone = True
            self._held[ticket.urgency] -= 1

    def admit(self, now: float) -> Ticket | None:
        """Let the first in the queue begin, if anybody may now."""
        if not self._somebody_waits() or self._under_way >= self._at_once or not self.pace.take(now):
            return None
        ticket = heapq.heappop(self._queue)
        self.withdraw(ticket)
        self._under_way += 1
        return ticket

    def next_at(self, now: float) -> float | None:
        """Tell when ``admit`` may give somebody; ``None``: not before a request ends or somebody asks."""
        may = self._somebody_waits() and self._under_way < self._at_once
        return self.pace.next_at(now) if may else None

    def ended(self) -> None:
        """Note that a request that was let in is over."""
        self._under_way -= 1

    def begin_patience(self, urgency: Urgency) -> None:
        """Note that a request waits because the server asked for it."""
        self._held[urgency] += 1

    def end_patience(self, urgency: Urgency) -> None:
        """Note that it does so no longer."""
        self._held[urgency] -= 1

    def _somebody_waits(self) -> bool:
        while self._queue and self._queue[0].gone:
            heapq.heappop(self._queue)
        return bool(self._queue)
