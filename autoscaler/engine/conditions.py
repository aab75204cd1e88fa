"""An HPA's conditions: kept in the order first set, replaced in place."""

from __future__ import annotations

from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import Condition, PolicyStatus
from autoscaler.model.policy import ScalingPolicy
from autoscaler.model.time import Instant

ABLE_TO_SCALE = "AbleToScale"
SCALING_ACTIVE = "ScalingActive"
SCALING_LIMITED = "ScalingLimited"
SCALED_TO_ZERO = "ScaledToZero"

TRUE = "True"
FALSE = "False"


class Conditions(list[Condition]):
    """Conditions under way. Those set from now on are about the policy's ``generation``; ``None``: nobody is told it."""

    generation: int | None = None  # of the class: a pass that tells none, the common one, pays nothing for it


def conditions_of(status: PolicyStatus, policy: ScalingPolicy, config: ControllerConfig) -> Conditions:
    """Go on from a status, about the policy as it is now; its generation is told by releases that know it."""
    conditions = Conditions(status.conditions)
    if config.observed_generation and policy.generation:
        conditions.generation = policy.generation
    return conditions


def set_condition(conditions: Conditions, type_: str, status: str, reason: str, message: str, at: Instant) -> None:
    """Set one condition. Its transition time moves only if ``status`` changes; reason and message always do."""
    generation = conditions.generation
    for index, known in enumerate(conditions):
        if known.type == type_:
            if known.status == status:
                at = known.last_transition
                if known.reason == reason and known.message == message and known.observed_generation == generation:
                    return
            conditions[index] = Condition(
                type=type_,
                status=status,
                reason=reason,
                message=message,
                last_transition=at,
                observed_generation=generation,
            )
            return
    conditions.append(
        Condition(
            type=type_,
            status=status,
            reason=reason,
            message=message,
            last_transition=at,
            observed_generation=generation,
        )
    )


def drop_condition(conditions: Conditions, type_: str) -> None:
    """Forget one condition, if it is there."""
    conditions[:] = [condition for condition in conditions if condition.type != type_]


def is_true(conditions: Conditions | tuple[Condition, ...], type_: str) -> bool:
    """Whether the condition is there and its status is True."""
    return any(condition.type == type_ and condition.status == TRUE for condition in conditions)
