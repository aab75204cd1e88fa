"""How much longer than usual requests are in service: a fault slows all of them, young pods slow those they serve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.ledger import Ledger

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pace:
    """By second, or by group of seconds, each of shape ``(n,)``."""

    common: Floats  #: times as long as usual, in every pod
    share: Floats  #: of the requests, those that young pods serve
    young: Floats  #: times as long as in other pods, in those

    @property
    def mean(self) -> Floats:
        """Give how many times as long as usual a request takes on average."""
        return self.common / self.warm_wait

    @property
    def warm_wait(self) -> Floats:
        """Give the wait in the queue of a warm pod, as a part of the mean one, where all queues are equally long."""
        return 1.0 / (1.0 + self.share * (self.young - 1.0))

    def only(self, rows: slice | NDArray[np.int64]) -> Pace:
        """Give some of the rows."""
        return Pace(self.common[rows], self.share[rows], self.young[rows])

    def averaged(self, starts: NDArray[np.int64], widths: NDArray[np.int64], keep: NDArray[np.bool_]) -> Pace:
        """Average each stretch of seconds, and give those to keep."""

        def mean(column: Floats) -> Floats:
            return np.asarray(np.add.reduceat(column, starts)[keep] / widths[keep])

        return Pace(mean(self.common), mean(self.share), mean(self.young))

    def joined(self, other: Pace) -> Pace:
        """Put the rows of another one behind these."""
        return Pace(
            np.concatenate((self.common, other.common)),
            np.concatenate((self.share, other.share)),
            np.concatenate((self.young, other.young)),
        )


def pace_of(ledger: Ledger) -> Pace | None:
    """Give the pace of every second that is over; ``None`` where it is the usual one throughout."""
    n = ledger.seconds
    if (ledger.slowness[:n] == 1.0).all() and not ledger.young_share[:n].any():
        return None
    return Pace(ledger.slowness[:n], ledger.young_share[:n], ledger.young_slowness[:n])
