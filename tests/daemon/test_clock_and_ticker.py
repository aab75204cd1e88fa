"""The clock never steps back and may run fast; the ticker neither drifts nor catches up."""

from __future__ import annotations

import asyncio

import pytest

from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.ticker import Tick, spread, ticks
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import SECOND


class Monotonic:
    def __init__(self) -> None:
        self.at = 1_000

    def __call__(self) -> int:
        return self.at


def test_instants_count_from_where_the_clock_was_anchored() -> None:
    monotonic = Monotonic()
    clock = AnchoredClock(start=50 * SECOND, monotonic=monotonic)

    monotonic.at += 3 * SECOND + 1

    assert clock.now() == 53 * SECOND + 1
    assert clock.wait_for(15 * SECOND) == 15.0


def test_a_fast_clock_makes_short_waits() -> None:
    monotonic = Monotonic()
    clock = AnchoredClock(start=0, speed=30, monotonic=monotonic)

    monotonic.at += SECOND // 2

    assert clock.now() == 15 * SECOND
    assert clock.wait_for(15 * SECOND) == 0.5


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_clock_must_go_forwards(speed: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        AnchoredClock(speed=speed)


def test_the_offset_is_the_policy_s_own_and_the_same_in_every_run() -> None:
    offsets = [spread(PolicyKey(namespace="shop", name=f"p{number}"), 15.0) for number in range(1000)]

    assert offsets[0] == spread(PolicyKey(namespace="shop", name="p0"), 15.0)
    assert all(0 <= offset < 15 for offset in offsets)
    # No second of the period gets more than twice its share.
    assert max(sum(second <= offset < second + 1 for offset in offsets) for second in range(15)) < 2 * 1000 / 15


@pytest.mark.looptime
async def test_ticks_stay_on_their_grid_whatever_a_pass_takes() -> None:
    loop = asyncio.get_running_loop()
    start, seen = loop.time(), []

    async for tick in ticks(15.0, 4.0):
        seen.append((round(loop.time() - start, 3), tick))
        await asyncio.sleep(7.7)
        if len(seen) == 4:
            break

    assert seen == [(at, Tick(lag=0.0, skipped=0)) for at in (4.0, 19.0, 34.0, 49.0)]


@pytest.mark.looptime
async def test_ticks_missed_are_counted_not_caught_up_with() -> None:
    loop = asyncio.get_running_loop()
    start, seen = loop.time(), []

    async for tick in ticks(15.0, 0.0):
        seen.append((round(loop.time() - start, 3), round(tick.lag, 3), tick.skipped))
        await asyncio.sleep(50 if len(seen) == 1 else 1)
        if len(seen) == 3:
            break

    # Due at 0, 15, 30, 45, 60: the pass from 0 to 50 misses 15 and 30, and comes 5 s late to the one of 45.
    assert seen == [(0.0, 0.0, 0), (50.0, 5.0, 2), (60.0, 0.0, 0)]
