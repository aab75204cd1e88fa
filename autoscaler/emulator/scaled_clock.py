"""Simulated time that follows real time, only faster: it stands until it is let run, and never goes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from autoscaler.model.time import SECOND, Instant, Nanoseconds, as_seconds


class ScaledClock:
    """Shows ``start`` plus the time that has passed since ``run``, times ``speed``."""

    def __init__(self, start: Instant, speed: float, *, monotonic: Callable[[], int] = time.monotonic_ns) -> None:  # noqa: TID251 - the one place of the emulator that reads a clock
        """``monotonic`` gives nanoseconds. Raises ``ValueError`` for a speed that is not above zero."""
        if not speed > 0:
            raise ValueError(f"speed must be above 0, not {speed:g}")
        self.speed = speed
        self._start = start
        self._monotonic = monotonic
        self._since: int | None = None

    def stand_at(self, at: Instant) -> None:
        """Show ``at`` while the clock stands; for setting the scene."""
        if self._since is not None or at < self._start:
            raise ValueError("the clock runs already, or would go back")
        self._start = at

    def run(self) -> None:
        """Let time pass from now on."""
        self._since = self._monotonic()

    def now(self) -> Instant:
        """Give the simulated instant [ns since 1970]."""
        if self._since is None:
            return self._start
        return self._start + int((self._monotonic() - self._since) * self.speed)

    def time_of_day(self) -> datetime:
        """Give the simulated instant as a date and time in UTC, to the microsecond."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.now() // 1000)

    def wait_for(self, span: Nanoseconds) -> float:
        """Give how long simulated time takes to pass [real s]."""
        return as_seconds(span) / self.speed


def real_now() -> Instant:
    """Give the real time of day, cut to whole seconds: where simulated time begins."""
    return int(time.time()) * SECOND  # noqa: TID251 - as above
