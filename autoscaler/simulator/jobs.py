"""The runs that make up trials, each a value that can be sent to another process, and put together again afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from autoscaler.config.durations import print_duration
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.policy import ScalingPolicy
from autoscaler.model.time import SECOND, seconds
from autoscaler.simulator.inputs import Inputs
from autoscaler.simulator.pool import Watcher, play, workers_for
from autoscaler.simulator.progress import Progress
from autoscaler.simulator.references import references
from autoscaler.simulator.result import Result
from autoscaler.simulator.simulation import simulate
from autoscaler.simulator.trials import PolicyTrials, Trials

REFERENCES = "references"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A policy, what results call it, and the policies of the workloads beside the scenario's main one."""

    name: str
    policy: ScalingPolicy
    beside: tuple[ScalingPolicy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One policy under one seed; without a contender, the two reference policies."""

    inputs: Inputs
    contender: Contender | None
    config: ControllerConfig

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.contender.name if self.contender else REFERENCES}, seed {self.inputs.scenario.seed}"

    def run(self, progress: Progress | None = None) -> tuple[Result, ...]:
        """Play it; ``progress`` is told the share that is done, and may stop it."""
        if self.contender is None:
            return references(self.inputs, progress)
        name, policy, beside = self.contender.name, self.contender.policy, self.contender.beside
        return (simulate(self.inputs, policy, self.config, name=name, progress=progress, beside=beside),)


def jobs_of(
    inputs: Inputs,
    contenders: Sequence[Contender],
    seeds: Sequence[int],
    config: ControllerConfig,
    *,
    with_references: bool = False,
) -> tuple[Job, ...]:
    """List the runs, seed by seed, so that an interruption leaves pairs that can be compared."""
    config = replace(config, sync_period=seconds(inputs.scenario.control.sync_period))
    entrants = [*contenders, *([None] if with_references else [])]
    return tuple(
        Job(inputs=seeded(inputs, seed), contender=entrant, config=config) for seed in seeds for entrant in entrants
    )


def seeded(inputs: Inputs, seed: int) -> Inputs:
    """Give the same experiment under another seed; its traffic, which is a rate, stays as it is."""
    return replace(inputs, scenario=inputs.scenario.model_copy(update={"seed": seed}))


def run_trials(jobs: Sequence[Job], *, workers: int | None = None, watcher: Watcher | None = None) -> Trials:
    """Play ``jobs`` and put the results together; the same for any number of ``workers``.

    ``workers``: processes, by default as many as there are cores where the work is worth starting them. A ``watcher`` can
    stop everything: then what has been played so far is kept.

    Raises:
        WorkerLostError: a process ended in the middle of a run.
    """
    played = play(jobs, workers_for(jobs) if workers is None else workers, watcher or Watcher())
    by_policy: dict[tuple[str, bool], list[Result]] = {}
    for job, results in zip(jobs, played, strict=True):
        for result in results:
            whole = replace(result, inputs=replace(job.inputs, duration=result.inputs.duration))
            by_policy.setdefault((result.policy, job.contender is None), []).append(whole)
    return Trials(
        inputs=jobs[0].inputs,
        seeds=tuple(dict.fromkeys(job.inputs.scenario.seed for job in jobs)),
        policies=tuple(
            PolicyTrials(policy=name, results=tuple(results), is_reference=is_reference)
            for (name, is_reference), results in sorted(by_policy.items(), key=lambda item: item[0][1])
        ),
    )


def stopped_short(trials: Trials, jobs: Sequence[Job]) -> str:
    """Say in one sentence what an interruption left of ``jobs``."""
    results = [result for each in trials.policies for result in each.results]
    whole = sum(result.is_complete for result in results)
    partial = [result for result in results if not result.is_complete]
    asked = len(trials.seeds) * len({(job.contender.name if job.contender else "") for job in jobs})
    text = f"{whole} of {asked} runs are complete"
    for result in partial:
        text += f"; {result.policy}, seed {result.inputs.scenario.seed}, was stopped after {print_duration(result.inputs.duration * SECOND)}"
    return text
