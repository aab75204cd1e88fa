"""Scores and series of a run, from its account book, its pods' history and its decisions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.scenario import Scenario
from autoscaler.model.time import HOUR, SECOND, Instant
from autoscaler.simulator.bill import Bill
from autoscaler.simulator.cluster import Counts
from autoscaler.simulator.demand import due
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.nodes.books import NodeCounts
from autoscaler.simulator.result import Nodes, Replicas, ScaleAction, Score, Series
from autoscaler.simulator.serving import Latencies
from autoscaler.simulator.shortage import shortages

Floats = NDArray[np.float64]

MINUTE_SECONDS: Final = 60
WORST_SECONDS: Final = 300
_WORST_WIDTH: Final = 5  #: of a point in the worst five minutes [s]
_MOST_POINTS: Final = 1_500
_MOST_STEPS: Final = 4_000
_WIDTHS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400)


class Scorer:
    """Reads one finished run; its points' ``width`` [s] grows with its length, so that plots stay small."""

    def __init__(self, scenario: Scenario, ledger: Ledger, latencies: Latencies, bill: Bill | None = None) -> None:
        self._bill = bill
        self._scenario = scenario
        self._ledger = ledger
        self._latencies = latencies
        self._seconds = ledger.seconds
        self._width = next((width for width in _WIDTHS if self._seconds / width <= _MOST_POINTS), _WIDTHS[-1])
        self._latency = latencies.over(0, self._seconds, self._width)

    def score(self, history: Sequence[Counts], actions: Sequence[ScaleAction], start: Instant) -> Score:
        """Sum up; the run ends with the account book's last second."""
        ledger, n = self._ledger, self._seconds
        moves = [1 if action.after > action.before else -1 for action in actions]
        p50, p95, p99 = self._latencies.percentiles().tolist()
        hours = _replica_hours(history, start + n * SECOND)
        service = self._scenario.service
        wanted = due(self._scenario.workers, ledger.demand(n))
        waits = shortages(wanted, ledger.slots[:n] * (service.pod_rate / service.slots))
        return Score(
            requests=float(ledger.arrived[:n].sum()),
            served=float(ledger.served[:n].sum()),
            rejected=float(ledger.rejected[:n].sum()),
            timed_out=float(ledger.timed_out[:n].sum()),
            lost=float(ledger.lost[:n].sum()),
            late=self._latencies.late_served,
            slo_minutes_violated=len(self.broken_minutes),
            minutes=int((self._by_minute(ledger.arrived[:n]) > 0).sum()),
            latency_p50=p50,
            latency_p95=p95,
            latency_p99=p99,
            replica_hours=hours,
            mean_replicas=hours / (n / 3_600),
            peak_replicas=max(counts.created for counts in history),
            scale_ups=moves.count(1),
            scale_downs=moves.count(-1),
            turns=sum(a != b for a, b in pairwise(moves)),
            shortages=len(waits),
            time_to_capacity_median=float(np.median(waits)) if len(waits) else 0.0,
            time_to_capacity_worst=float(waits.max(initial=0)),
            cost=None if self._bill is None else self._bill.total(n),
        )

    def series(self) -> Series:
        """Give the whole run."""
        return self._stretch(0, self._seconds, self._width, self._latency)

    def worst(self) -> Series:
        """Give the five minutes with the most late and failed requests; if there are none, the busiest ones."""
        n = self._seconds
        span = min(WORST_SECONDS, n)
        weight = self._bad_by_second
        if not weight.sum() > 0:
            weight = self._ledger.arrived[:n] / np.maximum(self._ledger.slots[:n], 1e-9)
        total = np.concatenate((np.zeros(1), np.cumsum(weight)))
        best = int(np.argmax(total[span:] - total[:-span]))
        # what is worst stands in the window's first third, so that what follows from it can be seen
        inside = weight[best : best + span]
        centre = float(np.average(np.arange(span), weights=inside)) if inside.sum() > 0 else 0.0
        first = min(max(0, best + int(centre) - span // 3), n - span) // _WORST_WIDTH * _WORST_WIDTH
        last, width = min(n, first + span), _WORST_WIDTH if span >= MINUTE_SECONDS else 1
        return self._stretch(first, last, width, self._latencies.over(first, last, width))

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
            cost=None if self._bill is None else self._bill.means(np.append(starts, last).astype(np.float64)),
        )

    @cached_property
    def _bad_by_second(self) -> Floats:
        """Give late and failed requests by second of arrival, shape ``(seconds,)``."""
        n = self._seconds
        return np.asarray(self._latencies.late + self._ledger.rejected[:n] + self._ledger.lost[:n])

    @cached_property
    def broken_minutes(self) -> tuple[int, ...]:
        """Give the minutes, by number, whose share of late and failed requests breaks the objective."""
        bad, came = self._by_minute(self._bad_by_second), self._by_minute(self._ledger.arrived[: self._seconds])
        return tuple(np.flatnonzero(bad > (1.0 - self._scenario.slo.share) * came + 1e-9).tolist())

    def _by_minute(self, column: Floats) -> Floats:
        return np.asarray(np.add.reduceat(column, np.arange(0, self._seconds, MINUTE_SECONDS)))


def replica_steps(history: Sequence[Counts], start: Instant, seconds: int) -> Replicas:
    """Give the pods' numbers as steps; of very many changes only those that a plot can show."""
    table = [(each.at - start, each.wanted, each.created, each.ready, each.existing) for each in history]
    t, wanted, created, ready, paid = _steps(table, seconds)
    return Replicas(t=t, wanted=wanted, created=created, ready=ready, paid=paid)


def node_steps(history: Sequence[NodeCounts], start: Instant, seconds: int) -> Nodes:
    """Give the nodes' numbers as steps, in the same way."""
    table = [(c.at - start, sum(c.existing), sum(c.ready), c.pending) for c in history]
    t, existing, ready, pending = _steps(table, seconds)
    return Nodes(t=t, existing=existing, ready=ready, pending=pending)


def _steps(rows: Sequence[tuple[int, ...]], seconds: int) -> tuple[Floats, ...]:
    """Give columns from rows that begin with a time [ns]; the first column is it in seconds."""
    table = np.array(rows)
    t = np.maximum(table[:, 0] / SECOND, 0.0)
    if len(t) > _MOST_STEPS:
        shown = np.unique(np.searchsorted(t, np.linspace(0, seconds, _MOST_STEPS), side="right") - 1)
        table, t = table[shown], t[shown]
    return t, *table[:, 1:].astype(np.float64).T


def _replica_hours(history: Sequence[Counts], end: Instant) -> float:
    ends = [counts.at for counts in history[1:]] + [end]
    spans = ((max(0, then - counts.at) * counts.existing) for counts, then in zip(history, ends, strict=True))
    return sum(spans) / HOUR
