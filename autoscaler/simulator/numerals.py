"""Numbers and times of a run as people read them."""

from __future__ import annotations

import math
from typing import Final

DAY: Final = 86_400


def clock(seconds: float, *, precise: bool = False) -> str:
    """Print a time from the start of the run: ``6:00``, ``day 3 6:00``; with ``precise`` the seconds too."""
    whole = round(seconds)
    day, rest = divmod(whole, DAY)
    text = f"{rest // 3_600}:{rest // 60 % 60:02d}" + (f":{rest % 60:02d}" if precise or rest % 60 else "")
    return f"day {day + 1} {text}" if day else text


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
