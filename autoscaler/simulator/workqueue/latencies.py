"""How long jobs took, from when they were due until they were done, read off the workers' histograms.

A job that is not done, and is late already, counts with the time since it was due: a queue that only grows must show.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.requests import layout as requests
from autoscaler.simulator.requests.latencies import edges_of, percentiles_of
from autoscaler.simulator.workqueue import layout as k
from autoscaler.simulator.workqueue.engine import Engine
from autoscaler.simulator.workqueue.layout import Place

Floats = NDArray[np.float64]

_FINE: Final = edges_of(requests.FINE_OCTAVE, requests.FINE_FROM, requests.FINE_BINS)
_COARSE: Final = edges_of(requests.COARSE_OCTAVE, requests.COARSE_FROM, requests.COARSE_BINS)


class JobLatencies:
    """Latencies as of the engine's present, of jobs that became due in the first ``seconds``."""

    def __init__(self, engine: Engine, seconds: int) -> None:
        state = engine.state
        self._seconds = seconds
        self._cell = int(state.floats[k.CELL])
        self._fine = state.fine[0].copy()
        self._cells = state.cells.astype(np.int64)
        self._late = state.columns[:, k.LATE].copy()
        self._add_unfinished(engine)

    @property
    def late(self) -> Floats:
        """Jobs by second of becoming due that were slower than the objective, or are already, shape ``(seconds,)``."""
        return np.asarray(self._late[: self._seconds])

    @property
    def late_served(self) -> float:
        """Jobs slower than the objective, or late already."""
        return float(self._late.sum())

    def percentiles(self) -> Floats:
        """Give p50, p95, p99 [s] of all jobs that did not fail for good, shape ``(3,)``; NaN where there were none."""
        return percentiles_of(self._fine[None, :], _FINE)[:, 0]

    def over(self, first: int, last: int, width: int) -> Floats:
        """Give the same for each ``width`` seconds from ``first`` up to ``last``, shape ``(3, points)``.

        In long runs a point is made of the cells of seconds that it touches.
        """
        begins = np.arange(first, last, width)
        ends = np.minimum(begins + width, last)
        low, high = begins // self._cell, -(-ends // self._cell)
        total = np.concatenate((np.zeros((1, self._cells.shape[1]), np.int64), np.cumsum(self._cells, axis=0)))
        counts = total[np.minimum(high, len(self._cells))] - total[low]
        return percentiles_of(counts, _COARSE)

    def _add_unfinished(self, engine: Engine) -> None:
        state = engine.state
        place = state.links[:, k.L_PLACE]
        due = state.jobs[(place != Place.FREE) & (place != Place.NOT_DUE), k.J_DUE]
        age = engine.now - due
        is_late = age > state.floats[k.OBJECTIVE]
        due, age = due[is_late], age[is_late]
        np.add.at(self._late, due.astype(np.int64), 1.0)
        np.add.at(self._fine, _bins(age, _FINE), 1)
        cells = (due / self._cell).astype(np.int64)
        np.add.at(self._cells, (cells, _bins(age, _COARSE)), 1)


def _bins(latencies: Floats, edges: Floats) -> NDArray[np.int64]:
    return np.minimum(np.searchsorted(edges, latencies, side="right"), len(edges) - 1) - 1
