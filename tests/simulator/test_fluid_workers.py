"""Plain queue workers as a fluid: one queue without a limit, from which pods take jobs."""

from __future__ import annotations

import pytest

from autoscaler.config.scenario import Workers
from autoscaler.model.time import SECOND
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.service import FluidService
from autoscaler.simulator.traffic import constant

#: 10 jobs of 100 ms at once: one pod does 100 jobs/s
SPEC = Workers.model_validate({"job_time": "100ms", "concurrency": 10}).as_service()


def workers(rps, pods=()):
    made = FluidService(SPEC, Ledger(constant(rps)), 0)
    for pod in pods:
        made.join(pod, 0)
    return made


def test_without_a_pod_jobs_wait():
    fluid = workers(50)
    fluid.catch_up(4 * SECOND)
    counters = fluid.counters([])
    assert (counters.arrived, counters.waiting, counters.active, counters.delayed) == (200, 200, 0, 0)
    assert counters.oldest == 4
    assert fluid.ledger.rejected[:4].sum() == 0


def test_the_queue_is_worked_off_by_the_first_pod():
    fluid = workers(50)
    fluid.join(0, 4 * SECOND)
    fluid.catch_up(6 * SECOND)
    counters = fluid.counters([0])
    assert fluid.ledger.served[4:6].tolist() == [100, 100]
    assert (counters.waiting, counters.active, counters.oldest) == (100, 10, 2)


def test_jobs_of_a_killed_pod_wait_again_at_the_head_of_the_line():
    fluid = workers(200, pods=(0, 1))
    fluid.catch_up(5 * SECOND)
    fluid.kill(1, 5 * SECOND)
    assert (fluid.ledger.served[4], fluid.ledger.lost[4], fluid.ledger.waiting[4]) == (190, 0, 10)
    fluid.catch_up(6 * SECOND)
    assert (fluid.ledger.served[5], fluid.waiting) == (100, pytest.approx(110))
