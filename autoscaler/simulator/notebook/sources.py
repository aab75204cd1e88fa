"""Scenarios, policies and traces in whatever form a notebook has them: paths, YAML text, mappings, frames, our own values."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from autoscaler.config.documents import Document, load, scan
from autoscaler.config.durations import parse_duration
from autoscaler.config.hpa import ReadOptions
from autoscaler.config.policy_files import read_policies
from autoscaler.config.scenario import Scenario, Target, load_scenario, scenario_from
from autoscaler.config.trace_rows import Rows
from autoscaler.config.traces import Trace, check_rows
from autoscaler.model.controller_config import Gates
from autoscaler.model.errors import Fault, InvalidPolicyError, InvalidScenarioError, InvalidTraceError
from autoscaler.model.policy import ScalingPolicy
from autoscaler.model.time import as_seconds
from autoscaler.simulator.contenders import read_contenders, renamed, with_neighbours
from autoscaler.simulator.jobs import Contender

if TYPE_CHECKING:
    import pandas as pd

#: A scenario: a path, YAML text, a mapping, or one that is loaded already.
ScenarioLike: TypeAlias = str | os.PathLike[str] | Mapping[str, Any] | Scenario
#: One policy: a path of a file or folder, YAML text, a manifest, or one that is loaded already.
PolicyLike: TypeAlias = str | os.PathLike[str] | Mapping[str, Any] | ScalingPolicy
#: Policies: one, several, or several by the names that results are to call them.
PoliciesLike: TypeAlias = "PolicyLike | Sequence[PolicyLike] | Mapping[str, PolicyLike]"
#: A trace: a path, one that is loaded already, or a frame with columns timestamp and rps, or with times as its index.
TraceLike: TypeAlias = "str | os.PathLike[str] | Trace | pd.DataFrame | pd.Series[float]"
#: A length of time: text such as "24h", or seconds.
DurationLike: TypeAlias = str | float | timedelta

_FRAME_HINT: Final = "a frame has columns timestamp and rps, or one column of rates with times as its index"


def read_scenario(source: ScenarioLike) -> tuple[Scenario, Path]:
    """Read a scenario, and give the folder that its traces count from: its file's, else the current one.

    Raises:
        InvalidScenarioError: one fault for each wrong field.
    """
    match source:
        case Scenario():
            return source, Path()
        case Mapping():
            return scenario_from(_only(load(_json(source), "scenario"))), Path()
        case str() if _is_text(source):
            return scenario_from(_only(load(source, "scenario"))), Path()
        case _:
            path = Path(source)
            return load_scenario(path), path.parent


def read_policy_likes(source: PoliciesLike, gates: Gates, neighbours: Sequence[Target] = ()) -> tuple[Contender, ...]:
    """Read policies, each under a name: the one given, else its file's or its own.

    One path or text is a set: those of its policies that are for ``neighbours`` scale them beside each of the others.

    Raises:
        InvalidPolicyError: one fault for each thing wrong, or no policy at all.
    """
    if isinstance(source, Mapping) and "kind" not in source:
        named = [(name, each) for name, one in source.items() for each in _contenders(one, gates, neighbours)]
        found = [replace(each, name=str(name)) for name, each in named]
    elif isinstance(source, Sequence) and not isinstance(source, str):
        found = [each for one in source for each in _contenders(one, gates, neighbours)]
    else:
        found = list(_contenders(source, gates, neighbours))
    if not found:
        raise InvalidPolicyError([Fault(what="no policy to try", hint="give a HorizontalPodAutoscaler")])
    return renamed(found)


def read_trace(source: TraceLike) -> Path | Trace:
    """Give a trace that is loaded already, or the path to load it from; a frame is checked and mended as a file is.

    Raises:
        InvalidTraceError: the frame has other columns, or what a file would be refused for.
    """
    match source:
        case Trace():
            return source
        case str() | os.PathLike():
            return Path(source)
        case _:
            return check_rows(_rows(source))


def read_duration(name: str, value: DurationLike | None) -> float | None:
    """Give a length of time [s]; ``name`` is what messages call it.

    Raises:
        ValueError: not a duration, or not longer than nothing.
    """
    match value:
        case None:
            return None
        case str():
            length = as_seconds(parse_duration(value))
        case timedelta():
            length = value.total_seconds()
        case _:
            length = float(value)
    if not 0 < length < float("inf"):
        raise ValueError(f"{name} must be longer than 0s, is {value!r}")
    return length


def _is_text(source: str) -> bool:
    """Tell YAML text from a path."""
    return "\n" in source or source.lstrip().startswith("{")


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, default=str)


def _only(documents: Sequence[Document]) -> Document:
    if len(documents) != 1:
        raise InvalidScenarioError([Fault(what=f"holds {len(documents)} documents", hint="a scenario is one document")])
    return documents[0]


def _contenders(source: PolicyLike, gates: Gates, neighbours: Sequence[Target]) -> Sequence[Contender]:
    match source:
        case ScalingPolicy():
            return [Contender(name=source.key.name, policy=source)]
        case Mapping():
            return with_neighbours(list(_in_text(_json(source), gates)), neighbours, "policy")
        case str() if _is_text(source):
            return with_neighbours(list(_in_text(source, gates)), neighbours, "policy")
        case _:
            return read_contenders([Path(source)], gates, neighbours)


def _in_text(text: str, gates: Gates) -> Iterator[Contender]:
    candidates, faults = read_policies(scan(text, "policy"), ReadOptions(gates=gates))
    if faults or not candidates:
        raise InvalidPolicyError(faults or [Fault(what="holds no HorizontalPodAutoscaler", source="policy")])
    for candidate in candidates:
        yield Contender(name=candidate.policy.key.name, policy=candidate.policy)


def _rows(frame: Any) -> Rows:
    """Read the rows of a frame or series of pandas."""
    table = frame.to_frame("rps") if frame.ndim == 1 else frame
    names = {str(name).lower(): name for name in table.columns}
    if "timestamp" in names and "rps" in names:
        times, rates = table[names["timestamp"]], table[names["rps"]]
    elif len(table.columns) == 1 or "rps" in names:
        times, rates = table.index.to_series(), table[names.get("rps", table.columns[0])]
    else:
        what = f"its columns are {', '.join(map(str, table.columns))}, not timestamp and rps"
        raise InvalidTraceError([Fault(what=what, source="frame", hint=_FRAME_HINT)])
    return Rows("frame", _times(times), _numbers(rates), np.arange(len(table)), "rows")


def _times(times: Any) -> Any:
    """Give times as seconds; dates without a zone are UTC."""
    if times.dtype.kind == "M" or hasattr(times.dtype, "tz"):
        stamps = times if times.dt.tz is None else times.dt.tz_convert("UTC").dt.tz_localize(None)
        return stamps.to_numpy("datetime64[ns]").astype(np.int64) / 1e9
    return _numbers(times)


def _numbers(values: Any) -> Any:
    try:
        return values.to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        what = f"column {values.name} is not made of numbers: {error}"
        raise InvalidTraceError([Fault(what=what, source="frame", hint=_FRAME_HINT)]) from error
