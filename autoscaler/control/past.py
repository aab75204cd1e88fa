"""One pass as it was, with everything it was decided with: enough to decide it again, explain it, or ask what if."""

from __future__ import annotations

from dataclasses import dataclass

from autoscaler.control.messages import Record
from autoscaler.engine.explained import Explained, explain
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.memory import Memory
from autoscaler.model.policy import ScalingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A pass: its record, and what it was decided with."""

    record: Record
    policy: ScalingPolicy
    memory: Memory  #: before the pass
    config: ControllerConfig

    def explained(self) -> Explained:
        """Gather what explains the decision that was made."""
        made = (self.record.decision, self.record.settlement)
        return explain(self.policy, self.record.observation, self.memory, self.config, made=made)
