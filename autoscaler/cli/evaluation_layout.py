"""How an explained decision is laid out on the terminal: rows with a name on the left, and times as people need them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from autoscaler.config.durations import print_duration
from autoscaler.engine.explain import utc_time_of_day
from autoscaler.model.time import MILLISECOND, Instant, Nanoseconds

_WIDTH: Final = 110
_NAME: Final = 15  #: columns of the names on the left


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Prints instants as seen from ``at``. ``is_dated``: whether times of day mean anything."""

    at: Instant
    is_dated: bool

    def when(self, instant: Instant) -> str:
        """Print an instant to come: how long from now, and the time of day."""
        return f"in {self.left(instant)}" + (f" ({utc_time_of_day(instant)})" if self.is_dated else "")

    def left(self, instant: Instant) -> str:
        """Print the time until ``instant`` to the millisecond: a window's last nanosecond is nobody's concern."""
        return _printed(max(instant - self.at, MILLISECOND))

    def until(self, instant: Instant) -> str:
        """Print how much longer something lasts."""
        return f"{self.left(instant)} more" + (f", until {utc_time_of_day(instant)}" if self.is_dated else "")

    def ago(self, instant: Instant) -> str:
        """Print an instant that has been."""
        return "now" if instant == self.at else f"{_printed(self.at - instant)} ago"


def _printed(duration: Nanoseconds) -> str:
    return print_duration(duration // MILLISECOND * MILLISECOND)


def row(name: str, first: str = "", *more: str) -> Iterator[str]:
    """Lay out one step: its name on the left, its text wrapped beside it, further lines below."""
    indent = " " * (_NAME + 3)
    head = f"  {name.ljust(_NAME)} "
    if len(head) > len(indent):
        yield head.rstrip()
        head = indent
    yield from wrap(first, head, indent) or [head.rstrip()]
    for line in more:
        deeper = indent + " " * (len(line) - len(line.lstrip()))
        yield from wrap(line.strip(), deeper, f"{deeper}  ")


def wrap(text: str, first: str, rest: str) -> list[str]:
    """Break a text into lines, with what stands before the first and before the others."""
    return textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def counted(number: int, noun: str) -> str:
    """Print ``1 pod``, ``2 pods``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
