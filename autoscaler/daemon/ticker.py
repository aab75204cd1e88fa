"""When a policy is due: a fixed grid on the event loop's monotonic time, so that no delay accumulates; or when asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import blake2b

from autoscaler.model.policy import PolicyKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One point of the grid. ``lag`` [s]: how late it comes; ``skipped``: points passed over since the last one.

    ``asked``: it is no point of the grid, somebody rang.
    """

    lag: float
    skipped: int
    asked: bool = False


@dataclass(slots=True)
class Bell:
    """Makes a policy due before its time. Rings count once until its next tick, of whatever kind, begins.

    ``least`` [s] is the shortest time from one tick to one that was asked for.
    """

    least: float
    _rung_at: float | None = None
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    def ring(self) -> None:
        """Ask for a tick."""
        if self._rung_at is None:
            self._rung_at = asyncio.get_running_loop().time()
            self._heard.set()

    def reset(self) -> None:
        """Let a tick answer whoever rang."""
        self._rung_at = None
        self._heard.clear()

    async def wait(self, last: float, until: float) -> float | None:
        """Wait for a ring, and then until ``least`` after ``last``; give when that was, ``None`` at ``until``."""
        loop = asyncio.get_running_loop()
        if until <= loop.time():
            await asyncio.sleep(0)  # a task that is always late can still be cancelled between two ticks
            return None
        try:
            async with asyncio.timeout_at(until):
                await self._heard.wait()
                due = max(last + self.least, loop.time() if self._rung_at is None else self._rung_at)
                await asyncio.sleep(max(0.0, due - loop.time()))
        except TimeoutError:
            return None
        return due


def spread(key: PolicyKey, period: float) -> float:
    """Give the policy's own offset within the period [s]: the same in every run, evenly spread over policies.

    Thousands of policies that all start at the same moment would otherwise ask the API server at the same moment,
    every period, for ever.
    """
    digest = blake2b(str(key).encode(), digest_size=8).digest()
    return period * (int.from_bytes(digest) / 2**64)


async def ticks(period: float, offset: float, bell: Bell | None = None) -> AsyncIterator[Tick]:
    """Yield at ``offset``, ``offset + period``, ... [s] from now, and in between when ``bell`` rings.

    A consumer that takes longer than a period misses the points in between: they are counted, not caught up with. What
    was asked for does not move the grid.
    """
    loop = asyncio.get_running_loop()
    bell = bell or Bell(least=0.0)
    due, last = loop.time() + offset, float("-inf")
    while True:
        asked_for = await bell.wait(last, due)
        last = loop.time()
        bell.reset()
        if asked_for is not None:
            yield Tick(lag=max(0.0, last - asked_for), skipped=0, asked=True)
            continue
        late = max(0.0, last - due)
        skipped = int(late // period)
        yield Tick(lag=late - skipped * period, skipped=skipped)
        due += (skipped + 1) * period
