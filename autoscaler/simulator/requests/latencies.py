"""How long single requests took, read off the kernel's histograms.

Counted is what took its turn, and what gave up for good: with all its time, from the first attempt on. Bins are narrow
(0.8 % for the whole run, 6 % for stretches of it), and times are taken as spread evenly within a bin.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests.layout import State

Floats = NDArray[np.float64]

_SHARES: Final = np.array([0.5, 0.95, 0.99])


class RequestLatencies:
    """Reads the state of a kernel as it is when it is asked."""

    def __init__(self, state: State, seconds: int) -> None:
        """``seconds`` are over."""
        self._state = state
        self._seconds = seconds

    @property
    def late(self) -> Floats:
        """Requests by second of arrival that were slower than the objective or gave up, shape ``(seconds,)``."""
        return self._state.columns[: self._seconds, k.LATE].copy()

    @property
    def late_served(self) -> float:
        """Requests slower than the objective among those that did not give up."""
        return float(self._state.columns[:, k.LATE].sum() - self._state.ints[k.GAVE_UP])

    def percentiles(self) -> Floats:
        """Give p50, p95, p99 [s] of all requests not rejected, shape ``(3,)``; NaN where there were none."""
        return percentiles_of(self._state.fine[:1], edges_of(k.FINE_OCTAVE, k.FINE_FROM, k.FINE_BINS))[:, 0]

    def over(self, first: int, last: int, width: int) -> Floats:
        """Give p50, p95, p99 [s] for each ``width`` seconds from ``first`` up to ``last``, shape ``(3, points)``.

        In long runs a point is made of the cells of seconds that it touches.
        """
        cell = int(self._state.floats[k.CELL])
        counts = np.zeros((-(-(last - first) // width), k.COARSE_BINS), np.int64)
        for point in range(len(counts)):
            begin, end = first + point * width, min(first + (point + 1) * width, last)
            counts[point] = self._state.cells[begin // cell : -(-end // cell)].sum(axis=0)
        return percentiles_of(counts, edges_of(k.COARSE_OCTAVE, k.COARSE_FROM, k.COARSE_BINS))


def edges_of(bins: int, first: int, count: int) -> Floats:
    """Give the edges [s] of ``count`` bins, of which an octave has so many from two to the power of ``first`` on."""
    octave, part = np.divmod(np.arange(count + 1), bins)
    edges: Floats = np.ldexp(1.0 + part / bins, octave + first)
    edges[0] = 0.0
    return edges


def percentiles_of(counts: NDArray[np.int64], edges: Floats) -> Floats:
    """Give the percentiles of histograms, shape ``(3, rows)``."""
    found = np.full((3, len(counts)), math.nan)
    total = np.cumsum(counts, axis=1)
    for row in np.flatnonzero(total[:, -1]):
        wanted = _SHARES * total[row, -1]
        place = np.searchsorted(total[row], wanted)
        share = (wanted - (total[row, place] - counts[row, place])) / counts[row, place]
        found[:, row] = edges[place] + share * (edges[place + 1] - edges[place])
    return found
