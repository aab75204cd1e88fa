"""What follows from a write: conditions, events, history, and whether the status is worth writing."""

from __future__ import annotations

import pytest

from autoscaler.engine.conditions import Conditions, drop_condition, is_true, set_condition
from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.settle import settle
from autoscaler.engine.statuses import same_status
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig, Gates
from autoscaler.model.decision import (
    Action,
    Condition,
    Decision,
    ErrorKind,
    MetricStatus,
    PolicyStatus,
    Reason,
    Settlement,
    WriteOutcome,
    WriteResult,
)
from autoscaler.model.memory import Memory, ScaleEvent
from autoscaler.model.observation import Observation, ScaleUnavailable
from autoscaler.model.policy import Behavior, ScalingPolicy
from autoscaler.model.quantity import Quantity
from tests.engine.worlds import BROKEN, FREE, at, cpu, external_average, policy, remembering, seen, total

WRITTEN = WriteOutcome(result=WriteResult.WRITTEN)
REQUESTS = external_average("requests", "1")
WATCHED = policy(REQUESTS, low=0, behavior=FREE)
TO_ZERO = ControllerConfig(gates=Gates(scale_to_zero=True))


def settled(
    decided: Decision,
    outcome: WriteOutcome = WRITTEN,
    of: ScalingPolicy = WATCHED,
    config: ControllerConfig = DEFAULT_CONFIG,
) -> tuple[Settlement, Memory]:
    return settle(of, decided, remembering(), outcome, config)


def wants(current: int, desired: int, of: ScalingPolicy = WATCHED) -> Decision:
    return evaluate(of, seen(100, current, total(desired * 1000), among=()), remembering())[0]


def test_a_write_that_went_well() -> None:
    settlement, memory = settled(wants(2, 5))

    assert settlement.announcements[0].message == "New size: 5; reason: external metric requests(nil) above target"
    assert settlement.announcements[0].type == "Normal"
    assert settlement.action is Action.SCALE_UP
    assert settlement.status.last_scale_at == at(100)
    assert (settlement.status.current_replicas, settlement.status.desired_replicas) == (2, 5)
    able = settlement.status.conditions[0]
    assert (able.reason, able.message) == (
        "SucceededRescale", "the HPA controller was able to update the target scale to 5",
    )  # fmt: skip
    assert memory.scale_ups == (ScaleEvent(at(100), 3),)
    assert memory.status == settlement.status


def test_shrinking_is_remembered_apart_and_as_a_magnitude() -> None:
    settlement, memory = settled(wants(5, 2))

    assert memory.scale_downs == (ScaleEvent(at(100), 3),)
    assert (memory.scale_ups, settlement.action) == ((), Action.SCALE_DOWN)
    assert settlement.announcements[0].message == "New size: 2; reason: All metrics below target"


@pytest.mark.parametrize("behavior", [None, FREE])
def test_only_a_policy_with_behavior_remembers_changes(behavior: Behavior | None) -> None:
    of = policy(REQUESTS, behavior=behavior)
    _, memory = settled(wants(2, 4, of), of=of)

    assert bool(memory.scale_ups) is (behavior is not None)


def test_a_write_that_failed() -> None:
    before = remembering(status=PolicyStatus(current_replicas=2, desired_replicas=3, last_scale_at=7))
    decision, memory = evaluate(WATCHED, seen(100, 2, total(5000), among=()), before)
    settlement, after = settle(WATCHED, decision, memory, WriteOutcome(result=WriteResult.FAILED, error="quota"))

    assert settlement.announcements[0].message == (
        "New size: 5; reason: external metric requests(nil) above target; error: quota"
    )
    assert (settlement.announcements[0].type, settlement.announcements[0].reason) == ("Warning", "FailedRescale")
    able = settlement.status.conditions[0]
    assert (able.status, able.reason) == ("False", "FailedUpdateScale")
    assert able.message == "the HPA controller was unable to update the target scale: quota"
    assert settlement.error == "failed to rescale Deployment/shop/web: quota"
    assert settlement.error_kind is ErrorKind.INTERNAL
    assert (settlement.status.desired_replicas, settlement.status.last_scale_at) == (3, 7)
    assert after.scale_ups == ()


@pytest.mark.parametrize("result", [WriteResult.WITHHELD, WriteResult.NOT_NEEDED])
def test_what_was_not_written_leaves_no_trace_in_the_history(result: WriteResult) -> None:
    decision = wants(2, 5)
    settlement, memory = settled(decision, WriteOutcome(result=result))

    assert settlement.status == decision.status
    assert (settlement.announcements, settlement.action, memory.scale_ups) == ((), Action.NONE, ())


def test_a_metric_that_failed_beside_others_leaves_its_error() -> None:
    both = policy(REQUESTS, cpu(50), behavior=FREE)
    decision, _ = evaluate(both, seen(100, 2, total(5000), BROKEN, among=()), remembering())
    settlement, _ = settled(decision, of=both)

    assert (decision.desired, settlement.error_kind) == (5, ErrorKind.INTERNAL)
    assert settlement.error.startswith("invalid metrics (1 invalid out of 2), first error is: failed to get cpu")
    assert decision.status.metrics is not None
    assert [one.is_blank for one in decision.status.metrics] == [False, True]


@pytest.mark.parametrize(
    ("current", "desired", "low", "reason"),
    [
        (3, 0, 0, "ScaledToZero"),
        (3, 1, 0, "NotScaledToZero"),
        (2, 5, 1, "NotScaledToZero"),
    ],
)
def test_own_zero_is_remembered_as_a_condition(current: int, desired: int, low: int, reason: str) -> None:
    of = policy(REQUESTS, low=low, behavior=FREE)
    settlement, _ = settled(wants(current, desired, of), of=of, config=TO_ZERO)
    condition = settlement.status.conditions[-1]

    assert (condition.type, condition.reason) == ("ScaledToZero", reason)
    assert condition.status == ("True" if reason == "ScaledToZero" else "False")


def test_without_the_gate_the_condition_is_removed() -> None:
    zero = Condition(type="ScaledToZero", status="True", reason="ScaledToZero", message="", last_transition=0)
    before = remembering(status=PolicyStatus(conditions=(zero,)))
    decision, memory = evaluate(WATCHED, seen(100, 2, total(5000), among=()), before)
    settlement, _ = settle(WATCHED, decision, memory, WRITTEN)

    assert "ScaledToZero" not in [one.type for one in settlement.status.conditions]
    off, _ = evaluate(WATCHED, seen(100, 0, total(5000), among=()), before)
    assert [one.type for one in off.status.conditions] == ["AbleToScale", "ScalingActive"]


@pytest.mark.parametrize("blames", [True, False])
def test_a_scale_that_cannot_be_read_touches_nothing_but_one_condition(blames: bool) -> None:
    held = PolicyStatus(current_replicas=4, desired_replicas=5, last_scale_at=9, metrics=(MetricStatus(),))
    scale = ScaleUnavailable(error="timeout", message="failed to query: timeout", blames_policy=blames)
    decision, memory = evaluate(WATCHED, Observation(at=at(100), scale=scale), Memory(status=held))

    assert memory.recommendations is None  # not even the first recommendation is made
    assert (decision.current, decision.rescale, decision.reason) == (None, False, Reason.TARGET_MISSING)
    assert (decision.error, decision.announcements[0].message) == ("failed to query: timeout", "timeout")
    assert decision.error_kind is (ErrorKind.SPEC if blames else ErrorKind.INTERNAL)
    status = decision.status
    assert (status.current_replicas, status.desired_replicas, status.last_scale_at, status.metrics) == (
        4, 5, 9, (MetricStatus(),),
    )  # fmt: skip
    assert status.conditions[0].message == "the HPA controller was unable to get the target's current scale: timeout"


def test_the_first_pass_recommends_to_stay_and_an_empty_history_stays_empty_before_it() -> None:
    _, fresh = evaluate(WATCHED, seen(0, 7, total(1000), among=()), Memory())
    _, known = evaluate(WATCHED, seen(0, 7, total(1000), among=()), remembering())

    assert [entry.replicas for entry in fresh.recommendations or ()] == [7, 1]
    assert [entry.replicas for entry in known.recommendations or ()] == [1]


def test_a_condition_moves_its_time_only_when_its_status_changes() -> None:
    conditions = Conditions()
    set_condition(conditions, "A", "True", "One", "first", 1)
    set_condition(conditions, "B", "True", "Two", "", 2)
    set_condition(conditions, "A", "True", "Other", "second", 3)
    assert [(one.type, one.reason, one.message, one.last_transition) for one in conditions] == [
        ("A", "Other", "second", 1),
        ("B", "Two", "", 2),
    ]
    set_condition(conditions, "A", "False", "Other", "second", 4)
    same = conditions[0]
    set_condition(conditions, "A", "False", "Other", "second", 5)

    assert conditions[0] is same
    assert same.last_transition == 4
    assert (is_true(conditions, "A"), is_true(conditions, "B"), is_true(conditions, "C")) == (False, True, False)
    drop_condition(conditions, "A")
    assert [one.type for one in conditions] == ["B"]


CPU_AT = MetricStatus(metric=cpu(50), average_utilization=40, average_value=Quantity.parse("400m"))
BASE = PolicyStatus(current_replicas=3, desired_replicas=4, last_scale_at=5, metrics=(CPU_AT,))


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param(
            MetricStatus(metric=cpu(50), average_utilization=40, average_value=Quantity.parse("0.4")),
            True,
            id="quantities-by-value",
        ),
        pytest.param(
            MetricStatus(metric=cpu(60), average_utilization=40, average_value=Quantity.parse("400m")),
            True,
            id="a-target-is-not-in-the-status",
        ),
        pytest.param(
            MetricStatus(average_utilization=40, average_value=Quantity.parse("400m")), True, id="read-from-an-object"
        ),
        pytest.param(
            MetricStatus(metric=REQUESTS, average_utilization=40, average_value=Quantity.parse("400m")),
            False,
            id="another-metric",
        ),
        pytest.param(
            MetricStatus(metric=cpu(50), average_utilization=41, average_value=Quantity.parse("400m")),
            False,
            id="another-value",
        ),
    ],
)
def test_statuses_are_compared_as_the_api_sees_them(other: MetricStatus, expected: bool) -> None:
    status = PolicyStatus(current_replicas=3, desired_replicas=4, last_scale_at=5, metrics=(other,))

    assert same_status(BASE, status) is expected


def test_no_metrics_equal_empty_metrics_and_every_field_counts() -> None:
    assert same_status(PolicyStatus(metrics=None), PolicyStatus(metrics=()))
    assert not same_status(BASE, PolicyStatus(current_replicas=3, desired_replicas=4, last_scale_at=5))
    assert not same_status(PolicyStatus(), PolicyStatus(current_replicas=1))
    assert not same_status(PolicyStatus(), PolicyStatus(desired_replicas=1))
    assert not same_status(PolicyStatus(), PolicyStatus(last_scale_at=1))
