"""The sqlite file: rows in order, all or none, bounded, and honest about damage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from autoscaler.adapters.journal.file import DecisionRow, EventRow, JournalError, JournalFile, Query
from autoscaler.model.errors import NoDataError

Opened = Callable[[JournalFile], JournalFile]


def event(seq: int, size: int = 10) -> EventRow:
    return EventRow(seq=seq, at=seq * 10, kind="EvaluationDue", namespace="shop", policy="web", body=b"x" * size)


def decision(seq: int, policy: str = "web", action: str = "none", reason: str = "WithinTolerance") -> DecisionRow:
    return DecisionRow(
        seq=seq, at=seq * 10, namespace="shop", policy=policy, current=2, desired=3, action=action, reason=reason,
        result="written", error="", why="Staying at 2.", body=b"",
    )  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Closes at the end whatever was opened."""
    with ExitStack() as stack:
        yield stack.enter_context


def test_rows_are_there_again_and_numbers_go_on(path: Path, opened: Opened) -> None:
    first = opened(JournalFile.write(path, "{}"))
    assert first.next_seq == 1
    first.append([event(1), decision(2), event(3)])
    first.close()

    again = opened(JournalFile.write(path, "{}"))
    assert again.next_seq == 4
    assert list(again.events()) == [event(1), event(3)]
    assert list(again.events(2)) == [event(3)]
    assert again.damage() == []


def test_a_reader_reads_while_a_writer_writes(path: Path, opened: Opened) -> None:
    writer = opened(JournalFile.write(path, '{"a":[]}'))
    writer.append([event(1)])
    reader = opened(JournalFile.read(path))
    writer.append([event(2)])

    assert [row.seq for row in reader.events()] == [1, 2]
    assert reader.schema == '{"a":[]}'


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), [1, 2, 3, 4]),
        (Query(policy="web"), [1, 3, 4]),
        (Query(namespace="other"), []),
        (Query(since=20, until=40), [2, 3]),
        (Query(actions=("scale_up", "scale_down")), [3, 4]),
        (Query(reasons=("AtMax",)), [4]),
        (Query(policy="web", last=2), [3, 4]),
    ],
)
def test_decisions_are_found(path: Path, opened: Opened, query: Query, expected: list[int]) -> None:
    journal = opened(JournalFile.write(path, "{}"))
    journal.append(
        [
            decision(1),
            decision(2, policy="api"),
            decision(3, action="scale_up"),
            decision(4, action="scale_down", reason="AtMax"),
        ]
    )
    assert [row.seq for row in journal.decisions(query)] == expected


def test_all_rows_are_written_or_none(path: Path, opened: Opened) -> None:
    journal = opened(JournalFile.write(path, "{}"))
    journal.append([event(1)])
    with pytest.raises(JournalError, match="UNIQUE constraint failed"):
        journal.append([event(2), event(1)])
    assert [row.seq for row in journal.events()] == [1]


def test_the_oldest_rows_make_room(path: Path, opened: Opened) -> None:
    journal = opened(JournalFile.write(path, "{}"))
    for first in range(1, 1001, 100):
        journal.append([event(seq, size=10_000) for seq in range(first, first + 100)])
    before = journal.size()

    gone = journal.prune(2_000_000)

    assert journal.size() <= 2_000_000 < before
    left = [row.seq for row in journal.events()]
    assert left == list(range(1000 - len(left) + 1, 1001))
    assert gone == 1000 - len(left)
    assert journal.damage() == []
    assert journal.prune(2_000_000) == 0


def test_missing_rows_are_noticed(path: Path, opened: Opened) -> None:
    journal = opened(JournalFile.write(path, "{}"))
    journal.append([event(1), event(2), decision(5)])
    assert journal.damage() == ["2 rows between 1 and 5 are missing"]


def test_a_damaged_file_is_noticed(path: Path, opened: Opened) -> None:
    journal = opened(JournalFile.write(path, "{}"))
    journal.append([event(seq, size=3000) for seq in range(1, 200)])
    journal.close()
    body = bytearray(path.read_bytes())
    body[20_000:60_000] = b"\x55" * 40_000
    path.write_bytes(body)

    found = opened(JournalFile.read(path)).damage()
    assert found
    assert "ok" not in found


def test_what_is_no_journal_is_refused(path: Path, opened: Opened, tmp_path: Path) -> None:
    with pytest.raises(NoDataError, match=r"no such journal; a controller writes one with `run --journal FILE`"):
        JournalFile.read(path)
    path.write_text("this is no database, however long it may be" * 100)
    with pytest.raises(JournalError, match="file is not a database"):
        JournalFile.read(path)
    with pytest.raises(JournalError, match="file is not a database"):
        JournalFile.write(path, "{}")
    with pytest.raises(JournalError, match="unable to open database file"):
        JournalFile.write(tmp_path / "missing" / "journal.db", "{}")

    import sqlite3

    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE a (b)")
    with pytest.raises(JournalError, match="not a journal of this program"):
        JournalFile.read(other)


def test_another_schema_is_refused(path: Path, opened: Opened) -> None:
    JournalFile.write(path, "{}").close()
    with pytest.raises(JournalError, match="written by another version of this program"):
        JournalFile.write(path, '{"a":[]}')
