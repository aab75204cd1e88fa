"""The journal of a running controller: written in the background, never in its way.

Rows wait in memory and are written together, every second and before each scale write. A disk that is full or a file that
is damaged is reported and tried again; meanwhile the newest rows stay in memory, and scaling goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Protocol, TypeVar

import structlog

from autoscaler.adapters.journal.codec import write_schema
from autoscaler.adapters.journal.file import JournalError, JournalFile, Row
from autoscaler.control.messages import Record
from autoscaler.control.recording import Heard, Restarted
from autoscaler.daemon.clock import Clock
from autoscaler.daemon.journal_rows import RowWriter, journal_codec
from autoscaler.model.time import Instant

_EVERY: Final = 1.0  #: between two writes in the background [s]
_PRUNE_EVERY: Final = 60  #: writes
_RETRY: Final = 10.0  #: after a failure [s]
_PATIENCE: Final = 1.0  #: longest that a scale write waits for its row [s]
_MOST_WAITING: Final = 20_000  #: values kept in memory while the file cannot be written

T = TypeVar("T")

_log = structlog.get_logger("autoscaler.journal")


class Watcher(Protocol):
    """Told how writing goes, for metrics."""

    def journal_failed(self, dropped: int) -> None:
        """Rows could not be written; so many values were given up since the last time."""

    def journal_written(self, size: int) -> None:
        """Rows were written; the journal takes so many bytes."""


class Journal:
    """Takes in what the controller hears and records. Use ``running`` or call ``run`` and ``close``."""

    def __init__(self, path: Path, clock: Clock, watcher: Watcher, *, most_bytes: int) -> None:
        self._path = path
        self._clock = clock
        self._watcher = watcher
        self._most_bytes = most_bytes
        self._codec = journal_codec()
        self._waiting: list[tuple[Instant, Heard | Record]] = []
        self._dropped = 0
        self._restarted: Restarted | None = None
        self._file: JournalFile | None = None
        self._writer: RowWriter | None = None
        self._writes = 0
        self._failure = ""
        self._retry_at = 0.0
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")

    def hear(self, event: Heard) -> None:
        """Take in an event."""
        if isinstance(event, Restarted):
            self._restarted = event
        self._take(event)

    def record(self, record: Record) -> None:
        """Take in the story of a pass."""
        self._take(record)

    def check(self) -> str:
        """Say what keeps the journal from being written."""
        return self._failure

    async def durable(self) -> None:
        """Have everything so far on disk; gives up after a second, and where the file cannot be written."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._flush()
        except TimeoutError:
            self._fail("the disk took longer than a second")

    async def run(self) -> None:
        """Write now and then, until cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            await self._flush()

    async def close(self) -> None:
        """Write what is left and close the file."""
        self._retry_at = 0.0
        await self._flush()
        await self._in_thread(self._close)
        self._thread.shutdown(wait=False)

    def _take(self, value: Heard | Record) -> None:
        self._waiting.append((self._clock.now(), value))
        if len(self._waiting) <= _MOST_WAITING:
            return
        del self._waiting[: _MOST_WAITING // 2]
        self._dropped += _MOST_WAITING // 2
        if self._restarted is not None:  # a replay cannot cross the gap: it goes on where memories are told again
            self._waiting.insert(0, (self._waiting[0][0], self._restarted))

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        async with self._turn:
            if not self._waiting or loop.time() < self._retry_at:
                return
            values = list(self._waiting)
            try:
                size = await self._in_thread(lambda: self._write(values))
            except JournalError as error:
                self._retry_at = loop.time() + _RETRY
                self._fail(str(error))
                return
            self._forget(values)
            if self._failure:
                _log.info("the journal is written again")
            self._failure = ""
            self._watcher.journal_written(size)

    def _forget(self, values: list[tuple[Instant, Heard | Record]]) -> None:
        """Take what was written off the list, unless it was given up meanwhile."""
        written = set(map(id, values))
        self._waiting = [value for value in self._waiting if id(value) not in written]

    def _write(self, values: list[tuple[Instant, Heard | Record]]) -> int:
        """In the thread: write all of them or raise. Gives the journal's size [bytes]."""
        if self._file is None:
            self._file = open_or_set_aside(self._path, write_schema(self._codec.schema))
            self._writer = None
        writer = self._writer or RowWriter(self._codec, self._file.next_seq)
        self._writer = None  # until these rows are in: a writer that failed half-way has the wrong number and pods
        rows: list[Row] = [row for at, value in values for row in writer.rows(at, value)]
        try:
            self._file.append(rows)
            self._writes += 1
            if self._writes % _PRUNE_EVERY == 1:
                self._file.prune(self._most_bytes)
        except JournalError:
            self._close()
            raise
        self._writer = writer
        return self._file.size()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _fail(self, error: str) -> None:
        if error != self._failure:
            _log.error("the journal cannot be written; scaling goes on", journal=str(self._path), error=error)
        self._failure = error
        self._watcher.journal_failed(self._dropped)
        self._dropped = 0

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def open_or_set_aside(path: Path, schema: str) -> JournalFile:
    """Open a journal to write; one that is damaged or of another version is renamed, and a new one begun.

    Raises:
        JournalError: there is no place for a journal.
    """
    try:
        return JournalFile.write(path, schema)
    except JournalError as error:
        if not path.is_file() or path.stat().st_size == 0:
            raise
        aside = _unused(path)
        try:
            path.rename(aside)
            for tail in ("-wal", "-shm"):
                path.with_name(path.name + tail).unlink(missing_ok=True)
        except OSError as trouble:
            raise JournalError(f"{path}: {error}; and it cannot be set aside: {trouble}") from error
        _log.error("the journal could not be used: set aside, a new one is begun", error=str(error), aside=str(aside))
        return JournalFile.write(path, schema)


def _unused(path: Path) -> Path:
    number = 1
    while (found := path.with_name(f"{path.name}.set-aside-{number}")).exists():
        number += 1
    return found
