"""The account book of a service: what happened to requests in each second, as columns that grow with time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from autoscaler.simulator.traffic import RateFunction, arrivals

Floats = NDArray[np.float64]

FIRST_SECONDS: Final = 3_600


class Account:
    """The same for some of a service's pods whose queues are not like those of the others, from second ``first`` on."""

    __slots__ = ("_rows", "first")

    def __init__(self, first: int, rows: Iterable[list[float]] = ()) -> None:
        """``rows``: of seconds that are over, as ``add`` would have written them."""
        self.first = first
        self._rows = list(rows)  # arrived, slots, served, rejected, timed out, waiting, lost

    def add(self, arrived: float, slots: float, outcome: tuple[float, float, float, float]) -> None:
        """Write a second. ``outcome``: requests served, rejected, timed out, still waiting."""
        self._rows.append([arrived, slots, *outcome, 0.0])

    def lose(self, served: float, waiting: float) -> None:
        """Count requests of the last second as lost that were served, or waited."""
        if self._rows:
            row = self._rows[-1]
            row[2] -= served
            row[5] -= waiting
            row[6] += served + waiting

    def take_over(self, other: Account, entries: Iterable[tuple[int, float]]) -> None:
        """Go on with requests that still wait there, by second of arrival, as if they had always waited here."""
        for second, requests in entries:
            for account, moved in ((other, -requests), (self, requests)):
                if account._rows:
                    account._rows[max(0, second - account.first)][0] += moved

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def columns(self) -> Columns:
        """Give what was written, as arrays."""
        arrived, slots, served, rejected, timed_out, _, lost = np.array(self._rows).reshape(-1, 7).T
        return Columns(len(self), arrived, slots, served, rejected, timed_out, lost)


class Columns(Struct, frozen=True):
    """Some columns of a ledger, shape ``(seconds,)`` each."""

    seconds: int
    arrived: Floats
    slots: Floats
    served: Floats
    rejected: Floats
    timed_out: Floats
    lost: Floats


class Ledger:
    """One row a second, shape ``(seconds,)`` each. Requests of a fluid are real numbers, not a count.

    ``arrived`` is known in advance, and of single requests corrected to what came; what the others hold
    from ``seconds`` on means nothing. Requests sent again are counted as further ones.
    """

    __slots__ = (
        "_expected",
        "_traffic",
        "apart",
        "arrived",
        "lost",
        "rejected",
        "seconds",
        "served",
        "slots",
        "slowness",
        "timed_out",
        "waiting",
        "young_share",
        "young_slowness",
    )

    def __init__(self, traffic: RateFunction, seconds: int = FIRST_SECONDS) -> None:
        """Make room for ``seconds`` to begin with."""
        self._traffic = traffic
        self.apart: list[Account] = []  #: of groups of pods, for stretches in which not all pods were equally full
        self.seconds = 0  #: rows that are complete
        self.arrived = arrivals(traffic, 0, seconds)
        self._expected = self.arrived.copy()  # single requests write what came over the other
        self.slots, self.served, self.rejected, self.timed_out, self.lost, self.waiting = (
            np.zeros(seconds) for _ in range(6)
        )
        # slots: how many were in rotation, worth of slots at full speed, averaged over the second; waiting: requests in
        # the queue at its end
        # of a fluid: times as long as usual that a request takes in every pod; share of requests that young pods serve,
        # and times as long as in others that they take there
        self.slowness, self.young_share, self.young_slowness = np.ones(seconds), np.zeros(seconds), np.ones(seconds)

    def between(self, first: int, last: int) -> Floats:
        """Give how many requests are expected in each second from ``first`` up to ``last``."""
        return arrivals(self._traffic, first, last)

    def demand(self, seconds: int) -> Floats:
        """Give how many requests were expected in each of the first ``seconds``, whatever chance made of it."""
        known = self._expected
        return known[:seconds].copy() if seconds <= len(known) else arrivals(self._traffic, 0, seconds)

    def open_account(self, *, has_queue: bool) -> Account:
        """Begin an account of some pods: with all since the queue that there is now began to build up, or with nothing."""
        n = self.seconds
        first = int(np.flatnonzero(self.waiting[:n] == 0.0).max(initial=-1)) + 1 if has_queue else n
        names = ("arrived", "slots", "served", "rejected", "timed_out", "waiting", "lost")
        rows = np.array([getattr(self, name)[first:n] for name in names]).T
        self.apart.append(account := Account(first, rows.tolist()))
        return account

    def grow_to(self, seconds: int) -> None:
        """Make room for at least ``seconds`` rows."""
        have = len(self.arrived)
        if seconds <= have:
            return
        wanted = max(seconds, 2 * have)
        self.arrived = np.concatenate((self.arrived, arrivals(self._traffic, have, wanted)))
        more = np.zeros(wanted - have)
        for name in ("slots", "served", "rejected", "timed_out", "lost", "waiting", "young_share"):
            setattr(self, name, np.concatenate((getattr(self, name), more)))
        for name in ("slowness", "young_slowness"):
            setattr(self, name, np.concatenate((getattr(self, name), 1.0 + more)))
