"""What services have in common that play requests or jobs one by one: pods with slots, an engine in seconds, an account book."""

from __future__ import annotations

import math
from typing import Generic, Protocol, TypeVar

from autoscaler.config.scenario import Warmup
from autoscaler.model.time import SECOND, Instant, Nanoseconds
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.slot_book import SlotBook


class Engine(Protocol):
    """Plays one by one what pods do. Times [s] are from the start of the run."""

    def join(self, pod: int, at: float, since: float | None = None) -> None:
        """Have a pod take part; it has been warming up ``since`` then."""

    def leave(self, pod: int, at: float) -> float:
        """Have a pod take nothing more, and tell how long it takes to finish what it has [s]."""

    def kill(self, pod: int, at: float) -> int:
        """Take a pod away, and tell how much it had."""

    def slow_down(self, factor: float, at: float) -> None:
        """Have everything that starts from now on take ``factor`` times as long as usual."""


E = TypeVar("E", bound=Engine)


class OneByOne(Generic[E]):
    """Pods of one workload, by ordinal; time in nanoseconds."""

    def __init__(self, engine: E, ledger: Ledger, start: Instant, slots: int, warmup: Warmup | None) -> None:
        """``slots``: that each pod has."""
        self.engine = engine
        self.ledger = ledger
        self._start = start
        self._slots = SlotBook(ledger, start, slots, warmup)

    def join(self, pod: int, at: Instant, since: Instant | None = None) -> None:
        """Put a pod in rotation. It warms up from now on, or has done so since it became ready in the past."""
        since = at if since is None else since
        self._slots.join(pod, at, since)
        self.engine.join(pod, self._seconds(at), self._seconds(since))

    def leave(self, pod: int, at: Instant) -> Nanoseconds:
        """Take a pod out of rotation; it finishes what it has. Give how long that takes [ns]."""
        self._slots.leave(pod, at)
        return math.ceil(self.engine.leave(pod, self._seconds(at)) * SECOND) + 1  # seconds may have been rounded

    def kill(self, pod: int, at: Instant) -> None:
        """End a pod at once, in rotation or not, with all that it has. A pod that never joined is fine."""
        self._slots.leave(pod, at)
        self.engine.kill(pod, self._seconds(at))

    def slow_down(self, factor: float, at: Instant) -> None:
        """Let everything that starts from now on take ``factor`` times as long; 1 is as before."""
        self._slots.slow_down(factor, at)
        self.engine.slow_down(factor, self._seconds(at))

    def _seconds(self, at: Instant) -> float:
        return (at - self._start) / SECOND
