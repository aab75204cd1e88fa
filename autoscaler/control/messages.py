"""What the controller is told and what it asks for. A driver turns each instruction into I/O and the answer into an event.

Events are in the past tense, instructions in the imperative. Both are values: a test, a simulation and a live run can
be compared message by message.
"""

from __future__ import annotations

from msgspec import Struct

from autoscaler.model.decision import Announcement, Decision, PolicyStatus, Settlement, WriteOutcome
from autoscaler.model.memory import Memory
from autoscaler.model.observation import Observation, Scale
from autoscaler.model.policy import Metric, ObjectRef, PolicyKey, ScalingPolicy
from autoscaler.model.safety import Halt
from autoscaler.model.time import Instant

# --- events ---------------------------------------------------------------------------------------------------------


class PolicyAccepted(Struct, frozen=True, kw_only=True, gc=False):
    """A policy is new, or changed. ``status`` is what its object holds already, if it has one.

    ``memory`` is what an earlier run remembered of it; both count only for a policy not yet in force.
    """

    policy: ScalingPolicy
    status: PolicyStatus | None = None
    memory: Memory | None = None


class PolicyWithdrawn(Struct, frozen=True, kw_only=True, gc=False):
    """A policy is gone; so is everything remembered about it."""

    key: PolicyKey


class EvaluationDue(Struct, frozen=True, kw_only=True, gc=False):
    """The policy's period has passed. ``at`` is the tick's instant, read once by the driver."""

    key: PolicyKey
    at: Instant


class TargetObserved(Struct, frozen=True, kw_only=True, gc=False):
    """Answer to ``Observe``: always comes, whatever failed on the way."""

    key: PolicyKey
    observation: Observation


class ScaleWritten(Struct, frozen=True, kw_only=True, gc=False):
    """Answer to ``WriteScale``: done."""

    key: PolicyKey


class ScaleConflicted(Struct, frozen=True, kw_only=True, gc=False):
    """Answer to ``WriteScale``: somebody else wrote first. ``fresh`` is the scale read after the refusal."""

    key: PolicyKey
    fresh: Scale
    error: str


class ScaleRefused(Struct, frozen=True, kw_only=True, gc=False):
    """Answer to ``WriteScale``: the server said no, or did not answer."""

    key: PolicyKey
    error: str


class StatusRefused(Struct, frozen=True, kw_only=True, gc=False):
    """Answer to ``WriteStatus`` where it failed; success is silent."""

    key: PolicyKey
    error: str


class StatusWrittenElsewhere(Struct, frozen=True, kw_only=True, gc=False):
    """Another controller wrote the status of the policy's object: it is in charge, and what it did counts.

    ``at``: when the news came.
    """

    key: PolicyKey
    status: PolicyStatus
    at: Instant


class TargetAppeared(Struct, frozen=True, kw_only=True, gc=False):
    """The policy's target, which was not there, came into being: it need not be waited for any longer."""

    key: PolicyKey


class PassAbandoned(Struct, frozen=True, kw_only=True, gc=False):
    """A defect or a cancellation kept the driver from finishing the policy's pass; nothing is known of its outcome."""

    key: PolicyKey


class WritesHalted(Struct, frozen=True, kw_only=True, gc=False):
    """A person threw the kill switch: no size of any policy is to be written until they are resumed."""

    halt: Halt


class WritesResumed(Struct, frozen=True, kw_only=True, gc=False):
    """The kill switch was released. Harmless where it was not thrown."""


#: What is about one policy.
PolicyEvent = (
    PolicyAccepted
    | PolicyWithdrawn
    | EvaluationDue
    | TargetObserved
    | ScaleWritten
    | ScaleConflicted
    | ScaleRefused
    | StatusRefused
    | StatusWrittenElsewhere
    | TargetAppeared
    | PassAbandoned
)
Event = PolicyEvent | WritesHalted | WritesResumed

# --- instructions ---------------------------------------------------------------------------------------------------


class Observe(Struct, frozen=True, kw_only=True, gc=False):
    """Look at the target: its scale, its pods and one reading for each metric."""

    key: PolicyKey
    target: ObjectRef
    metrics: tuple[Metric, ...]
    at: Instant


class WriteScale(Struct, frozen=True, kw_only=True, gc=False):
    """Set the target's replicas, if its scale is still at ``resource_version`` (empty: whatever it is)."""

    key: PolicyKey
    target: ObjectRef
    replicas: int
    resource_version: str


class WriteStatus(Struct, frozen=True, kw_only=True, gc=False):
    """Write the policy's status to its object, if it has one."""

    key: PolicyKey
    status: PolicyStatus


class Announce(Struct, frozen=True, kw_only=True, gc=False):
    """Write a Kubernetes Event about the policy."""

    key: PolicyKey
    announcement: Announcement


class Record(Struct, frozen=True, kw_only=True, gc=False):
    """Keep the whole story of one pass: what was seen, decided, written.

    ``amends``: replaces the record of the same pass, because its status could not be written.
    """

    key: PolicyKey
    observation: Observation
    decision: Decision
    outcome: WriteOutcome
    settlement: Settlement
    amends: bool = False


Instruction = Observe | WriteScale | WriteStatus | Announce | Record
