"""C99: a signal under load ends in order within 5 s, bad configuration never replaces good, a stuck loop is not alive."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random  # noqa: TID251  # seeded below

import aiohttp
import pytest

from autoscaler.daemon.health import Checks, Heartbeat, health_app, served
from autoscaler.emulator.builtin import DEPLOYMENTS, LEASES
from autoscaler.emulator.faults import Fault, Kind
from tests.daemon.emulated import POLICY, Emulated, daemon, emulated
from tests.daemon.processes import log_until, run

CONFIG = """\
leader_election: {enabled: true, namespace: shop}
hpa: {sync_period: 200ms}
http: {listen: "127.0.0.1:0", explain: "off"}
"""


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Emulated]:
    async with emulated(tmp_path) as made:
        (tmp_path / "settings.yaml").write_text(CONFIG)
        yield made


def arguments(cluster: Emulated) -> list[object]:
    folder = cluster.folder
    return [
        *("--policies", cluster.policies, "--kubeconfig", cluster.kubeconfig),
        *("--config", folder / "settings.yaml", "--apply"),
    ]


def holder(cluster: Emulated) -> str:
    lease = cluster.api.store.find(LEASES, "autoscaler", "shop")
    return str(lease["spec"].get("holderIdentity", "")) if lease else ""


async def signalled_in_a_write(cluster: Emulated, fault: Kind, seconds: float) -> float:
    """Send SIGTERM while a scale write is under way; give how long the end took [s]."""
    loop = asyncio.get_running_loop()
    writing = asyncio.Event()

    def is_write(_user: str, method: str, path: str) -> bool:
        hit = method == "PATCH" and path.endswith("/scale")
        if hit:
            writing.set()
        return hit

    cluster.api.faults.add(Fault(kind=fault, hits=is_write, seconds=seconds))
    cluster.use(100)
    async with run(*arguments(cluster), patience=60) as process:
        await writing.wait()
        began = loop.time()
        process.send_signal(signal.SIGTERM)
        await log_until(process, "lease released")
        freed = loop.time() - began
        assert holder(cluster) == ""
        assert await process.wait() == 0
    return freed


async def test_c99_a_write_under_way_is_finished_and_the_lease_freed_within_5_s(cluster: Emulated) -> None:
    assert await signalled_in_a_write(cluster, Kind.DELAY, 0.7) < 5
    assert cluster.replicas() == 4


async def test_c99_a_write_that_hangs_is_dropped_and_the_lease_freed_within_5_s(cluster: Emulated) -> None:
    assert await signalled_in_a_write(cluster, Kind.HANG, 0.0) < 5
    assert cluster.replicas() == 2


async def test_c99_stops_at_any_moment_leave_the_lease_free_and_the_size_a_whole_one(cluster: Emulated) -> None:
    loop, random = asyncio.get_running_loop(), Random(7)
    election = {"enabled": True, "namespace": "shop"}
    sizes: list[int] = []
    cluster.api.store.subscribe(DEPLOYMENTS, lambda change: sizes.append(change.new["spec"]["replicas"]))
    for turn in range(12):
        cluster.use(100 + 50 * (turn % 3))
        left, moment = [random.randrange(1, 40)], asyncio.Event()

        def count(_user: str, _method: str, _path: str, left: list[int] = left, moment: asyncio.Event = moment) -> bool:
            left[0] -= 1
            if left[0] == 0:
                moment.set()
            return False

        end = cluster.api.faults.add(Fault(kind=Kind.DELAY, hits=count))
        async with daemon(cluster, leader_election=election):
            await moment.wait()  # in the middle of some request
            began = loop.time()
        assert loop.time() - began < 5
        assert holder(cluster) == ""
        end()

    assert sizes
    assert set(sizes) <= {4, 6, 8}  # what 100, 150 and 200 % of 2 pods ask for


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("kind: [", id="not-yaml"),
        pytest.param(POLICY.replace("maxReplicas: 10", "maxReplicas: 0"), id="refused"),
        pytest.param(POLICY.replace("metrics:", "metricz:"), id="unknown-field"),
    ],
)
async def test_c99_bad_configuration_never_replaces_good(cluster: Emulated, bad: str) -> None:
    async with daemon(cluster):
        await cluster.passes(1)
        (cluster.policies / "web.yaml").write_text(bad)
        await cluster.metric('autoscaler_policies{state="refused"} 1.0')
        cluster.use(100)
        await cluster.until(lambda: cluster.replicas() == 4)  # by the last good version
        await cluster.metric('autoscaler_policies{state="in_force"} 1.0')

        (cluster.policies / "web.yaml").write_text(POLICY.replace("maxReplicas: 10", "maxReplicas: 5"))
        await cluster.metric('autoscaler_policies{state="refused"} 0.0')
        cluster.use(200)
        await cluster.until(lambda: cluster.replicas() == 5)


@pytest.mark.looptime
async def test_c99_a_stuck_loop_fails_liveness() -> None:
    heart = Heartbeat()
    await asyncio.sleep(9)
    assert heart.check() == ""  # it did not beat, but not long enough

    await asyncio.sleep(2)
    assert heart.check() == "the event loop did not turn for 11 s"


async def test_c99_a_pass_that_is_stuck_fails_liveness_by_name() -> None:
    checks = Checks(live={"passes": lambda: "a pass has been under way for 130 s"}, ready={})
    async with served(health_app(checks), "127.0.0.1", 0) as port, aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/livez") as response:
            assert response.status == 503
            assert await response.text() == (
                "[-]passes failed: a pass has been under way for 130 s\nlivez check failed\n"
            )


async def test_c99_a_process_that_is_frozen_answers_no_probe_and_goes_on_when_it_wakes_up(cluster: Emulated) -> None:
    async with run(*arguments(cluster), patience=60) as process:
        port = (await log_until(process, "running"))["port"]
        url = f"http://127.0.0.1:{port}/livez"
        patience = aiohttp.ClientTimeout(total=0.5)
        async with aiohttp.ClientSession(timeout=patience) as session:
            process.send_signal(signal.SIGSTOP)
            with pytest.raises(TimeoutError):
                await session.get(url)
            process.send_signal(signal.SIGCONT)
            async with asyncio.timeout(20), session.get(url, timeout=aiohttp.ClientTimeout(total=20)) as response:
                assert (response.status, await response.text()) == (200, "ok")
