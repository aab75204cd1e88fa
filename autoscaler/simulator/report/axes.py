"""Axes: round numbers for ticks, and how numbers and times are printed on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

_TIME_STEPS: Final = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
    86_400, 172_800, 432_000, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000,
)  # fmt: skip
_DAY: Final = 86_400


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


def clock(seconds: float, *, precise: bool = False) -> str:
    """Print a time from the start of the run: ``6:00``, ``day 3 6:00``; with ``precise`` the seconds too."""
    whole = round(seconds)
    day, rest = divmod(whole, _DAY)
    text = f"{rest // 3_600}:{rest // 60 % 60:02d}" + (f":{rest % 60:02d}" if precise or rest % 60 else "")
    return f"day {day + 1} {text}" if day else text


def time_label(seconds: float, ticks: Sequence[float]) -> str:
    """Print a tick: the day alone where all ticks are whole days."""
    if len(ticks) > 1 and all(tick % _DAY == 0 for tick in ticks):
        return f"day {int(seconds // _DAY) + 1}"
    return clock(seconds)


def number(value: float, digits: int = 3) -> str:
    """Print a number for people: thousands apart, ``digits`` significant ones, no exponent."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "-"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{min(decimals, 6)}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def latency(seconds: float) -> str:
    """Print a latency: ``85 ms``, ``1.25 s``."""
    if not math.isfinite(seconds):
        return "-"
    return f"{number(seconds * 1000)} ms" if seconds < 1 else f"{number(seconds)} s"


def percent(share: float) -> str:
    """Print a share: ``0.67 %``; a little is never printed as nothing."""
    return f"{number(share * 100)} %" if share == 0 or share >= 5e-5 else "< 0.01 %"
