"""Time for the daemon: the only place of the live code that reads a clock.

Instants come from the monotonic clock, anchored once to UTC, so they never step back and windows never end early when
somebody sets the machine's clock. ``speed`` above 1 makes them run faster than real time, for the demo.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from autoscaler.model.time import Instant, Nanoseconds, as_seconds


class Clock(Protocol):
    """What the daemon needs of a clock."""

    def now(self) -> Instant:
        """Give the present instant; never earlier than one given before."""

    def wait_for(self, span: Nanoseconds) -> float:
        """Give how long [s] to wait in real time for ``span`` to pass on this clock."""


class AnchoredClock:
    """A monotonic clock that starts at a given instant, by default the present in UTC."""

    def __init__(
        self,
        *,
        speed: float = 1.0,
        start: Instant | None = None,
        monotonic: Callable[[], Nanoseconds] = time.monotonic_ns,  # noqa: TID251  # this is the driver's clock
    ) -> None:
        if not speed > 0:
            raise ValueError(f"a clock's speed must be above 0, not {speed}")
        self._speed = speed
        self._monotonic = monotonic
        self._origin = monotonic()
        self._start = time.time_ns() if start is None else start  # noqa: TID251  # the one look at the wall clock

    def now(self) -> Instant:
        """Give the present instant."""
        elapsed = self._monotonic() - self._origin
        return self._start + (elapsed if self._speed == 1.0 else round(elapsed * self._speed))

    def wait_for(self, span: Nanoseconds) -> float:
        """Give how long [s] to wait in real time for ``span`` to pass on this clock."""
        return as_seconds(span) / self._speed
