"""All policies in the same plots: how they differ, at one glance. Of several seeds the lines show the first one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.numerals import latency, number, percent
from autoscaler.simulator.report.looks import Look
from autoscaler.simulator.report.panels import bill_of, bill_unit, objective_bands, rate_axis
from autoscaler.simulator.report.plot import Envelope, Excess, Line, Panel, middles, steps_at
from autoscaler.simulator.result import Result

Floats = NDArray[np.float64]
Reading = Callable[[Result], Floats]  #: gives values at the points of the result's series

_KEY: Final = "all"


def overview_panels(contenders: Sequence[Look], references: Sequence[Look]) -> tuple[Panel, ...]:
    """Give the four panels that all policies share."""
    return (
        _load(contenders),
        _pods(contenders, references),
        _latency(contenders),
        _bill(contenders, references),
    )


def _load(contenders: Sequence[Look]) -> Panel:
    first = contenders[0].result.series
    demand = Line(
        name="demand", style="line ink strong", t=middles(first.t, first.width), values=first.demand, label="demand"
    )
    lines = tuple(_line(look, lambda result: result.series.capacity) for look in contenders)
    excesses = tuple(
        Excess(style="short", t=line.t, upper=look.result.series.demand, lower=line.values)
        for look, line in zip(contenders, lines, strict=True)
    )
    short = [
        f"{look.name} {percent(float(np.mean(look.result.series.demand > look.result.series.capacity)))}"
        for look in contenders
    ]
    served = contenders[0].result.inputs.scenario.served
    capacities = {look.name: look.result.series.capacity for look in contenders}
    ceiling, unit = rate_axis(first.demand, capacities, first.width, served)
    return Panel(
        key=f"{_KEY}-load",
        title="Demand against ready capacity",
        describe=f"Demand peaks at {number(first.demand.max())} {served}/s. "
        f"Share of the time in which it is above ready capacity: {', '.join(short)}.",
        unit=unit,
        ceiling=ceiling,
        lines=(demand, *lines),
        excesses=excesses,
        envelopes=_envelopes(contenders, lambda result: result.series.capacity),
    )


def _pods(contenders: Sequence[Look], references: Sequence[Look]) -> Panel:
    def ready(result: Result) -> Floats:
        return steps_at(result.replicas.t, result.replicas.ready, result.series.t)

    return Panel(
        key=f"{_KEY}-pods",
        title="Ready replicas",
        describe=_ranges(contenders, lambda result: result.replicas.ready, number),
        unit="pods",
        lines=tuple(_line(look, ready, steps=True) for look in (*references, *contenders)),
        envelopes=_envelopes(contenders, ready),
        whole=True,
    )


def _latency(contenders: Sequence[Look]) -> Panel:
    slo = contenders[0].result.inputs.scenario.slo
    return Panel(
        key=f"{_KEY}-latency",
        title="p99 latency against the objective",
        describe=f"The objective is {percent(slo.share)} within {latency(slo.latency)}. "
        + _ranges(contenders, lambda result: result.series.latency[2], latency),
        unit="seconds",
        lines=tuple(_line(look, lambda result: result.series.latency[2]) for look in contenders),
        envelopes=_envelopes(contenders, lambda result: result.series.latency[2]),
        bands=objective_bands(slo),
        log=True,
    )


def _bill(contenders: Sequence[Look], references: Sequence[Look]) -> Panel:
    ends = [f"{look.name} {number(float(bill_of(look.result)[-1]))}" for look in (*contenders, *references)]
    unit = bill_unit(contenders[0].result)
    return Panel(
        key=f"{_KEY}-bill",
        title="Paid for so far",
        describe=f"At the end, {unit}: {', '.join(ends)}.",
        unit=unit,
        lines=tuple(_line(look, bill_of) for look in (*references, *contenders)),
        envelopes=_envelopes(contenders, bill_of),
    )


def _line(look: Look, reading: Reading, *, steps: bool = False) -> Line:
    result = look.result
    return Line(
        name=look.name,
        style=f"line {look.style}",
        t=result.series.t if steps else middles(result.series.t, result.series.width),
        values=reading(result),
        steps=steps,
        label=look.name,
    )


def _envelopes(looks: Sequence[Look], reading: Reading) -> tuple[Envelope, ...]:
    """Give the range over seeds of each policy that was played to the end under more than one."""
    found = []
    for look in looks:
        whole = [result for result in look.trials.counted if result.is_complete]
        if len(whole) > 1:
            table = np.array([reading(result) for result in whole])
            known = np.isfinite(table).any(axis=0)
            low = np.full(table.shape[1], math.nan)
            high = low.copy()
            low[known], high[known] = np.nanmin(table[:, known], axis=0), np.nanmax(table[:, known], axis=0)
            t = middles(whole[0].series.t, whole[0].series.width)
            found.append(Envelope(style=f"seeds {look.style}", t=t, low=low, high=high))
    return tuple(found)


def _ranges(looks: Sequence[Look], reading: Reading, show: Callable[[float], str]) -> str:
    texts = []
    for look in looks:
        values = reading(look.result)
        known = values[np.isfinite(values)]
        if len(known):
            texts.append(f"{look.name} {show(float(known.min()))} to {show(float(known.max()))}")
    return f"{', '.join(texts)}."
