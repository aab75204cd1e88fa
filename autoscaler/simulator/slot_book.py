"""Keeps account of the slots in rotation, worth of slots of a warm pod at full speed, second by second."""

from __future__ import annotations

import math

from autoscaler.config.scenario import Warmup
from autoscaler.model.time import SECOND, Instant
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.warmup import Young


class SlotBook:
    """Writes ``ledger.slots`` for pods with equally many slots each. Times passed in never go back."""

    def __init__(self, ledger: Ledger, start: Instant, slots: int, warmup: Warmup | None) -> None:
        self._ledger = ledger
        self._start = start
        self._slots = slots
        self._young = Young(warmup)
        self._pods: set[int] = set()
        self._slowness = 1.0
        self._until = start

    @property
    def worth(self) -> float:
        """Slots in rotation now, worth of slots at full speed."""
        return self._worth(self._until, self._until)

    def join(self, pod: int, at: Instant, since: Instant) -> None:
        """Put a pod in rotation that is young ``since`` then."""
        self.note(at)
        self._pods.add(pod)
        self._young.join(pod, since)

    def leave(self, pod: int, at: Instant) -> None:
        """Take a pod out of rotation; one that is not in it is fine."""
        self.note(at)
        self._pods.discard(pod)
        self._young.leave(pod)

    def slow_down(self, factor: float, at: Instant) -> None:
        """Let all pods be slower by a factor."""
        self.note(at)
        self._slowness = factor

    def note(self, to: Instant) -> None:
        """Write everything up to ``to``."""
        self._ledger.grow_to(-((self._start - to) // SECOND))
        while self._until < to:
            begin = self._until
            second, last = (begin - self._start) // SECOND, (to - self._start) // SECOND
            is_whole = begin == self._start + second * SECOND and last > second
            if is_whole and not self._young.any_at(begin):
                self._ledger.slots[second:last] = self._worth(begin, begin)
                self._until = self._start + last * SECOND
                continue
            self._until = min(to, self._start + (second + 1) * SECOND)
            self._ledger.slots[second] += self._worth(begin, self._until) * (self._until - begin) / SECOND

    def _worth(self, first: Instant, last: Instant) -> float:
        """Give the worth of all pods, averaged between two instants."""
        behind = math.fsum(share for _, share in self._young.behind(first, last)) if self._young.any_at(first) else 0.0
        return (len(self._pods) - behind) * self._slots / self._slowness
