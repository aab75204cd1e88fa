"""The page: everything put together into one file. The same results give the same bytes."""

from __future__ import annotations

import hashlib
import html
import json
import math
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from string import Template
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.durations import print_duration
from autoscaler.model.time import SECOND
from autoscaler.simulator.report.axes import clock, latency, number, percent
from autoscaler.simulator.report.panels import run_panels, worst_panels
from autoscaler.simulator.report.svg import LEFT, RIGHT, WIDTH, Line, Panel, render
from autoscaler.simulator.report.words import LIMITS, assumptions, rows, troubles, verdict, worst_sentence
from autoscaler.simulator.result import Result, Series

Floats = NDArray[np.float64]

_PRINT: Final[Mapping[str, Callable[[float], str]]] = {
    "number": number,
    "percent": lambda value: percent(value) if math.isfinite(value) else "-",
    "seconds": latency,
}
_ACTIONS_SHOWN = 200
_TABLE_ROWS = 48


def render_report(results: Sequence[Result], *, command: str, version: str, references: Sequence[Result] = ()) -> str:
    """Give the report on one scenario under one or more policies as HTML; ``references`` appear in the comparison only.

    ``command`` is what reproduces it. Nothing in the page refers to anything outside of it.
    """
    inputs = results[0].inputs
    page = Template(_asset("page.html"))
    return page.substitute(
        title=html.escape(inputs.scenario.name),
        style=_asset("style.css"),
        script=_asset("hover.js"),
        subtitle=html.escape(_subtitle(results)),
        description=html.escape(inputs.scenario.description),
        verdict=html.escape(verdict(results, references)),
        tiles=_tiles(results),
        comparison=_comparison([*results, *references]),
        sections="".join(_section(result, f"p{i}") for i, result in enumerate(results)),
        assumptions="".join(f"<li>{html.escape(text)}</li>" for text in assumptions(results[0])),
        limits=html.escape(LIMITS),
        notes=_notes(inputs.notes),
        command=html.escape(command),
        seed=str(inputs.scenario.seed),
        digest=hashlib.sha256(inputs.scenario.model_dump_json().encode()).hexdigest()[:12],
        version=html.escape(version),
    )


def _asset(name: str) -> str:
    return (files("autoscaler.simulator.report") / name).read_text(encoding="utf-8")


def _subtitle(results: Sequence[Result]) -> str:
    inputs = results[0].inputs
    series = results[0].series
    policies = f"{len(results)} policies" if len(results) > 1 else f"policy {results[0].policy}"
    return (
        f"{policies} · {print_duration(inputs.duration * SECOND)} · {number(results[0].score.requests)} requests · "
        f"{number(series.demand.min())} to {number(series.demand.max())} requests/s"
    )


def _tiles(results: Sequence[Result]) -> str:
    """Give the headline numbers; of several policies those of the one that keeps the promise best."""
    result = min(results, key=lambda result: (result.score.slo_minutes_violated, result.score.replica_hours))
    score, slo = result.score, result.inputs.scenario.slo
    tiles = (
        (f"{score.slo_minutes_violated:,}", f"of {score.minutes:,} minutes break the objective",
         "bad-tile" if score.slo_minutes_violated else "good-tile"),
        (latency(score.latency_p99), f"p99 latency; the objective is {percent(slo.share)} within {latency(slo.latency)}", ""),
        (percent(score.unserved_share), "of the requests got no answer", "bad-tile" if score.unserved_share >= 5e-5 else ""),
        (number(score.replica_hours, 4), f"replica-hours; {number(score.mean_replicas)} pods on average", ""),
        (str(score.scale_ups + score.scale_downs), f"scale actions, {score.turns} changes of direction", ""),
    )  # fmt: skip
    name = f'<p class="whose">{html.escape(result.policy)}</p>' if len(results) > 1 else ""
    return (
        name
        + '<div class="tiles">'
        + "".join(
            f'<div class="tile {style}"><b>{html.escape(value)}</b><span>{html.escape(label)}</span></div>'
            for value, label, style in tiles
        )
        + "</div>"
    )


def _comparison(results: Sequence[Result]) -> str:
    head = "".join(f'<th scope="col">{html.escape(result.policy)}</th>' for result in results)
    body = "".join(
        f'<tr><th scope="row">{html.escape(label)}</th>{"".join(f"<td>{html.escape(v)}</td>" for v in values)}</tr>'
        for label, values in rows(results)
    )
    return f'<div class="scroll"><table class="compare"><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _section(result: Result, key: str) -> str:
    end = float(result.inputs.duration)
    worst = result.worst
    return (
        f'<section><h2 id="{key}">{html.escape(result.policy)}</h2>'
        + "".join(f'<p class="trouble">{html.escape(text)}</p>' for text in troubles(result))
        + _group(run_panels(result, key), result.series, (0.0, end), key)
        + f"<h3>{_worst_heading(result)}</h3><p>{html.escape(worst_sentence(result))}</p>"
        + _group(
            worst_panels(result, key), worst, (float(worst.t[0]), float(worst.t[-1]) + worst.width), f"{key}-worst"
        )
        + _actions(result)
        + "</section>"
    )


def _worst_heading(result: Result) -> str:
    """Call the worst minutes bad only where something went wrong."""
    is_bad = result.score.slo_minutes_violated > 0 or result.score.failed >= 1.0
    return f"The {'worst' if is_bad else 'busiest'} five minutes"


def _group(panels: Sequence[Panel], series: Series, span: tuple[float, float], key: str) -> str:
    """Draw panels that share a time axis, their legends, the numbers under the pointer, and a table behind them."""
    figures = "".join(
        f"<figure><figcaption><b>{html.escape(panel.title)}</b> <span>{panel.unit}</span>{_legend(panel)}</figcaption>"
        f"{render(panel, *span)}</figure>"
        for panel in panels
    )
    grid = series.t + series.width / 2
    values = {panel.key: [[line.name, _rounded(_at(line, grid))] for line in panel.lines] for panel in panels}
    kinds = {panel.key: _kind(panel) for panel in panels}
    shown = {
        "first": span[0], "last": span[1], "left": LEFT / WIDTH, "right": RIGHT / WIDTH,
        "t": [round(t, 1) for t in grid.tolist()], "panels": values, "kinds": kinds,
    }  # fmt: skip
    data = json.dumps(shown, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
    return (
        f'<div class="group" id="{key}-group"><output class="readout" aria-live="off"></output>{figures}'
        f'<script type="application/json">{data}</script></div>{_table(panels, grid)}'
    )


def _legend(panel: Panel) -> str:
    items = [(line.style, line.name) for line in panel.lines]
    swatches = "".join(
        f'<li><svg viewBox="0 0 26 8" aria-hidden="true"><path class="{style}" d="M1 4L25 4"/></svg>{html.escape(name)}</li>'
        for style, name in items
    )
    if panel.excess is not None:
        swatches += '<li><svg viewBox="0 0 26 8" aria-hidden="true"><path class="short" d="M1 0L25 0L25 8L1 8Z"/></svg>shortfall</li>'
    return f"<ul>{swatches}</ul>"


def _table(panels: Sequence[Panel], grid: Floats) -> str:
    """Give the plotted numbers as a table, thinned to a page."""
    picked = grid[:: max(1, math.ceil(len(grid) / _TABLE_ROWS))]
    lines = [(line, _kind(panel)) for panel in panels for line in panel.lines]
    head = "".join(f'<th scope="col">{html.escape(line.name)}</th>' for line, _ in lines)
    columns = [[_PRINT[kind](value) for value in _at(line, picked).tolist()] for line, kind in lines]
    body = "".join(
        f'<tr><th scope="row">{clock(t, precise=True)}</th>{"".join(f"<td>{column[i]}</td>" for column in columns)}</tr>'
        for i, t in enumerate(picked.tolist())
    )
    return (
        "<details><summary>The numbers behind these plots</summary><div class=scroll><table><thead>"
        f'<tr><th scope="col">time</th>{head}</tr></thead><tbody>{body}</tbody></table></div></details>'
    )


def _kind(panel: Panel) -> str:
    return "percent" if panel.percent else "seconds" if panel.unit == "seconds" else "number"


def _actions(result: Result) -> str:
    if not result.actions:
        return "<h3>Scale actions</h3><p>None: the policy never changed the number of replicas.</p>"
    shown = result.actions[:_ACTIONS_SHOWN]
    body = "".join(
        f'<tr><th scope="row">{clock(action.t, precise=True)}</th><td class="{"up" if action.after > action.before else "down"}">'
        f"{action.before} → {action.after}</td><td>{html.escape(action.sentence)}</td></tr>"
        for action in shown
    )
    more = len(result.actions) - len(shown)
    tail = f"<p>and {more:,} more; <code>-o json</code> lists all of them.</p>" if more else ""
    return (
        f"<h3>Scale actions</h3><details{' open' if len(shown) <= 40 else ''}><summary>{len(result.actions):,} actions, each with "
        f'its reason</summary><table class="actions"><tbody>{body}</tbody></table>{tail}</details>'
    )


def _notes(notes: Sequence[str]) -> str:
    items = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    return f"<h3>Repairs and notes</h3><ul>{items}</ul>" if notes else ""


def _at(line: Line, grid: Floats) -> Floats:
    """Read a line at the times of ``grid``: the last value before, or between two points."""
    if not len(line.t):
        return np.full(len(grid), np.nan)
    if line.steps:
        return line.values[np.clip(np.searchsorted(line.t, grid, side="right") - 1, 0, len(line.t) - 1)]
    nearest = np.clip(np.searchsorted(line.t, grid, side="right") - 1, 0, len(line.t) - 1)
    return line.values[nearest] if len(line.t) != len(grid) else line.values


def _rounded(values: Floats) -> list[float | None]:
    """Shorten to four significant digits; JSON has no NaN."""
    return [float(f"{value:.4g}") if math.isfinite(value) else None for value in values.tolist()]
