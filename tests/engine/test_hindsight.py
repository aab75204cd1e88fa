"""What we asked for beside what there was: shares of time, averages, moves, and the stretches that differ."""

from __future__ import annotations

import pytest

from autoscaler.engine.hindsight import Difference, Looked, hindsight
from autoscaler.model.time import MINUTE, SECOND


def looked(at: int, current: int | None, desired: int, reason: str = "Unchanged") -> Looked:
    """A pass ``at`` seconds after the beginning."""
    return Looked(policy="shop/web", at=at * SECOND, current=current, desired=desired, reason=reason, why=f"at {at}")


def test_shares_and_averages_are_of_time() -> None:
    (found,) = hindsight([looked(0, 4, 4), looked(60, 4, 6), looked(120, 6, 6), looked(180, 6, 3)])

    assert (found.passes, found.seen) == (4, 4 * MINUTE)
    assert (found.same, found.more, found.less, found.blind) == (0.5, 0.25, 0.25, 0)
    assert (found.average, found.wished) == (5, 4.75)
    assert (found.moves, found.wanted, found.turns) == (1, 2, 1)


def test_a_wish_that_goes_on_is_one_move() -> None:
    (found,) = hindsight([looked(0, 4, 6), looked(60, 4, 6), looked(120, 4, 7), looked(180, 4, 4)])
    assert (found.moves, found.wanted, found.turns) == (0, 2, 0)


def test_a_stretch_ends_where_the_side_changes_and_is_told_at_its_widest() -> None:
    (found,) = hindsight([looked(0, 4, 5), looked(60, 4, 8), looked(120, 4, 3), looked(180, 4, 4), looked(240, 4, 5)])

    assert found.differences == (
        Difference(policy="shop/web", since=0, until=120 * SECOND, passes=2, current=4, desired=8, why="at 60"),
        Difference(
            policy="shop/web", since=120 * SECOND, until=180 * SECOND, passes=1, current=4, desired=3, why="at 120"
        ),
        Difference(
            policy="shop/web", since=240 * SECOND, until=300 * SECOND, passes=1, current=4, desired=5, why="at 240"
        ),
    )


def test_a_gap_counts_as_two_periods_at_most() -> None:
    (found,) = hindsight([looked(0, 4, 4), looked(60, 4, 5), looked(3660, 4, 4), looked(3720, 4, 4)])
    assert found.seen == 5 * MINUTE
    assert found.more == pytest.approx(2 / 5)
    assert found.differences[0].until == 180 * SECOND


def test_time_without_a_metric_or_a_scale_is_blind() -> None:
    (found,) = hindsight(
        [looked(0, 4, 4, "MetricMissing"), looked(60, None, 0, "TargetMissing"), looked(120, 4, 4), looked(180, 4, 4)]
    )
    assert found.blind == 0.5
    assert (found.same, found.average) == (1, 4)


def test_one_pass_and_no_pass() -> None:
    assert hindsight([]) == ()
    (found,) = hindsight([looked(0, 4, 6)])
    assert (found.seen, found.same, found.passes) == (0, 0.0, 1)


def test_policies_stand_by_name() -> None:
    other = Looked(policy="bank/api", at=0, current=1, desired=1, reason="Unchanged", why="")
    assert [one.policy for one in hindsight([looked(0, 4, 4), other])] == ["bank/api", "shop/web"]
