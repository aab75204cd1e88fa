"""Decide how many replicas a scale target should have: one reconcile pass, up to the write.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go (reconcileAutoscaler), v1.36.2.
"""

from __future__ import annotations

from autoscaler.engine.bounds import BELOW_MIN, enter_bounds
from autoscaler.engine.competing import yielded
from autoscaler.engine.conditions import (
    ABLE_TO_SCALE,
    FALSE,
    SCALING_ACTIVE,
    conditions_of,
    set_condition,
)
from autoscaler.engine.constrain.normalize import Normalized, normalize
from autoscaler.engine.course import Course, course_of, lower_bound, reads_cpu, was_scaled_to_zero
from autoscaler.engine.guarded.freshness import believed
from autoscaler.engine.guarded.guards import guard
from autoscaler.engine.guarded.living import of_the_living
from autoscaler.engine.guarded.targets import acquainted, with_notes
from autoscaler.engine.reasons import reason_of
from autoscaler.engine.recommend.combine import NO_PROPOSAL, Recommended, recommend
from autoscaler.engine.recommend.grouping import cpu_trusted_at
from autoscaler.engine.turn import Turn
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig
from autoscaler.model.decision import Announcement, Decision, ErrorKind, PolicyStatus, Reason, Stage
from autoscaler.model.memory import Memory, Recommendation
from autoscaler.model.observation import Observation, ScaleUnavailable
from autoscaler.model.policy import ScalingPolicy
from autoscaler.model.time import Instant, earliest

# Bound once: looking up an enum's member is slow on Python 3.11, and these are needed in every pass.
_COMPUTE, _INTERNAL, _NO_ERROR = Course.COMPUTE, ErrorKind.INTERNAL, ErrorKind.NONE


def evaluate(
    policy: ScalingPolicy, observation: Observation, memory: Memory, config: ControllerConfig = DEFAULT_CONFIG
) -> tuple[Decision, Memory]:
    """Decide how many replicas the scale target should have now.

    Pure: "now" is ``observation.at``. Same arguments, same answer, live or simulated. The memory returned holds the new
    recommendation; events and status are added by ``settle`` once the write's outcome is known.
    """
    if policy.guarding is None:
        if observation.competition is None:
            return _reconcile(policy, observation, memory, config)
        exact, history = _reconcile(policy, observation, memory, config)
        return yielded(policy, observation, exact, config), history
    safety = policy.guarding.safety
    seen = believed(observation, safety.max_sample_age)
    if safety.live_pods_only:
        seen = of_the_living(seen)
    met = acquainted(seen, memory)
    decision, after = guard(policy, seen, *_reconcile(policy, seen, met, config), config)
    return yielded(policy, seen, with_notes(decision, seen, memory), config), after


def _reconcile(
    policy: ScalingPolicy, observation: Observation, memory: Memory, config: ControllerConfig
) -> tuple[Decision, Memory]:
    """Decide as upstream does."""
    scale, at = observation.scale, observation.at
    if isinstance(scale, ScaleUnavailable):
        return _without_scale(policy, scale, memory, at, config), memory
    memory = seeded(memory, scale.spec_replicas, at)
    conditions = conditions_of(memory.status, policy, config)
    turn = Turn(policy, scale, memory, conditions, at, config)
    if not turn.conditions or turn.conditions[0].type != ABLE_TO_SCALE:
        turn.mark_readable()  # takes its place before the others; elsewhere it is set only where it stays
    course = course_of(policy, scale.spec_replicas, memory.status, config)
    if course is not _COMPUTE:
        return enter_bounds(turn, course), memory
    recommended = recommend(policy, scale, observation, memory.status.current_replicas, config)
    if recommended.active[1]:
        set_condition(turn.conditions, SCALING_ACTIVE, *recommended.active, at)
    if recommended.replicas == NO_PROPOSAL and recommended.error:
        return _without_proposal(turn, recommended, observation), memory
    return _with_proposal(turn, recommended, observation)


def seeded(memory: Memory, current: int, at: Instant) -> Memory:
    """Give a policy seen for the first time a recommendation to stay, or a restart would shrink everything."""
    if memory.recommendations is not None:
        return memory
    return Memory(
        recommendations=(Recommendation(at, current),),
        scale_ups=memory.scale_ups,
        scale_downs=memory.scale_downs,
        status=memory.status,
        collapse_since=memory.collapse_since,
        guards=memory.guards,
    )


def _without_scale(
    policy: ScalingPolicy, scale: ScaleUnavailable, memory: Memory, at: Instant, config: ControllerConfig
) -> Decision:
    """The target cannot be read: say so, touch nothing."""
    previous = memory.status
    conditions = conditions_of(previous, policy, config)
    message = f"the HPA controller was unable to get the target's current scale: {scale.error}"
    set_condition(conditions, ABLE_TO_SCALE, FALSE, "FailedGetScale", message, at)
    return Decision(
        key=policy.key,
        at=at,
        current=None,
        desired=previous.desired_replicas,
        rescale=False,
        reason=Reason.TARGET_MISSING,
        announcements=(Announcement(type="Warning", reason="FailedGetScale", message=scale.error),),
        status=PolicyStatus(
            current_replicas=previous.current_replicas,
            desired_replicas=previous.desired_replicas,
            last_scale_at=previous.last_scale_at,
            metrics=previous.metrics,
            conditions=tuple(conditions),
            observed_generation=previous.observed_generation,  # upstream writes it with the counts, untouched here
        ),
        error=scale.message or scale.error,
        error_kind=ErrorKind.SPEC if scale.blames_policy else ErrorKind.INTERNAL,
        next_possible_change_at=scale.again_at,
    )


def _without_proposal(turn: Turn, recommended: Recommended, observation: Observation) -> Decision:
    """The metrics cannot be followed: stay, and say why."""
    turn.mark_readable()
    current = turn.scale.spec_replicas
    what = f"failed to compute desired number of replicas based on listed metrics for {turn.reference}"
    return Decision(
        key=turn.policy.key,
        at=turn.at,
        current=current,
        desired=current,
        rescale=False,
        reason=Reason.AMBIGUOUS if recommended.active[1] == "AmbiguousSelector" else Reason.METRIC_MISSING,
        proposals=tuple(recommended.proposals),
        steps=recommended.steps,
        announcements=tuple(recommended.announcements),
        closing=(Announcement(type="Warning", reason="FailedComputeMetricsReplicas", message=recommended.error),),
        status=turn.status(turn.memory.status.desired_replicas, recommended.statuses),
        error=f"{what}: {recommended.error}",
        error_kind=ErrorKind.INTERNAL,
        next_possible_change_at=_metrics_change_at(turn, recommended, observation),
    )


def _with_proposal(turn: Turn, recommended: Recommended, observation: Observation) -> tuple[Decision, Memory]:
    """Follow the metrics as far as the rules allow."""
    current, memory = turn.scale.spec_replicas, turn.memory
    # Only a proposal above zero replaces the zero upstream starts from; a negative one leaves the name empty, too.
    asked, name = (recommended.replicas, recommended.name) if recommended.replicas > 0 else (0, "")
    normalized = normalize(turn, asked)
    desired, why = normalized.replicas, _rescale_reason(name, asked, current)
    if current == 0 and desired < lower_bound(turn.policy) and was_scaled_to_zero(memory.status, turn.config):
        desired, why = lower_bound(turn.policy), why or BELOW_MIN
    decision = Decision(
        key=turn.policy.key,
        at=turn.at,
        current=current,
        desired=desired,
        rescale=desired != current,
        reason=reason_of(recommended, normalized, current, desired),
        rescale_reason=why,
        proposals=tuple(recommended.proposals),
        steps=_steps(recommended, normalized, desired),
        announcements=tuple(recommended.announcements),
        status=turn.status(desired, recommended.statuses),
        error=recommended.error,
        error_kind=_INTERNAL if recommended.error else _NO_ERROR,
        next_possible_change_at=earliest(normalized.until, _metrics_change_at(turn, recommended, observation)),
    )
    return decision, Memory(
        recommendations=normalized.history,
        scale_ups=memory.scale_ups,
        scale_downs=memory.scale_downs,
        status=memory.status,
        collapse_since=memory.collapse_since,
        guards=memory.guards,
    )


def _metrics_change_at(turn: Turn, recommended: Recommended, observation: Observation) -> Instant | None:
    """When the same readings may be worth something else: cpu of pods that are too young for it to be trusted."""
    if not recommended.is_short_of_pods or not reads_cpu(turn.policy):
        return None
    return cpu_trusted_at(observation.pods, turn.at, turn.config)


def _rescale_reason(name: str, asked: int, current: int) -> str:
    """Upstream's words for a change; they tell what the metrics asked for, not what the rules made of it."""
    if asked > current:
        return f"{name} above target"
    return "All metrics below target" if asked < current else ""


def _steps(recommended: Recommended, normalized: Normalized, desired: int) -> tuple[Stage, ...]:
    steps = (*recommended.steps, *normalized.stages)
    if desired == normalized.replicas:
        return steps
    return (*steps, Stage(stage="bounds", before=normalized.replicas, after=desired, why=BELOW_MIN))
