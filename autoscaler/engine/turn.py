"""What every step of one evaluation shares."""

from __future__ import annotations

from msgspec import Struct

from autoscaler.engine.conditions import ABLE_TO_SCALE, TRUE, Conditions, set_condition
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import MetricStatus, PolicyStatus
from autoscaler.model.memory import Memory
from autoscaler.model.observation import Scale
from autoscaler.model.policy import ScalingPolicy
from autoscaler.model.time import Instant


class Turn(Struct, gc=False):
    """One evaluation under way. ``conditions`` grows as it goes; all else is given."""

    policy: ScalingPolicy
    scale: Scale
    memory: Memory
    conditions: Conditions
    at: Instant
    config: ControllerConfig

    @property
    def reference(self) -> str:
        """The scale target as upstream names it in errors."""
        return reference_of(self.policy)

    def mark_readable(self) -> None:
        """Say that the target's scale could be read."""
        message = "the HPA controller was able to get the target's current scale"
        set_condition(self.conditions, ABLE_TO_SCALE, TRUE, "SucceededGetScale", message, self.at)

    def status(self, desired: int, metrics: tuple[MetricStatus, ...] | None) -> PolicyStatus:
        """The status as it stands, with the size now asked for."""
        return PolicyStatus(
            current_replicas=self.scale.spec_replicas,
            desired_replicas=desired,
            last_scale_at=self.memory.status.last_scale_at,
            metrics=metrics,
            conditions=tuple(self.conditions),
            observed_generation=self.conditions.generation,
        )


def reference_of(policy: ScalingPolicy) -> str:
    """The scale target as upstream names it in errors: kind, namespace, name."""
    return f"{policy.target.kind}/{policy.key.namespace}/{policy.target.name}"
