"""From a scenario, and what the command line changes in it, to what a run needs: a rate over time and a length."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np

from autoscaler.config.durations import print_duration
from autoscaler.config.request_rows import RequestRows, load_requests
from autoscaler.config.scenario import Fidelity, Scenario
from autoscaler.config.scenario.whole import misfits
from autoscaler.config.spot_traces import SpotTrace
from autoscaler.config.traces import Trace, load_trace
from autoscaler.config.traffic import FASTEST, SLOWEST, Csv, Requests, Traffic
from autoscaler.model.errors import Fault, InvalidScenarioError
from autoscaler.model.time import seconds
from autoscaler.simulator import traffic as shapes
from autoscaler.simulator.moot import after_the_end
from autoscaler.simulator.nodes.recorded import spot_traces_of
from autoscaler.simulator.recorded import recorded, with_times_of
from autoscaler.simulator.traffic import RateFunction

_FIRST_SECONDS: Final = 60  #: the traffic that the first pods are there for [s]
_FIRST_USE: Final = 0.7  #: how busy it keeps them
_MOST_REPLICAS: Final = 100_000

Recording = Trace | RequestRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What replaces parts of a scenario; absent means as the file says. Times in seconds.

    Raises:
        ValueError: a number out of its range.
    """

    trace: Path | Trace | None = None  #: replaces the whole traffic; the run is then as long as the trace
    trace_offset: float = 0.0  #: where in it the run starts
    scale_to: tuple[float, float] | None = None  #: [requests/s]
    speed_up: float | None = None  #: the whole traffic, and the run's length with it, are played so many times as fast
    until: float | None = None  #: the run's length
    seed: int | None = None
    fidelity: Fidelity | None = None

    def __post_init__(self) -> None:
        if self.scale_to is not None and not 0 <= self.scale_to[0] <= self.scale_to[1] < math.inf:
            raise ValueError(f"scale_to must be (lowest, highest) with 0 <= lowest <= highest, is {self.scale_to}")
        if self.speed_up is not None and not SLOWEST <= self.speed_up <= FASTEST:
            raise ValueError(f"speed_up must be between {SLOWEST} and {FASTEST:,}, is {self.speed_up}")
        if not 0 <= self.trace_offset < math.inf:
            raise ValueError(f"trace_offset must be 0 or more, is {self.trace_offset}")
        if self.until is not None and not 0 < self.until < math.inf:
            raise ValueError(f"until must be longer than 0, is {self.until}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Everything a run needs but the policy. ``notes`` tell what was mended or assumed, for people."""

    scenario: Scenario
    traffic: RateFunction
    duration: int  #: whole seconds
    notes: tuple[str, ...] = ()
    neighbours: tuple[Inputs, ...] = ()  #: the workloads beside the main one, each as if it were alone
    spot_traces: Mapping[str, SpotTrace] = field(default_factory=dict)  #: recorded pools of nodes, by path


def prepare(scenario: Scenario, folder: Path, overrides: Overrides | None = None) -> Inputs:
    """Load the traces that a scenario names (paths count from ``folder``) and settle the run's length.

    Raises:
        InvalidTraceError: a trace cannot be used.
        InvalidScenarioError: the run is shorter than one evaluation, or a trace than its offset; or the scenario asks
            for what the fidelity chosen for this run cannot follow.
    """
    overrides = overrides or Overrides()
    scenario = _changed(scenario, overrides)
    if scenario.beyond_fluid:
        raise InvalidScenarioError([Fault(what=scenario.beyond_fluid, source=scenario.name, hint="--fidelity request")])
    traces = _traces(scenario.traffic, folder, overrides)
    notes = [f"{trace.source}: {repair}" for trace in traces.values() for repair in trace.repairs]
    duration = _duration(scenario, overrides, traces, notes)
    traffic = rate_of(scenario.traffic, traces, duration)
    neighbours = tuple(_neighbour(each, folder, overrides, duration, notes) for each in scenario.neighbours())
    spot_traces = spot_traces_of(scenario, folder, duration, notes)
    return Inputs(
        scenario=_settled(scenario, traffic),
        traffic=traffic,
        duration=duration,
        notes=(
            *notes,
            *_fidelity_notes(scenario),
            *(text for _, text in misfits(scenario)),
            *after_the_end(scenario, duration),
        ),
        neighbours=neighbours,
        spot_traces=spot_traces,
    )


def _neighbour(scenario: Scenario, folder: Path, overrides: Overrides, duration: int, notes: list[str]) -> Inputs:
    """Prepare a workload beside the main one: only the speed of the command line is for it too."""
    if overrides.speed_up is not None:
        faster = scenario.traffic.model_copy(update={"speed": scenario.traffic.speed * overrides.speed_up})
        scenario = scenario.model_copy(update={"traffic": faster})
    name = scenario.target.name
    traces = _loaded(scenario.traffic, folder)
    notes += [f"{trace.source}: {repair}" for trace in traces.values() for repair in trace.repairs]
    covered = _covered(scenario.traffic, traces)
    if covered < duration:
        notes.append(f"{name}: its trace ends after {print_duration(seconds(covered))}; no requests come from then on")
    traffic = rate_of(scenario.traffic, traces, duration)
    return Inputs(scenario=_settled(scenario, traffic), traffic=traffic, duration=duration)


def _fidelity_notes(scenario: Scenario) -> tuple[str, ...]:
    """Tell what the fidelity makes slower than people may expect."""
    if scenario.fidelity is Fidelity.REQUEST and find_spec("llvmlite") is None:
        return ("llvmlite is not installed: requests are played 100 times slower; pip install 'autoscaler[sim]'",)
    return ()


def rate_of(spec: Traffic, traces: dict[str, Recording], duration: float) -> RateFunction:
    """Turn a description into a rate; ``scale_to`` maps the range within ``duration`` [s]."""
    if spec.requests is not None and (spec.speed != 1.0 or spec.scale_to is not None):
        what = "the traffic is single requests: they cannot be scaled to other rates, nor sped up with their rates kept"
        hint = "traffic.requests.speed makes them come faster"
        raise InvalidScenarioError([Fault(what=what, source=spec.requests.path, hint=hint)])
    rate = _shape(spec, traces, duration * spec.speed)
    if spec.speed != 1.0:
        rate = shapes.Sped(rate, spec.speed)
    return shapes.scaled(rate, *spec.scale_to, duration) if spec.scale_to is not None else rate


def _settled(scenario: Scenario, traffic: RateFunction) -> Scenario:
    """Take times in service from requests that are known; begin with as many pods as the traffic needs, unless given.

    Otherwise a trace that begins in the middle of a day would begin with a shortage that no policy is to blame for.
    """
    scenario = with_times_of(scenario, traffic)
    if "initial_replicas" in scenario.pods.model_fields_set:
        return scenario
    first = float(traffic.rate(np.arange(_FIRST_SECONDS, dtype=np.float64)).max())
    replicas = min(max(1, math.ceil(first / (_FIRST_USE * scenario.service.pod_rate))), _MOST_REPLICAS)
    return scenario.model_copy(update={"pods": scenario.pods.model_copy(update={"initial_replicas": replicas})})


def _shape(spec: Traffic, traces: dict[str, Recording], duration: float) -> RateFunction:
    match spec:
        case Traffic(csv=Csv() as csv):
            trace = traces[csv.path]
            assert isinstance(trace, Trace)
            return shapes.replay(trace, csv.offset)
        case Traffic(requests=Requests() as requests):
            rows = traces[requests.path]
            assert isinstance(rows, RequestRows)
            return recorded(rows, requests.offset, duration)
        case Traffic(constant=shape) if shape is not None:
            return shapes.constant(shape.rps)
        case Traffic(ramp=shape) if shape is not None:
            return shapes.ramp(shape)
        case Traffic(diurnal=shape) if shape is not None:
            return shapes.diurnal(shape)
        case Traffic(flash_crowd=shape) if shape is not None:
            return shapes.crowd(shape)
        case Traffic(steps=steps) if steps is not None:
            return shapes.stairs(steps)
        case Traffic(sum=parts) if parts is not None:
            return shapes.Total(tuple(rate_of(part, traces, duration) for part in parts))
        case Traffic(product=parts) if parts is not None:
            return shapes.Product(tuple(rate_of(part, traces, duration) for part in parts))
        case _:
            raise AssertionError("a traffic description has exactly one shape")


def _traces(spec: Traffic, folder: Path, overrides: Overrides) -> dict[str, Recording]:
    """Load every trace of the traffic, by its path."""
    if isinstance(overrides.trace, Trace):
        return {overrides.trace.source: overrides.trace}
    return _loaded(spec, folder)


def _loaded(spec: Traffic, folder: Path) -> dict[str, Recording]:
    return {
        file.path: load_trace(folder / file.path) if isinstance(file, Csv) else load_requests(folder / file.path, file)
        for file, _ in _files(spec)
    }


def _files(spec: Traffic, speed: float = 1.0) -> Iterator[tuple[Csv | Requests, float]]:
    """Find the files of the traffic, each with the speed it is played at."""
    speed *= spec.speed
    if spec.csv is not None:
        yield spec.csv, speed
    if spec.requests is not None:
        yield spec.requests, speed
    for part in (*(spec.sum or ()), *(spec.product or ())):
        yield from _files(part, speed)


def _changed(scenario: Scenario, overrides: Overrides) -> Scenario:
    traffic, changes = scenario.traffic, dict[str, object]()
    if overrides.trace is not None:
        traffic, changes["description"] = _replaced(scenario, overrides.trace, overrides.trace_offset)
    if overrides.speed_up is not None:
        traffic = traffic.model_copy(update={"speed": traffic.speed * overrides.speed_up})
        if scenario.duration is not None:
            changes["duration"] = scenario.duration / overrides.speed_up
    if overrides.scale_to is not None:
        traffic = traffic.model_copy(update={"scale_to": overrides.scale_to})
    if overrides.seed is not None:
        changes["seed"] = overrides.seed
    if overrides.fidelity is not None:
        changes["fidelity"] = overrides.fidelity
    return scenario.model_copy(update={"traffic": traffic, **changes})


def _replaced(scenario: Scenario, trace: Path | Trace, offset: float) -> tuple[Traffic, str]:
    """Give the traffic of another trace, scaled as the scenario's own is, and the description that fits it."""
    path, name = (trace.source, trace.source) if isinstance(trace, Trace) else (str(trace.absolute()), trace.name)
    csv = Csv(path=path).model_copy(update={"offset": offset})
    traffic = Traffic(csv=csv, scale_to=scenario.traffic.scale_to)
    return traffic, f"The traffic of {name} on the service of {scenario.name}."


def _duration(scenario: Scenario, overrides: Overrides, traces: dict[str, Recording], notes: list[str]) -> int:
    """Settle the run's length [s]: what was asked for, at most what the traces cover."""
    covered = _covered(scenario.traffic, traces)
    asked = overrides.until if overrides.until is not None else None if overrides.trace else scenario.duration
    if asked is not None and asked > covered > 0:
        notes.append(f"the run ends with its trace, after {print_duration(seconds(covered))}")
    duration = int(min(asked if asked is not None else covered, covered))
    if duration < scenario.control.sync_period:
        raise InvalidScenarioError([_too_short(scenario, traces, duration)])
    return duration


def _covered(traffic: Traffic, traces: dict[str, Recording]) -> float:
    """Give for how long all traces of the traffic last [s]; infinity where there are none."""
    lengths = [(traces[file.path].duration - file.offset) / speed for file, speed in _files(traffic)]
    return min(lengths, default=float("inf"))


def _too_short(scenario: Scenario, traces: dict[str, Recording], duration: int) -> Fault:
    period = print_duration(seconds(scenario.control.sync_period))
    sources = ", ".join(trace.source for trace in traces.values())
    what = (
        f"the run lasts {max(duration, 0)} s, less than the {period} between two evaluations: no decision would be made"
    )
    hint = (
        "give a longer duration (--until), or a longer trace or a smaller offset"
        if sources
        else "give a longer duration"
    )
    return Fault(what=what, source=sources or scenario.name, hint=hint)
