"""Our pass beside the built-in controller's status: a sentence per kind of difference."""

from __future__ import annotations

import pytest

from autoscaler.engine.compare import Circumstances, judge, said_by_them, said_by_us
from autoscaler.model.comparison import Said, Verdict
from autoscaler.model.decision import (
    Condition,
    Decision,
    MetricStatus,
    PolicyStatus,
    Reason,
    WriteOutcome,
    WriteResult,
)
from autoscaler.model.policy import PolicyKey
from autoscaler.model.quantity import Quantity

READY = "AbleToScale=True ReadyForNewScale"
HELD = "AbleToScale=True ScaleDownStabilized"
NO_METRIC = "ScalingActive=False FailedGetResourceMetric"
NO_TARGET = "AbleToScale=False FailedGetScale"


def said(desired: int, *conditions: str) -> Said:
    return Said(current=4, desired=desired, conditions=conditions or (READY,), held=HELD in conditions)


@pytest.mark.parametrize(
    ("ours", "around", "theirs", "expected"),
    [
        pytest.param(said(4), [], [said(4)], Verdict.AGREED, id="the-same-number-and-conditions"),
        pytest.param(said(6), [], [said(4), said(6)], Verdict.AGREED, id="they-came-to-it-later"),
        pytest.param(said(4), [], [said(4), said(6)], Verdict.AGREED, id="they-thought-so-before"),
        pytest.param(said(4), [], [], Verdict.SILENT, id="they-said-nothing"),
        pytest.param(said(4), [said(4)], [said(9)], Verdict.REPLICAS, id="another-number"),
        pytest.param(said(4, HELD), [], [said(4)], Verdict.CONDITIONS, id="the-same-number-for-another-reason"),
        pytest.param(said(5), [], [said(4), said(6)], Verdict.PHASE, id="between-what-they-said-before-and-after"),
        pytest.param(said(4), [said(4), said(6)], [said(5)], Verdict.PHASE, id="theirs-lies-between-ours"),
        pytest.param(said(4, HELD), [said(4, HELD), said(4)], [said(4)], Verdict.PHASE, id="we-said-so-one-pass-later"),
        pytest.param(said(4, NO_METRIC), [], [said(9)], Verdict.UNREAD, id="only-we-could-not-read-a-metric"),
        pytest.param(said(9), [], [said(4, NO_TARGET)], Verdict.UNREAD, id="only-they-could-not-read-the-target"),
        pytest.param(said(4, NO_METRIC), [], [said(5, NO_METRIC)], Verdict.REPLICAS, id="neither-could-read"),
    ],
)
def test_judge(ours: Said, around: list[Said], theirs: list[Said], expected: Verdict) -> None:
    assert judge(ours, around, theirs)[0] is expected


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        pytest.param(said(9, HELD), said(4), Verdict.START, id="we-hold-what-they-need-not"),
        pytest.param(said(4), said(9, HELD), Verdict.START, id="they-remember-a-peak-before-our-time"),
        pytest.param(said(9), said(4), Verdict.REPLICAS, id="memory-has-no-part-in-it"),
    ],
)
def test_soon_after_our_start_what_memory_holds_is_no_real_difference(
    ours: Said, theirs: Said, expected: Verdict
) -> None:
    assert judge(ours, [], [theirs], Circumstances(is_young=True))[0] is expected


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        pytest.param(said(4, HELD), said(4), Verdict.PHASE, id="we-remember-a-number-of-another-moment"),
        pytest.param(said(4), said(4, HELD), Verdict.PHASE, id="they-do"),
        pytest.param(said(4, NO_TARGET), said(4, NO_METRIC), Verdict.CONDITIONS, id="memory-has-no-part-in-it"),
        pytest.param(said(9, HELD), said(4), Verdict.REPLICAS, id="another-number-is-never-excused-by-that"),
    ],
)
def test_around_a_change_of_size_the_two_may_hold_one_number_for_different_reasons(
    ours: Said, theirs: Said, expected: Verdict
) -> None:
    assert judge(ours, [], [theirs], Circumstances(was_rescaled=True))[0] is expected


def test_a_pass_that_changes_the_size_and_one_that_finds_it_changed_say_the_same() -> None:
    after = Said(current=6, desired=6, conditions=(READY,))
    change = Said(current=4, desired=6, conditions=("AbleToScale=True SucceededRescale",))

    assert judge(after, [], [change])[0] is Verdict.PHASE


def test_while_a_policy_changes_the_two_may_go_by_different_versions() -> None:
    assert judge(said(9), [], [said(4)], Circumstances(was_edited=True))[0] is Verdict.EDITED


def test_the_answer_that_is_nearest_to_ours_is_the_one_to_tell() -> None:
    assert judge(said(4), [], [said(9), said(6), said(7)])[1] == said(6)


def condition(type_: str, reason: str, message: str, status: str = "True") -> Condition:
    return Condition(type=type_, status=status, reason=reason, message=message, last_transition=0)


STATUS = PolicyStatus(
    current_replicas=4,
    desired_replicas=6,
    metrics=(
        MetricStatus(average_utilization=84, average_value=Quantity.parse("84m")),
        MetricStatus(value=Quantity.parse("1500m")),
        MetricStatus(),
    ),
    conditions=(
        condition("ScalingActive", "ValidMetricFound", "the HPA was able to compute the replica count"),
        condition("AbleToScale", "ReadyForNewScale", "recommended size matches current size"),
        condition("ScalingLimited", "TooManyReplicas", "the desired count is more than the maximum"),
        condition("ScaledToZero", "NotScaledToZero", "of a gate that is on there", status="False"),
    ),
)


def test_what_a_status_says() -> None:
    assert said_by_them(STATUS) == Said(
        current=4,
        desired=6,
        conditions=(READY, "ScalingActive=True ValidMetricFound", "ScalingLimited=True TooManyReplicas"),
        measured=("84%", "1500m", "unread"),
        why=(
            "TooManyReplicas: the desired count is more than the maximum; NotScaledToZero: of a gate that is on there"
        ),
    )


def test_a_status_that_nobody_wrote_says_nothing() -> None:
    assert said_by_them(PolicyStatus()) is None


def test_a_change_we_withheld_counts_as_made() -> None:
    decision = Decision(
        key=PolicyKey(namespace="shop", name="web"),
        at=0,
        current=4,
        desired=6,
        rescale=True,
        reason=Reason.AT_MAX,
        status=STATUS,
    )

    ours = said_by_us(decision, WriteOutcome(result=WriteResult.WITHHELD))

    assert ours.conditions[0] == "AbleToScale=True SucceededRescale"
    assert ours.why.startswith("Would grow from 4 to 6 (observing only).")
