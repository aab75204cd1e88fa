"""Where upstream's releases decide differently: one test for each difference, release by release."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.settle import settle
from autoscaler.engine.statuses import same_status
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig, Fixes, Gates, for_version
from autoscaler.model.decision import PolicyStatus, Reason, WriteOutcome, WriteResult
from autoscaler.model.memory import Memory
from autoscaler.model.observation import Observation, PodPhase, ScaleUnavailable
from tests.engine.worlds import (
    FREE,
    Run,
    cpu,
    decide,
    external_average,
    pod,
    pods,
    policy,
    remembering,
    seen,
    total,
    usage,
)

QUEUE = external_average("jobs", "1k")
OLD, PRESENT, NEXT = for_version("1.35"), for_version("1.36"), for_version("1.37")


def test_the_release_unless_told_otherwise_is_1_36() -> None:
    assert PRESENT == DEFAULT_CONFIG == ControllerConfig()


@pytest.mark.parametrize("version", ["1.34", "1.38", "1.36.2", "v1.36", ""])
def test_a_release_we_do_not_know_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match="is not a valid KubernetesVersion"):
        for_version(version)


def test_scaling_to_zero_needs_no_gate_from_1_37() -> None:
    assert [config.gates.scale_to_zero for config in (OLD, PRESENT, NEXT)] == [False, False, True]


def test_a_policy_may_set_its_tolerance_in_each_release() -> None:
    assert all(config.gates.configurable_tolerance for config in (OLD, PRESENT, NEXT))


@pytest.mark.parametrize(
    ("config", "desired"),
    [
        pytest.param(OLD, 9, id="1.35-cannot-tell-who-set-it-and-computes"),
        pytest.param(PRESENT, 0, id="1.36-leaves-it-off"),
        pytest.param(NEXT, 0, id="1.37-leaves-it-off"),
    ],
)
def test_zero_set_by_a_person_with_a_minimum_of_zero(config: ControllerConfig, desired: int) -> None:
    decision = decide(policy(QUEUE, low=0, behavior=FREE), seen(0, 0, total(9_000_000), among=()), config)

    assert decision.desired == desired


@pytest.mark.parametrize("config", [OLD, PRESENT, NEXT])
def test_zero_set_by_a_person_with_a_minimum_above_zero_is_off_in_each_release(config: ControllerConfig) -> None:
    decision = decide(policy(QUEUE, low=1), seen(0, 0, total(9_000_000), among=()), config)

    assert (decision.desired, decision.reason) == (0, Reason.TARGET_AT_ZERO)


def test_1_35_neither_writes_nor_removes_the_condition_that_1_36_goes_by() -> None:
    def after_a_fall_to_zero(config: ControllerConfig) -> tuple[str, ...]:
        run = Run(policy(QUEUE, low=0, behavior=FREE), 3, config)
        run.tick(0, total(0), among=())
        return tuple(condition.type for condition in run.memory.status.conditions)

    known = ("AbleToScale", "ScalingActive", "ScalingLimited")
    assert after_a_fall_to_zero(replace(OLD, gates=Gates(scale_to_zero=True))) == known
    assert after_a_fall_to_zero(PRESENT) == known
    assert after_a_fall_to_zero(NEXT) == (*known, "ScaledToZero")


@pytest.mark.parametrize(
    ("config", "left"), [pytest.param(OLD, True, id="1.35"), pytest.param(PRESENT, False, id="1.36-gate-off")]
)
def test_a_condition_left_by_a_later_release(config: ControllerConfig, left: bool) -> None:
    run = Run(policy(QUEUE, low=0, behavior=FREE), 3, NEXT)
    run.tick(0, total(0), among=())
    off = replace(policy(QUEUE, low=1), min_replicas=1)
    decision, _ = evaluate(off, seen(15, 0, total(0), among=()), run.memory, config)

    assert ("ScaledToZero" in {condition.type for condition in decision.status.conditions}) is left


@pytest.mark.parametrize(("config", "told"), [(OLD, None), (PRESENT, None), (NEXT, 7)])
@pytest.mark.parametrize("result", list(WriteResult))
def test_the_status_tells_the_generation_from_1_37(
    config: ControllerConfig, told: int | None, result: WriteResult
) -> None:
    watched = replace(policy(QUEUE), generation=7)
    decision, memory = evaluate(watched, seen(0, 4, total(9_000_000), among=()), Memory(), config)
    settlement, _ = settle(watched, decision, memory, WriteOutcome(result=result), config)

    assert decision.status.observed_generation == settlement.status.observed_generation == told


def test_each_condition_tells_the_generation_it_was_set_for_from_1_37() -> None:
    run = Run(replace(policy(QUEUE), generation=7), 4, NEXT)
    run.tick(0, total(4_000_000), among=())
    run.policy = replace(run.policy, generation=8)
    outside, _ = evaluate(run.policy, seen(15, 101, total(0), among=()), run.memory, NEXT)  # reads no metric

    assert {condition.observed_generation for condition in run.memory.status.conditions} == {7}
    assert [(condition.type, condition.observed_generation) for condition in outside.status.conditions] == [
        ("AbleToScale", 8),
        ("ScalingActive", 7),
        ("ScalingLimited", 7),
    ]


def test_a_target_that_cannot_be_read_leaves_the_generation_of_the_counts() -> None:
    known = PolicyStatus(current_replicas=4, desired_replicas=4, observed_generation=7)
    unread = Observation(at=0, scale=ScaleUnavailable(error="gone"))
    decision, _ = evaluate(replace(policy(QUEUE), generation=8), unread, remembering(status=known), NEXT)

    assert decision.status.observed_generation == 7
    assert [condition.observed_generation for condition in decision.status.conditions] == [8]


def test_a_policy_from_a_file_has_no_generation_to_tell() -> None:
    assert decide(policy(QUEUE), seen(0, 4, total(4_000_000), among=()), NEXT).status.observed_generation is None


def test_a_status_that_only_the_generation_changes_is_worth_writing() -> None:
    assert not same_status(PolicyStatus(observed_generation=1), PolicyStatus(observed_generation=2))


@pytest.mark.parametrize(
    ("fixes", "average"),
    [(Fixes(), "-9223372036854775808m"), (Fixes(average_without_pods=True), "0")],
)
def test_late_fix_of_the_average_reported_without_pods(fixes: Fixes, average: str) -> None:
    config = ControllerConfig(fixes=fixes)
    decision = decide(policy(QUEUE), seen(0, 4, total(9_000_000), among=(), status_replicas=0), config)

    assert decision.status.metrics is not None
    assert str(decision.status.metrics[0].average_value) == average
    assert decision.desired == 8  # the fix changes what is reported, not what is done


@pytest.mark.parametrize(
    ("fixes", "desired"),
    [
        pytest.param(Fixes(), 5, id="a-finished-pod-without-sample-counts-as-missing"),
        pytest.param(Fixes(succeeded_pods=True), 1, id="a-finished-pod-is-left-out"),
    ],
)
def test_late_fix_of_pods_that_have_succeeded(fixes: Fixes, desired: int) -> None:
    among = (*pods(2), *(pod(f"done{index}", phase=PodPhase.SUCCEEDED) for index in range(3)))
    observation = seen(0, 5, usage([250, 250]), among=among)

    decision, _ = evaluate(policy(cpu(50), behavior=FREE), observation, remembering(), ControllerConfig(fixes=fixes))

    assert decision.desired == desired
