"""Rows of a trace file: text to numbers, fast where the file is clean, with a line for each fault where it is not."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.model.errors import Fault, InvalidTraceError

_RATES: Final = ("timestamp", "rps")
_COUNTS: Final = ("timestamp", "requests")
_FAULTS_KEPT: Final = 20
_HINT: Final = (
    "a trace is a comma-separated file: a header `timestamp,rps`, then one row per bin, such as `1700000000,12.5`"
)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows as read, shape ``(rows,)`` each: times [s], rates [requests/s] (NaN: not given), and where each stands.

    With ``are_counts`` the rates are still requests per row. ``lines`` are lines of a file; where there are no lines, ``path`` is the list that they count in.
    """

    source: str
    times: NDArray[np.float64]
    rates: NDArray[np.float64]
    lines: NDArray[np.int64]
    path: str = ""
    are_counts: bool = False

    def where(self, keep: NDArray[np.bool_]) -> Rows:
        """Give the rows marked in ``keep``."""
        return replace(self, times=self.times[keep], rates=self.rates[keep], lines=self.lines[keep])

    def place(self, row: int) -> str:
        """Tell where a row stands, for people."""
        return f"{self.path}[{self.lines[row]}]" if self.path else f"line {self.lines[row]}"

    def fault(self, row: int, what: str, hint: str) -> Fault:
        """Say what is wrong with a row."""
        line = None if self.path else int(self.lines[row])
        path = self.place(row) if self.path else ""
        return Fault(what=what, source=self.source, line=line, path=path, hint=hint)


def read_rows(path: Path, text: str) -> Rows:
    """Read the rows of a trace file that holds ``text``.

    Raises:
        InvalidTraceError: it holds no rows, or rows that are not two numbers.
    """
    header = _header_lines(text, str(path))
    rows = _read_clean(path, text, header) or _read_each(text, str(path), header)
    return replace(rows, are_counts=bool(header) and _COUNTS[1] in text.partition("\n")[0].lower())


def read_text(path: Path) -> str:
    """Read a trace file as text.

    Raises:
        InvalidTraceError: it cannot be read, is no text or empty.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise _refused(
            path, f"cannot read the trace: {reason}", "is the path right? it counts from the scenario's folder"
        ) from error
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refused(path, "the trace is UTF-16", "save it as UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _refused(path, "the trace is not UTF-8 text", "save it as UTF-8, uncompressed", line) from error
    if "\0" in text:
        raise _refused(path, "the trace holds binary data", _HINT)
    if not text.strip():
        raise _refused(path, "the trace is empty", _HINT)
    return text


def _refused(path: Path, what: str, hint: str, line: int | None = None) -> InvalidTraceError:
    return InvalidTraceError([Fault(what=what, source=str(path), line=line, hint=hint)])


def _header_lines(text: str, source: str) -> int:
    """Tell whether the first line is the header; refuse headers with other columns."""
    first = text[: text.find("\n")] if "\n" in text else text
    cells = [cell.strip().strip('"').lower() for cell in first.split(",")]
    if tuple(cells) in (_RATES, _COUNTS):
        return 1
    if number(cells[0]) is not None or iso_seconds(cells[0]) is not None:
        return 0
    what = f"the first line is `{first.strip()[:80]}`, not `timestamp,rps`"
    raise InvalidTraceError([Fault(what=what, source=source, line=1, hint=_HINT)])


def _read_clean(path: Path, text: str, header: int) -> Rows | None:
    """Read a file in which every row is two plain numbers; ``None`` where one is not."""
    if header and not text.partition("\n")[2].strip():
        return None
    # a regular file is read again: numpy does that in chunks, in half the memory of lines of text
    origin = str(path) if path.is_file() else io.StringIO(text)
    try:
        table = np.loadtxt(origin, delimiter=",", skiprows=header, ndmin=2, comments=None, encoding="utf-8-sig")
    except ValueError:
        return None
    blank_lines = len(table) + header != text.count("\n") + (not text.endswith("\n"))
    if table.shape[1:] != (2,) or not len(table) or blank_lines or np.isinf(table).any():
        return None
    lines = np.arange(len(table), dtype=np.int64) + header + 1
    return Rows(str(path), table[:, 0].copy(), table[:, 1].copy(), lines)


def _read_each(text: str, source: str, header: int) -> Rows:
    rows: list[tuple[float, float, int]] = []
    faults: list[Fault] = []
    for line, row in enumerate(text.splitlines(), start=1):
        if line <= header or not row.strip():
            continue
        try:
            rows.append((*_row(row), line))
        except ValueError as error:
            faults.append(Fault(what=str(error), source=source, line=line, hint=_HINT))
            if len(faults) == _FAULTS_KEPT:
                break
    if not rows and not faults:
        faults = [Fault(what="the trace has a header but no rows", source=source, hint=_HINT)]
    if faults:
        raise InvalidTraceError(faults)
    table = np.array(rows)
    return Rows(source, table[:, 0].copy(), table[:, 1].copy(), table[:, 2].astype(np.int64))


def _row(row: str) -> tuple[float, float]:
    cells = [cell.strip().strip('"') for cell in row.split(",")]
    if len(cells) != 2:
        raise ValueError(f"{len(cells)} columns instead of 2: `{row.strip()[:80]}`")
    time = number(cells[0])
    time = iso_seconds(cells[0]) if time is None else time
    if time is None:
        raise ValueError(f"timestamp `{cells[0][:40]}` is neither a number of seconds nor an ISO 8601 time")
    rate = float("nan") if cells[1].lower() in ("", "nan", "null", "na") else number(cells[1])
    if rate is None or rate in (float("inf"), float("-inf")):
        raise ValueError(f"rps `{cells[1][:40]}` is not a number")
    return time, rate


def number(cell: str) -> float | None:
    """Read a plain number; ``None`` where it is none."""
    try:
        return float(cell) if "_" not in cell else None
    except ValueError:
        return None


def iso_seconds(cell: str) -> float | None:
    """Read an ISO 8601 time as seconds since 1970; without a zone it is taken as UTC."""
    try:
        time = datetime.fromisoformat(cell)
    except ValueError:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
