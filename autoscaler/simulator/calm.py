"""Stretches of a fluid in which nothing happens: no pod comes or goes, nobody waits. They are worked out in one go.

That is exact, not an approximation: what is read of such a stretch, and what is left when something cuts it short, is what
second by second would have given.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.serving import Counters, Foreseen
from autoscaler.simulator.tally import Tally

Floats = NDArray[np.float64]


class Calm:
    """The seconds from ``first`` up to ``last``: arrivals, and work per pod, as running totals."""

    __slots__ = ("_arrived", "_first", "_listed", "_totals", "_work", "last", "pods")

    def __init__(self, first: int, last: int, begun: tuple[float, float], pods: int, came: Floats) -> None:
        """``begun``: arrivals and work until then; ``came``: what arrives in each second."""
        self._first = first
        self.last = last
        self.pods = pods
        self._arrived, self._work = begun
        self._totals = np.cumsum(came)
        self._listed: list[float] = self._totals.tolist()

    def at(self, second: int) -> tuple[float, float]:
        """Give arrivals and work up to a second's begin, which lies behind ``first``."""
        total = self._listed[second - self._first - 1]
        return self._arrived + total, self._work + total / self.pods

    def until(self, seconds: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Give the same for many seconds."""
        totals = self._totals[seconds - self._first - 1]
        return self._arrived + totals, self._work + totals / self.pods


class Ahead:
    """Readings of the same pods at given seconds, worked out before they are due."""

    __slots__ = ("_counters", "_found", "_pods", "_seconds", "_taken", "_tally", "_works")

    def __init__(
        self,
        tally: Tally,
        pods: list[int],
        seconds: list[int],
        arrived: Floats,
        work: Floats,
        in_service: Floats,
        all_slots: int,
        slots: int,
    ) -> None:
        """``arrived``, ``work`` and ``in_service`` (of the whole service): shape ``(seconds,)``."""
        self._tally = tally
        self._pods = pods
        self._seconds = seconds
        self._works = work
        self._taken = 0
        self._counters, busy = tally.foresee(pods, work, in_service / len(pods))
        active = np.minimum(busy.sum(axis=1), all_slots).tolist()
        nobody = np.zeros(len(pods))
        foreseen = Foreseen(work=self._counters, busy=np.minimum(busy, slots))
        rows = zip(foreseen.work, foreseen.busy, arrived.tolist(), active, strict=True)
        self._found = [  # positional, as there are many: work, served, busy, queued, arrived, waiting, active, ...
            Counters(row, row, at_work, nobody, came, 0.0, many, 0.0, 0.0, foreseen, reading)
            for reading, (row, at_work, came, many) in enumerate(rows)
        ]

    def take(self, pods: Sequence[int], second: int) -> Counters | None:
        """Give the next reading if it is the one that is asked for."""
        if self._taken == len(self._found) or self._seconds[self._taken] != second or pods != self._pods:
            return None
        self._taken += 1
        return self._found[self._taken - 1]

    def stop(self) -> None:
        """Let the tally go on from the last reading that was taken."""
        if self._taken:
            self._tally.go_on(self._taken, float(self._works[self._taken - 1]), self._counters[self._taken - 1])
