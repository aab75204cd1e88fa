"""What a run needs beside the main workload: its neighbours with their traffic, and recorded spot pools."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autoscaler.config.durations import print_duration
from autoscaler.config.scenario import Scenario
from autoscaler.config.spot_traces import SpotTrace, load_spot_trace
from autoscaler.model.time import seconds
from autoscaler.simulator.nodes.room import allocatable, need_of


def spot_traces_of(scenario: Scenario, folder: Path, duration: float, notes: list[str]) -> Mapping[str, SpotTrace]:
    """Load the recorded pools that a scenario's nodes name, by path; one that ends before the run, of ``duration`` [s], is noted.

    Raises:
        InvalidTraceError: one cannot be used.
    """
    paths = [pool.spot.trace for pool in scenario.nodes if pool.spot is not None and pool.spot.trace is not None]
    traces = {path: load_spot_trace(folder / path) for path in paths}
    for trace in traces.values():
        if trace.duration < duration:
            end = print_duration(seconds(trace.duration))
            notes.append(f"{trace.source}: it ends after {end}; no node is taken back from then on")
    return traces


def misfits(scenario: Scenario) -> list[str]:
    """Name the workloads whose pods fit on no node, not even an empty one: they wait for ever."""
    if not scenario.nodes:
        return []
    totals = [allocatable(pool) for pool in scenario.nodes]
    needs = [(one.target.name, need_of(one.pods)) for one in (scenario, *scenario.neighbours())]
    rooms = ", ".join(
        f"{pool.name} has {_room(total.cpu, total.memory)}" for pool, total in zip(scenario.nodes, totals, strict=True)
    )
    return [
        f"a pod of {name} asks for {_room(need.cpu, need.memory)} and fits on no node: {rooms}; its pods stay pending"
        for name, need in needs
        if not any(total.holds(need) for total in totals)
    ]


def _room(cpu: int, memory: int) -> str:
    return f"{cpu / 1000:g} cores and {memory / 2**30:.3g} GiB"
