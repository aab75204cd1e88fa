"""Take over what another controller of the same policy did: its status, and its change as a scale event.

A shadow that only watched would never have used up a rate rule's period, and so would soon decide something else than
the controller beside it, for no reason worth knowing.
"""

from __future__ import annotations

from autoscaler.engine.constrain.rates import remember_event
from autoscaler.engine.settle import with_status
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig
from autoscaler.model.decision import PolicyStatus
from autoscaler.model.memory import Memory
from autoscaler.model.policy import ScalingPolicy, ScalingRules
from autoscaler.model.time import SECOND, Instant, Nanoseconds


def adopt(policy: ScalingPolicy, memory: Memory, status: PolicyStatus, at: Instant) -> Memory:
    """Go on from ``status``, which the other controller wrote; ``at`` is when the news came.

    A change shows in a new ``last_scale_at``. That is written in whole seconds, so the change is dated by the news, or
    by the end of that second where the news came late.
    """
    adopted = with_status(memory, status)
    change = _change(memory.status, status)
    if status.last_scale_at is None or policy.behavior is None or change == 0:
        return adopted
    when = min(at, status.last_scale_at + SECOND - 1)
    ups, downs = memory.scale_ups, memory.scale_downs
    if change > 0:
        ups = remember_event(ups, policy.behavior.scale_up, change, when)
    else:
        downs = remember_event(downs, policy.behavior.scale_down, -change, when)
    return Memory(
        recommendations=memory.recommendations,
        scale_ups=ups,
        scale_downs=downs,
        status=status,
        collapse_since=memory.collapse_since,
        guards=memory.guards,
    )


def history_needed(policy: ScalingPolicy, config: ControllerConfig = DEFAULT_CONFIG) -> Nanoseconds:
    """How far back a decision looks: controllers that began at different times may differ until both ran this long."""
    if policy.behavior is None:
        return config.downscale_stabilization
    up, down = policy.behavior.scale_up, policy.behavior.scale_down
    window = down.stabilization_window_seconds
    return max(
        (up.stabilization_window_seconds or 0) * SECOND,
        config.downscale_stabilization if window is None else window * SECOND,
        _longest_period(up),
        _longest_period(down),
    )


def _change(before: PolicyStatus, after: PolicyStatus) -> int:
    """How many replicas were added between two statuses by the controller that wrote them."""
    if after.last_scale_at == before.last_scale_at:
        return 0
    if after.current_replicas != after.desired_replicas:
        return after.desired_replicas - after.current_replicas
    # A later pass has renewed ``current_replicas`` before we looked; what was wanted before is the next best.
    return after.desired_replicas - before.desired_replicas


def _longest_period(rules: ScalingRules) -> Nanoseconds:
    return max((rule.period_seconds for rule in rules.rules), default=0) * SECOND
