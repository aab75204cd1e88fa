"""`autoscaler.simulate`: traffic through policies, from a notebook or a script."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from autoscaler.config.scenario import Fidelity
from autoscaler.model.controller_config import DEFAULT_VERSION, KubernetesVersion, for_version
from autoscaler.simulator.inputs import Overrides, prepare
from autoscaler.simulator.jobs import jobs_of, run_trials
from autoscaler.simulator.notebook.results import Results
from autoscaler.simulator.notebook.sources import (
    DurationLike,
    PoliciesLike,
    ScenarioLike,
    TraceLike,
    read_duration,
    read_policy_likes,
    read_scenario,
    read_trace,
)
from autoscaler.simulator.simulation import bind

Choice = TypeVar("Choice", bound=StrEnum)


def simulate(
    scenario: ScenarioLike,
    policy: PoliciesLike,
    *,
    seeds: int | Sequence[int] = 1,
    fidelity: str | Fidelity | None = None,
    trace: TraceLike | None = None,
    trace_offset: DurationLike | None = None,
    scale_to: tuple[float, float] | None = None,
    speed_up: float | None = None,
    until: DurationLike | None = None,
    kubernetes_version: str | KubernetesVersion = DEFAULT_VERSION,
    references: bool = False,
    workers: int | None = None,
) -> Results:
    """Replay a scenario's traffic through policies, with the code that would run in the cluster.

    The same arguments give the same results, for any number of ``workers``.

    Args:
        scenario: path, YAML text, mapping, or a loaded scenario.
        policy: an HPA: path of a file or folder, YAML text, manifest, or a loaded policy; or several of them, as a
            sequence, or by the names that results are to call them.
        seeds: how many seeds, from the scenario's own on, or which. All policies meet the same ones.
        fidelity: ``"fluid"`` (requests as expected numbers, fast) or ``"request"`` (each by itself, exact); the scenario's by
            default.
        trace: replaces the traffic: path (``timestamp,rps`` rows, or a range answer of Prometheus), or a frame with columns
            timestamp (seconds or dates) and rps [requests/s], or with dates as its index.
        trace_offset: where in the trace to begin, such as ``"40d"`` or seconds.
        scale_to: map the run's lowest and highest rate to these [requests/s].
        speed_up: play the traffic so many times as fast, at the rates it has.
        until: stop after this much simulated time, such as ``"24h"`` or seconds.
        kubernetes_version: release whose rules hold, such as ``"1.36"``.
        references: also play a fixed number of pods for the peak, and a clairvoyant, to measure by.
        workers: processes; by default one a core where the work is worth starting them.

    Raises:
        InvalidInputError: a scenario, policy or trace that cannot be used: one fault for each thing wrong.
        ValueError: an argument out of its range.
    """
    upstream = for_version(_one_of(KubernetesVersion, "kubernetes_version", kubernetes_version))
    loaded, folder = read_scenario(scenario)
    contenders = read_policy_likes(policy, upstream.gates, [each.target for each in loaded.neighbours()])
    overrides = Overrides(
        trace=None if trace is None else read_trace(trace),
        trace_offset=read_duration("trace_offset", trace_offset) or 0.0,
        scale_to=scale_to,
        speed_up=speed_up,
        until=read_duration("until", until),
        fidelity=None if fidelity is None else _one_of(Fidelity, "fidelity", fidelity),
    )
    inputs = prepare(loaded, folder, overrides)
    notes = [*inputs.notes, *(bind(each.policy, inputs.scenario.target)[1] for each in contenders)]
    for note in filter(None, notes):
        warnings.warn(note, stacklevel=2)
    jobs = jobs_of(inputs, contenders, _seeds(seeds, inputs.scenario.seed), upstream, with_references=references)
    return Results(run_trials(jobs, workers=workers), command=f"autoscaler.simulate({scenario!r}, ...)")


def _one_of(kind: type[Choice], name: str, value: str) -> Choice:
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"{name} must be one of {', '.join(kind)}, is {value!r}") from None


def _seeds(seeds: int | Sequence[int], first: int) -> Sequence[int]:
    chosen = range(first, first + seeds) if isinstance(seeds, int) else tuple(seeds)
    if not chosen or min(chosen) < 0 or len(set(chosen)) != len(chosen):
        raise ValueError(f"seeds must be a number of 1 or more, or different numbers of 0 or more; is {seeds!r}")
    return chosen
