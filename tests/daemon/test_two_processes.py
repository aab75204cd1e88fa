"""Two real processes of the daemon and one lease: who is killed, stopped or frozen is succeeded, and writes no more."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autoscaler.emulator.api_server import ADMIN_TOKEN
from autoscaler.emulator.builtin import LEASES
from autoscaler.emulator.faults import Fault, Kind
from autoscaler.emulator.kubeconfig import write_kubeconfig
from autoscaler.emulator.users import ADMIN, AUTHENTICATED, MASTERS, User
from tests.daemon.emulated import Emulated, emulated
from tests.daemon.processes import run

NAMES = ("one", "two")
CONFIG = """\
leader_election: {enabled: true, namespace: shop, lease_duration: 2s, renew_deadline: 1500ms, retry_period: 300ms}
hpa: {sync_period: 200ms}
http: {listen: "127.0.0.1:0", explain: "off"}
"""


@dataclass
class Pair:
    """The cluster, and who asked it to write what, in order: (who, method, path)."""

    cluster: Emulated
    audit: list[tuple[str, str, str]]

    def holder(self) -> str:
        lease = self.cluster.api.store.find(LEASES, "autoscaler", "shop")
        return str(lease["spec"].get("holderIdentity", "")) if lease else ""

    def scale_writes(self, since: int = 0) -> list[str]:
        """Who tried to write replicas."""
        return [who for who, method, path in self.audit[since:] if method == "PATCH" and path.endswith("/scale")]

    async def load(self, millicores: int, replicas: int) -> None:
        """Change the load, and wait for the size that it takes."""
        self.cluster.use(millicores)
        await self.cluster.until(lambda: self.cluster.replicas() == replicas)


class Log:
    """A process's log, read as it comes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reading = asyncio.ensure_future(self._read())
        self._news = asyncio.Event()

    async def _read(self) -> None:
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            self.lines.append(json.loads(line)["msg"])
            self._news.set()

    async def close(self) -> None:
        """Read no more."""
        self._reading.cancel()
        await asyncio.wait([self._reading])

    async def says(self, words: str) -> None:
        """Wait for a message."""
        async with asyncio.timeout(20):
            while not any(words in line for line in self.lines):
                self._news.clear()
                await self._news.wait()


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    tokens = {name: User(name=name, groups=(MASTERS, AUTHENTICATED)) for name in NAMES}
    async with emulated(tmp_path, tokens={ADMIN_TOKEN: ADMIN, **tokens}) as cluster:
        made = Pair(cluster, [])

        def note(user: str, method: str, path: str) -> bool:
            if method != "GET":
                made.audit.append((user, method, path))
            return False

        cluster.api.faults.add(Fault(kind=Kind.DELAY, hits=note))
        (tmp_path / "settings.yaml").write_text(CONFIG)
        yield made


@asynccontextmanager
async def leader_and_standby(pair: Pair) -> AsyncIterator[tuple[Log, Log]]:
    """Run both; the one called one leads."""
    async with AsyncExitStack() as stack:
        logs: list[Log] = []
        for name, words in zip(NAMES, ("leading", "standing by"), strict=True):
            kubeconfig = pair.cluster.folder / name
            write_kubeconfig(kubeconfig, pair.cluster.api.url, name)
            arguments: list[Any] = ["--policies", pair.cluster.policies, "--kubeconfig", kubeconfig, "--apply"]
            arguments += ["--config", pair.cluster.folder / "settings.yaml"]
            logs.append(Log(await stack.enter_async_context(run(*arguments, patience=90))))
            stack.push_async_callback(logs[-1].close)
            await logs[-1].says(words)
        yield logs[0], logs[1]


async def test_a_leader_that_is_killed_is_succeeded_when_its_lease_ran_out(pair: Pair) -> None:
    loop = asyncio.get_running_loop()
    async with leader_and_standby(pair) as (one, two):
        await pair.load(100, 4)
        assert set(pair.scale_writes()) == {"one"}

        one.process.kill()
        killed, before = loop.time(), len(pair.audit)
        await two.says("leading")
        assert loop.time() - killed < 2 + 2 * 0.66 + 2  # the lease, one try, and a machine that is busy
        await pair.load(200, 8)

        assert pair.scale_writes(before) == ["two"]


async def test_c99_a_leader_that_is_told_to_stop_frees_the_lease_and_the_standby_needs_no_wait(pair: Pair) -> None:
    loop = asyncio.get_running_loop()
    async with leader_and_standby(pair) as (one, two):
        began = loop.time()
        one.process.send_signal(signal.SIGTERM)
        await one.says("lease released")
        assert await one.process.wait() == 0
        assert loop.time() - began < 5

        before = len(pair.audit)
        await two.says("leading")
        await pair.load(100, 4)
        assert pair.scale_writes(before) == ["two"]


async def test_a_leader_that_was_frozen_writes_nothing_when_it_wakes_up(pair: Pair) -> None:
    async with leader_and_standby(pair) as (one, two):
        await pair.load(100, 4)
        await pair.cluster.until(lambda: pair.cluster.hpa_status().get("desiredReplicas") == 4)  # its pass is over

        one.process.send_signal(signal.SIGSTOP)
        await two.says("leading")
        before = len(pair.audit)
        await pair.load(200, 8)
        one.process.send_signal(signal.SIGCONT)
        await one.says("leading no longer")
        await one.says("standing by")
        await pair.load(250, 10)

        assert set(pair.scale_writes(before)) == {"two"}
        late = [entry for entry in pair.audit[before:] if entry[0] == "one"]
        assert [entry for entry in late if "/leases" not in entry[2] and "/events" not in entry[2]] == []


async def test_c99_with_a_server_that_went_silent_it_still_ends_within_5_s(pair: Pair) -> None:
    loop = asyncio.get_running_loop()
    async with leader_and_standby(pair) as (one, _):
        pair.cluster.api.faults.clear()
        pair.cluster.api.faults.add(Fault(kind=Kind.HANG))
        pair.cluster.use(200)

        began = loop.time()
        one.process.send_signal(signal.SIGTERM)
        assert await one.process.wait() == 0
        assert loop.time() - began < 5
