"""Single requests from a file: one row each, with its instant and its size, checked strictly.

The file has a header that names its columns. Refused, with the line: a time that is neither a number of seconds nor
ISO 8601, a size that is missing, negative or no number. Mended and reported: rows out of order are sorted by time (rows
of one instant stay in their order).
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.suggestions import did_you_mean
from autoscaler.config.trace_rows import iso_seconds, number, read_text
from autoscaler.config.traces import LATEST
from autoscaler.config.traffic import Requests
from autoscaler.model.errors import Fault, InvalidTraceError

Floats = NDArray[np.float64]

_FAULTS_SHOWN: Final = 20
_LONGEST: Final = 1e9  #: no request takes longer [s]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RequestRows:
    """Requests in order of time, shape ``(n,)``: instants [s from the first row] and, if known, times in service [s]."""

    source: str
    arrivals: Floats
    services: Floats | None
    repairs: tuple[str, ...] = ()

    @property
    def duration(self) -> float:
        """Length up to the end of the last request's second [s]."""
        return float(np.floor(self.arrivals[-1])) + 1.0


def load_requests(path: Path, spec: Requests) -> RequestRows:
    """Read and check a file of requests, as ``spec`` says.

    Raises:
        InvalidTraceError: with file, line and hint for each fault, at most 20 of them.
    """
    text = read_text(path)
    columns = _columns(text, str(path), spec)
    times, sizes, lines = _read_clean(text, columns) or _read_each(text, str(path), columns)
    _refuse(_faults(str(path), times, sizes, lines, spec))
    order = np.argsort(times, kind="stable")
    moved = int((np.diff(times) < 0).sum())
    repairs = (f"rows out of order were sorted by time ({moved} were before the row above them)",) if moved else ()
    return RequestRows(
        source=str(path),
        arrivals=(times[order] - times[order[0]]) / spec.speed,
        services=None if not spec.service_time_per else spec.service_time_base + spec.service_time_per * sizes[order],
        repairs=repairs,
    )


def _columns(text: str, source: str, spec: Requests) -> tuple[int, int]:
    """Find the places of the two columns in the header; without sizes, that of times twice."""
    header = [cell.strip() for cell in next(csv.reader(io.StringIO(text)))]
    faults = [
        Fault(
            what=f"there is no column `{name}`",
            source=source,
            line=1,
            path=f"traffic.requests.{field}",
            hint=did_you_mean(name, header) or f"the columns are {', '.join(header)[:200]}",
        )
        for field, name in (("time", spec.time), ("size", spec.size or spec.time))
        if name not in header
    ]
    _refuse(faults)
    return header.index(spec.time), header.index(spec.size or spec.time)


def _read_clean(text: str, columns: tuple[int, int]) -> tuple[Floats, Floats, NDArray[np.int64]] | None:
    """Read a file in which both columns hold plain numbers; ``None`` where one does not."""
    if '"' in text or "\n\n" in text or not text.partition("\n")[2].strip():
        return None
    try:
        table = np.loadtxt(io.StringIO(text), delimiter=",", skiprows=1, usecols=columns, ndmin=2, comments=None)
    except (ValueError, IndexError):
        return None
    return table[:, 0].copy(), table[:, 1].copy(), np.arange(2, len(table) + 2, dtype=np.int64)


def _read_each(text: str, source: str, columns: tuple[int, int]) -> tuple[Floats, Floats, NDArray[np.int64]]:
    rows: list[tuple[float, float, int]] = []
    faults: list[Fault] = []
    reader = csv.reader(io.StringIO(text))
    next(reader)
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            rows.append((*_row(cells, columns), reader.line_num))
        except ValueError as error:
            faults.append(Fault(what=str(error), source=source, line=reader.line_num))
    if not rows and not faults:
        faults = [Fault(what="the file has a header but no rows", source=source, hint="one row for each request")]
    _refuse(faults)
    table = np.array(rows)
    return table[:, 0].copy(), table[:, 1].copy(), table[:, 2].astype(np.int64)


def _row(cells: list[str], columns: tuple[int, int]) -> tuple[float, float]:
    if len(cells) <= max(columns):
        raise ValueError(f"{len(cells)} columns; the header has more: `{','.join(cells)[:80]}`")
    time, size = cells[columns[0]].strip(), cells[columns[1]].strip()
    at = number(time)
    at = iso_seconds(time) if at is None else at
    if at is None:
        raise ValueError(f"time `{time[:40]}` is neither a number of seconds nor an ISO 8601 time")
    if columns[0] == columns[1]:
        return at, 0.0
    amount = number(size)
    if amount is None:
        raise ValueError(f"size `{size[:40]}` is not a number")
    return at, amount


def _faults(source: str, times: Floats, sizes: Floats, lines: NDArray[np.int64], spec: Requests) -> list[Fault]:
    """Find rows that cannot be: at no time, of no or a negative size, longer than anything."""
    if spec.service_time_per is None:
        sizes = np.zeros(len(sizes))  # the column of times was read again
    checks = (
        (~np.isfinite(times), times, "time {:g} is not finite", "seconds since 1970 or since any zero, or ISO 8601"),
        (
            times > LATEST,
            times,
            "time {:.15g} is no time of this millennium in seconds",
            "milliseconds? divide by 1000",
        ),
        (~np.isfinite(sizes), sizes, "size {:g} is no amount", "leave out requests whose size is unknown"),
        (sizes < 0, sizes, "size {:g} is negative", "a size is zero or more"),
        (
            (spec.service_time_per or 0.0) * sizes > _LONGEST,
            sizes,
            "size {:g} takes longer than 30 years",
            "is service_time_per the time for one unit of size?",
        ),
    )
    faults = []
    for where, values, what, hint in checks:
        rows = np.flatnonzero(where)[:_FAULTS_SHOWN]
        faults += [
            Fault(what=what.format(values[row]), source=source, line=int(lines[row]), hint=hint)
            for row in rows.tolist()
        ]
    return faults


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise InvalidTraceError(faults[:_FAULTS_SHOWN])
