"""Tables that compare policies: means over seeds, paired differences, what they come to.

It reads ``Sample`` values only, so it says the same of results just computed and of results read from files.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from autoscaler.config.durations import print_duration
from autoscaler.model.time import SECOND
from autoscaler.simulator.intervals import Estimate
from autoscaler.simulator.measures import (
    LATE_SHARE,
    MEASURES,
    MINUTES,
    MINUTES_VIOLATED,
    Measure,
    Unit,
)
from autoscaler.simulator.naming import distinct
from autoscaler.simulator.numerals import latency, number, percent
from autoscaler.simulator.sample import Sample

Row = tuple[str, tuple[str, ...]]  #: a label, and a text for each policy

BEYOND_CHANCE: Final = " *"
_MOST_DIGITS: Final = 4  #: of a mean; more are noise to a reader, however narrow the interval is
_MOST_DECIMALS: Final = 3  #: of times and percentages: a microsecond, a hundred-thousandth


def headings(samples: Sequence[Sample]) -> list[str]:
    """Name each policy's column; one whose run was interrupted says how far it came."""
    return distinct(
        each.policy + ("" if each.played is None else f" (until {print_duration(each.played * SECOND)})")
        for each in samples
    )


def comparison(samples: Sequence[Sample], objective: float) -> Iterator[Row]:
    """Give one row a measure that is known: means over seeds, with intervals. ``objective`` is the latency promised [s]."""
    for measure in _known(samples):
        texts = [_of(each, measure) for each in samples]
        yield label_of(measure, samples[0].served, objective), tuple(texts)


def differences(samples: Sequence[Sample], objective: float) -> Iterator[Row]:
    """Give how much more than the first policy each of the others has, paired by seed; those beyond chance are marked."""
    baseline, *others = samples
    for measure in _known(samples):
        found = [each.difference(measure.key, baseline) for each in others]
        texts = [show(each, measure.unit, signed=True) + BEYOND_CHANCE * each.is_beyond_chance for each in found]
        yield label_of(measure, samples[0].served, objective), tuple(texts)


def label_of(measure: Measure, served: str, objective: float) -> str:
    """Name a measure of what a workload has ``served``, with a latency objective [s], as tables do."""
    if measure.key == LATE_SHARE:
        return f"slower than {latency(objective)}"
    return measure.label.replace("requests", served)


def show(value: Estimate, unit: Unit, *, signed: bool = False) -> str:
    """Print an estimate with its interval, as many digits as the interval leaves meaningful: ``12.3 ± 0.4``."""
    if not math.isfinite(value.mean):
        return "-"
    sign = "+" if signed and value.mean > 0 else ""
    factor, suffix = _scale(max(abs(value.mean), value.half_width or 0.0), unit)
    mean, half = value.mean * factor, (value.half_width or 0.0) * factor
    decimals = max(0, min(_digits_after(half, 2), _digits_after(mean, _MOST_DIGITS))) if half else 0
    if unit in (Unit.SECONDS, Unit.SHARE):
        decimals = min(decimals, _MOST_DECIMALS)
    if not round(half, decimals):  # one seed, or as good as the same under every seed
        return sign + _plain(value.mean, unit)
    return f"{sign}{_rounded(mean, decimals)} ± {half:,.{decimals}f}{suffix}"


def note(samples: Sequence[Sample]) -> str:
    """Explain the intervals, beneath a table, if there are any; an interruption may leave some policies fewer seeds."""
    numbers = sorted({len(each.runs) for each in samples})
    if numbers[-1] < 2:
        return ""
    seeds = f"{numbers[-1]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
    return f"± is the 95 % confidence interval of the mean over {seeds} seeds (Student's t)."


PAIRED: Final = f"Paired seed by seed: both meet the same traffic and luck.{BEYOND_CHANCE} marks what is beyond chance."


def _known(samples: Sequence[Sample]) -> list[Measure]:
    return [m for m in MEASURES if m.label and any(m.key in run for each in samples for run in each.runs.values())]


def _of(sample: Sample, measure: Measure) -> str:
    text = show(sample.estimate(measure.key), measure.unit)
    if measure.key == MINUTES_VIOLATED:
        text += f" of {number(sample.estimate(MINUTES).mean, 6)}"
    return text


def _plain(value: float, unit: Unit) -> str:
    match unit:
        case Unit.COUNT:
            return number(value, 6)
        case Unit.AMOUNT:
            return number(value, 4)
        case Unit.SHARE:
            return percent(value) if value >= 0 else f"-{percent(-value)}"
        case Unit.SECONDS:
            return "0 s" if value == 0 else latency(value) if value > 0 else f"-{latency(-value)}"


def _scale(size: float, unit: Unit) -> tuple[float, str]:
    """Give what to multiply with before printing a value of that size, and its unit."""
    match unit:
        case Unit.SHARE:
            return 100.0, " %"
        case Unit.SECONDS:
            return (1000.0, " ms") if size < 1 else (1.0, " s")
        case Unit.COUNT | Unit.AMOUNT:
            return 1.0, ""


def _digits_after(value: float, significant: int) -> int:
    """Tell how many decimals show so many significant digits."""
    return significant - 1 - math.floor(math.log10(abs(value))) if value else _MOST_DIGITS


def _rounded(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text  # no minus before nothing
