"""When policies are due: at their own periods, each from its own offset, and when somebody asks."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field, replace

import pytest

from autoscaler.control.controller import Controller
from autoscaler.control.messages import Observe, Record, ScaleWritten, WriteScale
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.driver import Driver
from autoscaler.daemon.rounds import Rounds
from autoscaler.daemon.ticker import Tick, spread
from autoscaler.model.observation import Observation, ScaleUnavailable
from autoscaler.model.policy import Mode, ObjectRef, PolicyKey, Profile, ScalingPolicy
from autoscaler.model.safety import Guarding
from autoscaler.model.time import SECOND


@dataclass
class Watched:
    """A cluster without targets that notes when each policy was looked at [s]. ``takes`` [s]: how long a look lasts."""

    takes: float = 0.0
    looks: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    ticks: list[Tick] = field(default_factory=list)

    async def observe(self, wanted: Observe) -> Observation:
        self.looks[wanted.key.name].append(round(asyncio.get_running_loop().time(), 3))
        await asyncio.sleep(self.takes)
        return Observation(at=wanted.at, scale=ScaleUnavailable(error="there is none"))

    async def write_scale(self, wanted: WriteScale) -> ScaleWritten:
        return ScaleWritten(key=wanted.key)

    async def write_status(self, wanted: object) -> None: ...

    async def announce(self, wanted: object) -> None: ...

    async def record(self, wanted: Record) -> None: ...

    def ticked(self, key: PolicyKey, tick: Tick) -> None:
        self.ticks.append(tick)

    def failed(self, key: PolicyKey, error: Exception) -> None:
        raise error


def rounds_of(cluster: Watched) -> Rounds:
    loop = asyncio.get_running_loop()
    clock = AnchoredClock(start=0, monotonic=lambda: round(loop.time() * SECOND))
    return Rounds(Driver(Controller(), cluster), clock, period=15 * SECOND, watcher=cluster)


def key(name: str) -> PolicyKey:
    return PolicyKey(namespace="shop", name=name)


def policy(name: str, period: int | None = None) -> ScalingPolicy:
    usual = ScalingPolicy(
        key=key(name),
        target=ObjectRef(api_version="apps/v1", kind="Deployment", name=name),
        max_replicas=9,
        mode=Mode.APPLY,
    )
    if period is None:
        return usual
    return replace(usual, profile=Profile.GUARDED, guarding=Guarding(period=period * SECOND))


def grid(name: str, period: float, until: float) -> list[float]:
    first = spread(key(name), period)
    return [round(first + period * turn, 3) for turn in range(int((until - first) // period) + 1)]


@pytest.mark.looptime
async def test_c31_each_policy_has_its_period_from_1_to_300_s() -> None:
    cluster = Watched()
    rounds = rounds_of(cluster)
    periods = {"quick": 1, "usual": None, "slow": 60, "slowest": 300}

    for name, period in periods.items():
        await rounds.accept(policy(name, period), None)
    await asyncio.sleep(900)
    await rounds.stop(grace=5)

    assert cluster.looks == {name: grid(name, period or 15, 900) for name, period in periods.items()}
    assert {name: len(looks) for name, looks in cluster.looks.items()} == {
        "quick": 900,
        "usual": 60,
        "slow": 15,
        "slowest": 3,
    }


@pytest.mark.looptime
async def test_c31_who_asks_is_answered_within_a_second() -> None:
    cluster = Watched()
    rounds = rounds_of(cluster)
    await rounds.accept(policy("slowest", 300), None)
    first = spread(key("slowest"), 300.0)
    await asyncio.sleep(first + 10)

    assert rounds.ask(key("slowest"))
    assert not rounds.ask(key("other"))
    await asyncio.sleep(0.2)
    rounds.ask(key("slowest"))  # a second after the last look at the latest
    await asyncio.sleep(300)
    await rounds.stop(grace=5)

    assert cluster.looks["slowest"] == [round(first + after, 3) for after in (0, 10, 11, 300)]
    assert [tick.asked for tick in cluster.ticks] == [False, True, True, False]
    assert [round(tick.lag, 3) for tick in cluster.ticks] == [0, 0, 0, 0]


@pytest.mark.looptime
async def test_a_flood_of_requests_is_one_look_a_second() -> None:
    cluster = Watched()
    rounds = rounds_of(cluster)
    await rounds.accept(policy("slowest", 300), None)
    await asyncio.sleep(spread(key("slowest"), 300.0) + 20)

    for _ in range(500):
        rounds.ask(key("slowest"))
        await asyncio.sleep(0.01)
    await asyncio.sleep(5)
    await rounds.stop(grace=5)

    assert len(cluster.looks["slowest"]) == 1 + 6  # the one of its period; at 0 s, 1 s, ... 5 s of the flood


@pytest.mark.looptime
async def test_who_asks_during_a_look_gets_another_one_after_it() -> None:
    cluster = Watched(takes=4)
    rounds = rounds_of(cluster)
    await rounds.accept(policy("slow", 60), None)
    first = spread(key("slow"), 60.0)
    await asyncio.sleep(first + 2)

    rounds.ask(key("slow"))  # what it is about may have come too late for the look under way
    rounds.ask(key("slow"))
    await asyncio.sleep(30)
    await rounds.stop(grace=5)

    assert cluster.looks["slow"] == [round(first, 3), round(first + 4, 3)]


@pytest.mark.looptime
async def test_another_period_holds_from_the_version_that_brings_it() -> None:
    cluster = Watched()
    rounds = rounds_of(cluster)
    await rounds.accept(policy("web", 300), None)
    await asyncio.sleep(1)

    await rounds.accept(policy("web", 10), None)
    await asyncio.sleep(30)
    await rounds.accept(policy("web", 10), None)  # nothing new: its grid does not move
    await asyncio.sleep(20)
    await rounds.stop(grace=5)

    first = 1 + spread(key("web"), 10.0)
    early = [look for look in cluster.looks["web"] if look < 1]
    assert [look for look in cluster.looks["web"] if look >= 1] == [round(first + 10 * turn, 3) for turn in range(5)]
    assert len(early) <= 1
