"""The workers against a queue written down plainly: every start, end, pod and fate is equal, whatever happens to pods."""

from __future__ import annotations

import numpy as np
import pytest

from autoscaler.simulator.requests.layout import Balancer
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Given
from autoscaler.simulator.workqueue.engine import Engine
from autoscaler.simulator.workqueue.source import Marks, Source
from autoscaler.simulator.workqueue.state import Rules
from tests.simulator.workqueue.courses import AT_ONCE, PAUSES, differences


@pytest.mark.parametrize("grid", [False, True], ids=["any-instants", "equal-instants"])
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rules", [PAUSES, AT_ONCE], ids=["pauses", "at-once"])
def test_every_job_fares_the_same(seed, grid, rules):
    closed, wrong = differences(seed, rules, grid=grid)
    assert closed > 300
    assert wrong == 0


def test_given_jobs_are_served_in_order_without_priorities():
    given = Given(arrivals=np.array([0.0, 0.0, 1.0]), services=np.array([2.0, 1.0, 1.0]))
    source = Source(given, Physics(balancer=Balancer.SHARED, slots=1, queue_limit=0), Marks())
    engine = Engine(Rules(concurrency=1), source, record=3)
    engine.join(5, 0.0)
    engine.advance(10.0)
    assert engine.state.record[:, :4].tolist() == [[0, 0, 2, 5], [0, 2, 3, 5], [1, 3, 4, 5]]
