"""The plots of one result: four panels of the whole run, and the worst five minutes from near."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.report.axes import clock, latency, number, percent
from autoscaler.simulator.report.svg import Band, Excess, Line, Panel
from autoscaler.simulator.result import MetricTrack, Replicas, Result, Series

Floats = NDArray[np.float64]

_METRIC_STYLES = ("line blue", "line orange dash", "line green dot", "line purple", "line sky dash")
_MOST_RATIO = 3.0  #: metrics beyond three times their target are drawn at the edge


def run_panels(result: Result, key: str) -> tuple[Panel, ...]:
    """Give the four panels of the whole run."""
    return (
        _load(result, result.series, f"{key}-load", "Demand against ready capacity"),
        _replicas(result, result.replicas, f"{key}-pods"),
        _latency(result, result.series, f"{key}-latency", "Latency against the objective"),
        _metrics(result, f"{key}-metrics"),
    )


def worst_panels(result: Result, key: str) -> tuple[Panel, ...]:
    """Give the panels of the worst five minutes."""
    first, last = float(result.worst.t[0]), float(result.worst.t[-1]) + result.worst.width
    near = _between(result.replicas, first, last)
    return (
        _load(result, result.worst, f"{key}-worst-load", "Demand against ready capacity"),
        _replicas(result, near, f"{key}-worst-pods"),
        _latency(result, result.worst, f"{key}-worst-latency", "Latency against the objective"),
    )


def _load(result: Result, series: Series, key: str, title: str) -> Panel:
    short = np.maximum(series.demand - series.capacity, 0.0)
    seconds_short = int((short > 0).sum()) * series.width
    describe = (
        f"Demand peaks at {number(series.demand.max())} requests/s, ready capacity at {number(series.capacity.max())}. "
        + (f"Demand is above capacity for about {clock(seconds_short, precise=True)} in all." if seconds_short else
           "Demand is never above capacity.")
    )  # fmt: skip
    t = _middles(series)
    return Panel(
        key=key,
        title=title,
        describe=describe,
        unit="requests/s",
        lines=(
            Line(name="ready capacity", style="line green", t=t, values=series.capacity),
            Line(name="demand", style="line blue strong", t=t, values=series.demand),
        ),
        excess=Excess(style="short", t=t, upper=series.demand, lower=series.capacity),
    )


def _between(replicas: Replicas, first: float, last: float) -> Replicas:
    """Give the steps that hold between two times [s]."""
    begin = max(0, int(np.searchsorted(replicas.t, first, side="right")) - 1)
    end = int(np.searchsorted(replicas.t, last, side="left"))
    return Replicas(
        t=np.maximum(replicas.t[begin:end], first),
        wanted=replicas.wanted[begin:end],
        created=replicas.created[begin:end],
        ready=replicas.ready[begin:end],
    )


def _replicas(result: Result, replicas: Replicas, key: str) -> Panel:
    last = float(replicas.t[-1])
    moves = [action for action in result.actions if replicas.t[0] <= action.t <= last]
    ups = sum(action.after > action.before for action in moves)
    steps = [
        ("ready", "line green strong", replicas.ready),
        ("created", "line sky", replicas.created),
        ("desired", "line orange dash", replicas.wanted),
    ]
    describe = (
        f"Between {int(replicas.wanted.min())} and {int(replicas.wanted.max())} replicas are asked for, "
        f"in {ups} steps up and {len(moves) - ups} down."
    )
    return Panel(
        key=key,
        title="Replicas",
        describe=describe,
        unit="pods",
        lines=tuple(
            Line(name=name, style=style, t=replicas.t, values=values, steps=True) for name, style, values in steps
        ),
        whole=True,
        height=160.0,
    )


def _latency(result: Result, series: Series, key: str, title: str) -> Panel:
    slo = result.inputs.scenario.slo
    known = series.latency[2][np.isfinite(series.latency[2])]
    over = float(np.mean(known > slo.latency)) if len(known) else 0.0
    names = (("p50", "line sky"), ("p95", "line blue dash"), ("p99", "line purple strong"))
    t = _middles(series)
    return Panel(
        key=key,
        title=title,
        describe=f"The objective is {percent(slo.share)} within {latency(slo.latency)}. "
        f"p99 is above that latency in {percent(over)} of the time shown.",
        unit="seconds",
        lines=tuple(
            Line(name=name, style=style, t=t, values=series.latency[i]) for i, (name, style) in enumerate(names)
        ),
        bands=(
            Band(style="bad", low=slo.latency, high=math.inf),
            Band(style="level", low=slo.latency, high=slo.latency, label=f"objective {latency(slo.latency)}"),
        ),
        log=True,
    )


def _metrics(result: Result, key: str) -> Panel:
    tracks = [_thinned(track, result.series) for track in result.metrics]
    lines = tuple(
        Line(
            name=f"{track.name} (target {track.target})" if track.target else track.name,
            style=_METRIC_STYLES[i % len(_METRIC_STYLES)],
            t=track.t,
            values=np.minimum(track.ratio, _MOST_RATIO),
        )
        for i, track in enumerate(tracks)
    )
    tolerance = result.tolerance
    means = [
        f"{track.name} is at {percent(float(np.nanmean(track.ratio)))} of its target on average"
        for track in tracks
        if np.isfinite(track.ratio).any()
    ]
    return Panel(
        key=key,
        title="Each metric against its target, as the controller saw it",
        describe=f"{'; '.join(means) or 'No metric could be read'}. Within {percent(tolerance)} of 100 % nothing is changed.",
        unit="of target",
        lines=lines,
        bands=(
            Band(style="calm", low=1 - tolerance, high=1 + tolerance, label="tolerance"),
            Band(style="level", low=1.0, high=1.0),
        ),
        percent=True,
        height=160.0,
    )


def _middles(series: Series) -> Floats:
    """Give the times that stand for points: their middle, but the run's ends at the ends, so that lines fill the width."""
    t = series.t + series.width / 2
    t[0] = series.t[0]
    t[-1] = series.t[-1] + series.width
    return t


def _thinned(track: MetricTrack, series: Series) -> MetricTrack:
    """Average a metric over the points of the plot where it has more values than that."""
    if len(track.t) <= 2 * len(series.t):
        return track
    point = np.clip(((track.t - series.t[0]) // series.width).astype(np.int64), 0, len(series.t) - 1)
    known = np.isfinite(track.ratio)
    total = np.bincount(point[known], weights=track.ratio[known], minlength=len(series.t))
    count = np.bincount(point[known], minlength=len(series.t))
    ratio = np.where(count > 0, total / np.maximum(count, 1), math.nan)
    return MetricTrack(name=track.name, target=track.target, t=_middles(series), ratio=ratio)
