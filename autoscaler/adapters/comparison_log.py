"""Comparisons on disk: one JSON object per line, appended; full files are numbered and the oldest is dropped.

``comparisons.jsonl`` is the newest, ``comparisons.jsonl.1`` the one before. A line torn by a crash is passed over when
reading. One process writes; any number may read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from autoscaler.adapters.kubernetes.wire import instant, timestamp
from autoscaler.model.comparison import Said, Tally, Verdict
from autoscaler.model.errors import Fault
from autoscaler.model.policy import PolicyKey

#: Files kept, the one being written included: then dropping the oldest loses a quarter of the history.
_FILES = 4
_VERSION = 1


class _Row(msgspec.Struct, omit_defaults=True):
    """One line. ``first`` and ``last`` are the instants of the passes, RFC 3339 in UTC; no ``version`` is the first."""

    namespace: str
    policy: str
    verdict: Verdict
    first: str
    last: str
    passes: int
    ours: Said | None = None
    theirs: Said | None = None
    version: int = _VERSION


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(_Row)


class ComparisonLog:
    """Appends to ``path``; all files together stay within ``limit`` [bytes], give or take one batch."""

    def __init__(self, path: Path, *, limit: int) -> None:
        self._path = path
        self._full = limit // _FILES

    def prepare(self) -> None:
        """Make sure that the log can be written. Raises: OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.open("ab").close()

    def append(self, tallies: Sequence[Tally]) -> None:
        """Write; blocks while the disk does. Raises: OSError."""
        if not tallies:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lines = b"".join(_ENCODER.encode(_row(tally)) + b"\n" for tally in tallies)
        with self._path.open("ab") as file:
            if file.tell() and not _ends_a_line(self._path):
                file.write(b"\n")  # what a crash tore must not spoil the next line
            file.write(lines)
            size = file.tell()
        if size >= self._full:
            self._turn()

    def _turn(self) -> None:
        for number in range(_FILES - 2, 0, -1):
            if _numbered(self._path, number).exists():
                _numbered(self._path, number).replace(_numbered(self._path, number + 1))
        self._path.replace(_numbered(self._path, 1))


def read_comparisons(path: Path) -> tuple[list[Tally], list[Fault]]:
    """Read a log with its numbered files, oldest first; and tell which lines could not be read.

    Raises: OSError where ``path`` cannot be read.
    """
    tallies: list[Tally] = []
    faults: list[Fault] = []
    for file in _files(path):
        for number, line in enumerate(file.read_bytes().splitlines(), start=1):
            try:
                tallies.append(_tally(_DECODER.decode(line)))
            except (msgspec.MsgspecError, ValueError) as error:
                faults.append(Fault(what=f"no comparison: {error}", source=str(file), line=number))
    return tallies, faults


def _files(path: Path) -> Iterator[Path]:
    older = [file for number in range(_FILES - 1, 0, -1) if (file := _numbered(path, number)).exists()]
    yield from older
    if path.exists() or not older:  # just after a turn only the numbered ones are there
        yield path


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"


def _row(tally: Tally) -> _Row:
    return _Row(
        namespace=tally.key.namespace,
        policy=tally.key.name,
        verdict=tally.verdict,
        first=timestamp(tally.first),
        last=timestamp(tally.last),
        passes=tally.passes,
        ours=tally.ours,
        theirs=tally.theirs,
    )


def _tally(row: _Row) -> Tally:
    if row.version != _VERSION:
        raise ValueError(f"it is of version {row.version}, this program reads {_VERSION}")
    return Tally(
        key=PolicyKey(namespace=row.namespace, name=row.policy),
        verdict=row.verdict,
        first=instant(row.first),
        last=instant(row.last),
        passes=row.passes,
        ours=row.ours,
        theirs=row.theirs,
    )
