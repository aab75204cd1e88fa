"""The control loop as a conversation: what is told to it, what it asks for."""

from __future__ import annotations

import pytest

from autoscaler.control.controller import Controller
from autoscaler.control.messages import (
    Announce,
    EvaluationDue,
    Instruction,
    Observe,
    PolicyAccepted,
    PolicyWithdrawn,
    Record,
    ScaleConflicted,
    ScaleRefused,
    ScaleWritten,
    StatusRefused,
    StatusWrittenElsewhere,
    TargetObserved,
    WriteScale,
    WriteStatus,
)
from autoscaler.model.decision import Action, ErrorKind, PolicyStatus, WriteResult
from autoscaler.model.memory import Memory, ScaleEvent
from autoscaler.model.observation import ExternalReading, NoReading, Observation, Pod, PodResources, Reading, Scale
from autoscaler.model.policy import (
    Behavior,
    ExternalMetric,
    MetricName,
    MetricTarget,
    Mode,
    ObjectRef,
    PolicyKey,
    RateRule,
    RateRuleType,
    ScalingPolicy,
    ScalingRules,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import SECOND

KEY = PolicyKey(namespace="shop", name="web")
TARGET = ObjectRef(api_version="apps/v1", kind="Deployment", name="web")
METRIC = ExternalMetric(
    metric=MetricName(name="requests"),
    target=MetricTarget(type="AverageValue", average_value=Quantity.parse("1000")),
)
PER_PERIOD = ScalingRules(
    stabilization_window_seconds=0,
    rules=(RateRule(type=RateRuleType.PODS, value=50, period_seconds=60),),
)
DOWN = NoReading(error="the adapter is down")


def policy(mode: Mode = Mode.APPLY, key: PolicyKey = KEY, uid: str = "1", high: int = 50) -> ScalingPolicy:
    return ScalingPolicy(
        key=key,
        target=TARGET,
        max_replicas=high,
        metrics=(METRIC,),
        behavior=Behavior(scale_up=PER_PERIOD, scale_down=PER_PERIOD),
        mode=mode,
        uid=uid,
    )


def demand(replicas: int) -> ExternalReading:
    """A reading that asks for so many replicas."""
    return ExternalReading(values=(replicas * 1_000_000,), at=0)


def controller(mode: Mode = Mode.APPLY) -> Controller:
    made = Controller()
    made.handle(PolicyAccepted(policy=policy(mode)))
    return made


def scale(replicas: int, version: str = "7") -> Scale:
    return Scale(spec_replicas=replicas, status_replicas=replicas, selector="app=web", resource_version=version)


def tick(
    of: Controller, second: int, current: int, reading: Reading, key: PolicyKey = KEY, pods: tuple[Pod, ...] = ()
) -> tuple[Instruction, ...]:
    """Make a policy due and answer what it asks to look at."""
    (look,) = of.handle(EvaluationDue(key=key, at=second * SECOND))
    assert isinstance(look, Observe)
    seen = Observation(at=look.at, scale=scale(current), pods=pods, readings=(reading,))
    return of.handle(TargetObserved(key=key, observation=seen))


def kinds(instructions: tuple[Instruction, ...]) -> list[str]:
    return [type(instruction).__name__ for instruction in instructions]


def test_a_due_policy_looks_at_its_target() -> None:
    assert controller().handle(EvaluationDue(key=KEY, at=5)) == (
        Observe(key=KEY, target=TARGET, metrics=(METRIC,), at=5),
    )


def test_a_change_is_written_announced_put_into_the_status_and_recorded() -> None:
    made = controller()
    (write,) = tick(made, 0, 4, demand(9))
    told, record, status = made.handle(ScaleWritten(key=KEY))

    assert write == WriteScale(key=KEY, target=TARGET, replicas=9, resource_version="7")
    assert isinstance(told, Announce)
    assert told.announcement.message == "New size: 9; reason: external metric requests(nil) above target"
    assert isinstance(status, WriteStatus)
    assert (status.status.current_replicas, status.status.desired_replicas) == (4, 9)
    assert isinstance(record, Record)
    assert (record.outcome.result, record.settlement.action) == (WriteResult.WRITTEN, Action.SCALE_UP)


def test_a_quiet_pass_writes_the_status_once_and_then_only_records() -> None:
    made = controller()

    assert kinds(tick(made, 0, 4, demand(4))) == ["Record", "WriteStatus"]
    assert kinds(tick(made, 15, 4, demand(4))) == ["Record"]


def test_a_conflict_is_tried_again_with_the_same_number_and_the_fresh_version() -> None:
    made = controller()
    tick(made, 0, 4, demand(9))
    again = made.handle(ScaleConflicted(key=KEY, fresh=scale(5, "8"), error="changed"))

    assert again == (WriteScale(key=KEY, target=TARGET, replicas=9, resource_version="8"),)


def test_five_conflicts_are_a_failure() -> None:
    made = controller()
    tick(made, 0, 4, demand(9))
    for version in ("8", "9", "10", "11"):
        assert kinds(made.handle(ScaleConflicted(key=KEY, fresh=scale(5, version), error="changed"))) == ["WriteScale"]
    told, record, _ = made.handle(ScaleConflicted(key=KEY, fresh=scale(5, "12"), error="changed"))

    assert isinstance(told, Announce)
    assert told.announcement.reason == "FailedRescale"
    assert isinstance(record, Record)
    assert record.settlement.error == "failed to rescale Deployment/shop/web: changed"


def test_a_refused_write_leaves_no_trace_in_the_rate_history() -> None:
    made = controller()
    tick(made, 0, 4, demand(9))
    told, record, status = made.handle(ScaleRefused(key=KEY, error="quota exceeded"))
    memory = made.memory_of(KEY)

    assert isinstance(told, Announce)
    assert isinstance(status, WriteStatus)
    assert isinstance(record, Record)
    assert status.status.conditions[0].reason == "FailedUpdateScale"
    assert (record.outcome.result, record.settlement.action) == (WriteResult.FAILED, Action.NONE)
    assert memory is not None
    assert memory.scale_ups == ()


def test_a_written_change_counts_against_the_rate() -> None:
    made = controller()
    tick(made, 0, 4, demand(9))
    made.handle(ScaleWritten(key=KEY))
    memory = made.memory_of(KEY)

    assert memory is not None
    assert memory.scale_ups == (ScaleEvent(0, 5),)


def test_a_failed_fetch_scales_nothing_and_says_so_after_the_status() -> None:
    instructions = tick(controller(), 0, 4, DOWN)

    assert kinds(instructions) == ["Announce", "Record", "WriteStatus", "Announce"]
    reasons = [one.announcement.reason for one in instructions if isinstance(one, Announce)]
    assert reasons == ["FailedGetExternalMetric", "FailedComputeMetricsReplicas"]


def test_observe_records_what_it_would_do_and_writes_nothing() -> None:
    made = controller(Mode.OBSERVE)
    (record,) = tick(made, 0, 4, demand(9))
    memory = made.memory_of(KEY)

    assert isinstance(record, Record)
    assert (record.decision.desired, record.outcome.result) == (9, WriteResult.WITHHELD)
    assert memory is not None
    assert memory.scale_ups == ()  # only what was done counts against a rule


def test_paused_does_not_even_look() -> None:
    assert controller(Mode.PAUSED).handle(EvaluationDue(key=KEY, at=0)) == ()


def test_pausing_while_an_observation_is_under_way_stops_the_pass() -> None:
    made = controller()
    made.handle(EvaluationDue(key=KEY, at=0))
    made.handle(PolicyAccepted(policy=policy(Mode.PAUSED)))
    seen = Observation(at=0, scale=scale(4), readings=(demand(9),))

    assert made.handle(TargetObserved(key=KEY, observation=seen)) == ()
    made.handle(PolicyAccepted(policy=policy(Mode.APPLY)))
    assert kinds(made.handle(EvaluationDue(key=KEY, at=15 * SECOND))) == ["Observe"]


def test_a_tick_during_a_pass_is_passed_over() -> None:
    made = controller()
    tick(made, 0, 4, demand(9))

    assert made.handle(EvaluationDue(key=KEY, at=15 * SECOND)) == ()
    made.handle(ScaleWritten(key=KEY))
    assert kinds(made.handle(EvaluationDue(key=KEY, at=30 * SECOND))) == ["Observe"]


def test_a_policy_that_changes_during_a_pass_is_judged_by_what_was_asked() -> None:
    made = controller()
    made.handle(EvaluationDue(key=KEY, at=0))
    made.handle(PolicyAccepted(policy=policy(high=6)))
    (write,) = made.handle(
        TargetObserved(key=KEY, observation=Observation(at=0, scale=scale(4), readings=(demand(9),)))
    )

    assert isinstance(write, WriteScale)
    assert write.replicas == 9


def test_a_withdrawn_policy_is_forgotten_and_late_answers_mean_nothing() -> None:
    made = controller()
    tick(made, 0, 4, demand(9))
    made.handle(PolicyWithdrawn(key=KEY))

    assert made.handle(ScaleWritten(key=KEY)) == ()
    assert made.handle(EvaluationDue(key=KEY, at=15 * SECOND)) == ()
    assert (made.memory_of(KEY), made.policies) == (None, ())


def test_a_changed_policy_keeps_its_history_and_a_namesake_starts_with_its_own_status() -> None:
    made = controller()
    tick(made, 0, 4, demand(4))
    before = made.memory_of(KEY)
    made.handle(PolicyAccepted(policy=policy(high=99)))
    assert made.memory_of(KEY) == before
    made.handle(PolicyAccepted(policy=policy(uid="2")))
    after = made.memory_of(KEY)

    assert before is not None
    assert after is not None
    assert after.recommendations == before.recommendations
    assert after.status.conditions == ()


def test_a_refused_status_is_announced_amends_the_record_and_is_written_again() -> None:
    made = controller()
    tick(made, 0, 4, demand(4))
    told, amended = made.handle(StatusRefused(key=KEY, error="conflict"))

    assert isinstance(told, Announce)
    assert (told.announcement.reason, told.announcement.message) == ("FailedUpdateStatus", "conflict")
    assert isinstance(amended, Record)
    assert amended.amends
    assert amended.settlement.error == "failed to update status for web: conflict"
    assert amended.settlement.error_kind is ErrorKind.INTERNAL
    assert kinds(tick(made, 15, 4, demand(4))) == ["Record", "WriteStatus"]


def test_a_refused_status_keeps_the_error_of_a_pass_that_failed_already() -> None:
    made = controller()
    tick(made, 0, 4, DOWN)

    assert kinds(made.handle(StatusRefused(key=KEY, error="conflict"))) == ["Announce"]


@pytest.mark.parametrize(
    ("second", "expected"),
    [pytest.param(45, 50, id="still-counts"), pytest.param(60, 90, id="left-the-period")],
)
def test_history_survives_a_restart(second: int, expected: int) -> None:
    remembered = Memory(recommendations=(), scale_ups=(ScaleEvent(0, 49),))
    made = Controller()
    made.handle(PolicyAccepted(policy=policy(high=200), memory=remembered))
    (write,) = tick(made, second, 49, demand(90))

    assert isinstance(write, WriteScale)
    assert write.replicas == expected  # 50 pods a minute, 49 of them used up at second 0


WEB_POD = Pod(name="web-1", resources=PodResources(), labels=(("app", "web"),))
RIVAL = PolicyKey(namespace="shop", name="web-too")


def test_two_policies_on_the_same_pods_both_stop_and_name_each_other() -> None:
    made = controller()
    made.handle(PolicyAccepted(policy=policy(key=RIVAL)))
    first = tick(made, 0, 4, demand(4), pods=(WEB_POD,))
    second = tick(made, 0, 4, demand(9), key=RIVAL, pods=(WEB_POD,))
    again = tick(made, 15, 4, demand(9), pods=(WEB_POD,))

    assert kinds(first) == ["Record", "WriteStatus"]  # the other has not selected anything yet
    for instructions in (second, again):
        told = instructions[0]
        assert isinstance(told, Announce)
        assert told.announcement.message == (
            "pods by selector app=web are controlled by multiple HPAs: [shop/web shop/web-too]"
        )
        assert "WriteScale" not in kinds(instructions)


def test_a_rival_that_is_withdrawn_is_no_rival() -> None:
    made = controller()
    made.handle(PolicyAccepted(policy=policy(key=RIVAL)))
    tick(made, 0, 4, demand(4), key=RIVAL, pods=(WEB_POD,))
    made.handle(PolicyWithdrawn(key=RIVAL))

    assert kinds(tick(made, 0, 4, demand(4), pods=(WEB_POD,))) == ["Record", "WriteStatus"]


def test_beside_a_controller_in_charge_its_changes_use_up_the_rate_rules() -> None:
    made = controller(Mode.OBSERVE)
    tick(made, 0, 4, demand(90))
    before = made.handle(StatusWrittenElsewhere(key=KEY, status=PolicyStatus(), at=0))
    done = PolicyStatus(current_replicas=4, desired_replicas=50, last_scale_at=2 * SECOND)
    made.handle(StatusWrittenElsewhere(key=KEY, status=done, at=2 * SECOND))

    (record,) = tick(made, 15, 40, demand(4))
    (later,) = tick(made, 75, 40, demand(4))

    assert before == ()
    assert isinstance(record, Record)
    assert isinstance(later, Record)
    memory = made.memory_of(KEY)
    assert memory is not None
    assert memory.scale_ups == (ScaleEvent(2 * SECOND, 46),)
    assert memory.status == done  # not ours, which nobody wrote
