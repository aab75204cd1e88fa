"""The kill switch: decisions go on and are shown, no size is written, and everybody can see why and by whom."""

from __future__ import annotations

from dataclasses import replace as replace_config

from msgspec.structs import replace

from autoscaler.control.messages import (
    EvaluationDue,
    ScaleConflicted,
    TargetObserved,
    WriteScale,
    WritesHalted,
    WritesResumed,
)
from autoscaler.control.recording import Heard, RecordedController
from autoscaler.control.replay import replay
from autoscaler.engine.explain import sentence
from autoscaler.model.budgets import Budgets, Cap
from autoscaler.model.decision import WriteOutcome, WriteResult
from autoscaler.model.memory import Memory
from autoscaler.model.observation import ExternalReading, Observation, Scale
from autoscaler.model.policy import Mode
from autoscaler.model.safety import Halt
from autoscaler.model.time import MINUTE, SECOND
from tests.control.fleet import HASTY, Fleet, policy_of

HALT = WritesHalted(halt=Halt(author="ann", reason="bad release"))


def test_c79_a_kill_switch_stops_every_write_from_the_next_pass_on_and_decisions_go_on() -> None:
    fleet = Fleet()
    keys = [fleet.add(policy_of(f"web-{number}"), 10, 4) for number in range(40)]
    fleet.controller.handle(HALT)

    assert fleet.tick(15) == 400, "nothing is written"
    record = fleet.records[keys[7]]
    assert record.decision.desired == 4
    assert record.outcome == WriteOutcome(result=WriteResult.WITHHELD, error="writes are halted by ann: bad release")
    assert sentence(record.decision, record.outcome).startswith(
        "Would shrink from 10 to 4 (writes are halted by ann: bad release). "
    )

    fleet.controller.handle(WritesResumed())
    assert fleet.tick(30) == 160


def test_the_status_tells_of_the_halt_since_when_it_lasts_and_no_longer_once_it_is_over() -> None:
    fleet = Fleet()
    key = fleet.add(policy_of("web"), 4, 4)
    fleet.tick(15)
    assert [one.type for one in fleet.statuses[key].conditions if one.type == "WritesHalted"] == []

    fleet.controller.handle(HALT)
    for second in (30, 45):
        fleet.tick(second)
        (condition,) = [one for one in fleet.statuses[key].conditions if one.type == "WritesHalted"]
        assert (condition.status, condition.reason, condition.message, condition.last_transition) == (
            "True",
            "Halted",
            "by ann: bad release",
            30 * SECOND,
        )

    fleet.controller.handle(WritesResumed())
    fleet.tick(60)
    assert "WritesHalted" not in [one.type for one in fleet.statuses[key].conditions]


def test_a_halt_with_an_end_is_over_by_itself() -> None:
    fleet = Fleet()
    key = fleet.add(policy_of("web"), 10, 4)
    fleet.controller.handle(WritesHalted(halt=Halt(author="ann", reason="x", until=MINUTE)))
    assert [fleet.tick(second) for second in (15, 30, 45, 60)] == [10, 10, 10, 4]
    assert "WritesHalted" not in [one.type for one in fleet.statuses[key].conditions]


def test_a_write_that_met_a_conflict_is_not_tried_again_once_writes_are_halted() -> None:
    fleet = Fleet()
    key = fleet.add(policy_of("web"), 10, 4)
    fleet.controller.handle(EvaluationDue(key=key, at=SECOND))
    scale = Scale(spec_replicas=10, status_replicas=10, selector="app=web", resource_version="1")
    seen = Observation(at=SECOND, scale=scale, readings=(ExternalReading(values=(4_000_000,), at=SECOND),))
    (write,) = fleet.controller.handle(TargetObserved(key=key, observation=seen))
    assert isinstance(write, WriteScale)

    fleet.controller.handle(HALT)
    fresh = replace(scale, resource_version="2")
    answer = fleet.controller.handle(ScaleConflicted(key=key, fresh=fresh, error="conflict"))
    assert [type(one).__name__ for one in answer] == ["Record", "WriteStatus"]


def test_a_halt_that_was_over_before_a_restart_leaves_no_trace_in_the_status() -> None:
    before = Fleet()
    key = before.add(policy_of("web"), 4, 4)
    before.controller.handle(HALT)
    before.tick(15)

    after = Fleet()
    after.add(policy_of("web"), 4, 4, memory=Memory(status=before.statuses[key]))
    after.tick(30)
    assert "WritesHalted" not in [one.type for one in after.statuses[key].conditions]


def test_who_only_observes_says_that_and_shows_nothing() -> None:
    fleet = Fleet()
    key = fleet.add(policy_of("web", mode=Mode.OBSERVE), 10, 4)
    fleet.controller.handle(HALT)
    fleet.tick(15)
    assert fleet.records[key].outcome == WriteOutcome(result=WriteResult.WITHHELD)
    assert key not in fleet.statuses


def test_a_replay_of_what_was_heard_decides_and_withholds_the_same() -> None:
    heard: list[Heard] = []
    config = replace_config(HASTY, budgets=Budgets(removals=Cap(total=5)))
    fleet = Fleet(config)
    fleet.controller = RecordedController(config, heard.append)
    for number in range(3):
        fleet.add(policy_of(f"web-{number}"), 10, 2)
    written = []
    for second in range(0, 1200, 150):
        if second == 300:
            fleet.controller.handle(HALT)
        if second == 750:
            fleet.controller.handle(WritesResumed())
        fleet.tick(second)
        written += [*fleet.records.values()]
    assert [past.record for past in replay(heard)] == written
    assert {record.outcome.result for record in written} == {
        WriteResult.NOT_NEEDED,
        WriteResult.WITHHELD,
        WriteResult.WRITTEN,
    }
