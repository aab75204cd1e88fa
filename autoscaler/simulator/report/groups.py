"""Plots that share a time axis, with what goes with them: legends, the numbers under the pointer, a table behind them."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.numerals import clock, latency, number, percent
from autoscaler.simulator.report.plot import Moment, Panel, read_at
from autoscaler.simulator.report.svg import LEFT, RIGHT, WIDTH, render
from autoscaler.simulator.result import Series

Floats = NDArray[np.float64]

_PRINT: Final[Mapping[str, Callable[[float], str]]] = {
    "number": number,
    "percent": lambda value: percent(value) if math.isfinite(value) else "-",
    "seconds": latency,
}
_TABLE_ROWS: Final = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAxis:
    """What plots of one group share: the times shown [s], the points that can be read, and what happened meanwhile."""

    first: float
    last: float
    series: Series
    moments: tuple[Moment, ...] = ()


def group(panels: Sequence[Panel], axis: TimeAxis, key: str, *, above: str = "") -> str:
    """Draw ``panels`` over one time axis; ``above`` is markup that shares it."""
    series = axis.series
    figures = "".join(_figure(panel, axis, is_first=panel is panels[0]) for panel in panels)
    grid = series.t + series.width / 2
    shown = {
        "first": axis.first, "last": axis.last, "left": LEFT / WIDTH, "right": RIGHT / WIDTH,
        "t": [round(t, 1) for t in grid.tolist()],
        "panels": {panel.key: [[line.name, _rounded(read_at(line, grid))] for line in panel.lines] for panel in panels},
        "kinds": {panel.key: _kind(panel) for panel in panels},
    }  # fmt: skip
    data = json.dumps(shown, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
    return (
        f'<div class="group" id="{key}-group"><output class="readout" aria-live="off"></output><div class="plots">{above}{figures}</div>'
        f'<script type="application/json">{data}</script></div>{_table(panels, grid)}'
    )


def _figure(panel: Panel, axis: TimeAxis, *, is_first: bool) -> str:
    drawn = render(panel, axis.first, axis.last, axis.moments, named=is_first)
    return (
        f"<figure><figcaption><b>{html.escape(panel.title)}</b> <span>{html.escape(panel.unit)}</span>{_legend(panel, with_seeds=is_first)}"
        f"</figcaption>{drawn}</figure>"
    )


def _legend(panel: Panel, *, with_seeds: bool) -> str:
    swatches = "".join(
        f'<li><svg viewBox="0 0 26 8" aria-hidden="true"><path class="{line.style}" d="M1 4L25 4"/></svg>'
        f"{html.escape(line.name)}</li>"
        for line in panel.lines
    )
    if panel.excesses:
        swatches += '<li class="key"><svg viewBox="0 0 26 8" aria-hidden="true"><path class="short" d="M1 0H25V8H1Z"/></svg>shortfall</li>'
    if panel.envelopes and with_seeds:
        swatches += (
            '<li class="key"><svg viewBox="0 0 26 8" aria-hidden="true"><path class="seeds ink" d="M1 0H25V8H1Z"/></svg>'
            "lowest to highest of all seeds</li>"
        )
    return f"<ul>{swatches}</ul>"


def _table(panels: Sequence[Panel], grid: Floats) -> str:
    """Give the plotted numbers as a table, thinned to a page."""
    picked = grid[:: max(1, math.ceil(len(grid) / _TABLE_ROWS))]
    lines = [(panel, line) for panel in panels for line in panel.lines]
    head = "".join(f'<th scope="col">{html.escape(_heading(panel, line.name))}</th>' for panel, line in lines)
    columns = [[_PRINT[_kind(panel)](value) for value in read_at(line, picked).tolist()] for panel, line in lines]
    body = "".join(
        f'<tr><th scope="row">{clock(t, precise=True)}</th>{"".join(f"<td>{column[i]}</td>" for column in columns)}</tr>'
        for i, t in enumerate(picked.tolist())
    )
    return (
        '<details><summary>The numbers behind these plots</summary><div class="scroll"><table><thead>'
        f'<tr><th scope="col">time</th>{head}</tr></thead><tbody>{body}</tbody></table></div></details>'
    )


def _heading(panel: Panel, name: str) -> str:
    return name if name in panel.title.lower() else f"{name}, {panel.unit}"


def _kind(panel: Panel) -> str:
    return "percent" if panel.percent else "seconds" if panel.unit == "seconds" else "number"


def _rounded(values: Floats) -> list[float | None]:
    """Shorten to four significant digits; JSON has no NaN."""
    return [float(f"{value:.4g}") if math.isfinite(value) else None for value in values.tolist()]
