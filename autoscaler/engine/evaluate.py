"""Decide how many replicas a scale target should have: one reconcile pass, up to the write.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go (reconcileAutoscaler), v1.36.2.
"""

from __future__ import annotations

from autoscaler.engine.conditions import (
    ABLE_TO_SCALE,
    FALSE,
    SCALED_TO_ZERO,
    SCALING_ACTIVE,
    TRUE,
    Conditions,
    drop_condition,
    set_condition,
)
from autoscaler.engine.constrain.normalize import Normalized, normalize
from autoscaler.engine.course import Course, course_of, lower_bound, was_scaled_to_zero
from autoscaler.engine.reasons import reason_of
from autoscaler.engine.recommend.combine import NO_PROPOSAL, Recommended, recommend
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig
from autoscaler.model.decision import Announcement, Decision, ErrorKind, PolicyStatus, Reason, Stage
from autoscaler.model.memory import Memory, Recommendation
from autoscaler.model.observation import Observation, Scale, ScaleUnavailable
from autoscaler.model.policy import ScalingPolicy
from autoscaler.model.time import Instant

# Bound once: looking up an enum's member is slow on Python 3.11, and these are needed in every pass.
_COMPUTE, _INTERNAL, _NO_ERROR = Course.COMPUTE, ErrorKind.INTERNAL, ErrorKind.NONE

ABOVE_MAX = "Current number of replicas above Spec.MaxReplicas"
BELOW_MIN = "Current number of replicas below Spec.MinReplicas"


def evaluate(
    policy: ScalingPolicy, observation: Observation, memory: Memory, config: ControllerConfig = DEFAULT_CONFIG
) -> tuple[Decision, Memory]:
    """Decide how many replicas the scale target should have now.

    Pure: "now" is ``observation.at``. Same arguments, same answer, live or simulated. The memory returned holds the new
    recommendation; events and status are added by ``settle`` once the write's outcome is known.
    """
    scale, at = observation.scale, observation.at
    conditions = list(memory.status.conditions)
    if isinstance(scale, ScaleUnavailable):
        return _without_scale(policy, scale, memory, conditions, at), memory
    if not conditions or conditions[0].type != ABLE_TO_SCALE:
        _mark_readable(conditions, at)  # takes its place before the others; elsewhere it is set only where it stays
    memory = _seeded(memory, scale.spec_replicas, at)
    course = course_of(policy, scale.spec_replicas, memory.status, config)
    if course is not _COMPUTE:
        return _without_metrics(policy, course, scale, memory, conditions, at, config), memory
    recommended = recommend(policy, scale, observation, memory.status.current_replicas, config)
    if recommended.active[1]:
        set_condition(conditions, SCALING_ACTIVE, *recommended.active, at)
    if recommended.replicas == NO_PROPOSAL and recommended.error:
        return _without_proposal(policy, recommended, scale, memory, conditions, at), memory
    return _with_proposal(policy, recommended, scale, memory, conditions, at, config)


def reference_of(policy: ScalingPolicy) -> str:
    """The scale target as upstream names it in errors: kind, namespace, name."""
    return f"{policy.target.kind}/{policy.key.namespace}/{policy.target.name}"


def _mark_readable(conditions: Conditions, at: Instant) -> None:
    message = "the HPA controller was able to get the target's current scale"
    set_condition(conditions, ABLE_TO_SCALE, TRUE, "SucceededGetScale", message, at)


def _seeded(memory: Memory, current: int, at: Instant) -> Memory:
    """Give a policy seen for the first time a recommendation to stay, or a restart would shrink everything."""
    if memory.recommendations is not None:
        return memory
    return Memory(
        recommendations=(Recommendation(at, current),),
        scale_ups=memory.scale_ups,
        scale_downs=memory.scale_downs,
        status=memory.status,
    )


def _without_scale(
    policy: ScalingPolicy, scale: ScaleUnavailable, memory: Memory, conditions: Conditions, at: Instant
) -> Decision:
    """The target cannot be read: say so, touch nothing."""
    previous = memory.status
    message = f"the HPA controller was unable to get the target's current scale: {scale.error}"
    set_condition(conditions, ABLE_TO_SCALE, FALSE, "FailedGetScale", message, at)
    status = PolicyStatus(
        current_replicas=previous.current_replicas,
        desired_replicas=previous.desired_replicas,
        last_scale_at=previous.last_scale_at,
        metrics=previous.metrics,
        conditions=tuple(conditions),
    )
    return Decision(
        key=policy.key,
        at=at,
        current=None,
        desired=previous.desired_replicas,
        rescale=False,
        reason=Reason.TARGET_MISSING,
        announcements=(Announcement(type="Warning", reason="FailedGetScale", message=scale.error),),
        status=status,
        error=scale.message or scale.error,
        error_kind=ErrorKind.SPEC if scale.blames_policy else ErrorKind.INTERNAL,
    )


def _without_metrics(
    policy: ScalingPolicy,
    course: Course,
    scale: Scale,
    memory: Memory,
    conditions: Conditions,
    at: Instant,
    config: ControllerConfig,
) -> Decision:
    """Jump into the bounds, or leave a target at zero alone; windows, rules and metrics have no say."""
    current = desired = scale.spec_replicas
    _mark_readable(conditions, at)
    if course is Course.DISABLED:
        why = "scaling is disabled since the replica count of the target is zero"
        set_condition(conditions, SCALING_ACTIVE, FALSE, "ScalingDisabled", why, at)
        if not config.gates.scale_to_zero:
            drop_condition(conditions, SCALED_TO_ZERO)
        reason = Reason.TARGET_AT_ZERO
    elif course is Course.ABOVE_MAX:
        desired, why, reason = policy.max_replicas, ABOVE_MAX, Reason.AT_MAX
    else:
        desired, why, reason = lower_bound(policy), BELOW_MIN, Reason.AT_MIN
    return Decision(
        key=policy.key,
        at=at,
        current=current,
        desired=desired,
        rescale=desired != current,
        reason=reason,
        rescale_reason=why,
        stages=(Stage(stage="bounds", before=current, after=desired, why=why),),
        status=_status(memory, current, desired, None, conditions),
    )


def _without_proposal(
    policy: ScalingPolicy, recommended: Recommended, scale: Scale, memory: Memory, conditions: Conditions, at: Instant
) -> Decision:
    """The metrics cannot be followed: stay, and say why."""
    current = scale.spec_replicas
    _mark_readable(conditions, at)
    return Decision(
        key=policy.key,
        at=at,
        current=current,
        desired=current,
        rescale=False,
        reason=Reason.AMBIGUOUS if recommended.active[1] == "AmbiguousSelector" else Reason.METRIC_MISSING,
        proposals=tuple(recommended.proposals),
        stages=tuple(recommended.stages),
        announcements=tuple(recommended.announcements),
        closing=(Announcement(type="Warning", reason="FailedComputeMetricsReplicas", message=recommended.error),),
        status=_status(memory, current, memory.status.desired_replicas, recommended, conditions),
        error=(
            "failed to compute desired number of replicas based on listed metrics for "
            f"{reference_of(policy)}: {recommended.error}"
        ),
        error_kind=ErrorKind.INTERNAL,
    )


def _with_proposal(
    policy: ScalingPolicy,
    recommended: Recommended,
    scale: Scale,
    memory: Memory,
    conditions: Conditions,
    at: Instant,
    config: ControllerConfig,
) -> tuple[Decision, Memory]:
    """Follow the metrics as far as the rules allow."""
    current, minimum = scale.spec_replicas, lower_bound(policy)
    # Only a proposal above zero replaces the zero upstream starts from; a negative one leaves the name empty, too.
    asked, name = (recommended.replicas, recommended.name) if recommended.replicas > 0 else (0, "")
    rescale_reason = ""
    if asked > current:
        rescale_reason = f"{name} above target"
    elif asked < current:
        rescale_reason = "All metrics below target"
    normalized = normalize(
        policy.behavior, memory, conditions, current, asked, (minimum, policy.max_replicas), at, config
    )
    desired = normalized.replicas
    if current == 0 and desired < minimum and was_scaled_to_zero(memory.status, config):
        desired, rescale_reason = minimum, rescale_reason or BELOW_MIN
    decision = Decision(
        key=policy.key,
        at=at,
        current=current,
        desired=desired,
        rescale=desired != current,
        reason=reason_of(recommended, normalized, current, desired),
        rescale_reason=rescale_reason,
        proposals=tuple(recommended.proposals),
        stages=_stages(recommended, normalized, desired),
        announcements=tuple(recommended.announcements),
        status=_status(memory, current, desired, recommended, conditions),
        error=recommended.error,
        error_kind=_INTERNAL if recommended.error else _NO_ERROR,
        next_possible_change_at=normalized.until,
    )
    return decision, Memory(
        recommendations=normalized.history,
        scale_ups=memory.scale_ups,
        scale_downs=memory.scale_downs,
        status=memory.status,
    )


def _stages(recommended: Recommended, normalized: Normalized, desired: int) -> tuple[Stage, ...]:
    stages = (*recommended.stages, *normalized.stages)
    if desired == normalized.replicas:
        return stages
    return (*stages, Stage(stage="bounds", before=normalized.replicas, after=desired, why=BELOW_MIN))


def _status(
    memory: Memory, current: int, desired: int, recommended: Recommended | None, conditions: Conditions
) -> PolicyStatus:
    return PolicyStatus(
        current_replicas=current,
        desired_replicas=desired,
        last_scale_at=memory.status.last_scale_at,
        metrics=None if recommended is None else recommended.statuses,
        conditions=tuple(conditions),
    )
