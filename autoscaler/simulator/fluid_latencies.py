"""How long the requests of a fluid took, read off its account book when the run is over."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.scenario import Objective, Service
from autoscaler.simulator.experience import Experience, experience_of, latency_grid, tails
from autoscaler.simulator.ledger import Ledger

Floats = NDArray[np.float64]

_CELLS: Final = (1, 2, 5, 10, 15, 30, 60)  #: lengths of calm stretches whose requests are taken to fare alike [s]
_MOST_CELLS: Final = 10_000


class FluidLatencies:
    """Reads an account book up to its last second. Calm stretches are taken in cells that grow with the run's length."""

    def __init__(self, service: Service, slo: Objective, ledger: Ledger) -> None:
        self._service = service
        self._slo = slo
        self._ledger = ledger
        self._seconds = ledger.seconds
        self._grid = latency_grid(service)
        self._cell = next(c for c in _CELLS if self._seconds / c <= _MOST_CELLS or c == _CELLS[-1])
        self._whole: tuple[Floats, Floats] | None = None

    @property
    def late(self) -> Floats:
        """Requests by second of arrival that were slower than the objective or gave up, shape ``(seconds,)``."""
        return np.asarray(np.bincount(self._experience.second, self._late, self._seconds), dtype=np.float64)

    @property
    def late_served(self) -> float:
        """Requests slower than the objective among those that did not give up.

        Which of a second's requests give up is known to a tick, so with a timeout below a second it is rough.
        """
        late = float((self._late - self._experience.gave_up * self._experience.requests).sum())
        entered = self._ledger.arrived[: self._seconds].sum() - self._ledger.rejected[: self._seconds].sum()
        return min(late, float(entered - self._ledger.timed_out[: self._seconds].sum()))

    def percentiles(self) -> Floats:
        """Give p50, p95, p99 [s] of all requests not rejected, shape ``(3,)``; NaN where there were none."""
        if self._whole is None:
            self._whole = self._distribution(self._experience, (0, self._seconds, max(1, self._seconds)))
        tail, counted = self._whole
        return _percentiles(tail.sum(axis=0)[None, :], counted.sum(keepdims=True), self._grid)[:, 0]

    def over(self, first: int, last: int, width: int) -> Floats:
        """Give p50, p95, p99 [s] for each ``width`` seconds from ``first`` up to ``last``, shape ``(3, points)``."""
        is_whole = (first, last) == (0, self._seconds)
        found = self._experience if is_whole else experience_of(self._service, self._ledger, width, (first, last))
        tail, counted = self._distribution(found, (first, last, width))
        if is_whole:
            self._whole = (tail, counted)
        return _percentiles(tail, counted, self._grid)

    @cached_property
    def _experience(self) -> Experience:
        return experience_of(self._service, self._ledger, self._cell)

    def _distribution(self, experience: Experience, span: tuple[int, int, int]) -> tuple[Floats, Floats]:
        """Sum up requests slower than each latency of the grid, shape ``(points, latencies)``, and all of them."""
        first, last, width = span
        points = -(-(last - first) // width)
        tail, requests = np.zeros((points, len(self._grid))), np.zeros(points)
        for part in experience.only(np.argsort(experience.second, kind="stable")).parts():
            point = (part.second - first) // width
            firsts = np.flatnonzero(np.diff(point, prepend=-1))
            slower = tails(self._service, part, self._grid)
            slower *= part.requests[:, None]
            tail[point[firsts]] += np.add.reduceat(slower, firsts)
            requests[point[firsts]] += np.add.reduceat(part.requests, firsts)
        return tail, requests

    @cached_property
    def _late(self) -> Floats:
        """Give how many requests of each group were slower than the objective; all of those that gave up."""
        limit = np.array([self._slo.latency])
        parts = [
            part.requests * np.maximum(tails(self._service, part, limit)[:, 0], part.gave_up)
            for part in self._experience.parts()
        ]
        return np.concatenate(parts) if parts else np.zeros(0)


def _percentiles(tail: Floats, requests: Floats, grid: Floats) -> Floats:
    """Read p50, p95, p99 [s] off each row, shape ``(3, rows)``: NaN where there are no requests.

    Between the grid's points the tail runs as an exponential would.
    """
    found = np.full((3, len(requests)), np.nan)
    some = np.flatnonzero(requests > 0)
    depth = -np.log(np.maximum(tail[some] / requests[some, None], 1e-30))
    np.maximum.accumulate(depth, axis=1, out=depth)
    rows = np.arange(len(some))
    for percentile, wanted in enumerate(-np.log([0.5, 0.05, 0.01])):
        after = np.clip((depth <= wanted).sum(axis=1), 1, len(grid) - 1)
        low, high = depth[rows, after - 1], depth[rows, after]
        share = np.clip((wanted - low) / np.maximum(high - low, 1e-300), 0.0, 1.0)
        found[percentile, some] = grid[after - 1] + share * (grid[after] - grid[after - 1])
    return found
