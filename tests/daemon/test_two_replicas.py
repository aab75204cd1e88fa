"""Two replicas of the daemon against the emulated API server: one acts, the other stands by, ready to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.process import run_daemon
from autoscaler.daemon.wiring import Running
from autoscaler.emulator.builtin import LEASES
from autoscaler.emulator.faults import Fault, Kind
from tests.daemon.emulated import Emulated, emulated

#: Fast enough for a test, slow enough for a lease: 15 s of it are three quarters of a second.
SPEED = 20.0
ELECTION = {"enabled": True, "namespace": "shop"}


class Replica:
    """One of the daemons."""

    def __init__(self, cluster: Emulated) -> None:
        self._cluster = cluster
        self._stop, self._up = asyncio.Event(), asyncio.Event()
        self.passes = 0
        self.running: Running | None = None
        self._task = asyncio.create_task(
            run_daemon(
                cluster.settings(leader_election=ELECTION),
                stop=self._stop,
                clock=AnchoredClock(speed=SPEED),
                on_record=self._record,
                ready=self._ready,
            )
        )

    def _ready(self, running: Running) -> None:
        self.running = running
        self._up.set()

    def _record(self, record: object) -> None:
        self.passes += 1
        self._cluster.news.set()

    async def up(self) -> None:
        async with asyncio.timeout(10):
            await self._up.wait()

    async def probe(self, path: str) -> tuple[int, str]:
        self._cluster.running = self.running
        return await self._cluster.probe(path)

    async def end(self) -> None:
        self._stop.set()
        async with asyncio.timeout(10):
            await self._task


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Emulated]:
    async with emulated(tmp_path) as made:
        yield made


async def test_one_acts_and_the_other_takes_over_when_it_goes(cluster: Emulated) -> None:
    first = Replica(cluster)
    await cluster.until(lambda: first.passes > 0)
    second = Replica(cluster)
    await second.up()

    async with asyncio.timeout(10):
        while (await second.probe("/readyz"))[0] != 200:  # a standby is ready, as soon as the API server has answered
            pass
    assert 'leader_election_master_status{name="autoscaler"} 0.0' in (await second.probe("/metrics"))[1]
    assert 'leader_election_master_status{name="autoscaler"} 1.0' in (await first.probe("/metrics"))[1]
    cluster.use(100)
    await cluster.until(lambda: cluster.replicas() == 4)
    assert second.passes == 0

    await first.end()
    await cluster.until(lambda: second.passes > 0)
    lease = cluster.api.store.get(LEASES, "autoscaler", "shop")["spec"]
    assert (lease["leaseTransitions"], lease["leaseDurationSeconds"]) == (1, 15)
    await second.end()
    assert cluster.api.store.get(LEASES, "autoscaler", "shop")["spec"]["holderIdentity"] == ""


async def test_a_leader_that_cannot_renew_stops_and_goes_on_when_it_can(cluster: Emulated) -> None:
    only = Replica(cluster)
    await cluster.until(lambda: only.passes > 0)

    end = cluster.api.faults.add(Fault(kind=Kind.HANG, hits=lambda _user, _method, path: "/leases" in path))
    async with asyncio.timeout(20):
        while 'master_status{name="autoscaler"} 0.0' not in (await only.probe("/metrics"))[1]:
            pass
    passes = only.passes
    end()
    await cluster.until(lambda: only.passes > passes)
    await only.end()
