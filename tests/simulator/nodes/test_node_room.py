"""Packing: which bin a pod goes into, and what is left."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from autoscaler.config.scenario import NodePool, Pods
from autoscaler.simulator.nodes.room import Room, allocatable, best_fit, in_use, need_of


@dataclass(frozen=True)
class Box:
    name: str
    total: Room
    free: Room


def box(name, total, free=None):
    return Box(name, Room(*total), Room(*(free or total)))


@pytest.mark.parametrize(
    ("boxes", "need", "expected"),
    [
        pytest.param([box("large", (8000, 8000, 9)), box("small", (2000, 2000, 9))], (1000, 1000, 1), "small",
                     id="the-node-with-less-left-over"),
        pytest.param([box("empty", (4000, 4000, 9)), box("used", (4000, 4000, 9), (1500, 1500, 5))], (1000, 1000, 1), "used",
                     id="the-fuller-one-of-like-nodes"),
        pytest.param([box("first", (4000, 4000, 9)), box("second", (4000, 4000, 9))], (1000, 1000, 1), "first",
                     id="of-equals-the-first"),
        pytest.param([box("no-memory", (4000, 4000, 9), (1000, 999, 9)), box("fits", (8000, 8000, 9))], (1000, 1000, 1), "fits",
                     id="memory-counts"),
        pytest.param([box("no-slot", (4000, 4000, 9), (4000, 4000, 0)), box("fits", (8000, 8000, 9))], (1000, 1000, 1), "fits",
                     id="slots-for-pods-count"),
        pytest.param([box("cpu-bound", (4000, 8000, 9), (1000, 6000, 9)), box("even", (8000, 8000, 9), (3000, 3000, 9))],
                     (1000, 1000, 1), "even", id="memory-left-beside-no-cpu-is-waste"),
        pytest.param([box("tiny", (500, 500, 9))], (1000, 1000, 1), None, id="none-holds-it"),
    ],
)  # fmt: skip
def test_best_fit(boxes, need, expected):
    found = best_fit(boxes, Room(*need))
    assert (found.name if found else None) == expected


def test_room_is_counted_in_whole_units():
    assert need_of(Pods(cpu_request="100m", memory_request="128Mi")) == (100, 134_217_728, 1)
    pool = NodePool(
        name="n", shape={"cpu": 2, "memory": "8Gi", "pods": 20}, reserved={"cpu": "70m", "memory": "1Gi", "pods": 3}
    )
    assert allocatable(pool) == (1930, 7 * 2**30, 17)
    assert allocatable(pool).times(Room(100, 2**29, 1)) == 14
    assert allocatable(pool).times(Room(100, 2**28, 1)) == 17


def test_use_is_that_of_the_scarcer_resource():
    assert in_use(box("n", (4000, 4000, 9), (3000, 1000, 8))) == pytest.approx(0.75)
