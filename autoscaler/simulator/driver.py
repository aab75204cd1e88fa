"""The simulator's driver: it turns the controller's instructions into calls of the world, and the answers into events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import assert_never

from autoscaler.control.controller import Controller
from autoscaler.control.messages import (
    Announce,
    EvaluationDue,
    Event,
    Instruction,
    Observe,
    PolicyAccepted,
    Record,
    ScaleConflicted,
    ScaleRefused,
    ScaleWritten,
    TargetObserved,
    WriteScale,
    WriteStatus,
)
from autoscaler.model.observation import Observation, ScaleUnavailable
from autoscaler.model.policy import Mode, ObjectRef, PolicyKey, ScalingPolicy
from autoscaler.model.time import Instant
from autoscaler.simulator.world import Workload, World

OnRecord = Callable[[Record], None]


class Driver:
    """Runs policies against a world; ``on_record`` is told the story of every pass."""

    def __init__(self, world: World, controller: Controller, on_record: OnRecord) -> None:
        self._world = world
        self._controller = controller
        self._on_record = on_record
        self._policies: list[PolicyKey] = []

    def accept(self, policies: Sequence[ScalingPolicy]) -> None:
        """Put policies in force; in a simulation they act, whatever their mode."""
        for policy in policies:
            self._policies.append(policy.key)
            self._tell(PolicyAccepted(policy=replace(policy, mode=Mode.APPLY)))

    def run(self, ticks: Iterable[Instant]) -> None:
        """Evaluate every policy at each of ``ticks``, in order."""
        for tick in ticks:
            self._world.advance(tick)
            for key in self._policies:
                self._tell(EvaluationDue(key=key, at=tick))

    def _tell(self, event: Event) -> None:
        for instruction in self._controller.handle(event):
            answer = self._carry_out(instruction)
            if answer is not None:
                self._tell(answer)

    def _carry_out(self, instruction: Instruction) -> Event | None:
        match instruction:
            case Observe():
                return TargetObserved(key=instruction.key, observation=self._observe(instruction))
            case WriteScale():
                return self._write(instruction)
            case Record():
                self._on_record(instruction)
                return None
            case WriteStatus() | Announce():
                return None  # nobody reads them here; the record holds both
            case _:
                assert_never(instruction)

    def _observe(self, ask: Observe) -> Observation:
        workload = self._target(ask.key, ask.target)
        if workload is None:
            return Observation(at=ask.at, scale=ScaleUnavailable(error=_not_found(ask.target)))
        return Observation(
            at=ask.at, scale=workload.scale(), pods=workload.pods(), readings=workload.readings(ask.metrics)
        )

    def _write(self, write: WriteScale) -> Event:
        workload = self._target(write.key, write.target)
        if workload is None:
            return ScaleRefused(key=write.key, error=_not_found(write.target))
        scale = workload.scale()
        if write.resource_version not in ("", scale.resource_version):
            error = f'Operation cannot be fulfilled on {write.target.kind.lower()}s "{write.target.name}"'
            return ScaleConflicted(key=write.key, fresh=scale, error=error)
        workload.set_replicas(write.replicas)
        return ScaleWritten(key=write.key)

    def _target(self, key: PolicyKey, target: ObjectRef) -> Workload | None:
        return self._world.workloads.get((key.namespace, target.name))


def _not_found(target: ObjectRef) -> str:
    return f'{target.kind.lower()}s "{target.name}" not found'
