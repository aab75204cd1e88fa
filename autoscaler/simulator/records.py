"""Trials as a file: versioned JSON with every run's measures and actions, and with what is needed to compare and repeat it.

Fields are only added within a version; a reader takes what it knows. ``summary`` and ``differences`` follow from the runs
and are there for readers who do not want to work them out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np

from autoscaler.model.json_types import JsonObject
from autoscaler.simulator.inputs import Inputs
from autoscaler.simulator.intervals import Estimate
from autoscaler.simulator.measures import MEASURES, measure
from autoscaler.simulator.result import Result, ScaleAction
from autoscaler.simulator.sample import Sample
from autoscaler.simulator.traffic import arrivals
from autoscaler.simulator.trials import PolicyTrials, Trials

SCHEMA: Final = "autoscaler.dev/trials/v1"
#: Fields of a scenario that are told elsewhere in the record; for a traffic, its digest.
_APART: Final[Mapping[str, bool | Mapping[str, Mapping[str, bool]]]] = {
    **dict.fromkeys(("name", "description", "seed", "traffic", "duration", "fidelity"), True),
    "beside": {"__all__": {"traffic": True}},
}
_DECIMALS: Final = 3  #: of requests per second in the digest: beyond them machines' sines and sums differ


class ActionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the scale, ``t_s`` seconds into the run."""

    t_s: float
    before: int
    after: int
    reason: str
    why: str


class NeighbourRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How a workload beside the main one fared; no ``policy`` where its size was fixed."""

    name: str
    policy: str
    measures: dict[str, float | None]


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One policy under one seed. ``measures``: see ``measures.MEASURES``; null where there is none, such as a latency of nobody."""

    seed: int
    complete: bool
    played_s: int
    measures: dict[str, float | None]
    actions: tuple[ActionRecord, ...] = ()
    neighbours: tuple[NeighbourRecord, ...] = ()
    notes: tuple[str, ...] = ()


class IntervalRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A mean over ``n`` seeds with its 95 % confidence interval; no interval from one seed."""

    mean: float | None
    low: float | None = None
    high: float | None = None
    n: int


class PolicyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One policy; ``reference``: nobody can have it."""

    policy: str
    reference: bool
    runs: tuple[RunRecord, ...]
    summary: dict[str, IntervalRecord] = {}
    differences: dict[str, IntervalRecord] = {}  #: from the first policy, paired by seed

    def sample(self) -> Sample:
        """Give the measures by seed of those runs that are complete."""
        runs = {run.seed: run.measures for run in self.runs if run.complete}
        return Sample(policy=self.policy, runs=runs, is_reference=self.reference)


class ScenarioRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was played. Equal ``digest``: the same scenario under the same traffic, whatever files it came from."""

    name: str
    fidelity: str
    duration_s: int
    traffic: str  #: digest of the requests expected in each second, of neighbours too
    digest: str
    settings: JsonObject  #: every field of the scenario that can make a difference, but its traffic and seed


class TrialsRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A whole file."""

    schema: str
    complete: bool
    version: str  #: of this program
    command: str  #: what repeats it
    kubernetes_version: str
    scenario: ScenarioRecord
    seeds: tuple[int, ...]
    notes: tuple[str, ...]
    policies: tuple[PolicyRecord, ...]


def record(trials: Trials, *, command: str, version: str, kubernetes_version: str) -> TrialsRecord:
    """Write trials down; ``command`` is what repeats them."""
    baselines = [None, *(trials.policies[0].sample() for _ in trials.policies[1:])]
    return TrialsRecord(
        schema=SCHEMA,
        complete=trials.is_complete,
        version=version,
        command=command,
        kubernetes_version=kubernetes_version,
        scenario=scenario_record(trials.inputs),
        seeds=trials.seeds,
        notes=trials.inputs.notes,
        policies=tuple(_policy(each, other) for each, other in zip(trials.policies, baselines, strict=False)),
    )


def scenario_record(inputs: Inputs) -> ScenarioRecord:
    """Write down what is played, with digests that tell whether two records are of the same."""
    scenario = inputs.scenario
    settings = scenario.model_dump(mode="json", exclude=_APART)
    expected = [arrivals(each.traffic, 0, inputs.duration) for each in (inputs, *inputs.neighbours)]
    traffic = _digest(b"".join(np.round(each, _DECIMALS).tobytes() for each in expected))
    same = {"settings": settings, "fidelity": scenario.fidelity, "duration": inputs.duration, "traffic": traffic}
    if inputs.spot_traces:
        same["spot_traces"] = {path: trace.losses for path, trace in inputs.spot_traces.items()}
    return ScenarioRecord(
        name=scenario.name,
        fidelity=scenario.fidelity,
        duration_s=inputs.duration,
        traffic=traffic,
        digest=_digest(msgspec.json.encode(same, order="deterministic")),
        settings=settings,
    )


def score_rows(trials: Trials) -> list[dict[str, str | int | float | bool | None]]:
    """Give one row a policy and seed: where it is from, then its measures. All rows have the same columns."""
    known = {key for each in trials.policies for result in each.results for key in measure(result.score)}
    keys = [each.key for each in MEASURES if each.key in known]
    return [
        {
            "scenario": result.inputs.scenario.name,
            "policy": each.policy,
            "seed": result.inputs.scenario.seed,
            "duration_s": result.inputs.duration,
            "complete": result.is_complete,
            **{key: measure(result.score).get(key) for key in keys},
        }
        for each in trials.policies
        for result in each.results
    ]


def _policy(trials: PolicyTrials, baseline: Sample | None) -> PolicyRecord:
    sample = trials.sample()
    keys = [each.key for each in MEASURES if any(each.key in run for run in sample.runs.values())]
    return PolicyRecord(
        policy=trials.policy,
        reference=trials.is_reference,
        runs=tuple(_run(result) for result in trials.results),
        summary={key: interval(sample.estimate(key)) for key in keys},
        differences={k: interval(sample.difference(k, baseline)) for k in keys} if baseline is not None else {},
    )


def interval(value: Estimate) -> IntervalRecord:
    """Write an estimate down; nothing where nothing is known."""
    if not value.n:
        return IntervalRecord(mean=None, n=0)
    if value.half_width is None:
        return IntervalRecord(mean=value.mean, n=value.n)
    return IntervalRecord(mean=value.mean, low=value.low, high=value.high, n=value.n)


def _run(result: Result) -> RunRecord:
    return RunRecord(
        seed=result.inputs.scenario.seed,
        complete=result.is_complete,
        played_s=result.inputs.duration,
        measures=measure(result.score),
        actions=tuple(_action(action) for action in result.actions),
        neighbours=tuple(
            NeighbourRecord(name=each.name, policy=each.policy, measures=measure(each.score))
            for each in result.neighbours
        ),
        notes=result.notes,
    )


def _action(action: ScaleAction) -> ActionRecord:
    return ActionRecord(
        t_s=action.t, before=action.before, after=action.after, reason=str(action.reason), why=action.sentence
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
