"""The kill switch of a running daemon: thrown, released, unclear, unreadable."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge

from autoscaler.adapters.kubernetes.errors import NoAnswerError
from autoscaler.adapters.notes import FileNote, UnreadableNoteError
from autoscaler.cli.app import run
from autoscaler.config.halt_document import InvalidHaltError, read_halt, write_halt, write_release
from autoscaler.control.messages import WritesHalted, WritesResumed
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.doctor import error
from autoscaler.daemon.doctor_switch import examine_switch
from autoscaler.daemon.halts import UNKNOWN, KillSwitch, note_of
from autoscaler.daemon.one_shot import opened
from autoscaler.model.decision import WriteResult
from autoscaler.model.safety import Halt
from autoscaler.model.time import SECOND
from tests.daemon.emulated import Emulated, daemon, emulated

HALT = Halt(author="ann", reason="bad release")


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Emulated]:
    async with emulated(tmp_path) as made:
        yield made


class Scripted:
    """A note that answers what it is told to."""

    def __init__(self) -> None:
        self.answer: dict[str, str] | Exception | None = None

    def __str__(self) -> str:
        return "note"

    async def read(self) -> dict[str, str] | None:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Switch:
    """A kill switch with what it told the controller."""

    def __init__(self) -> None:
        self.note, self.told = Scripted(), []
        self.gauge = Gauge("halted", "", registry=CollectorRegistry())
        self.made = KillSwitch(self.note, self.told.append, self.gauge)

    async def look(self, answer: dict[str, str] | Exception | None) -> list[WritesHalted | WritesResumed]:
        """Look once, and give what was told because of it."""
        self.note.answer = answer
        self.told.clear()
        await self.made.look()
        return self.told


async def test_before_it_was_read_nothing_is_written_and_without_a_document_writes_go_on() -> None:
    switch = Switch()
    assert switch.told == [WritesHalted(halt=UNKNOWN)]
    assert await switch.look(NoAnswerError("no answer")) == []
    assert await switch.look(None) == [WritesResumed()]
    assert await switch.look(None) == []


async def test_it_is_told_once_that_it_was_thrown_and_once_that_it_was_released() -> None:
    switch = Switch()
    await switch.look(None)
    assert await switch.look(write_halt(HALT)) == [WritesHalted(halt=HALT)]
    assert switch.gauge._value.get() == 1
    assert await switch.look(write_halt(HALT)) == []
    assert await switch.look(write_release("ann", "rolled back")) == [WritesResumed()]
    assert switch.gauge._value.get() == 0


async def test_a_document_that_is_not_clear_counts_as_thrown() -> None:
    switch = Switch()
    await switch.look(None)
    [told] = await switch.look({"halted": "yes"})
    assert isinstance(told, WritesHalted)
    assert told.halt.reason == 'the kill switch (note) is there but not clear: halted has to be "true" or "false"'
    [told] = await switch.look(UnreadableNoteError("not a JSON object of texts"))
    assert isinstance(told, WritesHalted)


async def test_what_cannot_be_read_counts_as_it_stood_before() -> None:
    switch = Switch()
    await switch.look(write_halt(HALT))
    assert await switch.look(NoAnswerError("no answer")) == []
    assert await switch.look(write_halt(HALT)) == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"halted": "true", "author": "ann"}, "reason is missing"),
        ({"halted": "true", "reason": "x", "author": " "}, "author is missing"),
        ({"halted": "true", "author": "ann", "reason": "x", "until": "noon"}, "until: "),
        ({"halted": "true", "autor": "ann", "reason": "x"}, "unknown field 'autor'"),
    ],
)
def test_author_and_reason_are_mandatory(document: dict[str, str], expected: str) -> None:
    with pytest.raises(InvalidHaltError, match=expected):
        read_halt(document)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, "writes are not halted (note)"),
        (write_release("ann", "x"), "writes are not halted (note)"),
        ({"halted": "yes"}, "is there but not clear, which counts as thrown: "),
        (NoAnswerError("no answer"), "cannot be read, so nothing is written: no answer"),
    ],
)
async def test_the_doctor_says_how_it_stands(answer: dict[str, str] | Exception | None, expected: str) -> None:
    note = Scripted()
    note.answer = answer
    [found] = await examine_switch(note, AnchoredClock())
    assert found.what.startswith(expected)
    assert (found.fix == "") is (found.what == expected and "not halted" in expected)


def test_a_halt_reads_as_it_was_written() -> None:
    halt = Halt(author="ann", reason="bad release", until=1_767_636_000 * SECOND)
    assert write_halt(halt)["until"] == "2026-01-05T18:00:00Z"
    assert read_halt(write_halt(halt)) == halt


async def test_a_file_is_a_switch_too(tmp_path: Path) -> None:
    note = FileNote(tmp_path / "halt.json")
    assert await note.read() is None
    await note.write(write_halt(HALT))
    assert read_halt(await note.read() or {}) == HALT
    (tmp_path / "halt.json").write_text("halt!")
    with pytest.raises(UnreadableNoteError, match="not a JSON object of texts"):
        await note.read()


def test_the_command_throws_and_releases_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "halt.json"
    assert run(["halt", "--file", str(file), "--author", "ann", "--reason", "bad release"]) == 0
    assert capsys.readouterr().out == f"writes are halted until `autoscaler resume` (file {file})\n"
    assert '"author": "ann"' in file.read_text()
    assert run(["resume", "--file", str(file), "--reason", "rolled back"]) == 0
    assert '"halted": "false"' in file.read_text()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--reason", "x"], "where is the kill switch?"),
        (["--reason", " ", "--file", "f"], "say why"),
        (["--reason", "x", "--file", "f", "--for", "2 hours"], "2 hours"),
        (["--reason", "x", "--file", "f", "--for", "2h", "--until", "2026-01-05T18:00:00Z"], "not both"),
    ],
)
def test_a_command_that_is_not_clear_is_refused(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["halt", *arguments]) == 2
    assert expected in capsys.readouterr().err


async def test_c79_a_running_daemon_writes_nothing_from_the_next_pass_on_and_goes_on_when_released(cluster) -> None:
    kill = {"store": "cluster", "namespace": "shop", "interval": "20ms"}
    settings = cluster.settings(halt=kill)
    async with opened(settings, version="test") as client:
        note = note_of(settings.halt, client)
        assert note is not None
        await note.write(write_halt(HALT))
        async with daemon(cluster, halt=kill):
            cluster.use(100)
            await cluster.until(lambda: cluster.records[-1:] and cluster.records[-1].decision.desired == 4)
            [seen] = await cluster.passes(1)
            assert seen.outcome.result is WriteResult.WITHHELD
            assert seen.outcome.error == "writes are halted by ann: bad release"
            assert cluster.replicas() == 2
            assert await examine_switch(note, AnchoredClock()) == [
                error("kill switch", "writes are halted by ann: bad release", "autoscaler resume --reason ...")
            ]
            await cluster.until(
                lambda: "WritesHalted" in [one["type"] for one in cluster.hpa_status().get("conditions", [])]
            )

            await note.write(write_release("ann", "rolled back"))
            await cluster.until(lambda: cluster.replicas() == 4)
            await cluster.until(
                lambda: "WritesHalted" not in [one["type"] for one in cluster.hpa_status().get("conditions", [])]
            )
