"""The election with a lease that hangs, fails and conflicts, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from autoscaler.adapters.kubernetes.errors import NoAnswerError, RefusedError
from autoscaler.adapters.kubernetes.leases import LeaseSpec
from autoscaler.control.election import Candidate, ElectionTimes
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.leadership import Leadership, leading
from autoscaler.model.time import SECOND

pytestmark = pytest.mark.looptime


class Shared:
    """A lease held by a server that may ``hang`` or ``fail``."""

    def __init__(self) -> None:
        self.spec: LeaseSpec | None = None
        self.version = 0
        self.hang = self.fail = False

    async def read(self) -> tuple[LeaseSpec, str] | None:
        await self._misbehave()
        return None if self.spec is None else (self.spec, str(self.version))

    async def create(self, spec: LeaseSpec) -> tuple[LeaseSpec, str]:
        await self._misbehave()
        if self.spec is not None:
            raise RefusedError(code=409, reason="AlreadyExists", message="leases already exists")
        return self._keep(spec)

    async def update(self, spec: LeaseSpec, version: str) -> tuple[LeaseSpec, str]:
        await self._misbehave()
        if version != str(self.version):
            raise RefusedError(code=409, reason="Conflict", message="the object has been modified")
        return self._keep(spec)

    def _keep(self, spec: LeaseSpec) -> tuple[LeaseSpec, str]:
        self.version += 1
        self.spec = spec
        return spec, str(self.version)

    async def _misbehave(self) -> None:
        if self.hang:
            await asyncio.get_running_loop().create_future()
        if self.fail:
            raise NoAnswerError("connection reset by peer")


class Diary:
    """When each candidate led, in seconds of the loop."""

    def __init__(self, name: str, lines: list[tuple[float, str]]) -> None:
        self._name, self._lines = name, lines

    def leads(self, leads: bool) -> None:
        at = round(asyncio.get_running_loop().time(), 1)
        self._lines.append((at, f"{self._name} {'leads' if leads else 'stops'}"))


@pytest.fixture
def lines() -> list[tuple[float, str]]:
    return []


def one_of_them(name: str, shared: Shared, lines: list[tuple[float, str]]) -> Leadership:
    loop = asyncio.get_running_loop()
    clock = AnchoredClock(start=0, monotonic=lambda: round(loop.time() * SECOND))
    candidate = Candidate(identity=name, times=ElectionTimes())
    return Leadership(candidate, shared, clock, chance=lambda: 0.0, watcher=Diary(name, lines))


async def for_ever() -> None:
    await asyncio.get_running_loop().create_future()


@asynccontextmanager
async def taking_part(*them: Leadership) -> AsyncIterator[None]:
    async with leading(them[0], for_ever):
        if them[1:]:
            await asyncio.sleep(0.5)
            async with taking_part(*them[1:]):
                yield
        else:
            yield


async def test_the_standby_takes_over_when_the_leader_lets_go(lines: list[tuple[float, str]]) -> None:
    shared = Shared()
    two = one_of_them("two", shared, lines)
    async with leading(one_of_them("one", shared, lines), for_ever):
        await asyncio.sleep(0.7)
        other = asyncio.create_task(two.run(for_ever))
        await asyncio.sleep(29.8)
    await asyncio.sleep(3)

    assert lines == [(0.0, "one leads"), (30.5, "one stops"), (30.7, "two leads")]
    assert (two.term, two.holder) == (1, "two")
    other.cancel()


@pytest.mark.parametrize("fault", ["hang", "fail"])
async def test_a_leader_without_its_server_stops_within_the_deadline_and_comes_back(
    fault: str, lines: list[tuple[float, str]]
) -> None:
    shared = Shared()
    async with taking_part(one_of_them("one", shared, lines)):
        await asyncio.sleep(21)
        setattr(shared, fault, True)
        await asyncio.sleep(60)
        setattr(shared, fault, False)
        await asyncio.sleep(12.5)

    last_renewal = 20
    assert lines[:2] == [(0.0, "one leads"), (last_renewal + 10.0, "one stops")]
    assert lines[2][1] == "one leads"
    assert lines[2][0] < 81 + 12


async def test_after_the_leaders_death_the_lease_has_to_run_out(lines: list[tuple[float, str]]) -> None:
    shared = Shared()
    dying, living = one_of_them("one", shared, lines), one_of_them("two", shared, lines)
    task = asyncio.create_task(dying.run(for_ever))
    await asyncio.sleep(0.1)
    async with leading(living, for_ever):
        await asyncio.sleep(10)
        task.cancel()  # without a release: as if killed
        await asyncio.sleep(30)

    (_, first), (_, second), (taken, third), _ = lines
    assert (first, second, third) == ("one leads", "one stops", "two leads")
    assert 10 < taken <= 10 + 15 + 2


async def test_what_may_still_be_written_shrinks_until_the_next_renewal() -> None:
    shared = Shared()
    one = one_of_them("one", shared, [])
    assert one.remaining == 0
    async with leading(one, for_ever):
        await asyncio.sleep(1.5)
        assert one.remaining == pytest.approx(8.5)
        await asyncio.sleep(1.0)
        assert one.remaining == pytest.approx(9.5)
    assert one.remaining == 0


async def test_the_work_is_cancelled_and_waited_for_before_the_lease_is_released() -> None:
    shared = Shared()
    order: list[str] = []

    async def work() -> None:
        try:
            await for_ever()
        finally:
            await asyncio.sleep(3)
            order.append(f"work done, lease held by {shared.spec.holder_identity if shared.spec else None}")

    async with leading(one_of_them("one", shared, []), work):
        await asyncio.sleep(5)

    assert shared.spec is not None
    assert (order, shared.spec.holder_identity) == (["work done, lease held by one"], "")


async def test_a_defect_in_the_work_is_told() -> None:
    shared = Shared()

    async def work() -> None:
        raise RuntimeError("odd")

    with pytest.raises(RuntimeError, match="odd"):
        await one_of_them("one", shared, []).run(work)
