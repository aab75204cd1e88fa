"""Recorded spot pools: a ``timestamp,event,node`` file of nodes added and removed, as shares that a pool of any size can lose.

A row is one node: ``timestamp`` [s since any zero], ``event`` is ``add`` (the provider gave a node) or ``remove`` (it took
one back). From a removal until the next addition the pool had no node to give: nobody would have gone without.
"""

from __future__ import annotations

import csv
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from autoscaler.model.errors import Fault, InvalidTraceError

_COLUMNS: Final = ["timestamp", "event", "node"]
_EVENTS: Final = ("add", "remove")
_FAULTS_SHOWN: Final = 20
_HINT: Final = (
    "a spot trace is a comma-separated file: a header `timestamp,event,node`, then rows such as `3060,remove,node7`"
)


@dataclass(frozen=True, slots=True)
class Loss:
    """At ``at`` [s from the first row] the provider took back a ``share`` of the nodes, and had none for ``dry`` [s]."""

    at: float
    share: float
    dry: float


@dataclass(frozen=True, slots=True)
class SpotTrace:
    """A recorded pool; ``duration`` [s] is the time from its first to its last row."""

    source: str
    losses: tuple[Loss, ...]
    duration: float


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    at: float
    event: str
    node: str


def is_spot_trace(path: Path) -> bool:
    """Tell a spot trace by its first line; a file that cannot be read is none."""
    try:
        with path.open(encoding="utf-8-sig") as content:
            return [cell.strip() for cell in content.readline().split(",")] == _COLUMNS
    except (OSError, UnicodeDecodeError):
        return False


def load_spot_trace(path: Path) -> SpotTrace:
    """Read and check a spot trace.

    Raises:
        InvalidTraceError: with file, line and hint for each fault, at most 20 of them.
    """
    rows = _rows(path)
    _refuse(_faults(rows, str(path)))
    if not rows:
        _refuse([Fault(what="the spot trace is empty", source=str(path), hint=_HINT)])
    first = rows[0].at
    added = [row.at for row in rows if row.event == "add"]
    losses, alive = [], 0
    for at, group in groupby(rows, key=lambda row: row.at):
        events = [row.event for row in group]
        removed = events.count("remove")
        if removed:
            later = bisect_left(added, at)
            dry = (added[later] if later < len(added) else rows[-1].at) - at
            losses.append(Loss(at - first, min(1.0, removed / max(alive, 1)), dry))
        alive += events.count("add") - removed
    return SpotTrace(str(path), tuple(losses), rows[-1].at - first)


def _rows(path: Path) -> list[_Row]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        what = f"cannot read the spot trace: {reason}"
        hint = "is the path right? it counts from the scenario's folder"
        raise InvalidTraceError([Fault(what=what, source=str(path), hint=hint)]) from error
    lines = list(csv.reader(text.splitlines()))
    if not lines or [cell.strip() for cell in lines[0]] != _COLUMNS:
        what = "the first line is not `timestamp,event,node`" if lines else "the spot trace is empty"
        raise InvalidTraceError([Fault(what=what, source=str(path), line=1 if lines else None, hint=_HINT)])
    faults: list[Fault] = []
    rows = [row for number, cells in enumerate(lines[1:], 2) if cells and (row := _row(cells, number, path, faults))]
    _refuse(faults)
    return rows


def _row(cells: Sequence[str], line: int, path: Path, faults: list[Fault]) -> _Row | None:
    try:
        at, event, node = cells
        row = _Row(line, float(at), event.strip(), node.strip())
    except ValueError:
        row = None
    if row is None or row.event not in _EVENTS or not abs(row.at) < float("inf"):
        faults.append(Fault(what=f"`{','.join(cells)[:60]}` is no row", source=str(path), line=line, hint=_HINT))
        return None
    return row


def _faults(rows: Sequence[_Row], source: str) -> list[Fault]:
    """Find times that go back, and nodes that come twice or go without having come."""
    faults: list[Fault] = []
    alive: set[str] = set()
    last = float("-inf")
    for row in rows:
        if row.at < last:
            what = f"timestamp {row.at:.15g} is before the row above it"
            faults.append(Fault(what=what, source=source, line=row.line, hint="sort the rows by time"))
        if (row.event == "add") is (row.node in alive):
            what = f"{row.node} is {'added twice' if row.event == 'add' else 'removed, but it is not there'}"
            faults.append(
                Fault(what=what, source=source, line=row.line, hint="each node is added once and removed once")
            )
        last = row.at
        (alive.add if row.event == "add" else alive.discard)(row.node)
    return faults


def _refuse(faults: list[Fault]) -> None:
    if faults:
        more = len(faults) - _FAULTS_SHOWN
        tail = [Fault(what=f"and {more} more rows like these", source=faults[0].source)] if more > 0 else []
        raise InvalidTraceError(faults[:_FAULTS_SHOWN] + tail)
