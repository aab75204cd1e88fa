"""Axes: round numbers for ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from autoscaler.simulator.numerals import DAY, clock

_TIME_STEPS: Final = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
    86_400, 172_800, 432_000, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000,
)  # fmt: skip


def linear_ticks(highest: float, count: int = 4) -> list[float]:
    """Give about ``count`` round numbers from 0 on, the last at or above ``highest``."""
    if highest <= 0:
        return [0.0, 1.0]
    rough = highest / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step for step in (power, 2 * power, 2.5 * power, 5 * power, 10 * power) if step >= rough * 0.999)
    return [step * i for i in range(math.ceil(highest / step - 1e-9) + 1)]


def log_ticks(lowest: float, highest: float) -> list[float]:
    """Give 1, 2, 5 of each decade around the two; only the decades where that would be many."""
    first, last = math.floor(math.log10(lowest)), math.ceil(math.log10(highest))
    leads = (1.0, 2.0, 5.0) if last - first <= 2 else (1.0,)
    ticks = [lead * 10.0**decade for decade in range(first - 1, last + 2) for lead in leads]
    if highest <= lowest * 1.001:  # a single value stands in the middle, not on an axis without length
        lowest, highest = lowest * 0.99, highest * 1.01
    below = [tick for tick in ticks if tick <= lowest * 1.001]
    above = [tick for tick in ticks if tick >= highest * 0.999]
    return [tick for tick in ticks if below[-1] <= tick <= above[0]]


def time_ticks(first: float, last: float, count: int = 9) -> list[float]:
    """Give at most ``count`` round times [s] between the two."""
    step = next((step for step in _TIME_STEPS if (last - first) / step <= count), _TIME_STEPS[-1])
    begin = math.ceil(first / step - 1e-9)
    return [float(step * i) for i in range(begin, math.floor(last / step + 1e-9) + 1)]


def time_label(seconds: float, ticks: Sequence[float]) -> str:
    """Print a tick: the day alone where all ticks are whole days."""
    if len(ticks) > 1 and all(tick % DAY == 0 for tick in ticks):
        return f"day {int(seconds // DAY) + 1}"
    return clock(seconds)
