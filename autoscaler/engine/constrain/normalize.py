"""From what the metrics ask for to what the rules allow: stabilize the raw number, then limit it.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go (normalizeDesiredReplicas,
normalizeDesiredReplicasWithBehaviors), v1.36.2.
"""

from __future__ import annotations

from msgspec import Struct

from autoscaler.engine.conditions import ABLE_TO_SCALE, FALSE, SCALING_LIMITED, TRUE, set_condition
from autoscaler.engine.constrain.rates import (
    IN_RANGE,
    MESSAGES,
    SCALE_DOWN_LIMIT,
    SCALE_UP_LIMIT,
    Limited,
    limit_changes_at,
    limit_rate,
    limit_without_behavior,
)
from autoscaler.engine.constrain.stabilize import (
    History,
    Stabilized,
    stabilize_both_ways,
    stabilize_downwards,
    window_of,
)
from autoscaler.engine.course import lower_bound
from autoscaler.engine.turn import Turn
from autoscaler.model.decision import Stage
from autoscaler.model.policy import Behavior
from autoscaler.model.time import Instant, earliest

_HIGHER = "recent recommendations were higher than current one, applying the highest recent recommendation"
_LOWER = "recent recommendations were lower than current one, applying the lowest recent recommendation"


class Normalized(Struct, frozen=True, gc=False):
    """What the rules allow, the history to remember, and the steps that led there."""

    replicas: int
    history: History
    limit: str  #: the reason of ScalingLimited
    stabilized: bool  #: whether the window changed the number
    stages: tuple[Stage, ...]
    until: Instant | None  #: when what binds may stop binding


def normalize(turn: Turn, desired: int) -> Normalized:
    """Stabilize and limit ``desired``; sets AbleToScale and ScalingLimited."""
    behavior, at, current = turn.policy.behavior, turn.at, turn.scale.spec_replicas
    if behavior is None:
        held, limited = _without_behavior(turn, desired)
        frees_at = None
    else:
        held, limited = _with_behavior(turn, behavior, desired)
        frees_at = _rates_change_at(turn, behavior, held.replicas, limited)
    grows = behavior is not None and desired >= current
    reason, message = stabilization_words(held.replicas, desired, grows=grows)
    set_condition(turn.conditions, ABLE_TO_SCALE, TRUE, reason, message, at)
    is_limited = TRUE if limited.replicas != held.replicas else FALSE
    set_condition(turn.conditions, SCALING_LIMITED, is_limited, limited.reason, MESSAGES[limited.reason], at)
    is_held = held.replicas != desired
    stages = _stages(desired, held, limited, message, frees_at)
    until = earliest(held.until, frees_at)
    return Normalized(limited.replicas, held.history, limited.reason, is_held, stages, until)


def _without_behavior(turn: Turn, desired: int) -> tuple[Stabilized, Limited]:
    config, bounds = turn.config, (lower_bound(turn.policy), turn.policy.max_replicas)
    history = turn.memory.recommendations or ()
    held = stabilize_downwards(history, desired, turn.at, config.downscale_stabilization)
    limited = limit_without_behavior(
        turn.scale.spec_replicas,
        held.replicas,
        bounds,
        config.scale_up_limit_factor,
        config.scale_up_limit_minimum,
    )
    return held, limited


def _with_behavior(turn: Turn, behavior: Behavior, desired: int) -> tuple[Stabilized, Limited]:
    memory, at, current = turn.memory, turn.at, turn.scale.spec_replicas
    up_window = window_of(behavior.scale_up.stabilization_window_seconds, 0)
    down_window = window_of(behavior.scale_down.stabilization_window_seconds, turn.config.downscale_stabilization)
    held = stabilize_both_ways(memory.recommendations or (), current, desired, at, up_window, down_window)
    bounds = (lower_bound(turn.policy), turn.policy.max_replicas)
    return held, limit_rate(behavior, memory.scale_ups, memory.scale_downs, current, held.replicas, bounds, at)


def stabilization_words(stabilized: int, desired: int, *, grows: bool) -> tuple[str, str]:
    """Reason and message of AbleToScale. ``grows``: the metrics do not ask for fewer than there are."""
    if stabilized == desired:
        return "ReadyForNewScale", "recommended size matches current size"
    return direction_words(grows=grows)


def direction_words(*, grows: bool) -> tuple[str, str]:
    """Reason and message of a number that a window holds back."""
    return ("ScaleUpStabilized", _LOWER) if grows else ("ScaleDownStabilized", _HIGHER)


def _stages(
    desired: int, held: Stabilized, limited: Limited, message: str, frees_at: Instant | None
) -> tuple[Stage, ...]:
    """One stage for each step that changed the number, so that a quiet pass stays cheap."""
    if held.replicas == desired and limited.reason is IN_RANGE:
        return ()
    stages: tuple[Stage, ...] = ()
    if held.replicas != desired:
        stages = (
            Stage(
                stage="stabilization",
                before=desired,
                after=held.replicas,
                why=message,
                since=held.since,
                until=held.until,
            ),
        )
    if limited.reason != IN_RANGE:
        is_rate = limited.reason in (SCALE_UP_LIMIT, SCALE_DOWN_LIMIT)
        stages += (
            Stage(
                stage="rate rules" if is_rate else "bounds",
                before=held.replicas,
                after=limited.replicas,
                why=MESSAGES[limited.reason],
                until=frees_at,
            ),
        )
    return stages


def _rates_change_at(turn: Turn, behavior: Behavior, asked: int, limited: Limited) -> Instant | None:
    memory = turn.memory
    if not (memory.scale_ups or memory.scale_downs):
        return None
    bounds = (lower_bound(turn.policy), turn.policy.max_replicas)
    return limit_changes_at(
        behavior, memory.scale_ups, memory.scale_downs, turn.scale.spec_replicas, asked, bounds, turn.at, limited
    )
