"""What a run costs: a rate in money per hour that holds from one change to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autoscaler.model.time import SECOND, Instant
from autoscaler.simulator.cluster import Counts
from autoscaler.simulator.nodes.books import NodeCounts

Floats = NDArray[np.float64]

_HOUR_SECONDS = 3_600


@dataclass(frozen=True, slots=True, eq=False)
class Bill:
    """Rates [money/h] from ``times`` [s from the run's start] on, shape ``(changes,)`` each; the first time is 0."""

    times: Floats
    rates: Floats

    def total(self, until: float) -> float:
        """Give what was spent up to ``until`` [s]."""
        return float(self._spent(np.array([until]))[0])

    def means(self, edges: Floats) -> Floats:
        """Give the mean rate [money/h] between each of ``edges`` [s] and the next, shape ``(edges - 1,)``."""
        return np.asarray(np.diff(self._spent(edges)) / np.diff(edges) * _HOUR_SECONDS)

    def _spent(self, at: Floats) -> Floats:
        spans = np.diff(self.times)
        before = np.concatenate((np.zeros(1), np.cumsum(spans * self.rates[:-1])))
        step = np.maximum(np.searchsorted(self.times, at, side="right") - 1, 0)
        return np.asarray((before[step] + (at - self.times[step]) * self.rates[step]) / _HOUR_SECONDS)


def bill_of_pods(history: Sequence[Counts], price: float | None, start: Instant) -> Bill | None:
    """Bill pods from their creation until they are gone; nothing without a ``price`` [money/h]."""
    if price is None:
        return None
    times = np.array([max(0, counts.at - start) / SECOND for counts in history])
    return Bill(times, np.array([counts.existing for counts in history]) * price)


def bill_of_nodes(history: Sequence[NodeCounts], prices: Sequence[float | None], start: Instant) -> Bill | None:
    """Bill nodes from when they are asked for until they are removed; nothing without ``prices`` [money/h], one a pool."""
    known = np.array([price for price in prices if price is not None])
    if len(known) < len(prices):
        return None
    times = np.array([(counts.at - start) / SECOND for counts in history])
    return Bill(times, np.array([counts.existing for counts in history]) @ known)
