"""What several seeds tell about a mean: the estimate, and the interval that contains the true value 19 times in 20."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over ``n`` values, with half the width of its 95 % confidence interval; ``None`` from fewer than two."""

    mean: float
    half_width: float | None
    n: int

    @property
    def low(self) -> float:
        """The interval's lower end; the mean itself where there is no interval."""
        return self.mean - (self.half_width or 0.0)

    @property
    def high(self) -> float:
        """The interval's upper end; the mean itself where there is no interval."""
        return self.mean + (self.half_width or 0.0)

    @property
    def is_beyond_chance(self) -> bool:
        """Tell whether there is an interval and it leaves out zero: for a difference, whether it is one."""
        return self.half_width is not None and not self.low <= 0.0 <= self.high


def estimate(values: Iterable[float]) -> Estimate:
    """Estimate the mean that ``values`` (independent, one a seed) are drawn around; those that are not finite do not count.

    NaN from no values. Source: Student, "The Probable Error of a Mean", 1908: the quantile of t with n - 1 degrees of
    freedom, times the sample's standard deviation over the root of n.
    """
    known = np.array([value for value in values if math.isfinite(value)])
    if not len(known):
        return Estimate(math.nan, None, 0)
    mean = float(known.mean())
    if len(known) == 1:
        return Estimate(mean, None, 1)
    if np.all(known == known[0]):  # no rounding of the mean may make a difference out of equal values
        return Estimate(float(known[0]), 0.0, len(known))
    quantile = float(special.stdtrit(len(known) - 1, (1.0 + CONFIDENCE) / 2.0))
    return Estimate(mean, quantile * float(known.std(ddof=1)) / math.sqrt(len(known)), len(known))
