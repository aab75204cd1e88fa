"""Traffic that begins later and then repeats: a demo goes on for as long as somebody watches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autoscaler.simulator.traffic import Floats, RateFunction


@dataclass(frozen=True, slots=True)
class Repeated:
    """``part`` from 0 to ``period`` [s], over and over, after ``quiet`` seconds without traffic."""

    part: RateFunction
    period: float
    quiet: float = 0.0

    def rate(self, t: Floats) -> Floats:
        """Give the rate at each time [requests/s]."""
        since = t - self.quiet
        return np.where(since >= 0, self.part.rate(np.mod(np.maximum(since, 0.0), self.period)), 0.0)

    def integral(self, t: Floats) -> Floats:
        """Give the number of requests that arrive between 0 and each time."""
        since = np.maximum(np.asarray(t, dtype=np.float64) - self.quiet, 0.0)
        rounds, rest = np.divmod(since, self.period)
        whole = self.part.integral(np.full_like(since, self.period))
        return np.asarray(rounds * whole + self.part.integral(rest))
