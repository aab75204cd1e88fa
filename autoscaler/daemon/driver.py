"""The live driver: turns the controller's instructions into I/O, and the answers into its events."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Protocol, assert_never

from autoscaler.control.messages import (
    Announce,
    Event,
    Instruction,
    Observe,
    PassAbandoned,
    PolicyAccepted,
    PolicyEvent,
    PolicyWithdrawn,
    Record,
    ScaleConflicted,
    ScaleRefused,
    ScaleWritten,
    StatusRefused,
    StatusWrittenElsewhere,
    TargetAppeared,
    TargetObserved,
    WriteScale,
    WritesHalted,
    WritesResumed,
    WriteStatus,
)
from autoscaler.model.observation import Observation
from autoscaler.model.policy import PolicyKey


class Cluster(Protocol):
    """The I/O a controller can ask for. No method raises for what a cluster can do: failures are answers."""

    async def observe(self, wanted: Observe) -> Observation:
        """Look at the target; what cannot be known is in the observation as such."""

    async def write_scale(self, wanted: WriteScale) -> ScaleWritten | ScaleConflicted | ScaleRefused:
        """Set the target's replicas."""

    async def write_status(self, wanted: WriteStatus) -> StatusRefused | None:
        """Write the policy's status to its object, if it has one; success is silent."""

    async def announce(self, wanted: Announce) -> None:
        """Write an event."""

    async def record(self, wanted: Record) -> None:
        """Keep the story of one pass."""


class Handler(Protocol):
    """A controller, as far as its driver is concerned."""

    def handle(self, event: Event) -> tuple[Instruction, ...]:
        """Take one event in and say what is to be done about it."""


class Driver:
    """Runs one controller against one cluster. Each policy's events take turns; policies do not wait for each other."""

    def __init__(self, controller: Handler, cluster: Cluster) -> None:
        self._controller = controller
        self._cluster = cluster
        self._turns: defaultdict[PolicyKey, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def tell(self, event: PolicyEvent) -> None:
        """Tell the controller of an event, and carry out all that follows from it."""
        key = event.policy.key if isinstance(event, PolicyAccepted) else event.key
        async with self._turns[key]:
            try:
                await self._follow(event)
            except BaseException:
                self._controller.handle(PassAbandoned(key=key))
                raise
        if isinstance(event, PolicyWithdrawn):
            self._turns.pop(key, None)

    def note(self, event: StatusWrittenElsewhere | TargetAppeared | WritesHalted | WritesResumed) -> None:
        """Tell the controller of what asks for nothing, at once, even while the policy's pass is under way."""
        self._controller.handle(event)

    async def _follow(self, event: PolicyEvent) -> None:
        """Carry instructions out in order, each with all that its answer brings, before the next."""
        for instruction in self._controller.handle(event):
            answer = await self._carry_out(instruction)
            if answer is not None:
                await self._follow(answer)

    async def _carry_out(self, instruction: Instruction) -> PolicyEvent | None:
        match instruction:
            case Observe():
                return TargetObserved(key=instruction.key, observation=await self._cluster.observe(instruction))
            case WriteScale():
                return await self._cluster.write_scale(instruction)
            case WriteStatus():
                return await self._cluster.write_status(instruction)
            case Announce():
                await self._cluster.announce(instruction)
            case Record():
                await self._cluster.record(instruction)
            case _:
                assert_never(instruction)
        return None
