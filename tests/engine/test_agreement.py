"""Days of comparisons summed up."""

from __future__ import annotations

from autoscaler.engine.agreement import MEANINGS, agreement_by_policy, differences, recent
from autoscaler.model.comparison import Said, Tally, Verdict
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import HOUR


def tally(
    name: str, verdict: Verdict, passes: int, *, hour: int = 0, ours: int = 4, theirs: int = 4, why: str = ""
) -> Tally:
    silent = verdict in (Verdict.AGREED, Verdict.SILENT)
    return Tally(
        key=PolicyKey(namespace="shop", name=name),
        verdict=verdict,
        first=hour * HOUR,
        last=hour * HOUR + 5,
        passes=passes,
        ours=None if silent else Said(current=4, desired=ours, why=why),
        theirs=None if silent else Said(current=4, desired=theirs),
    )


def test_the_share_counts_every_pass_for_which_both_said_something() -> None:
    [one] = agreement_by_policy(
        [
            tally("web", Verdict.AGREED, 6, hour=2),
            tally("web", Verdict.PHASE, 1, hour=1),
            tally("web", Verdict.REPLICAS, 1, hour=3),
            tally("web", Verdict.SILENT, 99, hour=4),
        ]
    )

    assert (one.compared, one.share, one.unexplained) == (8, 0.75, 1)
    assert (one.first, one.last) == (HOUR, 4 * HOUR + 5)


def test_where_nothing_was_compared_there_is_no_share() -> None:
    [one] = agreement_by_policy([tally("web", Verdict.SILENT, 9)])

    assert (one.compared, one.share) == (0, None)


def test_policies_that_need_a_look_come_first_then_those_that_agree_least() -> None:
    ordered = agreement_by_policy(
        [
            tally("calm", Verdict.AGREED, 100),
            tally("wave", Verdict.AGREED, 90),
            tally("wave", Verdict.PHASE, 10),
            tally("odd", Verdict.AGREED, 99),
            tally("odd", Verdict.CONDITIONS, 1),
            tally("dark", Verdict.SILENT, 9),
        ]
    )

    assert [one.key.name for one in ordered] == ["odd", "wave", "calm", "dark"]


def test_differences_come_biggest_first_in_replicas_times_passes_and_benign_ones_last() -> None:
    found = differences(
        [
            tally("web", Verdict.AGREED, 1000),
            tally("web", Verdict.SILENT, 1000),
            tally("web", Verdict.PHASE, 500, ours=9),
            tally("web", Verdict.CONDITIONS, 3),
            tally("web", Verdict.REPLICAS, 3, ours=5),
            tally("web", Verdict.REPLICAS, 2, ours=9),
        ]
    )

    assert [(one.verdict, one.passes) for one in found] == [
        (Verdict.REPLICAS, 2),
        (Verdict.REPLICAS, 3),
        (Verdict.CONDITIONS, 3),
        (Verdict.PHASE, 500),
    ]


def test_a_difference_that_comes_back_is_one_and_benign_ones_of_a_kind_are_too() -> None:
    found = differences(
        [
            tally("web", Verdict.REPLICAS, 3, hour=1, ours=5),
            tally("web", Verdict.REPLICAS, 4, hour=9, ours=5),
            tally("api", Verdict.REPLICAS, 1, hour=1, ours=5),
            tally("web", Verdict.PHASE, 1, hour=1, ours=5, why="small"),
            tally("web", Verdict.PHASE, 2, hour=2, ours=9, why="large"),
        ]
    )

    assert [(one.key.name, one.passes, one.first // HOUR, one.last // HOUR) for one in found] == [
        ("web", 7, 1, 9),
        ("api", 1, 1, 1),
        ("web", 3, 1, 2),
    ]
    assert found[2].ours is not None
    assert found[2].ours.why == "large"


def test_recent_keeps_the_end_of_the_log() -> None:
    tallies = [tally("web", Verdict.AGREED, 1, hour=hour) for hour in (0, 10, 20)]

    assert recent(tallies, 11 * HOUR) == tallies[1:]
    assert recent([], HOUR) == []


def test_every_kind_but_agreement_is_explained_to_people() -> None:
    assert set(MEANINGS) == set(Verdict) - {Verdict.AGREED}
