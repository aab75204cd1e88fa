"""A decision that would break a promise is told apart; no real one ever is (see the properties)."""

from __future__ import annotations

import pytest

from autoscaler.engine.promises import broken_promise
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig
from autoscaler.model.decision import Decision, PolicyStatus, Proposal, Reason
from tests.engine.worlds import KEY, policy

BLIND = (Proposal(name="cpu", replicas=None, error="down"), Proposal(name="q", replicas=2))


def change(current: int | None, desired: int, proposals: tuple[Proposal, ...] = ()) -> Decision:
    return Decision(
        key=KEY,
        at=0,
        current=current,
        desired=desired,
        rescale=True,
        reason=Reason.SCALED_UP,
        proposals=proposals,
        status=PolicyStatus(),
    )


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (change(3, 5), ""),
        (change(3, 11), "11 is outside the bounds 2 to 10"),
        (change(3, 1), "1 is outside the bounds 2 to 10"),
        (change(None, 5), "nothing is written to a target that could not be read"),
        (change(5, 4, BLIND), "shrinking to 4 although cpu could not be read"),
        (change(5, 6, BLIND), ""),
    ],
)
def test_promises(decision: Decision, expected: str) -> None:
    assert broken_promise(policy(low=2, high=10), decision, DEFAULT_CONFIG) == expected


def test_bounds_that_contradict_each_other_or_are_paced_promise_nothing() -> None:
    assert broken_promise(policy(low=9, high=3), change(20, 3), DEFAULT_CONFIG) == ""
    assert broken_promise(policy(low=2, high=10), change(50, 25), ControllerConfig(paced_bounds=True)) == ""
