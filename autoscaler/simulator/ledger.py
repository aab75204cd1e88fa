"""The account book of a service: what happened to requests in each second, as columns that grow with time."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.traffic import RateFunction, arrivals

Floats = NDArray[np.float64]

FIRST_SECONDS: Final = 3_600


class Ledger:
    """One row a second, shape ``(seconds,)`` each. Requests of a fluid are real numbers, not a count.

    ``arrived`` is known in advance, and of single requests corrected to what came; the others are zero until the service
    has written them. Requests sent again are counted as further ones.
    """

    __slots__ = (
        "_traffic",
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
        self.seconds = 0  #: rows that are complete
        self.arrived = arrivals(traffic, 0, seconds)
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
        return arrivals(self._traffic, 0, seconds)

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
