"""Scores and series of a run, from its account book, its pods' history and its decisions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.scenario import Scenario
from autoscaler.model.time import HOUR, SECOND, Instant
from autoscaler.simulator.cluster import Counts
from autoscaler.simulator.experience import Experience, experience_of, latency_grid, tails
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.result import Replicas, ScaleAction, Score, Series

Floats = NDArray[np.float64]

MINUTE_SECONDS: Final = 60
WORST_SECONDS: Final = 300
_MOST_POINTS: Final = 1_500
_MOST_STEPS: Final = 4_000
_CELLS: Final = (1, 2, 5, 10, 15, 30, 60)  #: lengths of calm stretches whose requests are taken to fare alike [s]
_MOST_CELLS: Final = 10_000
_WIDTHS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400)


class Scorer:
    """Reads one finished run. ``cell`` and ``width`` [s] grow with its length, so that its cost does not."""

    def __init__(self, scenario: Scenario, ledger: Ledger) -> None:
        self._scenario = scenario
        self._ledger = ledger
        self._seconds = ledger.seconds
        cell = next(cell for cell in _CELLS if self._seconds / cell <= _MOST_CELLS or cell == _CELLS[-1])
        self._experience = experience_of(scenario.service, ledger, cell)
        self._grid = latency_grid(scenario.service)
        self._late = self._late_requests()
        self._width = next((width for width in _WIDTHS if self._seconds / width <= _MOST_POINTS), _WIDTHS[-1])
        self._tail, self._counted = self._distribution(
            self._experience, self._experience.second // self._width, -(-self._seconds // self._width)
        )

    def score(self, history: Sequence[Counts], actions: Sequence[ScaleAction], start: Instant) -> Score:
        """Sum up; the run ends with the account book's last second."""
        ledger, n = self._ledger, self._seconds
        moves = [1 if action.after > action.before else -1 for action in actions]
        p50, p95, p99 = _percentiles(self._tail.sum(axis=0)[None, :], self._counted.sum(keepdims=True), self._grid)[
            :, 0
        ].tolist()
        hours = _replica_hours(history, start + n * SECOND)
        violated, minutes = self._minutes()
        return Score(
            requests=float(ledger.arrived[:n].sum()),
            served=float(ledger.served[:n].sum()),
            rejected=float(ledger.rejected[:n].sum()),
            timed_out=float(ledger.timed_out[:n].sum()),
            lost=float(ledger.lost[:n].sum()),
            late=self._late_in_turn(),
            slo_minutes_violated=violated,
            minutes=minutes,
            latency_p50=p50,
            latency_p95=p95,
            latency_p99=p99,
            replica_hours=hours,
            mean_replicas=hours / (n / 3_600),
            peak_replicas=max(counts.created for counts in history),
            scale_ups=moves.count(1),
            scale_downs=moves.count(-1),
            turns=sum(a != b for a, b in pairwise(moves)),
        )

    def series(self) -> Series:
        """Give the whole run."""
        return self._stretch(0, self._seconds, self._width, _percentiles(self._tail, self._counted, self._grid))

    def worst(self) -> Series:
        """Give the five minutes with the most late and failed requests; if there are none, the busiest ones."""
        n = self._seconds
        span = min(WORST_SECONDS, n)
        weight = self._bad_by_second()
        if not weight.sum() > 0:
            weight = self._ledger.arrived[:n] / np.maximum(self._ledger.slots[:n], 1e-9)
        total = np.concatenate((np.zeros(1), np.cumsum(weight)))
        best = int(np.argmax(total[span:] - total[:-span]))
        # what is worst stands in the window's first third, so that what follows from it can be seen
        inside = weight[best : best + span]
        centre = float(np.average(np.arange(span), weights=inside)) if inside.sum() > 0 else 0.0
        first = min(max(0, best + int(centre) - span // 3), n - span)
        last, width = min(n, first + span), 5 if span >= MINUTE_SECONDS else 1
        near = experience_of(self._scenario.service, self._ledger, width, (first, last))
        tail, counted = self._distribution(near, (near.second - first) // width, -(-(last - first) // width))
        latency = _percentiles(tail, counted, self._grid)
        return self._stretch(first, last, width, latency)

    def _stretch(self, first: int, last: int, width: int, latency: Floats) -> Series:
        ledger = self._ledger
        starts = np.arange(first, last, width)
        widths = np.diff(np.append(starts, last))

        def mean(column: Floats) -> Floats:
            return np.asarray(np.add.reduceat(column[:last], starts) / widths)

        failed = ledger.rejected[: self._seconds] + ledger.timed_out[: self._seconds] + ledger.lost[: self._seconds]
        return Series(
            width=width,
            t=starts.astype(np.float64),
            demand=mean(ledger.arrived),
            capacity=mean(ledger.slots) / self._scenario.service.mean_service_time,
            waiting=ledger.waiting[starts + widths - 1],
            failed=mean(failed),
            latency=latency,
        )

    def _distribution(self, experience: Experience, point: NDArray[np.int64], points: int) -> tuple[Floats, Floats]:
        """Sum up requests slower than each latency of the grid, shape ``(points, latencies)``, and all of them.

        ``point`` says where each group belongs.
        """
        tail, requests = np.zeros((points, len(self._grid))), np.zeros(points)
        done = 0
        for part in experience.parts():
            where = point[done : done + len(part)]
            done += len(part)
            order = np.argsort(where, kind="stable")
            present, firsts = np.unique(where[order], return_index=True)
            weighted = part.requests[:, None] * tails(self._scenario.service, part, self._grid)
            tail[present] += np.add.reduceat(weighted[order], firsts)
            requests[present] += np.add.reduceat(part.requests[order], firsts)
        return tail, requests

    def _late_requests(self) -> Floats:
        """Give how many requests of each group were slower than the objective; all of those that gave up."""
        limit = np.array([self._scenario.slo.latency])
        parts = [
            part.requests * np.maximum(tails(self._scenario.service, part, limit)[:, 0], part.gave_up)
            for part in self._experience.parts()
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _late_in_turn(self) -> float:
        """Count late requests among those that did not give up: of all that entered, the ones not counted as gone.

        Which of a second's requests give up is known to a tick, so with a timeout below a second it is rough.
        """
        late = float((self._late - self._experience.gave_up * self._experience.requests).sum())
        entered = self._ledger.arrived[: self._seconds].sum() - self._ledger.rejected[: self._seconds].sum()
        return min(late, float(entered - self._ledger.timed_out[: self._seconds].sum()))

    def _bad_by_second(self) -> Floats:
        """Give late and failed requests by second of arrival, shape ``(seconds,)``."""
        n, experience = self._seconds, self._experience
        late = np.bincount(experience.second, weights=self._late, minlength=n)
        return np.asarray(late + self._ledger.rejected[:n] + self._ledger.lost[:n])

    def _minutes(self) -> tuple[int, int]:
        """Count the minutes whose share of late and failed requests breaks the objective, and those with traffic."""
        starts = np.arange(0, self._seconds, MINUTE_SECONDS)
        bad = np.add.reduceat(self._bad_by_second(), starts)
        came = np.add.reduceat(self._ledger.arrived[: self._seconds], starts)
        return int((bad > (1.0 - self._scenario.slo.share) * came + 1e-9).sum()), int((came > 0).sum())


def replica_steps(history: Sequence[Counts], start: Instant, seconds: int) -> Replicas:
    """Give the pods' numbers as steps; of very many changes only those that a plot can show."""
    table = np.array([(counts.at - start, counts.wanted, counts.created, counts.ready) for counts in history])
    t = np.maximum(table[:, 0] / SECOND, 0.0)
    if len(t) > _MOST_STEPS:
        shown = np.unique(np.searchsorted(t, np.linspace(0, seconds, _MOST_STEPS), side="right") - 1)
        table, t = table[shown], t[shown]
    wanted, created, ready = table[:, 1:].astype(np.float64).T
    return Replicas(t=t, wanted=wanted, created=created, ready=ready)


def _percentiles(tail: Floats, requests: Floats, grid: Floats) -> Floats:
    """Read p50, p95, p99 [s] off each row, shape ``(3, rows)``: NaN where there are no requests.

    Between the grid's points the tail runs as an exponential would.
    """
    found = np.full((3, len(requests)), np.nan)
    depths = -np.log([0.5, 0.05, 0.01])
    for row in np.flatnonzero(requests > 0):
        depth = -np.log(np.maximum(tail[row] / requests[row], 1e-30))
        found[:, row] = np.interp(depths, np.maximum.accumulate(depth), grid)
    return found


def _replica_hours(history: Sequence[Counts], end: Instant) -> float:
    ends = [counts.at for counts in history[1:]] + [end]
    spans = ((max(0, then - counts.at) * counts.existing) for counts, then in zip(history, ends, strict=True))
    return sum(spans) / HOUR
