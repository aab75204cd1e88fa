"""Work that breaks is begun again, later each time; work that ends, and work that is cancelled, is not."""

from __future__ import annotations

import asyncio

import pytest

from autoscaler.daemon.supervise import keep_running, running


@pytest.mark.looptime
async def test_what_breaks_is_begun_again_after_growing_waits() -> None:
    loop = asyncio.get_running_loop()
    begun: list[float] = []

    async def break_at_once() -> None:
        begun.append(round(loop.time(), 3))
        raise RuntimeError("odd")

    async with running("part", break_at_once):
        await asyncio.sleep(100)

    assert begun == [0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 61.0, 91.0]


@pytest.mark.looptime
async def test_what_went_on_for_long_is_begun_again_soon() -> None:
    loop = asyncio.get_running_loop()
    begun: list[float] = []

    async def break_after_a_while() -> None:
        begun.append(round(loop.time(), 3))
        await asyncio.sleep(100)
        raise RuntimeError("odd")

    async with running("part", break_after_a_while):
        await asyncio.sleep(310)

    assert begun == [0.0, 101.0, 202.0, 303.0]


async def test_what_ends_is_done() -> None:
    async def end() -> None:
        return

    await keep_running("part", end)
