"""How a rolling update moves replicas from old replica sets to a new one."""

from __future__ import annotations

import pytest

from autoscaler.simulator.rollout import Limits, Set, limits, recreate, roll, share_out


def replicas(name: str, wanted: int, existing: int | None = None, available: int | None = None) -> Set:
    """Make a replica set whose pods all exist and serve unless said otherwise."""
    existing = wanted if existing is None else existing
    return Set(name=name, replicas=wanted, existing=existing, available=existing if available is None else available)


@pytest.mark.parametrize(
    ("surge", "unavailable", "wanted", "expected"),
    [
        pytest.param("25%", "25%", 10, (3, 2), id="surge-rounds-up-unavailable-down"),
        pytest.param("25%", "25%", 1, (1, 0), id="one-replica-never-goes-missing"),
        pytest.param(0, "10%", 5, (0, 1), id="both-zero-would-never-move"),
        pytest.param(2, 1, 5, (2, 1), id="plain-numbers"),
        pytest.param("0%", 3, 2, (0, 2), id="no-more-unavailable-than-there-are"),
    ],
)
def test_limits(surge: int | str, unavailable: int | str, wanted: int, expected: tuple[int, int]) -> None:
    resolved = limits(surge, unavailable, wanted)

    assert (resolved.surge, resolved.unavailable) == expected


BOUNDS = Limits(surge=1, unavailable=1)


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        pytest.param(replicas("new", 0), [replicas("old", 4)], {"new": 1}, id="the-new-set-takes-the-surge"),
        pytest.param(
            replicas("new", 1, 1, 0), [replicas("old", 4)], {"old": 3}, id="one-old-pod-may-be-missing-meanwhile"
        ),
        pytest.param(replicas("new", 2, 2, 1), [replicas("old", 3)], {"old": 2}, id="old-go-as-new-become-available"),
        pytest.param(
            replicas("new", 2, 2, 0), [replicas("old", 3, 3, 2)], {}, id="nothing-moves-while-too-few-are-available"
        ),
        pytest.param(replicas("new", 4), [replicas("old", 1)], {"old": 0}, id="the-last-old-pod-goes"),
        pytest.param(replicas("new", 4), [], {}, id="done"),
        pytest.param(replicas("new", 6), [], {"new": 4}, id="a-set-too-large-shrinks"),
    ],
)
def test_roll(new: Set, old: list[Set], expected: dict[str, int]) -> None:
    assert roll(4, BOUNDS, new, old) == expected


def test_pods_that_do_not_serve_go_first() -> None:
    sick, well = replicas("sick", 2, 2, 0), replicas("well", 3)

    assert roll(4, BOUNDS, replicas("new", 0), [sick, well]) == {"sick": 0}


def test_recreate_waits_until_the_last_old_pod_is_gone() -> None:
    new = replicas("new", 0)

    assert recreate(3, new, [replicas("old", 3)]) == {"old": 0}
    assert recreate(3, new, [replicas("old", 0, existing=1)]) == {}
    assert recreate(3, new, [replicas("old", 0)]) == {"new": 3}
    assert recreate(3, replicas("new", 3), [replicas("old", 0)]) == {}


def test_scaling_in_the_middle_of_a_rollout_keeps_the_shares() -> None:
    assert share_out(20, 0, [replicas("new", 5), replicas("old", 5)]) == {"new": 10, "old": 10}
    assert share_out(7, 1, [replicas("old", 3), replicas("new", 1)]) == {"old": 6, "new": 2}
    assert share_out(0, 1, [replicas("old", 3), replicas("new", 1)]) == {"old": 0, "new": 0}


def test_scaling_a_settled_deployment_sets_its_only_set() -> None:
    assert share_out(9, 0, [replicas("web", 2)]) == {"web": 9}
    assert share_out(2, 0, [replicas("web", 2)]) == {}
