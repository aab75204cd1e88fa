"""Traces: recorded traffic in a file, checked strictly, and mended only by rules that are stated.

A file holds rows of ``timestamp,rps``, or of ``timestamp,requests`` (how many came in each), or a range answer of Prometheus as JSON (see ``trace_prometheus``). A row is a bin: ``timestamp`` its begin (seconds since 1970 or since any zero, or ISO 8601), ``rps`` the mean rate in it
[requests/s]. Bins of less than five minutes hold their rate; longer ones are joined by straight lines.

Refused: text that is no number, negative or infinite rates, times that go back or are milliseconds, one time with two
rates, a rate that jumps by 1,000 or more and stays there, fewer than half of the bins present. Mended and reported: NaN
or empty rates and missing bins (a straight line between their neighbours), repeated rows (one is kept), a jump by 1,000
or more that lasts a single bin (as if it were missing).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.durations import print_duration
from autoscaler.config.trace_prometheus import is_answer, rows_of_answer
from autoscaler.config.trace_rows import Rows, read_rows, read_text
from autoscaler.model.errors import Fault, InvalidTraceError
from autoscaler.model.time import seconds

Floats = NDArray[np.float64]

LINEAR_FROM: Final = 300.0  #: bins at least this long are joined by straight lines [s]
_HUGE: Final = 1000.0  #: growth from one bin to the next that no service shows
_TRIVIAL: Final = 1.0  #: rates below this may grow by any factor [requests/s]
_HIGHEST: Final = 1e9  #: no service takes more [requests/s]
LATEST: Final = 32_503_680_000.0  #: the year 3000 [s since 1970]
_LEAST_PRESENT: Final = 0.5  #: share of the bins that must be there
_GAP: Final = 1.5  #: a step longer than this many usual ones is a gap
_FAULTS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trace:
    """A trace, mended. ``times`` [s] and ``rates`` [requests/s] have shape ``(bins,)``; ``step`` is the usual bin [s]."""

    source: str
    times: Floats
    rates: Floats
    step: float
    repairs: tuple[str, ...] = ()

    @property
    def is_linear(self) -> bool:
        """Tell whether rates change in straight lines between rows instead of holding."""
        return self.step >= LINEAR_FROM

    @property
    def duration(self) -> float:
        """Length from the first bin's begin to the last one's end [s]."""
        return float(self.times[-1] - self.times[0]) + self.step


def load_trace(path: Path) -> Trace:
    """Read and check a trace file.

    Raises:
        InvalidTraceError: with file, line and hint for each fault, at most 20 of them.
    """
    text = read_text(path)
    return check_rows(rows_of_answer(text, str(path)) if is_answer(text) else read_rows(path, text))


def check_rows(rows: Rows) -> Trace:
    """Check rows and mend what the rules allow.

    Raises:
        InvalidTraceError: see ``load_trace``.
    """
    repairs: list[str] = []
    _refuse(_bad_rates(rows))
    _refuse(_bad_times(rows))
    rows = _without_repeats(rows, repairs)
    step = float(np.median(np.diff(rows.times))) if len(rows.times) > 1 else 0.0
    rows = _as_rates(rows, step, repairs)
    rows = _without_missing(rows, repairs)
    rows = _without_spikes(rows, repairs)
    if len(rows.times) < 2:
        _refuse([Fault(what="fewer than two rows with a rate", source=rows.source, hint="a trace needs at least two")])
    _refuse(_huge_steps(rows))
    times, rates = _filled(rows, step, repairs)
    return Trace(source=rows.source, times=times, rates=rates, step=step, repairs=tuple(repairs))


def _refuse(faults: list[Fault]) -> None:
    if faults:
        more = len(faults) - _FAULTS_SHOWN
        tail = [Fault(what=f"and {more} more rows like these", source=faults[0].source)] if more > 0 else []
        raise InvalidTraceError(faults[:_FAULTS_SHOWN] + tail)


def _faults(rows: Rows, where: NDArray[np.bool_], what: str, hint: str) -> list[Fault]:
    return [
        rows.fault(i, what.format(rate=rows.rates[i], time=rows.times[i]), hint) for i in np.flatnonzero(where).tolist()
    ]


def _bad_rates(rows: Rows) -> list[Fault]:
    return _faults(
        rows, rows.rates < 0, "rps is negative: {rate:g}", "a rate is zero or more; leave it empty where it is unknown"
    ) + _faults(
        rows,
        rows.rates > _HIGHEST,
        "rps is {rate:g}",
        f"rates up to {_HIGHEST:g} are taken; is it a count or in another unit?",
    )


def _bad_times(rows: Rows) -> list[Fault]:
    faults = _faults(rows, ~np.isfinite(rows.times), "timestamp is not finite", "seconds since 1970, or ISO 8601")
    if faults:
        return faults
    if len(rows.times) and rows.times[0] > LATEST:
        first = f"timestamp {rows.times[0]:.15g} is no time of this millennium in seconds"
        return [rows.fault(0, first, "milliseconds? divide by 1000")]
    steps = np.diff(rows.times, prepend=-np.inf)
    rates_differ = np.diff(rows.rates, prepend=np.nan) != 0
    return _faults(
        rows, steps < 0, "timestamp {time:.15g} is before the row above it", "sort the rows by time"
    ) + _faults(
        rows,
        (steps == 0) & rates_differ,
        "timestamp {time:.15g} has two different rates",
        "keep one row per time; local time that repeats an hour in autumn must be converted to UTC",
    )


def _without_repeats(rows: Rows, repairs: list[str]) -> Rows:
    repeated = np.diff(rows.times, prepend=-np.inf) == 0
    if repeated.any():
        repairs.append(f"{int(repeated.sum())} repeated rows were left out")
    return rows.where(~repeated)


def _as_rates(rows: Rows, step: float, repairs: list[str]) -> Rows:
    """Divide requests per bin by the usual bin."""
    if not rows.are_counts or not step:
        return rows
    repairs.append(f"requests per bin of {print_duration(seconds(step))} were divided by its length")
    return replace(rows, rates=rows.rates / step, are_counts=False)


def _without_missing(rows: Rows, repairs: list[str]) -> Rows:
    missing = np.isnan(rows.rates)
    if missing.any():
        repairs.append(
            f"{int(missing.sum())} rows without a rate were filled with a straight line between their neighbours"
        )
        if missing.sum() > len(missing) * (1 - _LEAST_PRESENT):
            what = f"{int(missing.sum())} of {len(missing)} rows have no rate"
            _refuse([Fault(what=what, source=rows.source, hint="at least half of the rows must have one")])
    return rows.where(~missing)


def _without_spikes(rows: Rows, repairs: list[str]) -> Rows:
    """Leave out single bins that are a thousand times both neighbours."""
    if len(rows.rates) < 3:
        return rows
    before, here, after = rows.rates[:-2], rows.rates[1:-1], rows.rates[2:]
    spike = (before >= _TRIVIAL) & (after >= _TRIVIAL) & (here >= _HUGE * np.maximum(before, after))
    if not spike.any():
        return rows
    first = int(np.flatnonzero(spike)[0]) + 1
    repairs.append(
        f"{int(spike.sum())} single bins at 1,000 times both neighbours or more (first at {rows.place(first)})"
        " were filled with a straight line"
    )
    return rows.where(~np.concatenate(([False], spike, [False])))


def _huge_steps(rows: Rows) -> list[Fault]:
    before = np.concatenate(([0.0], rows.rates[:-1]))
    where = (before >= _TRIVIAL) & (rows.rates >= _HUGE * before)
    return _faults(
        rows,
        where,
        "rps jumps to {rate:g}, 1,000 times the row above it or more",
        "did the unit change? split the file here",
    )


def _filled(rows: Rows, step: float, repairs: list[str]) -> tuple[Floats, Floats]:
    """Put bins where they are missing, by straight lines."""
    gaps = np.diff(rows.times)
    wide = np.flatnonzero(gaps > _GAP * step)
    if not len(wide):
        return rows.times, rows.rates
    missing = np.round(gaps[wide] / step).astype(np.int64) - 1
    if missing.sum() > len(rows.times):
        what = f"{int(missing.sum())} bins are missing and {len(rows.times)} are there"
        hint = f"the usual step is {print_duration(seconds(step))}; at least half of the bins must be there"
        _refuse([rows.fault(int(wide[0]) + 1, what, hint)])
    repairs.append(
        f"{int(missing.sum())} missing bins in {len(wide)} gaps (longest {print_duration(seconds(float(gaps[wide].max())))}, first after "
        f"{rows.place(int(wide[0]))}) were filled with straight lines"
    )
    inserted = np.concatenate(
        [rows.times[i] + gaps[i] * np.arange(1, n + 1) / (n + 1) for i, n in zip(wide, missing, strict=True)]
    )
    times = np.sort(np.concatenate((rows.times, inserted)))
    return times, np.interp(times, rows.times, rows.rates)
