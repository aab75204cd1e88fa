"""One run: a scenario's inputs, one policy, and out comes a result."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from autoscaler.config.scenario import Target
from autoscaler.control.controller import Controller
from autoscaler.control.messages import Record
from autoscaler.engine.explain import metric_label, sentence
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import Decision, ErrorKind, WriteResult
from autoscaler.model.policy import ObjectRef, PolicyKey, ScalingPolicy
from autoscaler.model.time import SECOND, Instant, seconds
from autoscaler.simulator.driver import Driver
from autoscaler.simulator.faults import FaultyRun, api_of
from autoscaler.simulator.inputs import Inputs
from autoscaler.simulator.moot import unread
from autoscaler.simulator.numerals import clock
from autoscaler.simulator.progress import Progress
from autoscaler.simulator.result import MetricTrack, Result, ScaleAction, Trouble
from autoscaler.simulator.schedule import Schedule
from autoscaler.simulator.stage import set_up
from autoscaler.simulator.world import Workload, World

_NO_ERROR = ErrorKind.NONE  # bound once: a member is looked up slowly on Python 3.11


@dataclass(slots=True)
class Notebook:
    """Keeps of every pass what plots need, and of scale actions their sentence; memory grows with time only."""

    world: World
    evaluations: int = 0
    times: list[float] = field(default_factory=list)
    ratios: list[list[float]] = field(default_factory=list)
    labels: tuple[tuple[str, str], ...] = ()
    _is_labelled: bool = False  #: whether every metric's target is known
    actions: list[ScaleAction] = field(default_factory=list)
    errors: dict[str, tuple[int, str]] = field(default_factory=dict)  #: by metric: how often, and the first text

    def note(self, record: Record) -> None:
        """Take note of one pass."""
        decision = record.decision
        proposals = decision.proposals
        self.evaluations += 1
        at = (self.world.now - self.world.start) / SECOND  # what the controller's clock shows may be something else
        if proposals:
            self.times.append(at)
            self.ratios.append([math.nan if p.ratio is None else p.ratio for p in proposals])
            if not self._is_labelled or len(self.labels) != len(proposals):
                self.labels = tuple((metric_label(p.name), p.target) for p in proposals)
                self._is_labelled = all(target for _, target in self.labels)
        if decision.error or decision.error_kind is not _NO_ERROR or [p for p in proposals if p.error]:
            self._note_errors(decision)
        if decision.rescale and record.outcome.result is WriteResult.WRITTEN:
            self.actions.append(
                ScaleAction(
                    t=at,
                    before=decision.current or 0,
                    after=decision.desired,
                    reason=decision.reason,
                    sentence=sentence(decision, record.outcome, show=self._elapsed),
                )
            )

    def _note_errors(self, decision: Decision) -> None:
        failed = [(metric_label(p.name), p.error) for p in decision.proposals if p.error]
        for metric, error in failed or [("the target", decision.error)]:
            count, first = self.errors.get(metric, (0, error))
            self.errors[metric] = (count + 1, first)

    def troubles(self) -> tuple[Trouble, ...]:
        """Give what could not be read."""
        return tuple(
            Trouble(metric=metric, evaluations=count, error=first) for metric, (count, first) in self.errors.items()
        )

    def _elapsed(self, at: Instant) -> str:
        return clock((at - self.world.start) / SECOND, precise=True)

    def tracks(self) -> tuple[MetricTrack, ...]:
        """Give each metric's way, in the policy's order."""
        t = np.array(self.times)
        width = len(self.labels)
        table = np.array([row if len(row) == width else [math.nan] * width for row in self.ratios])
        return tuple(
            MetricTrack(name=name, target=target, t=t, ratio=table[:, i])
            for i, (name, target) in enumerate(self.labels)
        )


def simulate(
    inputs: Inputs,
    policy: ScalingPolicy,
    config: ControllerConfig | None = None,
    *,
    name: str = "",
    progress: Progress | None = None,
    beside: Sequence[ScalingPolicy] = (),
) -> Result:
    """Run one policy against the scenario's workload. The same arguments give the same result, byte for byte.

    ``name`` is what results call the policy (by default its own name); ``progress`` is told the share that is done at
    every evaluation. Where it stops the run, the result covers what has been played and says that it is not complete.
    ``beside`` holds policies of the neighbours, each for the one that its target names; the others keep their size.

    Raises:
        ValueError: a policy of ``beside`` names none of the neighbours.
    """
    scenario = inputs.scenario
    config = config or ControllerConfig(sync_period=seconds(scenario.control.sync_period))
    stage = set_up(inputs)
    world = stage.world
    start, end = world.start, world.start + inputs.duration * SECOND
    policies = [bind(policy, scenario.target)[0], *_bound_beside(beside, stage.neighbours)]
    notebooks = {each.key: Notebook(world) for each in policies}
    schedule = Schedule(scenario.control, policies, start, end, progress)
    driver = Driver(
        world,
        Controller(config),
        lambda record: notebooks[record.key].note(record),
        api_of(world, scenario),
        None if schedule.is_one_grid else schedule.is_due,
    )
    driver.accept(policies)
    FaultyRun(driver, world, scenario, lambda: Controller(config)).run(schedule)
    if not schedule.were_stopped:
        stage.world.advance(end)
    notebook = notebooks[policies[0].key]
    return stage.result(
        policy=name or policy.key.name,
        actions=notebook.actions,
        metrics=notebook.tracks(),
        evaluations=notebook.evaluations,
        tolerance=config.tolerance,
        troubles=notebook.troubles(),
        is_complete=not schedule.were_stopped,
        notes=tuple(unread(scenario, policies)),
        scaled={
            bound.target.name: (given.key.name, notebooks[bound.key].actions)
            for bound, given in zip(policies[1:], beside, strict=True)
        },
    )


def _bound_beside(policies: Sequence[ScalingPolicy], neighbours: Sequence[Workload]) -> Iterator[ScalingPolicy]:
    """Point policies at the neighbours that their targets name, under names that no policy of another target has."""
    for policy in policies:
        found = [each for each in neighbours if is_for(policy, each.target)]
        if not found:
            raise ValueError(f"{policy.key.name} is for {policy.target.kind} {policy.target.name}, which is not beside")
        bound, _ = bind(policy, found[0].target)
        key = PolicyKey(namespace=bound.key.namespace, name=f"{bound.key.name} of {bound.target.name}")
        yield replace(bound, key=key)


def is_for(policy: ScalingPolicy, target: Target) -> bool:
    """Tell whether a policy's target is this one, wherever either of them lives."""
    return (policy.target.kind, policy.target.name) == (target.kind, target.name)


def bind(policy: ScalingPolicy, target: Target) -> tuple[ScalingPolicy, str]:
    """Point a policy at the scenario's workload; the text tells, where its own target is called otherwise."""
    is_same = is_for(policy, target)
    own = f"{policy.target.kind} {policy.target.name}"
    note = "" if is_same else f"it is written for {own}; here it scales the scenario's {target.kind} {target.name}"
    api_version = policy.target.api_version if is_same else "apps/v1"
    bound = replace(
        policy,
        key=PolicyKey(namespace=target.namespace, name=policy.key.name),
        target=ObjectRef(api_version=api_version, kind=target.kind, name=target.name),
    )
    return bound, note
