"""Which way a pass goes before any metric is read: compute, jump into the bounds, or leave a target at zero alone.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go (reconcileAutoscaler), v1.36.2.
"""

from __future__ import annotations

from enum import Enum

from autoscaler.engine.conditions import SCALED_TO_ZERO, is_true
from autoscaler.model.controller_config import ControllerConfig, ZeroRule
from autoscaler.model.decision import PolicyStatus
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    ObjectMetric,
    PrometheusMetric,
    ResourceMetric,
    ScalingPolicy,
)


class Course(Enum):
    """What a pass does with the current number of replicas."""

    DISABLED = "disabled"
    ABOVE_MAX = "above max"
    BELOW_MIN = "below min"
    COMPUTE = "compute"


_COMPUTE = Course.COMPUTE
_BY_MINIMUM = ZeroRule.MIN_REPLICAS


def course_of(policy: ScalingPolicy, current: int, status: PolicyStatus, config: ControllerConfig) -> Course:
    """Choose the course; only ``COMPUTE`` looks at metrics, windows and rate rules.

    A target at zero is computed only if this controller put it there and may bring it back; zero set by a person means
    "off". Releases before 1.36 cannot tell the two apart: a minimum of 0 is computed, any other means "off".
    """
    minimum = lower_bound(policy)
    if current == 0 and config.zero_rule is _BY_MINIMUM:
        return Course.DISABLED if minimum != 0 else _COMPUTE
    if current == 0:
        own_zero = was_scaled_to_zero(status, config)
        if own_zero and (minimum != 0 or has_metric_without_pods(policy)):
            return _COMPUTE
        return Course.DISABLED
    if current > policy.max_replicas:
        return Course.ABOVE_MAX
    if current < minimum:
        return Course.BELOW_MIN
    return _COMPUTE


def lower_bound(policy: ScalingPolicy) -> int:
    """The policy's minimum; absent means 1."""
    return 1 if policy.min_replicas is None else policy.min_replicas


def was_scaled_to_zero(status: PolicyStatus, config: ControllerConfig) -> bool:
    """Whether this controller, not a person, brought the target to zero, as far as the release can tell."""
    if config.zero_rule is _BY_MINIMUM or not config.gates.scale_to_zero:
        return False
    return is_true(status.conditions, SCALED_TO_ZERO)


def reads_cpu(policy: ScalingPolicy) -> bool:
    """Whether some metric is the pods' cpu, whose samples are distrusted while a pod is young."""
    return any(
        isinstance(metric, ResourceMetric | ContainerResourceMetric) and metric.resource == "cpu"
        for metric in policy.metrics
    )


def has_metric_without_pods(policy: ScalingPolicy) -> bool:
    """Whether some metric can be read while there are no pods."""
    return any(isinstance(metric, ObjectMetric | ExternalMetric | PrometheusMetric) for metric in policy.metrics)
