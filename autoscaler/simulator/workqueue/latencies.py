"""How long jobs took, from when they were due until they were done, read off the workers' histograms.

A job that is not done, and is late already, counts with the time since it was due: a queue that only grows must show.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.workqueue import kernel as k
from autoscaler.simulator.workqueue.engine import Engine
from autoscaler.simulator.workqueue.kernel import Place

Floats = NDArray[np.float64]

_SHARES: Final = np.array([0.5, 0.95, 0.99])


class JobLatencies:
    """Latencies as of the engine's present, of jobs that became due in the first ``seconds``."""

    def __init__(self, engine: Engine, seconds: int) -> None:
        state = engine.state
        self._seconds = seconds
        self._cell = int(state.floats[k.CELL])
        self._fine = state.fine[0].copy()
        self._cells = state.cells.astype(np.int64)
        self._late = state.columns[:, k.LATE].copy()
        self._late_done = float(self._late.sum())
        self._add_unfinished(engine)

    @property
    def late(self) -> Floats:
        """Jobs by second of becoming due that were slower than the objective, or are already, shape ``(seconds,)``."""
        return np.asarray(self._late[: self._seconds])

    @property
    def late_served(self) -> float:
        """Jobs slower than the objective among those that are done."""
        return self._late_done

    def percentiles(self) -> Floats:
        """Give p50, p95, p99 [s] of all jobs that did not fail for good, shape ``(3,)``; NaN where there were none."""
        return _percentiles(self._fine[None, :], k.fine_edges())[:, 0]

    def over(self, first: int, last: int, width: int) -> Floats:
        """Give the same for each ``width`` seconds from ``first`` up to ``last``, shape ``(3, points)``.

        Jobs are kept by cells of seconds (5 in a day): a point tells of every cell that begins in it, or of the one
        that it lies in.
        """
        begins = np.arange(first, last, width)
        ends = np.minimum(begins + width, last)
        low, high = begins // self._cell, np.maximum(-(-ends // self._cell), begins // self._cell + 1)
        total = np.concatenate((np.zeros((1, self._cells.shape[1]), np.int64), np.cumsum(self._cells, axis=0)))
        counts = total[np.minimum(high, len(self._cells))] - total[low]
        return _percentiles(counts, k.coarse_edges())

    def _add_unfinished(self, engine: Engine) -> None:
        state = engine.state
        place = state.links[:, k.L_PLACE]
        due = state.jobs[(place != Place.FREE) & (place != Place.NOT_DUE), k.J_DUE]
        age = engine.now - due
        is_late = age > state.floats[k.OBJECTIVE]
        due, age = due[is_late], age[is_late]
        np.add.at(self._late, due.astype(np.int64), 1.0)
        np.add.at(self._fine, _bins(age, k.fine_edges()), 1)
        cells = (due / self._cell).astype(np.int64)
        np.add.at(self._cells, (cells, _bins(age, k.coarse_edges())), 1)


def _bins(latencies: Floats, edges: Floats) -> NDArray[np.int64]:
    return np.maximum(np.searchsorted(edges, latencies, side="right") - 1, 0)


def _percentiles(counts: NDArray[np.int64], edges: Floats) -> Floats:
    """Read p50, p95, p99 [s] off each row of ``counts``, shape ``(3, rows)``: straight lines within a bin."""
    found = np.full((3, len(counts)), np.nan)
    for row in np.flatnonzero(counts.sum(axis=1)):
        total = np.concatenate(([0], np.cumsum(counts[row])))
        wanted = _SHARES * total[-1]
        place = np.searchsorted(total, wanted, side="left") - 1
        share = (wanted - total[place]) / counts[row, place]
        found[:, row] = edges[place] + share * (np.append(edges, edges[-1])[place + 1] - edges[place])
    return found
