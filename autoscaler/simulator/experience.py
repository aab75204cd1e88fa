"""What requests went through: how long they waited, worked out from the account book when the run is over.

Nothing of this feeds back into the run, so it is done once, for all seconds together. Where there was a queue, the wait
is read off the curves of arrivals and departures (first come, first served); elsewhere it follows a formula.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.scenario import Balancing, Service
from autoscaler.simulator.ledger import Account, Columns, Ledger
from autoscaler.simulator.pace import Pace, pace_of
from autoscaler.simulator.waiting import Waiting, exceeds, stationary

Floats = NDArray[np.float64]

_ROWS_AT_ONCE: Final = 1_024  #: so that a table of them and the latencies stays in the processor's cache
_CRUMB: Final = 1e-9  #: requests that only rounding leaves in a queue
_GRID: Final = 128  #: latencies at which distributions are kept


@dataclass(frozen=True, slots=True)
class Experience:
    """Groups of requests that fared alike, shape ``(groups,)``: those of one second, or of one calm cell of seconds.

    ``second``: when the first of them came; ``requests``: how many took their turn or gave up; ``gave_up``: share of them
    that waited the whole timeout and left. ``pace``: how much longer than usual they were in service; ``None``: not longer.
    """

    second: NDArray[np.int64]
    requests: Floats
    waiting: Waiting
    gave_up: Floats
    pace: Pace | None = None

    def __len__(self) -> int:
        return len(self.second)

    def parts(self) -> Iterator[Experience]:
        """Cut into pieces that are quick to work with."""
        for first in range(0, len(self), _ROWS_AT_ONCE):
            yield self.only(slice(first, first + _ROWS_AT_ONCE))

    def only(self, rows: slice | NDArray[np.int64]) -> Experience:
        """Give some of the groups."""
        pace = None if self.pace is None else self.pace.only(rows)
        return Experience(self.second[rows], self.requests[rows], self.waiting.only(rows), self.gave_up[rows], pace)


def experience_of(service: Service, ledger: Ledger, cell: int, span: tuple[int, int] | None = None) -> Experience:
    """Work out what the requests that came in ``span`` (seconds, the whole run by default) went through.

    Calm stretches are taken in cells of ``cell`` seconds.
    """
    first, last = span or (0, ledger.seconds)
    entered = ledger.arrived[first:last] - ledger.rejected[first:last]
    queued = ledger.waiting[first:last] > 0.0
    queued[1:] |= queued[:-1].copy()
    queued[0] |= first > 0 and ledger.waiting[first - 1] > 0.0
    is_apart = np.zeros(last - first, dtype=np.bool_)
    for account in ledger.apart:
        is_apart[max(0, account.first - first) : max(0, account.first + len(account) - first)] = True
    cells = -(-(last - first) // cell)
    is_calm = np.logical_not(np.any(_by_cell(queued | is_apart, cells, cell), axis=1))
    pace = pace_of(ledger)
    stretch = None if pace is None else pace.only(slice(first, last))
    calm = _calm(service, entered, ledger.slots[first:last], is_calm, cell, stretch)
    busy = np.flatnonzero(np.repeat(~is_calm, cell)[: last - first] & ~is_apart & (entered > 0.0))
    found = _joined(calm, _queued(service, ledger, first + busy, queued[busy], pace))
    found.second[: len(calm)] += first
    for account in ledger.apart:
        found = _joined(found, _apart(service, account, (first, last), pace))
    return found


def latency_grid(service: Service) -> Floats:
    """Give latencies [s] to keep a distribution at: from far below the service time to beyond the timeout."""
    return np.geomspace(service.mean_service_time / 100, service.timeout + 25 * service.mean_service_time, _GRID)


def tails(service: Service, experience: Experience, latencies: Floats) -> Floats:
    """Give P(latency > t) of each group at each of ``latencies`` [s], shape ``(groups, latencies)``.

    A request that gave up counts with the timeout; rejected ones are not in here.
    """
    tail = _tails(service, experience, latencies)
    some = np.flatnonzero(experience.gave_up)
    share = experience.gave_up[some, None]
    tail[some] = (1.0 - share) * tail[some] + share * (latencies < service.timeout)
    return tail


def _tails(service: Service, experience: Experience, latencies: Floats) -> Floats:
    """Give the same as ``tails``, of requests that do not give up: some of them in young pods, the others not.

    Where every pod has a queue of its own, all are equally long, and that of a slow pod takes longer.
    """
    waiting, pace = experience.waiting, experience.pace
    if pace is None:
        return exceeds(waiting, service, latencies)
    own_queues = service.balancing is not Balancing.SHARED
    tail = exceeds(_behind(waiting, pace.warm_wait) if own_queues else waiting, service, latencies, pace.common)
    rows = np.flatnonzero(pace.share)
    some, at = pace.only(rows), waiting.only(rows)
    slow = exceeds(
        _behind(at, some.warm_wait * some.young) if own_queues else at, service, latencies, some.common * some.young
    )
    share = some.share[:, None]
    tail[rows] = (1.0 - share) * tail[rows] + share * slow
    return tail


def _behind(waiting: Waiting, factor: Floats) -> Waiting:
    return Waiting(waiting.backlog * factor, waiting.chance, waiting.rate)


def _by_cell(values: NDArray[np.bool_], cells: int, cell: int) -> NDArray[np.bool_]:
    padded = np.zeros(cells * cell, dtype=np.bool_)
    padded[: len(values)] = values
    return padded.reshape(cells, cell)


def _calm(
    service: Service, entered: Floats, slots: Floats, is_calm: NDArray[np.bool_], cell: int, pace: Pace | None
) -> Experience:
    """Group cells in which nobody queued."""
    starts = np.arange(0, len(entered), cell)
    requests = np.add.reduceat(entered, starts)
    widths = np.diff(np.append(starts, len(entered)))
    keep = is_calm & (requests > 0.0)
    rate, mean_slots = requests[keep] / widths[keep], np.add.reduceat(slots, starts)[keep] / widths[keep]
    found = None if pace is None else pace.averaged(starts, widths, keep)
    waiting = stationary(service, rate, mean_slots, 1.0 if found is None else found.mean)
    return Experience(starts[keep], requests[keep], waiting, np.zeros(int(keep.sum())), found)


def _apart(service: Service, account: Account, span: tuple[int, int], pace: Pace | None) -> Experience:
    """Group the seconds of pods that were not as full as the others."""
    columns, first = account.columns, account.first
    waited = np.cumsum(columns.arrived - columns.rejected - columns.served - columns.timed_out - columns.lost) > _CRUMB
    queued = waited | np.append(False, waited[:-1])
    seconds = np.arange(columns.seconds)
    inside = (seconds >= span[0] - first) & (seconds < span[1] - first) & (columns.arrived > columns.rejected)
    mine = None if pace is None else pace.only(slice(first, first + columns.seconds))
    found = _queued(service, columns, seconds[inside], queued[inside], mine)
    found.second[:] += first
    return found


def _queued(
    service: Service, ledger: Ledger | Columns, seconds: NDArray[np.int64], queued: NDArray[np.bool_], pace: Pace | None
) -> Experience:
    """Group single seconds; those with a queue wait until it has drained so far."""
    n = ledger.seconds
    entered = ledger.arrived[:n] - ledger.rejected[:n]
    came = np.concatenate((np.zeros(1), np.cumsum(entered)))
    left = np.concatenate((np.zeros(1), np.cumsum(ledger.served[:n] + ledger.lost[:n] + ledger.timed_out[:n])))
    middle = (came[seconds] + came[seconds + 1]) / 2
    backlog = np.maximum(np.interp(middle, left, np.arange(n + 1, dtype=np.float64)) - (seconds + 0.5), 0.0)
    found = None if pace is None else pace.only(seconds)
    waiting = Waiting(
        np.where(queued, np.minimum(backlog, service.timeout), 0.0), np.zeros(len(seconds)), np.ones(len(seconds))
    )
    free = np.flatnonzero(~queued)
    unqueued = stationary(
        service, entered[seconds[free]], ledger.slots[seconds[free]], 1.0 if found is None else found.mean[free]
    )
    waiting.chance[free], waiting.rate[free] = unqueued.chance, unqueued.rate
    return Experience(seconds, entered[seconds], waiting, _left_unserved(service, ledger, seconds, backlog), found)


def _left_unserved(service: Service, ledger: Ledger | Columns, seconds: NDArray[np.int64], backlog: Floats) -> Floats:
    """Give the share that gave up of those who waited about as long as the timeout.

    When the head of the line is as old as that, some of those who leave it are served just in time and the others not:
    the account of the second in which they leave says how many.
    """
    leaving = np.minimum((seconds + 0.5 + backlog).astype(np.int64), ledger.seconds - 1)
    gone, served = ledger.timed_out[leaving], ledger.served[leaving] + ledger.lost[leaving]
    return np.where(backlog >= service.timeout - 1.0, gone / np.maximum(gone + served, 1e-300), 0.0)


def _joined(one: Experience, other: Experience) -> Experience:
    def join(a: Floats, b: Floats) -> Floats:
        return np.concatenate((a, b))

    waiting = Waiting(
        join(one.waiting.backlog, other.waiting.backlog),
        join(one.waiting.chance, other.waiting.chance),
        join(one.waiting.rate, other.waiting.rate),
    )
    return Experience(
        np.concatenate((one.second, other.second)),
        join(one.requests, other.requests),
        waiting,
        join(one.gave_up, other.gave_up),
        None if one.pace is None or other.pace is None else one.pace.joined(other.pace),
    )
