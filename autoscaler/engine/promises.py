"""Promises that hold for every decision. A decision that breaks one is a defect of ours: it must not be written."""

from __future__ import annotations

from autoscaler.engine.course import lower_bound
from autoscaler.model.budgets import NO_BUDGETS
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import Decision, Reason
from autoscaler.model.policy import ScalingPolicy


def broken_promise(policy: ScalingPolicy, decision: Decision, config: ControllerConfig) -> str:
    """Say which promise a change of size would break; empty: none."""
    current, desired = decision.current, decision.desired
    if current is None:
        return "nothing is written to a target that could not be read"
    low, high = lower_bound(policy), policy.max_replicas
    if policy.guarding is not None or config.budgets is not NO_BUDGETS:
        if decision.reason is Reason.HELD:  # a person's number leaves every bound but the upper one
            return f"{desired} is above the maximum {high}" if desired > high else ""
        low, high = min(low, current), max(high, current)  # guards may bring a target back into them step by step
    if low <= high and not config.paced_bounds and not low <= desired <= high:
        return f"{desired} is outside the bounds {low} to {high}"
    failed = [proposal for proposal in decision.proposals if proposal.replicas is None]
    if failed and desired < current and not _may_shrink_blindly(policy, decision):
        return f"shrinking to {desired} although {failed[0].name or failed[0].metric_type} could not be read"
    return ""


def _may_shrink_blindly(policy: ScalingPolicy, decision: Decision) -> bool:
    """Whether the policy says that what stands in for metrics may be less than there is, or pods were not let in at all."""
    if decision.reason in (Reason.QUOTA_LIMITED, Reason.PODS_REFUSED):
        return True
    fallback = None if policy.guarding is None else policy.guarding.safety.fallback
    return (
        fallback is not None
        and fallback.allow_decrease
        and any(stage.stage == "guards" and stage.after < stage.before for stage in decision.steps)
    )
