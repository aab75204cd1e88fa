"""Counters of single pods in a fluid: each counts its share of the work, with the noise of counting whole requests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.noise import Noise

Floats = NDArray[np.float64]

_NEVER_JOINED: Final = (0.0, 0.0, 0.0, 0.0)


class Tally:
    """Reads pods' counters off one counter of work that all pods in rotation share.

    Between two readings a counter grows by what the pod served, disturbed by a Poisson-sized error that belongs to the
    reading and to the pod's place in it. So windows of any length see the noise of as many requests as they count.

    Readings of the same pods work on one table; it is taken apart when pods come and go, and made anew when asked for.
    """

    __slots__ = ("_asked", "_noise", "_pods", "_reading", "_table")

    def __init__(self, noise: Noise | None) -> None:
        self._noise = noise
        self._pods: dict[int, tuple[float, ...]] = {}  # (work when it joined, when it left, seen so far, counter)
        self._asked: list[int] = []
        self._table: Floats | None = None  # the same as rows, shape ``(4, pods)``, for the pods asked for last
        self._reading = -1

    def join(self, pod: int, work: float) -> None:
        """Begin to count, the shared counter being at ``work``."""
        self._take_apart()
        self._pods[pod] = (work, math.inf, 0.0, 0.0)

    def leave(self, pod: int, work: float) -> None:
        """Count no further than ``work``."""
        self._take_apart()
        joined, _, seen, counter = self._pods[pod]
        self._pods[pod] = (joined, work, seen, counter)

    def fall_behind(self, pod: int, work: float) -> None:
        """Let a pod have done ``work`` less than the shared counter says."""
        if pod in self._pods:
            self._take_apart()
            joined, left, seen, counter = self._pods[pod]
            self._pods[pod] = (joined + work, left, seen, counter)

    def forget(self, pod: int) -> None:
        """Drop a pod that is gone."""
        self._take_apart()
        self._pods.pop(pod, None)

    def read(self, pods: Sequence[int], work: float) -> Floats:
        """Give the counters now, shape ``(pods,)``; begins a new reading."""
        self._reading += 1
        joined, left, seen, counter = table = self._table_of(pods)
        served = np.minimum(work, left) - joined
        grown = served - seen
        table[2] = served
        counter += np.maximum(grown + self._row(len(pods)) * np.sqrt(grown), 0.0)
        return np.array(counter)

    def foresee(self, pods: Sequence[int], work: Floats, busy: Floats) -> tuple[Floats, Floats]:
        """Give the counters of the next readings, the shared counter being at ``work`` then, and numbers around ``busy``.

        ``work`` and ``busy`` have the shape ``(readings,)``, what is given ``(readings, pods)``. Nothing is taken as read.
        """
        joined, left, seen, counter = self._table_of(pods)
        served = np.minimum(work[:, None], left) - joined
        grown = served - np.vstack((seen, served[:-1]))
        noise = self._rows_ahead(len(work), len(pods))
        grown = np.maximum(grown + noise * np.sqrt(grown), 0.0)
        grown[0] += counter
        return np.cumsum(grown, axis=0), np.maximum(busy[:, None] + noise * np.sqrt(busy)[:, None], 0.0)

    def go_on(self, readings: int, work: float, counters: Floats) -> None:
        """Take so many foreseen readings as read; ``work`` and ``counters`` are those of the last."""
        table = self._table_of(self._asked)
        self._reading += readings
        table[2] = np.minimum(work, table[1]) - table[0]
        table[3] = counters

    def spread(self, mean: float, pods: int) -> Floats:
        """Give ``pods`` Poisson-like numbers around ``mean``, the same disturbances as in the last reading."""
        return np.maximum(mean + self._row(pods) * math.sqrt(mean), 0.0)

    def _row(self, pods: int) -> Floats:
        return np.zeros(pods) if self._noise is None else self._noise.normals(self._reading, pods)

    def _rows_ahead(self, readings: int, pods: int) -> Floats:
        if self._noise is None:
            return np.zeros((readings, pods))
        return self._noise.normals_ahead(self._reading + 1, readings, pods)

    def _table_of(self, pods: Sequence[int]) -> Floats:
        if self._table is None or pods != self._asked:
            self._take_apart()
            self._asked = list(pods)
            rows = [self._pods.get(pod, _NEVER_JOINED) for pod in pods]
            self._table = np.array(rows, np.float64).reshape(-1, 4).T.copy()
        return self._table

    def _take_apart(self) -> None:
        if self._table is not None:
            for pod, row in zip(self._asked, self._table.T.tolist(), strict=True):
                if pod in self._pods:
                    self._pods[pod] = tuple(row)
            self._table = None
