"""Sends requests to the real server at given times, whether or not earlier ones have been answered, and times them.

The one place among the tests that waits for real time: what is measured here is the machine's clock.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a real run gave. ``latencies`` [s] by request; ``busy`` and ``present``: mean numbers over ``span`` [s]."""

    latencies: Floats
    busy: float
    present: float
    span: float


def measure(slots: int, arrivals: Floats, services: Floats) -> Measured:
    """Start a server with ``slots``, send request k at ``arrivals[k]`` [s] to hold a slot for ``services[k]`` [s]."""
    return asyncio.run(_measure(slots, arrivals, services))


async def _measure(slots: int, arrivals: Floats, services: Floats) -> Measured:
    async with _server(slots) as address, aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(_ask(session, f"{address}/work?for=0") for _ in range(4 * slots)))  # open connections
        before = await _count(session, address)
        loop = asyncio.get_running_loop()
        start = loop.time()
        waiting = []
        for at, seconds in zip(arrivals.tolist(), services.tolist(), strict=True):
            await asyncio.sleep(start + at - loop.time())
            waiting.append(asyncio.create_task(_ask(session, f"{address}/work?for={seconds!r}")))
        latencies = np.array(await asyncio.gather(*waiting))
        span = loop.time() - start
        after = await _count(session, address)
    return Measured(
        latencies, (after["busy"] - before["busy"]) / span, (after["present"] - before["present"]) / span, span
    )


async def _ask(session: aiohttp.ClientSession, url: str) -> float:
    """Send one request and give how long the answer took [s]."""
    loop = asyncio.get_running_loop()
    sent = loop.time()
    async with session.get(url) as response:
        response.raise_for_status()
        await response.read()
    return loop.time() - sent


async def _count(session: aiohttp.ClientSession, address: str) -> dict[str, float]:
    async with session.get(f"{address}/count") as response:
        count: dict[str, float] = await response.json()
        return count


@asynccontextmanager
async def _server(slots: int) -> AsyncIterator[str]:
    """Run the server in a process of its own while the block runs, and give its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.validity.real_server", str(slots), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.kill()
        await process.wait()
