"""Recorded spot pools that a run needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autoscaler.config.durations import print_duration
from autoscaler.config.scenario import Scenario
from autoscaler.config.spot_traces import SpotTrace, load_spot_trace
from autoscaler.model.time import seconds


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
