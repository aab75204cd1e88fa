"""What policies remember outlives the daemon: in a folder or in the cluster, whole or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from autoscaler.adapters.documents import Folder
from autoscaler.control.controller import Controller
from autoscaler.control.messages import PolicyAccepted
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.memories import Memories
from autoscaler.emulator.builtin import CONFIG_MAPS
from autoscaler.emulator.faults import Fault, Kind
from autoscaler.model.memory import Memory, Recommendation
from autoscaler.model.policy import ObjectRef, PolicyKey, ScalingPolicy
from autoscaler.model.time import SECOND
from tests.daemon.emulated import SPEED, Emulated, daemon, emulated

WEB = ObjectRef(api_version="apps/v1", kind="Deployment", name="web")


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Emulated]:
    async with emulated(tmp_path) as made:
        yield made


def stores(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        "folder": {"store": "folder", "path": folder / "memory"},
        "cluster": {"store": "cluster", "namespace": "shop"},
    }


@pytest.mark.parametrize("store", ["folder", "cluster"])
async def test_c20_a_window_goes_on_across_a_restart(store: str, cluster: Emulated) -> None:
    """Load falls at once; the window that remembers the peak began before the restart, and ends when it would have."""
    memory = stores(cluster.folder)[store]
    clock = AnchoredClock(speed=SPEED)
    cluster.use(100)
    async with daemon(cluster, clock, memory=memory):
        await cluster.until(lambda: cluster.replicas() == 4)
        cluster.use(10)
        await cluster.passes(4)
    before = cluster.records[-1]
    cluster.records.clear()
    async with daemon(cluster, clock, memory=memory):
        [first] = await cluster.passes(1)

    def held_since(record: Any) -> tuple[int, int]:
        [stage] = [stage for stage in record.decision.stages if stage.stage == "stabilization"]
        return stage.since, stage.until

    assert held_since(first) == held_since(before)


async def test_without_a_store_a_restart_holds_for_a_whole_window(cluster: Emulated) -> None:
    clock = AnchoredClock(speed=SPEED)
    cluster.use(100)
    async with daemon(cluster, clock):
        await cluster.until(lambda: cluster.replicas() == 4)
        cluster.use(10)
        await cluster.passes(4)
    before = cluster.records[-1]
    cluster.records.clear()
    async with daemon(cluster, clock):
        [first] = await cluster.passes(1)

    [held] = [stage for stage in first.decision.stages if stage.stage == "stabilization"]
    assert (held.since, held.after) == (first.decision.at, 4)
    assert held.since > before.decision.at


async def test_a_store_that_cannot_be_written_stops_nothing(cluster: Emulated) -> None:
    cluster.api.faults.add(
        Fault(kind=Kind.FORBIDDEN, hits=lambda _user, method, path: method != "GET" and "configmaps" in path)
    )
    cluster.use(100)
    async with daemon(cluster, memory=stores(cluster.folder)["cluster"]):
        await cluster.until(lambda: cluster.replicas() == 4)
    assert cluster.api.store.items(CONFIG_MAPS, "shop") == []


def policy(name: str, uid: str = "") -> ScalingPolicy:
    return ScalingPolicy(key=PolicyKey(namespace="shop", name=name), target=WEB, max_replicas=9, uid=uid)


def memories(folder: Path) -> Memories:
    clock = AnchoredClock(start=1000 * SECOND, monotonic=lambda: 0)
    return Memories(Folder(folder), clock, period=15 * SECOND, prefix="memory")


def documents(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


REMEMBERED = Memory(recommendations=(Recommendation(990 * SECOND, 7),))


async def store_two(folder: Path) -> None:
    controller = Controller()
    for name in ("one", "two"):
        controller.handle(PolicyAccepted(policy=policy(name, "7"), memory=REMEMBERED))
    await memories(folder).save(controller.remembered)


async def test_each_policy_finds_its_own_and_another_object_of_its_name_does_not(tmp_path: Path) -> None:
    await store_two(tmp_path)
    again = memories(tmp_path)
    await again.load()

    assert again.recall(policy("one", "7")) == REMEMBERED
    assert again.recall(policy("one", "7")) is None, "only the first time: later it has its own"
    assert again.recall(policy("two", "8")) is None
    assert again.recall(policy("three", "7")) is None


@pytest.mark.parametrize("damage", [b"", b"{}", b"\n", b"\xff\n\x00", b'{"Kept":["key"]}\nxyz'])
async def test_a_damaged_document_costs_its_own_policies_their_memory(damage: bytes, tmp_path: Path) -> None:
    await store_two(tmp_path)
    files = documents(tmp_path)
    assert len(files) == 2
    files[0].write_bytes(damage)

    again = memories(tmp_path)
    await again.load()
    assert [again.recall(policy(name, "7")) is not None for name in ("one", "two")].count(True) == 1


async def test_only_what_changed_is_written(tmp_path: Path) -> None:
    controller = Controller()
    controller.handle(PolicyAccepted(policy=policy("one"), memory=REMEMBERED))
    kept = memories(tmp_path)
    await kept.save(controller.remembered)
    [file] = documents(tmp_path)
    file.unlink()

    await kept.save(controller.remembered)
    assert documents(tmp_path) == []
    controller.handle(PolicyAccepted(policy=policy("two"), memory=REMEMBERED))
    await kept.save(controller.remembered)
    assert len(documents(tmp_path)) == 1
