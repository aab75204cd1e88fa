"""Work that must go on: what ends in a defect is reported and begun again, so that no part of the daemon dies unseen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

_FIRST_WAIT = 1.0
_LONGEST_WAIT = 30.0
#: Work that went on for this long [s] before it broke is begun again after the first wait.
_SOUND = 60.0

_log = structlog.get_logger("autoscaler.supervise")


async def keep_running(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run ``work`` until cancelled; after a defect again, each time a little later."""
    loop = asyncio.get_running_loop()
    wait = _FIRST_WAIT
    while True:
        began = loop.time()
        try:
            await work()
        except Exception:  # noqa: BLE001  # the supervision point: the rest of the daemon goes on meanwhile
            _log.exception("a part of the daemon broke and is begun again", part=name, after_seconds=wait)
        else:
            return
        await asyncio.sleep(wait)
        wait = _FIRST_WAIT if loop.time() - began > _SOUND else min(2 * wait, _LONGEST_WAIT)


@asynccontextmanager
async def running(name: str, work: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Keep ``work`` running beside the block; end it with the block."""
    task = asyncio.create_task(keep_running(name, work), name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
