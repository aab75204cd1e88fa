"""Our passes and theirs on one time line: stories at literal seconds, with a period of 15 s."""

from __future__ import annotations

from msgspec.structs import replace

from autoscaler.control.messages import Record
from autoscaler.control.shadowing import Shadowing
from autoscaler.control.tallies import Tallies
from autoscaler.model.comparison import Comparison, Said, Tally, Verdict
from autoscaler.model.controller_config import DEFAULT_CONFIG
from autoscaler.model.decision import (
    Condition,
    Decision,
    PolicyStatus,
    Reason,
    Settlement,
    WriteOutcome,
    WriteResult,
)
from autoscaler.model.observation import Observation, Scale
from autoscaler.model.policy import ObjectRef, PolicyKey, ScalingPolicy
from autoscaler.model.time import MINUTE, SECOND

KEY = PolicyKey(namespace="shop", name="web")
POLICY = ScalingPolicy(key=KEY, target=ObjectRef(api_version="apps/v1", kind="Deployment", name="web"), max_replicas=9)


def status(desired: int, reason: str = "ReadyForNewScale") -> PolicyStatus:
    able = Condition(type="AbleToScale", status="True", reason=reason, message="", last_transition=0)
    return PolicyStatus(current_replicas=desired, desired_replicas=desired, conditions=(able,))


class Story:
    """Two controllers of one policy; ``verdicts`` by the second of our pass."""

    def __init__(self) -> None:
        self.shadowing = Shadowing(DEFAULT_CONFIG)
        self.shadowing.follow(POLICY, 0)
        self.verdicts: dict[int, Verdict] = {}

    def theirs(self, second: int, desired: int, reason: str = "ReadyForNewScale") -> None:
        self.shadowing.seen(KEY, status(desired, reason), second * SECOND)

    def ours(self, second: int, desired: int, reason: str = "ReadyForNewScale", *, is_current: bool = True) -> None:
        at = second * SECOND
        decision = Decision(
            key=KEY, at=at, current=desired, desired=desired, rescale=False, reason=Reason.UNCHANGED,
            status=status(desired, reason),
        )  # fmt: skip
        record = Record(
            key=KEY,
            observation=Observation(at=at, scale=Scale(spec_replicas=desired, status_replicas=desired)),
            decision=decision,
            outcome=WriteOutcome(result=WriteResult.NOT_NEEDED),
            settlement=Settlement(status=decision.status),
        )
        for comparison in self.shadowing.decided(record, is_current=is_current):
            self.verdicts[comparison.at // SECOND] = comparison.verdict


def test_a_pass_waits_for_its_verdict_until_they_had_the_time_to_answer() -> None:
    story = Story()
    story.theirs(0, 4)
    for second in (5, 20):
        story.ours(second, 4)

    assert story.verdicts == {}
    story.ours(35, 4)
    assert story.verdicts == {5: Verdict.AGREED}


def test_a_number_they_come_to_within_a_period_is_agreement_and_later_is_not() -> None:
    story = Story()
    story.theirs(0, 4)
    story.ours(5, 4)
    story.ours(20, 6)
    story.theirs(38, 6)
    story.ours(35, 6)
    story.ours(50, 6)
    story.ours(65, 6)
    late = Story()
    late.theirs(0, 4)
    late.ours(5, 6)
    late.ours(20, 6)
    late.theirs(38, 6)
    late.ours(35, 6)
    late.ours(50, 6)

    assert story.verdicts == {5: Verdict.AGREED, 20: Verdict.AGREED, 35: Verdict.AGREED}
    assert late.verdicts == {5: Verdict.REPLICAS, 20: Verdict.AGREED}


def test_an_old_status_holds_until_a_new_one_comes() -> None:
    story = Story()
    story.theirs(0, 4)
    for second in range(5, 605, 15):
        story.ours(second, 4)

    assert set(story.verdicts.values()) == {Verdict.AGREED}


def test_what_we_cannot_know_yet_is_benign_until_we_have_run_as_long_as_anything_is_remembered() -> None:
    story = Story()
    story.theirs(0, 9, "ScaleDownStabilized")
    for second in range(0, 400, 15):
        story.ours(second, 4)

    assert {at for at, verdict in story.verdicts.items() if verdict is Verdict.START} == set(range(0, 316, 15))
    assert {at for at, verdict in story.verdicts.items() if verdict is Verdict.REPLICAS} == {330, 345, 360}


def test_a_gap_in_our_passes_is_a_new_start() -> None:
    story = Story()
    story.theirs(0, 9, "ScaleDownStabilized")
    for second in (*range(0, 400, 15), *range(600, 660, 15)):
        story.ours(second, 4)

    assert story.verdicts[345] is Verdict.REPLICAS
    assert story.verdicts[600] is Verdict.START


def test_a_change_of_the_policy_excuses_a_period_before_and_after() -> None:
    story = Story()
    story.theirs(0, 9)
    for second in range(0, 75, 15):
        if second == 30:
            story.shadowing.follow(POLICY, 31 * SECOND)
        story.ours(second, 4)
    story.ours(75, 4)
    story.ours(90, 4)

    assert story.verdicts == {
        0: Verdict.REPLICAS,
        15: Verdict.EDITED,
        30: Verdict.EDITED,
        45: Verdict.EDITED,
        60: Verdict.REPLICAS,
    }


def test_without_fresh_news_of_theirs_nothing_is_compared() -> None:
    story = Story()
    story.theirs(0, 9)
    for second in (0, 15, 30):
        story.ours(second, 4, is_current=False)

    assert story.verdicts == {0: Verdict.SILENT}


def test_a_policy_that_is_gone_gets_no_verdict() -> None:
    story = Story()
    story.theirs(0, 4)
    story.ours(0, 4)
    story.shadowing.forget(KEY)
    story.ours(60, 4)

    assert story.verdicts == {}


# --- tallies ----------------------------------------------------------------------------------------------------------


def compared(minute: float, verdict: Verdict, ours: int = 4, theirs: int = 4, key: PolicyKey = KEY) -> Comparison:
    return Comparison(
        key=key,
        at=round(minute * MINUTE),
        verdict=verdict,
        ours=Said(current=ours, desired=ours),
        theirs=Said(current=theirs, desired=theirs),
    )


def test_passes_are_counted_by_spans() -> None:
    tallies = Tallies()
    full = [tally for minute in range(7) for tally in tallies.add(compared(minute, Verdict.AGREED))]

    assert full == [Tally(key=KEY, verdict=Verdict.AGREED, first=0, last=4 * MINUTE, passes=5)]
    assert [tally.passes for tally in tallies.close_all()] == [2]
    assert tallies.close_all() == ()


def test_each_pair_of_numbers_of_a_difference_counts_by_itself_and_benign_ones_together() -> None:
    tallies = Tallies()
    for ours in (5, 6, 5):
        tallies.add(compared(ours / 10, Verdict.REPLICAS, ours=ours, theirs=9))
        tallies.add(compared(ours / 10, Verdict.PHASE, ours=ours, theirs=9))
    other = replace(compared(1, Verdict.AGREED), key=PolicyKey(namespace="shop", name="api"))
    tallies.add(other)

    closed = tallies.close(KEY)

    assert [(one.verdict, one.passes, one.distance) for one in closed] == [
        (Verdict.REPLICAS, 2, 4),
        (Verdict.PHASE, 3, 4),
        (Verdict.REPLICAS, 1, 3),
    ]
    assert [tally.key.name for tally in tallies.close_all()] == ["api"]
