"""The plots of one policy: panels of the whole run, and the worst five minutes from near."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.durations import print_duration
from autoscaler.config.scenario import Objective
from autoscaler.model.time import SECOND
from autoscaler.simulator.numerals import clock, latency, number, percent
from autoscaler.simulator.report.looks import Look
from autoscaler.simulator.report.plot import Band, Excess, Line, Panel, middles
from autoscaler.simulator.result import MetricTrack, Replicas, Result, Series

Floats = NDArray[np.float64]

_METRIC_STYLES = ("line blue", "line orange dash", "line green dot", "line purple", "line sky dash")
_WORTH_SAYING = 120  #: points this wide hide short peaks, so the axis says that they are means [s]
_MOST_ABOVE_DEMAND = 2.0  #: capacity beyond this times the highest demand is not drawn
_MOST_RATIO = 3.0  #: metrics beyond three times their target are drawn at the edge


def run_panels(
    result: Result, key: str, style: str = "line blue", references: Sequence[Look] = ()
) -> tuple[Panel, ...]:
    """Give the panels of the whole run; ``key`` begins their names, ``style`` is the policy's own line."""
    return (
        _load(result.series, f"{key}-load", result.inputs.scenario.served),
        _replicas(result, result.replicas, f"{key}-pods", references),
        _latency(result, result.series, f"{key}-latency"),
        *_nodes(result, f"{key}-nodes"),
        _bill(result, f"{key}-bill", style, references),
        _metrics(result, f"{key}-metrics"),
    )


def worst_panels(result: Result, key: str) -> tuple[Panel, ...]:
    """Give the panels of the worst five minutes."""
    first, last = float(result.worst.t[0]), float(result.worst.t[-1]) + result.worst.width
    return (
        _load(result.worst, f"{key}-load", result.inputs.scenario.served),
        _replicas(result, _between(result.replicas, first, last), f"{key}-pods", ()),
        _latency(result, result.worst, f"{key}-latency"),
    )


def bill_of(result: Result) -> Floats:
    """Give what has been paid for up to the end of each point of the result's series, shape ``(points,)``.

    Money where the scenario names prices, replica-hours otherwise.
    """
    series = result.series
    ends = np.minimum(series.t + series.width, result.inputs.duration)
    if series.cost is not None:
        return np.asarray(np.cumsum(series.cost * (ends - series.t)) / 3_600)
    replicas = result.replicas
    so_far = np.concatenate(([0.0], np.cumsum(replicas.paid[:-1] * np.diff(replicas.t))))
    held = np.clip(np.searchsorted(replicas.t, ends, side="right") - 1, 0, len(replicas.t) - 1)
    return np.asarray((so_far[held] + replicas.paid[held] * (ends - replicas.t[held])) / 3_600)


def bill_unit(result: Result) -> str:
    """Name the unit of ``bill_of``."""
    return "replica-hours" if result.series.cost is None else "cost"


def rate_axis(
    demand: Floats, capacities: Mapping[str, Floats], width: int, served: str = "requests"
) -> tuple[float, str]:
    """Give where to cut the axis of rates [``served``/s], and its unit in words: means over ``width`` [s], what is cut off.

    Capacity far above demand tells nothing more, and would press flat what matters: where the two meet.
    """
    unit = f"{served}/s" if width < _WORTH_SAYING else f"{served}/s, means over {print_duration(width * SECOND)}"
    ceiling = _MOST_ABOVE_DEMAND * float(demand.max())
    cut = {name: float(values.max()) for name, values in capacities.items() if values.max() > ceiling}
    if not cut or not ceiling:
        return math.inf, unit
    tops = ", ".join(f"{name} goes up to {number(top)}" for name, top in cut.items())
    return ceiling, f"{unit}; cut off above: {tops}"


def cost_rate(result: Result) -> Floats:
    """Give what is paid per hour, shape ``(points,)``; NaN where the scenario names no prices."""
    cost = result.series.cost
    return np.full(len(result.series.t), math.nan) if cost is None else cost


def objective_bands(slo: Objective) -> tuple[Band, ...]:
    """Give what marks the promised latency."""
    return (
        Band(style="bad", low=slo.latency, high=math.inf),
        Band(style="level", low=slo.latency, high=slo.latency, label=f"objective {latency(slo.latency)}"),
    )


def _load(series: Series, key: str, served: str) -> Panel:
    seconds_short = int((series.demand > series.capacity).sum()) * series.width
    describe = (
        f"Demand peaks at {number(series.demand.max())} {served}/s, ready capacity at {number(series.capacity.max())}. "
        + (f"Demand is above capacity for about {clock(seconds_short, precise=True)} in all." if seconds_short else
           "Demand is never above capacity.")
    )  # fmt: skip
    t = middles(series.t, series.width)
    ceiling, unit = rate_axis(series.demand, {"capacity": series.capacity}, series.width, served)
    return Panel(
        key=key,
        title="Demand against ready capacity",
        describe=describe,
        unit=unit,
        ceiling=ceiling,
        lines=(
            Line(name="ready capacity", style="line green", t=t, values=series.capacity, label="ready capacity"),
            Line(name="demand", style="line ink strong", t=t, values=series.demand, label="demand"),
        ),
        excesses=(Excess(style="short", t=t, upper=series.demand, lower=series.capacity),),
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
        paid=replicas.paid[begin:end],
    )


def _replicas(result: Result, replicas: Replicas, key: str, references: Sequence[Look]) -> Panel:
    last = float(replicas.t[-1])
    moves = [action for action in result.actions if replicas.t[0] <= action.t <= last]
    ups = sum(action.after > action.before for action in moves)
    steps = (
        ("ready", "line green wide", replicas.ready),
        ("created", "line blue", replicas.created),
        ("desired", "line ink fine dash", replicas.wanted),
    )  # each narrower than the one before, so that all can be seen where they are the same
    describe = (
        f"Between {int(replicas.wanted.min())} and {int(replicas.wanted.max())} replicas are asked for, "
        f"in {ups} steps up and {len(moves) - ups} down."
    )
    lines = [
        Line(name=name, style=style, t=replicas.t, values=values, steps=True, label=name)
        for name, style, values in steps
    ]
    for look in references:
        theirs, style = look.result.replicas, f"line {look.style}"
        lines.append(Line(name=look.name, style=style, t=theirs.t, values=theirs.ready, steps=True, label=look.name))
    return Panel(
        key=key, title="Replicas", describe=describe, unit="pods", lines=tuple(lines), whole=True, height=170.0
    )


def _latency(result: Result, series: Series, key: str) -> Panel:
    slo = result.inputs.scenario.slo
    known = series.latency[2][np.isfinite(series.latency[2])]
    over = float(np.mean(known > slo.latency)) if len(known) else 0.0
    names = (("p50", "line sky dot"), ("p95", "line blue dash"), ("p99", "line purple strong"))
    t = middles(series.t, series.width)
    return Panel(
        key=key,
        title="Latency against the objective",
        describe=f"The objective is {percent(slo.share)} within {latency(slo.latency)}. "
        f"p99 is above that latency in {percent(over)} of the time shown.",
        unit="seconds",
        lines=tuple(
            Line(name=name, style=style, t=t, values=series.latency[i], label=name)
            for i, (name, style) in enumerate(names)
        ),
        bands=objective_bands(slo),
        log=True,
    )


def _bill(result: Result, key: str, style: str, references: Sequence[Look]) -> Panel:
    """Show the cost rate where there are prices, and what has been paid for so far where there are none."""
    is_priced = result.series.cost is not None
    reading = cost_rate if is_priced else bill_of
    runs = [*((f"line {look.style}", look.result) for look in references), (style, result)]
    lines = tuple(
        Line(
            name=run.policy,
            style=each,
            t=middles(run.series.t, run.series.width),
            values=reading(run),
            label=run.policy,
        )
        for each, run in runs
    )
    ends = ", ".join(f"{run.policy} {number(float(bill_of(run)[-1]))}" for _, run in runs)
    return Panel(
        key=key,
        title="Cost rate" if is_priced else "Paid for so far",
        describe=f"At the end, {bill_unit(result)}: {ends}.",
        unit="per hour" if is_priced else "replica-hours",
        lines=lines,
        height=170.0,
    )


def _nodes(result: Result, key: str) -> Iterator[Panel]:
    """Show the nodes, where there are any, and the pods that wait for one."""
    nodes = result.nodes
    if nodes is None:
        return
    lines = (
        ("ready nodes", "line green wide", nodes.ready),
        ("nodes paid for", "line blue", nodes.existing),
        ("pods without room", "line orange dash", nodes.pending),
    )
    yield Panel(
        key=key,
        title="Nodes, and pods that wait for one",
        describe=f"There are {int(nodes.existing.min())} to {int(nodes.existing.max())} nodes; at most "
        f"{int(nodes.pending.max())} pods wait for room.",
        unit="nodes, pods",
        lines=tuple(
            Line(name=name, style=style, t=nodes.t, values=values, steps=True, label=name)
            for name, style, values in lines
        ),
        whole=True,
        height=170.0,
    )


def _metrics(result: Result, key: str) -> Panel:
    tracks = [_thinned(track, result.series) for track in result.metrics]
    lines = tuple(
        Line(
            name=f"{track.name} (target {track.target})" if track.target else track.name,
            style=_METRIC_STYLES[i % len(_METRIC_STYLES)],
            t=track.t,
            values=np.minimum(track.ratio, _MOST_RATIO),
            label=track.name,
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


def _thinned(track: MetricTrack, series: Series) -> MetricTrack:
    """Average a metric over the points of the plot where it has more values than that."""
    if len(track.t) <= 2 * len(series.t):
        return track
    point = np.clip(((track.t - series.t[0]) // series.width).astype(np.int64), 0, len(series.t) - 1)
    known = np.isfinite(track.ratio)
    total = np.bincount(point[known], weights=track.ratio[known], minlength=len(series.t))
    count = np.bincount(point[known], minlength=len(series.t))
    ratio = np.where(count > 0, total / np.maximum(count, 1), math.nan)
    return MetricTrack(name=track.name, target=track.target, t=middles(series.t, series.width), ratio=ratio)
