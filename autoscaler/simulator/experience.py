"""What requests went through: how long they waited, worked out from the account book when the run is over.

Nothing of this feeds back into the run, so it is done once, for all seconds together. Where there was a queue, the wait
is read off the curves of arrivals and departures (first come, first served); elsewhere it follows Erlang's formula.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.scenario import Service
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.waiting import Waiting, exceeds, stationary

Floats = NDArray[np.float64]

_ROWS_AT_ONCE: Final = 1_024  #: so that a table of them and the latencies stays in the processor's cache
_GRID: Final = 128  #: latencies at which distributions are kept


@dataclass(frozen=True, slots=True)
class Experience:
    """Groups of requests that fared alike, shape ``(groups,)``: those of one second, or of one calm cell of seconds.

    ``second``: when the first of them came; ``requests``: how many took their turn or gave up; ``gave_up``: share of them
    that waited the whole timeout and left. ``slowness``: how many times as long as usual they were in service; ``None``
    where that is 1 throughout.
    """

    second: NDArray[np.int64]
    requests: Floats
    waiting: Waiting
    gave_up: Floats
    slowness: Floats | None = None

    def __len__(self) -> int:
        return len(self.second)

    def parts(self) -> Iterator[Experience]:
        """Cut into pieces that are quick to work with."""
        for first in range(0, len(self), _ROWS_AT_ONCE):
            yield self.only(slice(first, first + _ROWS_AT_ONCE))

    def only(self, rows: slice | NDArray[np.int64]) -> Experience:
        """Give some of the groups."""
        slowness = None if self.slowness is None else self.slowness[rows]
        return Experience(self.second[rows], self.requests[rows], self.waiting.only(rows), self.gave_up[rows], slowness)


def experience_of(service: Service, ledger: Ledger, cell: int, span: tuple[int, int] | None = None) -> Experience:
    """Work out what the requests that came in ``span`` (seconds, the whole run by default) went through.

    Calm stretches are taken in cells of ``cell`` seconds.
    """
    first, last = span or (0, ledger.seconds)
    entered = ledger.arrived[first:last] - ledger.rejected[first:last]
    queued = ledger.waiting[first:last] > 0.0
    queued[1:] |= queued[:-1].copy()
    queued[0] |= first > 0 and ledger.waiting[first - 1] > 0.0
    cells = -(-(last - first) // cell)
    is_calm = np.logical_not(np.any(_by_cell(queued, cells, cell), axis=1))
    slowness = ledger.slowness[first:last]
    is_even = bool((slowness == 1.0).all())
    calm = _calm(service, entered, ledger.slots[first:last], is_calm, cell, None if is_even else slowness)
    busy = np.flatnonzero(np.repeat(~is_calm, cell)[: last - first] & (entered > 0.0))
    found = _joined(calm, _queued(service, ledger, first + busy, queued[busy], is_even=is_even))
    found.second[: len(calm)] += first
    return found


def latency_grid(service: Service) -> Floats:
    """Give latencies [s] to keep a distribution at: from far below the service time to beyond the timeout."""
    return np.geomspace(service.mean_service_time / 100, service.timeout + 25 * service.mean_service_time, _GRID)


def tails(service: Service, experience: Experience, latencies: Floats) -> Floats:
    """Give P(latency > t) of each group at each of ``latencies`` [s], shape ``(groups, latencies)``.

    A request that gave up counts with the timeout; rejected ones are not in here.
    """
    slowness = 1.0 if experience.slowness is None else experience.slowness
    tail = exceeds(experience.waiting, service.mean_service_time * slowness, latencies)
    some = np.flatnonzero(experience.gave_up)
    share = experience.gave_up[some, None]
    tail[some] = (1.0 - share) * tail[some] + share * (latencies < service.timeout)
    return tail


def _by_cell(values: NDArray[np.bool_], cells: int, cell: int) -> NDArray[np.bool_]:
    padded = np.zeros(cells * cell, dtype=np.bool_)
    padded[: len(values)] = values
    return padded.reshape(cells, cell)


def _calm(
    service: Service, entered: Floats, slots: Floats, is_calm: NDArray[np.bool_], cell: int, slowness: Floats | None
) -> Experience:
    """Group cells in which nobody queued."""
    starts = np.arange(0, len(entered), cell)
    requests = np.add.reduceat(entered, starts)
    widths = np.diff(np.append(starts, len(entered)))
    keep = is_calm & (requests > 0.0)
    rate, mean_slots = requests[keep] / widths[keep], np.add.reduceat(slots, starts)[keep] / widths[keep]
    mean_slowness = None if slowness is None else np.add.reduceat(slowness, starts)[keep] / widths[keep]
    waiting = stationary(service, rate, mean_slots, 1.0 if mean_slowness is None else mean_slowness)
    return Experience(starts[keep], requests[keep], waiting, np.zeros(int(keep.sum())), mean_slowness)


def _queued(
    service: Service, ledger: Ledger, seconds: NDArray[np.int64], queued: NDArray[np.bool_], *, is_even: bool
) -> Experience:
    """Group single seconds; those with a queue wait until it has drained so far."""
    n = ledger.seconds
    entered = ledger.arrived[:n] - ledger.rejected[:n]
    came = np.concatenate((np.zeros(1), np.cumsum(entered)))
    left = np.concatenate((np.zeros(1), np.cumsum(ledger.served[:n] + ledger.lost[:n] + ledger.timed_out[:n])))
    middle = (came[seconds] + came[seconds + 1]) / 2
    backlog = np.maximum(np.interp(middle, left, np.arange(n + 1, dtype=np.float64)) - (seconds + 0.5), 0.0)
    slowness = None if is_even else ledger.slowness[seconds]
    waiting = Waiting(
        np.where(queued, np.minimum(backlog, service.timeout), 0.0), np.zeros(len(seconds)), np.ones(len(seconds))
    )
    free = np.flatnonzero(~queued)
    unqueued = stationary(
        service, entered[seconds[free]], ledger.slots[seconds[free]], 1.0 if slowness is None else slowness[free]
    )
    waiting.chance[free], waiting.rate[free] = unqueued.chance, unqueued.rate
    return Experience(seconds, entered[seconds], waiting, _left_unserved(service, ledger, seconds, backlog), slowness)


def _left_unserved(service: Service, ledger: Ledger, seconds: NDArray[np.int64], backlog: Floats) -> Floats:
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
        None if one.slowness is None or other.slowness is None else join(one.slowness, other.slowness),
    )
