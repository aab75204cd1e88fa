"""One sqlite file: events in the order the controller was told, and a line for each decision.

Everything here blocks; whoever must not wait calls it from a thread. One process writes; any number may read meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from autoscaler.model.errors import AutoscalerError, NoDataError
from autoscaler.model.time import Instant

VERSION: Final = 1
_APPLICATION: Final = 0x6175_746F  #: marks the file as one of ours ("auto")
_PAGES_AT_ONCE: Final = 4_096  #: given back to the file system after a pruning

_TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, namespace TEXT NOT NULL, policy TEXT NOT NULL,
    body BLOB NOT NULL);
CREATE TABLE decisions (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, namespace TEXT NOT NULL, policy TEXT NOT NULL,
    current INTEGER, desired INTEGER NOT NULL, action TEXT NOT NULL, reason TEXT NOT NULL, result TEXT NOT NULL,
    error TEXT NOT NULL, why TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX decisions_of ON decisions (namespace, policy, at);
"""

_ALL_ROWS: Final = "SELECT seq FROM events UNION ALL SELECT seq FROM decisions"


class JournalError(AutoscalerError):
    """The journal cannot be read or written: its disk is full, it is damaged, it is not one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One thing the controller was told. ``seq`` grows by one from row to row, over both tables."""

    seq: int
    at: Instant
    kind: str
    namespace: str
    policy: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """One pass: what a table shows, and the whole of it in ``body``. ``why`` is its sentence."""

    seq: int
    at: Instant
    namespace: str
    policy: str
    current: int | None
    desired: int
    action: str
    reason: str
    result: str
    error: str
    why: str
    body: bytes


Row = EventRow | DecisionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which decisions; empty fields ask for all. ``since`` is included, ``until`` is not."""

    namespace: str = ""
    policy: str = ""
    since: Instant | None = None
    until: Instant | None = None
    actions: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    last: int | None = None  #: only the newest so many


class JournalFile:
    """An open journal."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def write(cls, path: Path, schema: str) -> Self:
        """Open a journal to write, a new one where there is none; ``schema`` describes the bodies.

        Raises:
            JournalError: it cannot be opened, is not a journal, or its schema differs.
        """
        try:
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1.0)
            try:
                _prepare(connection, schema)
            except BaseException:  # whatever it is, it goes on; the file must not stay open
                connection.close()
                raise
        except sqlite3.Error as error:
            raise JournalError(f"{path}: {error}") from error
        return cls(connection)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Open a journal to read, also while another process writes it.

        Raises:
            JournalError: it cannot be opened, or is not a journal.
            NoDataError: there is no such file.
        """
        if not path.is_file():
            kind = "a folder" if path.is_dir() else "no such journal"
            raise NoDataError(f"{path}: {kind}; a controller writes one with `run --journal FILE`")
        try:
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
            try:
                _check(connection)
            except BaseException:  # whatever it is, it goes on; the file must not stay open
                connection.close()
                raise
        except sqlite3.Error as error:
            raise JournalError(f"{path}: {error}") from error
        return cls(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def schema(self) -> str:
        """The schema of the bodies."""
        return str(self._one("SELECT value FROM meta WHERE name = 'schema'")[0])

    @property
    def next_seq(self) -> int:
        """The number of the next row."""
        span = self._span()
        return 1 if span is None else span[1] + 1

    def append(self, rows: Sequence[Row]) -> None:
        """Write rows, all or none.

        Raises:
            JournalError: none was written.
        """
        with _translated(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            for row in rows:
                if isinstance(row, EventRow):
                    self._connection.execute(
                        "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)",
                        (row.seq, row.at, row.kind, row.namespace, row.policy, row.body),
                    )
                else:
                    self._connection.execute(
                        "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        (
                            row.seq, row.at, row.namespace, row.policy, row.current, row.desired, row.action,
                            row.reason, row.result, row.error, row.why, row.body,
                        ),
                    )  # fmt: skip

    def size(self) -> int:
        """Give the room that rows take [bytes]; pages that were freed do not count."""
        pages, free, page = (
            int(self._one(f"PRAGMA {name}")[0]) for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * page

    def prune(self, most_bytes: int) -> int:
        """Drop the oldest rows, a tenth of all at a time, until the rest takes less than ``most_bytes``; count them."""
        before = self._connection.total_changes
        with _translated():
            while self.size() > most_bytes and (span := self._span()) is not None:
                first, last = span
                upto = first + (last - first) // 10 + 1
                with self._connection:
                    self._connection.execute("BEGIN IMMEDIATE")
                    self._connection.execute("DELETE FROM events WHERE seq < ?", (upto,))
                    self._connection.execute("DELETE FROM decisions WHERE seq < ?", (upto,))
            self._connection.execute(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})").fetchall()
        return self._connection.total_changes - before

    def decisions(self, query: Query) -> Iterator[DecisionRow]:
        """Give the decisions that match, oldest first.

        Raises:
            JournalError: while reading.
        """
        clauses, values = _conditions(query)
        order = "DESC LIMIT ?" if query.last is not None else ""
        text = f"SELECT * FROM decisions WHERE {clauses} ORDER BY seq {order}"
        rows = self._all(text, (*values, *(() if query.last is None else (query.last,))))
        for row in reversed(rows) if query.last is not None else rows:
            names = DecisionRow.__dataclass_fields__
            yield DecisionRow(**dict(zip(names, row, strict=True)))

    def last_of_each(self) -> list[DecisionRow]:
        """Give the newest decision of each policy.

        Raises:
            JournalError: while reading.
        """
        newest = "SELECT max(seq) FROM decisions GROUP BY namespace, policy"
        rows = self._all(f"SELECT * FROM decisions WHERE seq IN ({newest}) ORDER BY namespace, policy", ())
        return [DecisionRow(**dict(zip(DecisionRow.__dataclass_fields__, row, strict=True))) for row in rows]

    def events(
        self, since_seq: int = 0, kinds: Sequence[str] = (), *, namespace: str = "", since: Instant | None = None
    ) -> Iterator[EventRow]:
        """Give events from a number on, in order; only of ``kinds``, of ``namespace``, and not before ``since``, if given.

        What concerns no policy belongs to every namespace.

        Raises:
            JournalError: while reading.
        """
        clauses, values = ["seq >= ?"], list[object]([since_seq])
        if kinds:
            clauses.append(f"kind IN ({', '.join('?' * len(kinds))})")
            values += kinds
        if namespace:
            clauses.append("namespace IN (?, '')")
            values.append(namespace)
        if since is not None:
            clauses.append("at >= ?")
            values.append(since)
        with _translated():
            text = f"SELECT * FROM events WHERE {' AND '.join(clauses)} ORDER BY seq"
            for row in self._connection.execute(text, values):
                yield EventRow(**dict(zip(EventRow.__dataclass_fields__, row, strict=True)))

    def damage(self) -> list[str]:
        """Give what sqlite finds wrong with the file, and numbers that are missing; nothing where it is sound."""
        try:
            found = [str(row[0]) for row in self._all("PRAGMA integrity_check", ()) if row[0] != "ok"]
            if not found:
                first, last, rows = self._one(f"SELECT min(seq), max(seq), count(*) FROM ({_ALL_ROWS})")
                missing = 0 if first is None else last - first + 1 - rows
                found = [f"{missing} rows between {first} and {last} are missing"] if missing else []
        except JournalError as error:
            found = [str(error)]
        return found

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _span(self) -> tuple[int, int] | None:
        """Give the first and the last number there is."""
        first, last = self._one(f"SELECT min(seq), max(seq) FROM ({_ALL_ROWS})")
        return None if first is None else (first, last)

    def _one(self, text: str) -> tuple[Any, ...]:
        rows = self._all(text, ())
        if not rows:
            raise JournalError("the journal has lost its own description")
        return rows[0]

    def _all(self, text: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        with _translated():
            return self._connection.execute(text, values).fetchall()


class _translated:  # noqa: N801  # reads as a statement
    """Turn sqlite's errors into ours."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sqlite3.Error):
            raise JournalError(str(error)) from error


def _prepare(connection: sqlite3.Connection, schema: str) -> None:
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        # Freed pages go back to the file system; to be set before the first table.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.executescript(_TABLES)
        connection.execute("INSERT INTO meta VALUES ('schema', ?)", (schema,))
    _check(connection)
    if connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()[0] != schema:
        raise JournalError("written by another version of this program: keep it, and name a new file")
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last rows, never the file


def _check(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
        raise JournalError("not a journal of this program")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION:
        raise JournalError(f"a journal of version {version}; this program reads version {VERSION}")


def _conditions(query: Query) -> tuple[str, tuple[object, ...]]:
    parts: list[tuple[str, tuple[object, ...]]] = []
    if query.namespace:
        parts.append(("namespace = ?", (query.namespace,)))
    if query.policy:
        parts.append(("policy = ?", (query.policy,)))
    if query.since is not None:
        parts.append(("at >= ?", (query.since,)))
    if query.until is not None:
        parts.append(("at < ?", (query.until,)))
    for column, wanted in (("action", query.actions), ("reason", query.reasons)):
        if wanted:
            parts.append((f"{column} IN ({', '.join('?' * len(wanted))})", wanted))
    text = " AND ".join(part for part, _ in parts) or "1"
    return text, tuple(value for _, values in parts for value in values)
