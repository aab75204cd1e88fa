"""The controller with an ear at its door: whoever listens learns of every event before it is handled.

Events are all a controller ever learns, so whoever keeps them can have every decision again. ``Restarted`` and
``PolicyAccepted`` with its memory are where such a replay can begin.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from autoscaler.control.controller import Controller, Instructions
from autoscaler.control.messages import (
    EvaluationDue,
    Event,
    PolicyAccepted,
    PolicyWithdrawn,
    WritesHalted,
    WritesResumed,
)
from autoscaler.control.past import Past
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.memory import Memory
from autoscaler.model.policy import PolicyKey, ScalingPolicy
from autoscaler.model.time import HOUR, Instant, Nanoseconds


class Restarted(Struct, frozen=True, kw_only=True, gc=False):
    """A controller began, knowing nothing."""

    config: ControllerConfig


Heard = Restarted | Event
Listener = Callable[[Heard], None]


class RecordedController:
    """Handles events as its controller does. What is remembered of a policy is told again every ``repeat``."""

    def __init__(self, config: ControllerConfig, listener: Listener, *, repeat: Nanoseconds = HOUR) -> None:
        self._controller = Controller(config)
        self._listener = listener
        self._repeat = repeat
        self._policies: dict[PolicyKey, ScalingPolicy] = {}
        self._told_at: dict[PolicyKey, Instant] = {}
        self._halted: WritesHalted | None = None
        listener(Restarted(config=config))

    def past_of(self, key: PolicyKey) -> Past | None:
        """The last pass of a policy, with what it was decided with; ``None``: there was none yet."""
        return self._controller.past_of(key)

    def remembered(self) -> tuple[tuple[ScalingPolicy, Memory], ...]:
        """Give every policy in force and what is remembered of it."""
        return self._controller.remembered()

    def handle(self, event: Event) -> Instructions:
        """Tell the listener, then handle the event."""
        match event:
            case PolicyAccepted(policy=policy):
                self._policies[policy.key] = policy
            case PolicyWithdrawn(key=key):
                self._policies.pop(key, None)
                self._told_at.pop(key, None)
            case EvaluationDue():
                self._tell_memory(event)
            case WritesHalted():
                self._halted = event
            case WritesResumed():
                self._halted = None
            case _:
                pass
        self._listener(event)
        return self._controller.handle(event)

    def _tell_memory(self, due: EvaluationDue) -> None:
        """Between two passes now and then, so that a journal whose beginning is gone can still be replayed."""
        policy = self._policies.get(due.key)
        told_at = self._told_at.setdefault(due.key, due.at)
        if policy is None or due.at - told_at < self._repeat:
            return
        self._told_at[due.key] = due.at
        self._listener(PolicyAccepted(policy=policy, memory=self._controller.memory_of(due.key)))
        if self._halted is not None:
            self._listener(self._halted)
