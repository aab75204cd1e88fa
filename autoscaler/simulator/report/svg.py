"""Plots as SVG: a panel with axes and layers.

Panels of one group share their width and time range, so that they can stand below each other.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.numerals import number
from autoscaler.simulator.report.axes import linear_ticks, log_ticks, time_label, time_ticks
from autoscaler.simulator.report.plot import Band, Envelope, Excess, Line, Moment, Panel

Floats = NDArray[np.float64]

WIDTH: Final = 1000.0
LEFT: Final = 64.0
RIGHT: Final = 144.0  #: room for the labels at the lines' ends
TOP: Final = 8.0
_BOTTOM: Final = 22.0
_LABEL_GAP: Final = 13.0  #: between two labels
_LABEL_CHARACTERS: Final = 17
_CHARACTER: Final = 7.2  #: width of one
_NAME_ROWS: Final = 4


class Frame:
    """Where a panel's values and times are on the paper."""

    def __init__(self, panel: Panel, first: float, last: float) -> None:
        self.first, self.last = first, last
        self.bottom = panel.height - _BOTTOM
        self._log = panel.log
        self.ticks = _ticks(panel)
        self._low, self._high = self._map(self.ticks[0]), self._map(self.ticks[-1])

    def x(self, t: Floats) -> Floats:
        """Place times [s]."""
        return LEFT + (np.asarray(t) - self.first) / (self.last - self.first) * (WIDTH - LEFT - RIGHT)

    def y(self, value: Floats) -> Floats:
        """Place values."""
        share = (self._map(np.asarray(value, dtype=np.float64)) - self._low) / (self._high - self._low)
        return np.asarray(self.bottom - np.clip(share, 0.0, 1.0) * (self.bottom - TOP))

    def _map(self, value: Floats | float) -> Floats:
        return np.log10(np.maximum(value, 1e-9)) if self._log else np.asarray(value, dtype=np.float64)


def render(panel: Panel, first: float, last: float, moments: Sequence[Moment] = (), *, named: bool = False) -> str:
    """Draw a panel over the times from ``first`` to ``last`` [s]; ``moments`` behind it, with their names if ``named``."""
    frame = Frame(panel, first, last)
    within = [moment for moment in moments if moment.first < last and moment.last >= first]
    layers = [_moment(moment, frame) for moment in within]
    layers += [_grid(panel, frame), *(_band(band, frame) for band in panel.bands)]
    layers += [_envelope(envelope, frame) for envelope in panel.envelopes]
    layers += [_excess(excess, frame) for excess in panel.excesses]
    layers += [_line(line, frame) for line in panel.lines]
    layers.append(_labels(panel.lines, frame))
    layers += _names(within, frame) if named else []
    return (
        f'<svg viewBox="0 0 {WIDTH:.0f} {panel.height:.0f}" role="img" tabindex="0" data-panel="{panel.key}"'
        f' aria-labelledby="{panel.key}-t {panel.key}-d"><title id="{panel.key}-t">{html.escape(panel.title)}</title>'
        f'<desc id="{panel.key}-d">{html.escape(panel.describe)}</desc>{"".join(layers)}'
        f'<line class="cursor" y1="{TOP:.0f}" y2="{frame.bottom:.0f}"/></svg>'
    )


def _ticks(panel: Panel) -> list[float]:
    shown = [_known(line) for line in panel.lines]
    edges = [edge for band in panel.bands for edge in (band.low, band.high) if math.isfinite(edge)]
    shown += [envelope.high[np.isfinite(envelope.high)] for envelope in panel.envelopes]
    values = np.concatenate([*shown, np.array(edges)])
    if not panel.log:
        ticks = linear_ticks(min(float(values.max(initial=0.0)), panel.ceiling))
        return [tick for tick in ticks if tick == round(tick)] if panel.whole and len(ticks) > 2 else ticks
    positive = values[values > 0]
    return log_ticks(float(positive.min()), float(positive.max())) if len(positive) else log_ticks(0.01, 0.1)


def _grid(panel: Panel, frame: Frame) -> str:
    parts = []
    for tick in frame.ticks:
        y = float(frame.y(np.array(tick)))
        label = f"{number(tick * 100)} %" if panel.percent else number(tick)
        parts.append(
            f'<line class="grid" x1="{LEFT:.0f}" x2="{WIDTH - RIGHT:.0f}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick" x="{LEFT - 6:.0f}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
        )
    times = time_ticks(frame.first, frame.last)
    for tick in times:
        x = float(frame.x(np.array(tick)))
        anchor = "start" if x < LEFT + 20 else "end" if x > WIDTH - 40 else "middle"
        parts.append(
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP:.0f}" y2="{frame.bottom:.0f}"/>'
            f'<text class="tick" x="{x:.1f}" y="{frame.bottom + 15:.1f}" text-anchor="{anchor}">{time_label(tick, times)}</text>'
        )
    return "".join(parts)


def _band(band: Band, frame: Frame) -> str:
    low, high = float(frame.y(np.array(band.low))), float(frame.y(np.array(band.high)))
    label = (
        f'<text class="tick note" x="{LEFT + 6:.0f}" y="{high - 4 if high > 20 else high + 12:.1f}">'
        f"{html.escape(band.label)}</text>"
        if band.label
        else ""
    )
    return (
        f'<rect class="{band.style}" x="{LEFT:.0f}" width="{WIDTH - LEFT - RIGHT:.0f}" y="{high:.1f}"'
        f' height="{max(low - high, 0.01):.1f}"/>{label}'
    )


def _line(line: Line, frame: Frame) -> str:
    t, values = line.t, line.values
    if line.steps:
        t, values = np.append(np.repeat(t, 2)[1:], frame.last), np.repeat(values, 2)
    return f'<path class="{line.style}" d="{_path(frame.x(t), frame.y(values), np.isfinite(values))}"/>'


def _moment(moment: Moment, frame: Frame) -> str:
    x, end = (float(frame.x(np.array(min(max(t, frame.first), frame.last)))) for t in (moment.first, moment.last))
    return (
        f'<rect class="moment" x="{x:.1f}" width="{end - x:.1f}" y="{TOP:.0f}" height="{frame.bottom - TOP:.1f}"/>'
        f'<path class="onset" d="M{x:.1f} {TOP:.0f}V{frame.bottom:.1f}"/>'
    )


def _names(moments: Sequence[Moment], frame: Frame) -> list[str]:
    """Name moments at their beginnings, below each other where they would run into one another."""
    parts, ends = [], [-math.inf] * _NAME_ROWS
    for moment in moments:
        x = float(frame.x(np.array(max(moment.first, frame.first))))
        row = next((row for row, end in enumerate(ends) if end < x), 0)
        ends[row] = x + _CHARACTER * len(moment.label) + 12
        parts.append(
            f'<text class="tick note" x="{x + 4:.1f}" y="{TOP + 11 + row * _LABEL_GAP:.1f}">{html.escape(moment.label)}</text>'
        )
    return parts


def _labels(lines: Sequence[Line], frame: Frame) -> str:
    """Name lines at their right ends, each led to its name by a piece of itself; names keep clear of each other."""
    ends = [(line, float(frame.y(end[-1]))) for line in lines if line.label and len(end := _known(line))]
    places = spread([y for _, y in ends], _LABEL_GAP, TOP + 2, frame.bottom)
    edge = WIDTH - RIGHT
    return "".join(
        f'<path class="{line.style} lead" d="M{edge:.0f} {y:.1f}L{edge + 12:.0f} {place:.1f}L{edge + 20:.0f} {place:.1f}"/>'
        f'<text class="tick name" x="{edge + 23:.0f}" y="{place + 4:.1f}">{html.escape(short(line.label))}</text>'
        for (line, y), place in zip(ends, places, strict=True)
    )


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move places apart until they are ``gap`` from each other, as near as possible to where they are wanted.

    They stay between ``low`` and ``high`` as far as there is room, and in their order.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed: list[float] = []
    for i in order:
        placed.append(max(wanted[i], placed[-1] + gap if placed else low))
    ceiling = high
    for n in reversed(range(len(placed))):
        placed[n] = min(placed[n], ceiling)
        ceiling = placed[n] - gap
    return [placed[order.index(i)] for i in range(len(wanted))]


def _known(line: Line) -> Floats:
    return line.values[np.isfinite(line.values)]


def short(name: str) -> str:
    """Cut a name to what there is room for beside a plot."""
    return name if len(name) <= _LABEL_CHARACTERS else f"{name[: _LABEL_CHARACTERS - 1]}…"


def _envelope(envelope: Envelope, frame: Frame) -> str:
    known = np.isfinite(envelope.low) & np.isfinite(envelope.high)
    x = frame.x(envelope.t[known])
    ring_x = np.append(x, x[::-1])
    ring_y = np.append(frame.y(envelope.high[known]), frame.y(envelope.low[known])[::-1])
    return f'<path class="{envelope.style}" d="{_path(ring_x, ring_y, np.ones(len(ring_x), dtype=np.bool_))}Z"/>'


def _excess(excess: Excess, frame: Frame) -> str:
    """Draw each stretch in which ``upper`` is above as one shape."""
    above = np.flatnonzero(excess.upper > excess.lower)
    if not len(above):
        return ""
    shapes = []
    for run in np.split(above, np.flatnonzero(np.diff(above) > 1) + 1):
        wide = np.arange(max(run[0] - 1, 0), min(run[-1] + 2, len(excess.t)))
        upper = np.maximum(excess.upper[wide], excess.lower[wide])
        x = frame.x(excess.t[wide])
        ring_x, ring_y = np.append(x, x[::-1]), np.append(frame.y(upper), frame.y(excess.lower[wide])[::-1])
        shapes.append(_path(ring_x, ring_y, np.ones(len(ring_x), dtype=np.bool_)) + "Z")
    return f'<path class="{excess.style}" d="{"".join(shapes)}"/>'


def _path(x: Floats, y: Floats, shown: NDArray[np.bool_]) -> str:
    """Write the points as path commands; of a level stretch only the ends, because a day is mostly level."""
    height = np.round(y, 1)
    is_inner = np.zeros(len(height), dtype=np.bool_)
    is_inner[1:-1] = (height[1:-1] == height[:-2]) & (height[1:-1] == height[2:]) & shown[:-2] & shown[2:]
    parts: list[str] = []
    pen_is_down = False
    for px, py, is_shown in zip(
        x[~is_inner].tolist(), height[~is_inner].tolist(), shown[~is_inner].tolist(), strict=True
    ):
        if is_shown:
            parts.append(f"{'L' if pen_is_down else 'M'}{px:.1f} {py:g}")
        pen_is_down = is_shown
    return "".join(parts)
