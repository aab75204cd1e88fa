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
    TargetObserved,
    WriteScale,
    WriteStatus,
)
from autoscaler.model.decision import PolicyStatus
from autoscaler.model.policy import Mode, PolicyKey, ScalingPolicy
from autoscaler.model.time import Instant
from autoscaler.simulator.api import Api, WorldApi
from autoscaler.simulator.world import World

OnRecord = Callable[[Record], None]
#: Tells whether a policy is due at a tick.
IsDue = Callable[[PolicyKey, Instant], bool]


class Driver:
    """Runs policies against a world; ``on_record`` is told the story of every pass."""

    def __init__(
        self,
        world: World,
        controller: Controller,
        on_record: OnRecord,
        api: Api | None = None,
        is_due: IsDue | None = None,
    ) -> None:
        """``api`` answers for the world, by default without fail; without ``is_due`` every policy is due at every tick."""
        self._world = world
        self._api = api or WorldApi(world)
        self._controller = controller
        self._on_record = on_record
        self._is_due = is_due
        self._policies: dict[PolicyKey, ScalingPolicy] = {}
        self._statuses: dict[PolicyKey, PolicyStatus] = {}  # what the policies' objects hold

    def accept(self, policies: Sequence[ScalingPolicy]) -> None:
        """Put policies in force; in a simulation they act, whatever their mode."""
        for policy in policies:
            self._policies[policy.key] = acting = replace(policy, mode=Mode.APPLY)
            self._tell(PolicyAccepted(policy=acting))

    def run(self, ticks: Iterable[Instant]) -> None:
        """Evaluate the policies that are due at each of ``ticks``, in order."""
        for tick in ticks:
            self.evaluate(tick, tick)

    def evaluate(self, tick: Instant, at: Instant) -> None:
        """Let the world go on until ``tick``, then evaluate who is due; the controller's clock shows ``at``."""
        self._world.advance(tick)
        due = self._is_due
        for key in self._policies:
            if due is None or due(key, tick):
                self._tell(EvaluationDue(key=key, at=at))

    def restart(self, controller: Controller, *, keeps_memory: bool) -> None:
        """Go on with another controller, which knows what the policies' objects say and, if kept, what was remembered."""
        before, self._controller = self._controller, controller
        for key, policy in self._policies.items():
            memory = before.memory_of(key) if keeps_memory else None
            self._tell(PolicyAccepted(policy=policy, status=self._statuses.get(key), memory=memory))

    def _tell(self, event: Event) -> None:
        for instruction in self._controller.handle(event):
            answer = self._carry_out(instruction)
            if answer is not None:
                self._tell(answer)

    def _carry_out(self, instruction: Instruction) -> Event | None:
        match instruction:
            case Observe():
                return TargetObserved(key=instruction.key, observation=self._api.observe(instruction))
            case WriteScale():
                return self._api.write(instruction)
            case Record():
                self._on_record(instruction)
                return None
            case WriteStatus():
                self._statuses[instruction.key] = instruction.status
                return None
            case Announce():
                return None  # nobody reads events here; the record holds them
            case _:
                assert_never(instruction)
