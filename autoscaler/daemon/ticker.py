"""When a policy is due: a fixed grid on the event loop's monotonic time, so that no delay accumulates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import blake2b

from autoscaler.model.policy import PolicyKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One point of the grid. ``lag`` [s]: how late it comes; ``skipped``: points passed over since the last one."""

    lag: float
    skipped: int


def spread(key: PolicyKey, period: float) -> float:
    """Give the policy's own offset within the period [s]: the same in every run, evenly spread over policies.

    Thousands of policies that all start at the same moment would otherwise ask the API server at the same moment,
    every period, for ever.
    """
    digest = blake2b(str(key).encode(), digest_size=8).digest()
    return period * (int.from_bytes(digest) / 2**64)


async def ticks(period: float, offset: float) -> AsyncIterator[Tick]:
    """Yield at ``offset``, ``offset + period``, ... [s] from now.

    A consumer that takes longer than a period misses the points in between: they are counted, not caught up with.
    """
    loop = asyncio.get_running_loop()
    due = loop.time() + offset
    while True:
        await asyncio.sleep(max(0.0, due - loop.time()))
        late = max(0.0, loop.time() - due)
        skipped = int(late // period)
        yield Tick(lag=late - skipped * period, skipped=skipped)
        due += (skipped + 1) * period
