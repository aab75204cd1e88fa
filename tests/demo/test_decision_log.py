"""The list of decisions: changes stand alone, passes that hold share a line."""

from __future__ import annotations

from autoscaler.control.messages import Record
from autoscaler.demo.decision_log import DecisionLog
from autoscaler.model.decision import (
    Decision,
    PolicyStatus,
    Proposal,
    Reason,
    Settlement,
    WriteOutcome,
    WriteResult,
)
from autoscaler.model.observation import Observation, Scale
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import SECOND

KEY = PolicyKey(namespace="default", name="web")


def passed(
    at: int, current: int, desired: int, reason: Reason = Reason.UNCHANGED, result: WriteResult | None = None
) -> Record:
    """Make the record of a pass in which cpu asked for ``desired``, written unless said otherwise."""
    changes = current != desired
    status = PolicyStatus()
    decision = Decision(
        key=KEY,
        at=at * SECOND,
        current=current,
        desired=desired,
        rescale=changes,
        reason=reason,
        proposals=(Proposal(name="cpu resource", replicas=desired),),
        status=status,
    )
    return Record(
        key=KEY,
        observation=Observation(at=at * SECOND, scale=Scale(spec_replicas=current, status_replicas=current)),
        decision=decision,
        outcome=WriteOutcome(result=result or (WriteResult.WRITTEN if changes else WriteResult.NOT_NEEDED)),
        settlement=Settlement(status=status),
    )


def test_passes_that_hold_share_a_line_that_grows() -> None:
    log = DecisionLog()
    lines = [line for at in (0, 15, 30) for line in log.add(passed(at, 3, 3))]

    assert [(line.id, line.at, line.until) for line in lines] == [(1, 0, 0), (1, 0, 15), (1, 0, 30)]
    assert lines[-1].sentence == "Staying at 3. cpu asks for no change."
    assert lines[-1].why == "cpu asks for no change."


def test_every_change_has_a_line_of_its_own() -> None:
    log = DecisionLog()
    steps = [(0, 2, 4), (15, 4, 8), (30, 8, 8), (45, 8, 6)]
    lines = [line for at, before, after in steps for line in log.add(passed(at, before, after))]

    assert [(line.id, line.tone) for line in lines] == [(1, "up"), (2, "up"), (3, "hold"), (4, "down")]
    assert [(line.before, line.after) for line in lines] == [(2, 4), (4, 8), (8, 8), (8, 6)]


def test_a_change_by_somebody_else_is_told() -> None:
    log = DecisionLog()
    log.add(passed(0, 2, 4))

    told, held = log.add(passed(15, 30, 30))

    assert (told.tone, told.before, told.after) == ("other", 4, 30)
    assert told.sentence == "Somebody else set 30 replicas."
    assert (held.tone, held.id) == ("hold", told.id + 1)


def test_a_write_that_failed_is_trouble_and_not_somebody_else_s_doing() -> None:
    log = DecisionLog()
    (failed,) = log.add(passed(0, 2, 4, result=WriteResult.FAILED))
    (again,) = log.add(passed(15, 2, 4, result=WriteResult.FAILED))

    assert failed.tone == "trouble"
    assert failed.sentence.startswith("Wanted to grow from 2 to 4, but the write failed")
    assert again.id == failed.id


def test_a_missing_metric_is_trouble() -> None:
    (line,) = DecisionLog().add(passed(0, 2, 2, Reason.METRIC_MISSING))

    assert line.tone == "trouble"
