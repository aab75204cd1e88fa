"""The running controller's journal: complete, replayable to the same decisions, and never in the way of scaling."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from autoscaler.adapters.journal.codec import read_schema
from autoscaler.adapters.journal.file import JournalError, JournalFile, Query
from autoscaler.control.messages import EvaluationDue, Record
from autoscaler.control.past import Past
from autoscaler.control.recording import Restarted
from autoscaler.control.replay import replay
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.explanations import decision_document
from autoscaler.daemon.journal import Journal
from autoscaler.daemon.journal_rows import heard_in, journal_codec, recorded_in
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.policy import PolicyKey
from tests.daemon.emulated import Emulated, daemon, emulated

KEY = PolicyKey(namespace="shop", name="web")
MEBIBYTE = 1024 * 1024


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Emulated]:
    async with emulated(tmp_path) as made:
        yield made


def journaled(path: Path) -> tuple[list[Record], list[Record]]:
    """Give the passes that a journal records, and those that its events lead to when they are replayed."""
    with JournalFile.read(path) as file:
        codec = journal_codec(read_schema(file.schema))
        return (
            [recorded_in(row, codec) for row in file.decisions(Query())],
            [past.record for past in replay(heard_in(file.events(), codec))],
        )


def pasts(path: Path) -> list[Past]:
    """Give every pass of a journal, with its inputs."""
    with JournalFile.read(path) as file:
        return list(replay(heard_in(file.events(), journal_codec(read_schema(file.schema)))))


async def test_a_journal_holds_every_pass_and_replays_to_the_same_decisions(cluster: Emulated) -> None:
    path = cluster.folder / "journal.db"
    async with daemon(cluster, journal={"path": path}):
        await cluster.passes(1)
        cluster.use(100)
        await cluster.until(lambda: cluster.replicas() == 4)
        cluster.use(30)
        await cluster.passes(3)

    recorded, replayed = journaled(path)
    assert [each.decision for each in recorded] == [each.decision for each in cluster.records]
    assert [each.decision for each in replayed] == [each.decision for each in cluster.records]
    assert [each.settlement for each in replayed] == [each.settlement for each in cluster.records]
    assert [each.observation for each in replayed] == [each.observation for each in cluster.records]


async def test_what_led_to_a_write_is_on_disk_before_it(cluster: Emulated) -> None:
    path = cluster.folder / "journal.db"
    seen: list[str] = []

    def note(_user: str, method: str, asked: str) -> bool:
        if method == "PATCH" and asked.endswith("/scale"):
            with JournalFile.read(path) as file:
                seen.append(list(file.events())[-1].kind)
        return False

    from autoscaler.emulator.faults import Fault, Kind

    cluster.api.faults.add(Fault(kind=Kind.DELAY, hits=note))
    async with daemon(cluster, journal={"path": path}):
        cluster.use(100)
        await cluster.until(lambda: cluster.replicas() == 4)

    assert seen == ["TargetObserved"]


async def test_c83_another_process_with_another_hash_seed_gives_the_same_bytes(cluster: Emulated) -> None:
    path = cluster.folder / "journal.db"
    async with daemon(cluster, journal={"path": path}):
        cluster.use(100)
        await cluster.until(lambda: cluster.replicas() == 4)

    told: dict[str, list[str]] = {}
    for seed in ("1", "2"):
        replayed = await _printed(seed, "replay", str(path))
        assert f"{len(cluster.records)} decisions of 1 policy, all as recorded" in replayed
        told[seed] = [replayed, await _printed(seed, "why", "shop/web", "--journal", str(path), "-o", "json")]
    assert told["1"] == told["2"]
    assert decision_document(pasts(path)[-1]) == json.loads(told["1"][1])


async def _printed(seed: str, *arguments: str) -> str:
    """Run a command of ours in a process of its own."""
    done = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "autoscaler", *arguments),
        env=os.environ | {"PYTHONHASHSEED": seed},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await done.communicate()
    return out.decode()


class Told:
    """What the journal tells of itself."""

    def __init__(self) -> None:
        self.failures, self.dropped, self.size = 0, 0, 0

    def journal_failed(self, dropped: int) -> None:
        self.failures += 1
        self.dropped += dropped

    def journal_written(self, size: int) -> None:
        self.size = size


def due(at: int) -> EvaluationDue:
    return EvaluationDue(key=KEY, at=at)


async def test_a_place_that_cannot_be_written_is_told_and_costs_nothing_else(tmp_path: Path) -> None:
    told = Told()
    journal = Journal(tmp_path / "missing" / "journal.db", AnchoredClock(), told, most_bytes=MEBIBYTE)
    journal.hear(due(1))
    await journal.durable()
    assert journal.check() == f"{tmp_path}/missing/journal.db: unable to open database file"
    assert told.failures == 1

    (tmp_path / "missing").mkdir()
    journal.hear(due(2))
    await journal.close()
    assert journal.check() == ""
    with JournalFile.read(tmp_path / "missing" / "journal.db") as file:
        assert [row.kind for row in file.events()] == ["EvaluationDue", "EvaluationDue"]


async def test_while_nothing_can_be_written_memory_is_bounded_and_the_gap_is_marked(tmp_path: Path) -> None:
    told = Told()
    path = tmp_path / "missing" / "journal.db"
    journal = Journal(path, AnchoredClock(), told, most_bytes=64 * MEBIBYTE)
    journal.hear(Restarted(config=ControllerConfig()))
    for at in range(25_000):
        journal.hear(due(at))
    await journal.durable()
    assert (told.failures, told.dropped) == (1, 10_000)
    path.parent.mkdir()
    await journal.close()

    with JournalFile.read(path) as file:
        heard = list(heard_in(file.events(), journal_codec()))
    assert heard[0] == Restarted(config=ControllerConfig())
    assert heard[1:] == [due(at) for at in range(9_999, 25_000)]


async def test_a_damaged_journal_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"no journal" * 1000)
    journal = Journal(path, AnchoredClock(), Told(), most_bytes=MEBIBYTE)
    journal.hear(due(1))
    await journal.close()

    assert (tmp_path / "journal.db.set-aside-1").read_bytes() == b"no journal" * 1000
    with JournalFile.read(path) as file:
        assert len(list(file.events())) == 1
    with pytest.raises(JournalError):
        JournalFile.read(tmp_path / "journal.db.set-aside-1")
