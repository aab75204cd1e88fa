"""What follows from the write's outcome: events, conditions, the status to write, the change to remember.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go (reconcileAutoscaler after the scale update,
storeScaleEvent), v1.36.2.
"""

from __future__ import annotations

from autoscaler.engine.conditions import (
    ABLE_TO_SCALE,
    FALSE,
    SCALED_TO_ZERO,
    TRUE,
    Conditions,
    conditions_of,
    drop_condition,
    set_condition,
)
from autoscaler.engine.constrain.rates import remember_event
from autoscaler.engine.course import has_metric_without_pods, lower_bound
from autoscaler.engine.guarded.flapping import account_period, remember_change
from autoscaler.engine.turn import reference_of
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig, ZeroRule
from autoscaler.model.decision import (
    Action,
    Announcement,
    Decision,
    ErrorKind,
    PolicyStatus,
    Settlement,
    WriteOutcome,
    WriteResult,
)
from autoscaler.model.guard_memory import SizeChange
from autoscaler.model.memory import Memory
from autoscaler.model.policy import ScalingPolicy

_WRITTEN, _FAILED = WriteResult.WRITTEN, WriteResult.FAILED
_BY_MINIMUM = ZeroRule.MIN_REPLICAS


def settle(
    policy: ScalingPolicy,
    decision: Decision,
    memory: Memory,
    outcome: WriteOutcome,
    config: ControllerConfig = DEFAULT_CONFIG,
) -> tuple[Settlement, Memory]:
    """Conclude a pass. ``memory`` is the one ``evaluate`` returned; the one returned here is for the next pass.

    A write that was withheld or not needed changes no history: only what was done counts against a rate rule.
    """
    if outcome.result is _WRITTEN and decision.current is not None:
        settlement = _written(policy, decision, config)
        keep = account_period(policy, config)
        if keep:
            memory = remember_change(memory, SizeChange(decision.at, decision.current, decision.desired), keep)
        return settlement, _remember(policy, decision, decision.current, memory, settlement.status, config)
    if outcome.result is _FAILED:
        settlement = _failed(policy, decision, memory, outcome.error, config)
    else:
        settlement = Settlement(status=decision.status, error=decision.error, error_kind=decision.error_kind)
    return settlement, with_status(memory, settlement.status)


def with_status(memory: Memory, status: PolicyStatus) -> Memory:
    """The same history with another status."""
    return Memory(
        recommendations=memory.recommendations,
        scale_ups=memory.scale_ups,
        scale_downs=memory.scale_downs,
        status=status,
        collapse_since=memory.collapse_since,
        guards=memory.guards,
    )


def _written(policy: ScalingPolicy, decision: Decision, config: ControllerConfig) -> Settlement:
    conditions = conditions_of(decision.status, policy, config)
    message = f"the HPA controller was able to update the target scale to {decision.desired}"
    set_condition(conditions, ABLE_TO_SCALE, TRUE, "SucceededRescale", message, decision.at)
    _maintain_scaled_to_zero(policy, decision, conditions, config)
    status = PolicyStatus(
        current_replicas=decision.status.current_replicas,
        desired_replicas=decision.desired,
        last_scale_at=decision.at,
        metrics=decision.status.metrics,
        conditions=tuple(conditions),
        observed_generation=decision.status.observed_generation,
    )
    told = f"New size: {decision.desired}; reason: {decision.rescale_reason}"
    return Settlement(
        status=status,
        announcements=(Announcement(type="Normal", reason="SuccessfulRescale", message=told),),
        error=decision.error,
        error_kind=decision.error_kind,
        action=decision.action,
    )


def _maintain_scaled_to_zero(
    policy: ScalingPolicy, decision: Decision, conditions: Conditions, config: ControllerConfig
) -> None:
    """Remember whether this controller brought the target to zero, so that it may bring it back."""
    if config.zero_rule is _BY_MINIMUM:
        return  # releases that do not know the condition leave it alone
    if not config.gates.scale_to_zero:
        drop_condition(conditions, SCALED_TO_ZERO)
        return
    to_zero = decision.current != 0 and decision.desired == 0 and lower_bound(policy) == 0
    if to_zero and has_metric_without_pods(policy):
        message = "the HPA controller scaled the workload to zero"
        set_condition(conditions, SCALED_TO_ZERO, TRUE, "ScaledToZero", message, decision.at)
    else:
        message = "the HPA controller did not scale the workload to zero"
        set_condition(conditions, SCALED_TO_ZERO, FALSE, "NotScaledToZero", message, decision.at)


def _failed(
    policy: ScalingPolicy, decision: Decision, memory: Memory, error: str, config: ControllerConfig
) -> Settlement:
    conditions = conditions_of(decision.status, policy, config)
    message = f"the HPA controller was unable to update the target scale: {error}"
    set_condition(conditions, ABLE_TO_SCALE, FALSE, "FailedUpdateScale", message, decision.at)
    status = PolicyStatus(
        current_replicas=decision.status.current_replicas,
        desired_replicas=memory.status.desired_replicas,
        last_scale_at=memory.status.last_scale_at,
        metrics=decision.status.metrics,
        conditions=tuple(conditions),
        observed_generation=decision.status.observed_generation,
    )
    told = f"New size: {decision.desired}; reason: {decision.rescale_reason}; error: {error}"
    return Settlement(
        status=status,
        announcements=(Announcement(type="Warning", reason="FailedRescale", message=told),),
        error=f"failed to rescale {reference_of(policy)}: {error}",
        error_kind=ErrorKind.INTERNAL,
        action=Action.NONE,
    )


def _remember(
    policy: ScalingPolicy,
    decision: Decision,
    current: int,
    memory: Memory,
    status: PolicyStatus,
    config: ControllerConfig,
) -> Memory:
    """Store the change for the rate rules; a policy without ``behavior`` has none."""
    ups, downs = memory.scale_ups, memory.scale_downs
    at = decision.at + config.scale_event_delay
    if policy.behavior is not None:
        if decision.desired > current:
            ups = remember_event(ups, policy.behavior.scale_up, decision.desired - current, at)
        else:
            downs = remember_event(downs, policy.behavior.scale_down, current - decision.desired, at)
    return Memory(
        recommendations=memory.recommendations,
        scale_ups=ups,
        scale_downs=downs,
        status=status,
        collapse_since=decision.at if memory.collapse_since is not None else None,  # it has to be confirmed anew
        guards=memory.guards,
    )
