"""What the controller keeps of one policy between two events."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct
from msgspec.structs import replace

from autoscaler.control.absence import Absence, still_absent
from autoscaler.control.messages import Record
from autoscaler.engine.settle import with_status
from autoscaler.model.decision import Decision, PolicyStatus
from autoscaler.model.memory import Memory
from autoscaler.model.observation import Observation, ScaleUnavailable
from autoscaler.model.policy import Mode, ScalingPolicy
from autoscaler.model.time import Instant


class Pass(Struct, gc=False):
    """A pass that waits for the outcome of its write. ``policy`` is the one it was decided by, with ``before``."""

    policy: ScalingPolicy
    mode: Mode
    observation: Observation
    decision: Decision
    memory: Memory  #: for the next pass, if nothing more is learnt
    before: Memory
    attempts: int = 0


@dataclass(slots=True)
class Tracked:
    """One policy in force.

    ``written``: the status its object holds, as far as we know; ``written_before``: the one it held before our last
    write, in case that write failed. ``others``: the last status that another controller wrote, where one is in charge.
    """

    policy: ScalingPolicy
    memory: Memory
    written: PolicyStatus | None = None
    written_before: PolicyStatus | None = None
    observing: ScalingPolicy | None = None  #: the policy whose metrics were asked for
    current: Pass | None = None
    last: Record | None = None
    explained_by: Pass | None = None  #: what ``last`` was decided with
    others: PolicyStatus | None = None
    absence: Absence | None = None  #: of the target, while a guarded policy waits for it

    @classmethod
    def fresh(cls, policy: ScalingPolicy, status: PolicyStatus | None, memory: Memory | None) -> Tracked:
        """Start with what the object's status says and, across a restart, with what was remembered."""
        remembered = memory or Memory()
        held = remembered.status if status is None else status
        return cls(policy, with_status(remembered, held), written=held)

    def is_waiting(self, at: Instant) -> bool:
        """Whether the target was not there, and is not to be looked for yet."""
        return self.absence is not None and at < self.absence.until

    def met(self, observation: Observation) -> Observation:
        """Take note of whether the target is there; one that is not is looked for more and more rarely."""
        scale = observation.scale
        if self.policy.guarding is None or not isinstance(scale, ScaleUnavailable) or not scale.absent:
            self.absence = None
            return observation
        self.absence = still_absent(self.absence, observation.at)
        return replace(observation, scale=replace(scale, again_at=self.absence.until))

    @property
    def is_busy(self) -> bool:
        """Whether a pass is under way."""
        return self.observing is not None or self.current is not None

    def revert_status(self) -> None:
        """Take back the last status write."""
        self.written = self.written_before
        self.memory = with_status(self.memory, self.written or PolicyStatus())

    def keep_status_of_others(self) -> None:
        """Forget our own status, which nobody wrote, where another controller's is in force."""
        if self.others is not None:
            self.memory = with_status(self.memory, self.others)
