"""What a shadow takes over from the controller that is in charge."""

from __future__ import annotations

import pytest

from autoscaler.engine.adopt import adopt, history_needed
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import PolicyStatus
from autoscaler.model.memory import Memory, ScaleEvent
from autoscaler.model.policy import (
    Behavior,
    ObjectRef,
    PolicyKey,
    RateRule,
    RateRuleType,
    ScalingPolicy,
    ScalingRules,
)
from autoscaler.model.time import MINUTE, SECOND

MINUTELY = ScalingRules(rules=(RateRule(type=RateRuleType.PODS, value=4, period_seconds=60),))
BEFORE = PolicyStatus(current_replicas=3, desired_replicas=3, last_scale_at=40 * SECOND)


def policy(behavior: Behavior | None) -> ScalingPolicy:
    return ScalingPolicy(
        key=PolicyKey(namespace="shop", name="web"),
        target=ObjectRef(api_version="apps/v1", kind="Deployment", name="web"),
        max_replicas=20,
        behavior=behavior,
    )


PACED = policy(Behavior(scale_up=MINUTELY, scale_down=MINUTELY))


def scaled(current: int, desired: int, second: int) -> PolicyStatus:
    return PolicyStatus(current_replicas=current, desired_replicas=desired, last_scale_at=second * SECOND)


@pytest.mark.parametrize(
    ("status", "ups", "downs"),
    [
        pytest.param(scaled(3, 7, 90), (ScaleEvent(90_400_000_000, 4),), (), id="growth-counts-against-the-rules-up"),
        pytest.param(scaled(3, 1, 90), (), (ScaleEvent(90_400_000_000, 2),), id="shrinking-against-those-down"),
        pytest.param(scaled(3, 3, 40), (), (), id="no-new-scale-time-no-change"),
        pytest.param(scaled(7, 7, 90), (ScaleEvent(90_400_000_000, 4),), (), id="a-later-pass-hid-the-number-before"),
        pytest.param(scaled(3, 7, 80), (ScaleEvent(80_999_999_999, 4),), (), id="late-news-are-dated-by-the-second"),
    ],
)
def test_a_change_of_theirs_uses_up_the_rate_rules(
    status: PolicyStatus, ups: tuple[ScaleEvent, ...], downs: tuple[ScaleEvent, ...]
) -> None:
    adopted = adopt(PACED, Memory(status=BEFORE), status, at=90_400_000_000)

    assert adopted == Memory(scale_ups=ups, scale_downs=downs, status=status)


def test_without_rate_rules_only_the_status_is_taken_over() -> None:
    status = scaled(3, 7, 90)

    assert adopt(policy(None), Memory(status=BEFORE), status, at=91 * SECOND) == Memory(status=status)


@pytest.mark.parametrize(
    ("up", "down", "needed"),
    [
        pytest.param(ScalingRules(), ScalingRules(), 5 * MINUTE, id="the-controllers-window-down"),
        pytest.param(ScalingRules(), ScalingRules(stabilization_window_seconds=0), 0, id="nothing-is-remembered"),
        pytest.param(
            ScalingRules(stabilization_window_seconds=90),
            ScalingRules(stabilization_window_seconds=0),
            90 * SECOND,
            id="a-window-up",
        ),
        pytest.param(
            MINUTELY, ScalingRules(stabilization_window_seconds=10), 60 * SECOND, id="a-period-longer-than-any-window"
        ),
    ],
)
def test_how_far_back_a_decision_looks(up: ScalingRules, down: ScalingRules, needed: int) -> None:
    assert history_needed(policy(Behavior(scale_up=up, scale_down=down))) == needed


def test_without_behavior_the_controllers_window_counts() -> None:
    assert history_needed(policy(None), ControllerConfig(downscale_stabilization=2 * MINUTE)) == 2 * MINUTE
