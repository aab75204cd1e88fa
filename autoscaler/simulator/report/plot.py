"""What a plot is made of: values only. ``svg`` draws them; colours and line styles are classes of the page's style."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line through points; with ``steps`` a value holds until the next. NaN breaks it.

    ``label`` stands at the line's right end; empty for lines that only the legend names.
    """

    name: str
    style: str  #: class of the line
    t: Floats
    values: Floats
    steps: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The range between the lowest and the highest of several runs."""

    style: str
    t: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """The area by which ``upper`` is above ``lower``."""

    style: str
    t: Floats
    upper: Floats
    lower: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A range of values across the whole width; ``label`` at its top. A level is a band without height."""

    style: str
    low: float
    high: float
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happens to all plots of a group from ``first`` to ``last`` [s]; an instant where they are equal."""

    first: float
    last: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One plot. ``describe`` says in words what it shows, for those who cannot see it."""

    key: str
    title: str
    describe: str
    unit: str
    lines: tuple[Line, ...]
    excesses: tuple[Excess, ...] = ()
    envelopes: tuple[Envelope, ...] = ()
    bands: tuple[Band, ...] = ()
    log: bool = False
    percent: bool = False
    whole: bool = False  #: only whole numbers make sense on the axis
    ceiling: float = math.inf  #: higher values are drawn at the edge; ``unit`` says so
    height: float = 190.0


def middles(t: Floats, width: float) -> Floats:
    """Give the times that stand for points of ``width`` [s] from ``t`` on: their middle.

    Only the run's ends are at the ends, so that lines fill the plot.
    """
    found = t + width / 2
    found[0] = t[0]
    found[-1] = t[-1] + width
    return found


def read_at(line: Line, grid: Floats) -> Floats:
    """Give a line's values at the times of ``grid``: the last one before; NaN beyond a line that ends early."""
    if not len(line.t):
        return np.full(len(grid), np.nan)
    if not line.steps and len(line.t) == len(grid):
        return line.values
    return steps_at(line.t, line.values, grid)


def steps_at(t: Floats, values: Floats, grid: Floats) -> Floats:
    """Give what holds at the times of ``grid`` of values that hold from ``t`` on."""
    return values[np.clip(np.searchsorted(t, grid, side="right") - 1, 0, len(t) - 1)]
