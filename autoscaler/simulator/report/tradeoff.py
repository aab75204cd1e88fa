"""The trade that every policy makes, as one small plot: what it costs against how often it breaks the objective.

Where none breaks it, what is left to compare is the cost: a row for each.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from autoscaler.simulator.intervals import Estimate
from autoscaler.simulator.measures import BY_KEY, MINUTES_VIOLATED
from autoscaler.simulator.numerals import number
from autoscaler.simulator.report.axes import linear_ticks
from autoscaler.simulator.report.looks import Look
from autoscaler.simulator.report.svg import short
from autoscaler.simulator.summary import show

_WIDTH: Final = 460.0
_HEIGHT: Final = 300.0
_LEFT: Final = 48.0
_RIGHT: Final = 24.0
_TOP: Final = 14.0
_BOTTOM: Final = 44.0
_GAP: Final = 14.0  #: between two labels
_LABEL_ROWS: Final = 7  #: how far from its mark a label may stand
_NEAR: Final = 12.0  #: a label this close needs no line to its mark
_CHARACTER: Final = 7.2  #: width of one in a label


_ROW: Final = 26.0
_NAMES: Final = 150.0  #: room for names left of the rows
_VALUES: Final = 110.0  #: room for numbers right of them


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    look: Look
    cost: Estimate
    broken: Estimate


class _Box(NamedTuple):
    """A rectangle of the plot."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        """Tell whether the two have a point in common."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def is_inside(self) -> bool:
        """Tell whether it is within the plot's axes."""
        return self.left > _LEFT and self.right < _WIDTH and self.top > 0 and self.bottom < _HEIGHT - _BOTTOM + 8


def tradeoff(looks: Sequence[Look], money: str, unit: str) -> str:
    """Draw every policy at its cost (the measure ``money``, in ``unit``) and its broken minutes; bars are 95 % intervals."""
    points = [
        _Point(look=look, cost=look.trials.estimate(money), broken=look.trials.estimate(MINUTES_VIOLATED))
        for look in looks
    ]
    across = linear_ticks(max(point.cost.high for point in points))
    up = [tick for tick in linear_ticks(max(1.0, *(point.broken.high for point in points))) if tick == round(tick)]
    describe = "; ".join(
        f"{p.look.name}: {number(p.cost.mean)} {unit}, {number(p.broken.mean)} minutes broken" for p in points
    )
    return (
        f'<svg class="trade" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" aria-labelledby="trade-t trade-d">'
        f'<title id="trade-t">Cost against broken minutes</title><desc id="trade-d">{html.escape(describe)}</desc>'
        f"{_axes(across, up, unit)}{_marks(points, across[-1], up[-1])}</svg>"
    )


def costs(looks: Sequence[Look], money: str, unit: str) -> str:
    """Draw what every policy costs as a row, dearest last; bars are 95 % intervals."""
    found = sorted(((look.trials.estimate(money), look) for look in looks), key=lambda pair: pair[0].mean)
    most = max(estimate.high for estimate, _ in found) or 1.0
    rows = []
    for row, (estimate, look) in enumerate(found):
        middle = (row + 0.5) * _ROW

        def place(value: float) -> float:
            return _NAMES + value / most * (_WIDTH - _NAMES - _VALUES)

        end, bar = place(estimate.mean), f"M{place(estimate.low):.1f} {middle:.1f}H{place(estimate.high):.1f}"
        rows.append(
            f'<text class="tick name" x="0" y="{middle + 4:.1f}">{html.escape(short(look.name))}</text>'
            f'<path class="line {look.style}" d="M{_NAMES:.0f} {middle:.1f}H{end:.1f}"/>'
            f'<path class="mark {look.style}" transform="translate({end:.1f} {middle:.1f})" d="{look.marker}"/>'
            f'<path class="bar" d="{bar if estimate.half_width else ""}"/>'
            f'<text class="tick name" x="{_WIDTH - _VALUES + 12:.0f}" y="{middle + 4:.1f}">'
            f"{html.escape(show(estimate, BY_KEY[money].unit))}</text>"
        )
    describe = "; ".join(f"{look.name}: {number(estimate.mean)} {unit}" for estimate, look in found)
    return (
        f'<svg class="trade" viewBox="0 0 {_WIDTH:.0f} {_ROW * len(found):.0f}" role="img" aria-labelledby="trade-t trade-d">'
        f'<title id="trade-t">What it costs</title><desc id="trade-d">{html.escape(describe)}</desc>{"".join(rows)}</svg>'
    )


def _x(value: float, most: float) -> float:
    return _LEFT + min(value / most, 1.0) * (_WIDTH - _LEFT - _RIGHT)


def _y(value: float, most: float) -> float:
    return _HEIGHT - _BOTTOM - min(max(value / most, 0.0), 1.0) * (_HEIGHT - _TOP - _BOTTOM)


def _axes(across: Sequence[float], up: Sequence[float], unit: str) -> str:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = [
        f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP:.0f}" y2="{bottom:.0f}"/>'
        f'<text class="tick" x="{x:.1f}" y="{bottom + 15:.0f}" text-anchor="middle">{number(tick)}</text>'
        for tick in across
        for x in [_x(tick, across[-1])]
    ]
    parts += [
        f'<line class="grid" x1="{_LEFT:.0f}" x2="{right:.0f}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{_LEFT - 6:.0f}" y="{y + 4:.1f}" text-anchor="end">{number(tick)}</text>'
        for tick in up
        for y in [_y(tick, up[-1])]
    ]
    parts.append(f'<text class="tick" x="{_LEFT:.0f}" y="{_HEIGHT - 8:.0f}">cheaper ←  {html.escape(unit)}</text>')
    return "".join(parts)


def _marks(points: Sequence[_Point], most_cost: float, most_broken: float) -> str:
    centres = [(_x(p.cost.mean, most_cost), _y(p.broken.mean, most_broken)) for p in points]
    taken = [_Box(x - 7, y - 7, x + 7, y + 7) for x, y in centres]
    leads, parts = [], []
    for point, (x, y) in zip(points, centres, strict=True):
        label = _place(point.look.name, x, y, taken)
        taken.append(label)
        leads.append(_lead(label, x, y))
        parts.append(
            _bars(point, most_cost, most_broken)
            + f'<path class="mark {point.look.style}" transform="translate({x:.1f} {y:.1f})" d="{point.look.marker}"/>'
            + f'<text class="tick name" x="{label.left:.1f}" y="{label.bottom - 3:.1f}">{html.escape(point.look.name)}</text>'
        )
    return "".join([*leads, *parts])


def _place(name: str, x: float, y: float, taken: Sequence[_Box]) -> _Box:
    """Give where a mark's name stands: right of it, left, above or below, where it meets least of what is there."""
    wide, high = _CHARACTER * len(name), _GAP
    corners = [(x + 10, y - high / 2), (x - 10 - wide, y - high / 2)]
    for row in range(1, _LABEL_ROWS):
        above, below = y - 5 - row * high, y + 7 + (row - 1) * high
        corners += [(left, top) for left in (x - wide / 2, x - 10 - wide, x + 10) for top in (above, below)]
    boxes = [_Box(left, top, left + wide, top + high) for left, top in corners]
    inside = [box for box in boxes if box.is_inside()] or boxes
    return min(inside, key=lambda box: sum(box.meets(other) for other in taken))


def _lead(label: _Box, x: float, y: float) -> str:
    """Lead from a mark to its name, where that is not beside it."""
    to_x, to_y = min(max(x, label.left), label.right), min(max(y, label.top), label.bottom)
    is_near = math.hypot(to_x - x, to_y - y) <= _NEAR
    return "" if is_near else f'<path class="thin" d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}"/>'


def _bars(point: _Point, most_cost: float, most_broken: float) -> str:
    """Draw the intervals as a cross, where there are any."""
    parts = []
    x, y = _x(point.cost.mean, most_cost), _y(point.broken.mean, most_broken)
    if point.cost.half_width:
        parts.append(f"M{_x(point.cost.low, most_cost):.1f} {y:.1f}H{_x(point.cost.high, most_cost):.1f}")
    if point.broken.half_width:
        parts.append(f"M{x:.1f} {_y(point.broken.low, most_broken):.1f}V{_y(point.broken.high, most_broken):.1f}")
    return f'<path class="bar" d="{"".join(parts)}"/>' if parts else ""
