"""An HPA's conditions: kept in the order first set, replaced in place."""

from __future__ import annotations

from autoscaler.model.decision import Condition
from autoscaler.model.time import Instant

ABLE_TO_SCALE = "AbleToScale"
SCALING_ACTIVE = "ScalingActive"
SCALING_LIMITED = "ScalingLimited"
SCALED_TO_ZERO = "ScaledToZero"

TRUE = "True"
FALSE = "False"

Conditions = list[Condition]


def set_condition(conditions: Conditions, type_: str, status: str, reason: str, message: str, at: Instant) -> None:
    """Set one condition. Its transition time moves only if ``status`` changes; reason and message always do."""
    for index, known in enumerate(conditions):
        if known.type == type_:
            if known.status == status:
                if known.reason == reason and known.message == message:
                    return
                at = known.last_transition
            conditions[index] = Condition(type=type_, status=status, reason=reason, message=message, last_transition=at)
            return
    conditions.append(Condition(type=type_, status=status, reason=reason, message=message, last_transition=at))


def drop_condition(conditions: Conditions, type_: str) -> None:
    """Forget one condition, if it is there."""
    conditions[:] = [condition for condition in conditions if condition.type != type_]


def is_true(conditions: Conditions | tuple[Condition, ...], type_: str) -> bool:
    """Whether the condition is there and its status is True."""
    return any(condition.type == type_ and condition.status == TRUE for condition in conditions)
