"""A target that stands outside its bounds, or at zero: decided without looking at any metric.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go (reconcileAutoscaler), v1.36.2.
"""

from __future__ import annotations

from autoscaler.engine.conditions import FALSE, SCALED_TO_ZERO, SCALING_ACTIVE, drop_condition, set_condition
from autoscaler.engine.constrain.rates import MESSAGES, Limited, limit_changes_at, limit_rate
from autoscaler.engine.course import Course, lower_bound
from autoscaler.engine.turn import Turn
from autoscaler.model.controller_config import ZeroRule
from autoscaler.model.decision import Decision, Reason, Stage
from autoscaler.model.time import Instant

ABOVE_MAX = "Current number of replicas above Spec.MaxReplicas"
BELOW_MIN = "Current number of replicas below Spec.MinReplicas"
_AT_ZERO = "scaling is disabled since the replica count of the target is zero"


def enter_bounds(turn: Turn, course: Course) -> Decision:
    """Jump into the bounds, or leave a target at zero alone; windows and metrics have no say.

    The rate rules have one only if the controller is configured so: upstream drops a hundred pods at once when somebody
    lowers the maximum by a hundred.
    """
    turn.mark_readable()
    if course is Course.DISABLED:
        return _switched_off(turn)
    if course is Course.ABOVE_MAX:
        desired, why, reason = turn.policy.max_replicas, ABOVE_MAX, Reason.AT_MAX
    else:
        desired, why, reason = lower_bound(turn.policy), BELOW_MIN, Reason.AT_MIN
    paced = _pace(turn, desired)
    # Also a pace that leaves the whole way open may close: a change the other way, once forgotten, gave it room.
    until = _pace_changes_at(turn, desired, paced)
    current = turn.scale.spec_replicas
    if paced.replicas == desired:
        jump = Stage(stage="bounds", before=current, after=desired, why=why, until=until)
        return _decision(turn, desired, reason, why, (jump,))
    jump = Stage(stage="bounds", before=current, after=desired, why=why)
    pace = Stage(stage="rate rules", before=desired, after=paced.replicas, why=MESSAGES[paced.reason], until=until)
    return _decision(turn, paced.replicas, Reason.RATE_LIMITED, why, (jump, pace))


def _switched_off(turn: Turn) -> Decision:
    """Zero replicas mean that a person switched the target off; upstream forgets its own zero where the gate is off."""
    set_condition(turn.conditions, SCALING_ACTIVE, FALSE, "ScalingDisabled", _AT_ZERO, turn.at)
    if turn.config.zero_rule is ZeroRule.CONDITION and not turn.config.gates.scale_to_zero:
        drop_condition(turn.conditions, SCALED_TO_ZERO)
    stage = Stage(stage="bounds", before=0, after=0, why=_AT_ZERO)
    return _decision(turn, 0, Reason.TARGET_AT_ZERO, "", (stage,))


def _pace(turn: Turn, desired: int) -> Limited:
    behavior, memory = turn.policy.behavior, turn.memory
    if behavior is None or not turn.config.paced_bounds:
        return Limited(desired, "")
    bounds = (lower_bound(turn.policy), turn.policy.max_replicas)
    return limit_rate(
        behavior, memory.scale_ups, memory.scale_downs, turn.scale.spec_replicas, desired, bounds, turn.at
    )


def _pace_changes_at(turn: Turn, desired: int, paced: Limited) -> Instant | None:
    behavior, memory = turn.policy.behavior, turn.memory
    if behavior is None or not turn.config.paced_bounds:
        return None
    bounds = (lower_bound(turn.policy), turn.policy.max_replicas)
    return limit_changes_at(
        behavior, memory.scale_ups, memory.scale_downs, turn.scale.spec_replicas, desired, bounds, turn.at, paced
    )


def _decision(turn: Turn, desired: int, reason: Reason, why: str, stages: tuple[Stage, ...]) -> Decision:
    return Decision(
        key=turn.policy.key,
        at=turn.at,
        current=turn.scale.spec_replicas,
        desired=desired,
        rescale=desired != turn.scale.spec_replicas,
        reason=reason,
        rescale_reason=why,
        steps=stages,
        status=turn.status(desired, None),
        next_possible_change_at=stages[-1].until,
    )
