"""Promises that hold for every decision. A decision that breaks one is a defect of ours: it must not be written."""

from __future__ import annotations

from autoscaler.engine.course import lower_bound
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import Decision
from autoscaler.model.policy import ScalingPolicy


def broken_promise(policy: ScalingPolicy, decision: Decision, config: ControllerConfig) -> str:
    """Say which promise a change of size would break; empty: none."""
    current, desired = decision.current, decision.desired
    if current is None:
        return "nothing is written to a target that could not be read"
    low, high = lower_bound(policy), policy.max_replicas
    if low <= high and not config.paced_bounds and not low <= desired <= high:
        return f"{desired} is outside the bounds {low} to {high}"
    failed = [proposal for proposal in decision.proposals if proposal.replicas is None]
    if failed and desired < current:
        return f"shrinking to {desired} although {failed[0].name or failed[0].metric_type} could not be read"
    return ""
