"""The kill switch: while it is thrown, everything is decided and shown as ever, and no size is written."""

from __future__ import annotations

from msgspec.structs import replace

from autoscaler.engine.conditions import TRUE, Conditions, drop_condition, set_condition
from autoscaler.model.decision import PolicyStatus, Settlement, WriteOutcome, WriteResult
from autoscaler.model.policy import PolicyKey
from autoscaler.model.safety import Halt
from autoscaler.model.time import Instant

CONDITION = "WritesHalted"
"""Type of the condition that policies show meanwhile; it goes when writes go on."""


class Halting:
    """Knows whether writes are halted, and whose status says so."""

    def __init__(self) -> None:
        self._halt: Halt | None = None
        self._showing: set[PolicyKey] = set()

    @property
    def matters(self) -> bool:
        """Whether any status may say something of a halt, or should."""
        return self._halt is not None or bool(self._showing)

    def throw(self, halt: Halt) -> None:
        """Halt writes from now on; a halt that is in force already is replaced."""
        self._halt = halt

    def release(self) -> None:
        """Let writes go on."""
        self._halt = None

    def follow(self, key: PolicyKey, status: PolicyStatus) -> None:
        """Begin with a policy: the status it has may tell of a halt long over."""
        if any(condition.type == CONDITION for condition in status.conditions):
            self._showing.add(key)

    def forget(self, key: PolicyKey) -> None:
        """Stop with a policy."""
        self._showing.discard(key)

    def outcome(self, at: Instant) -> WriteOutcome | None:
        """Give how a write at ``at`` ends before it begins; ``None``: it may begin."""
        halt = self._halt
        if halt is None or halt.is_over(at):
            return None
        return WriteOutcome(result=WriteResult.WITHHELD, error=f"writes are halted by {halt.author}: {halt.reason}")

    def shown(self, key: PolicyKey, settlement: Settlement, at: Instant) -> Settlement:
        """Show the halt in a policy's status, or show it no longer."""
        halt = self._halt
        if halt is not None and halt.is_over(at):
            halt = None
        if halt is None and key not in self._showing:
            return settlement
        conditions = Conditions(settlement.status.conditions)
        if halt is None:
            self._showing.discard(key)
            drop_condition(conditions, CONDITION)
        else:
            self._showing.add(key)
            set_condition(conditions, CONDITION, TRUE, "Halted", f"by {halt.author}: {halt.reason}", at)
        return replace(settlement, status=replace(settlement.status, conditions=tuple(conditions)))
