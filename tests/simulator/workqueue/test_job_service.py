"""Workers as the world sees them: pods by ordinal, nanoseconds, counters, an account book, latencies."""

from __future__ import annotations

import numpy as np
import pytest

from autoscaler.config.scenario import Fidelity, Pods, Scenario
from autoscaler.model.errors import InvalidScenarioError
from autoscaler.model.time import SECOND
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.requests.source import Given
from autoscaler.simulator.traffic import constant
from autoscaler.simulator.workqueue.service import JobService
from autoscaler.simulator.world import World
from tests.engine.worlds import external_average

START = 1_000 * SECOND


def scenario(**workers):
    sections = {
        "name": "jobs",
        "duration": "1h",
        "fidelity": "request",
        "traffic": {"constant": {"rps": 10}},
        "workers": {"job_time": "1s", "concurrency": 2, **workers},
        "slo": {"latency": "2s"},
        "pods": {"initial_replicas": 1, "startup": "20s", "readiness": "5s", "jitter": 0},
        "metrics": {
            "external": {
                "waiting": "queue_depth",
                "active": "jobs_active",
                "delayed": "jobs_delayed",
                "unfinished": "jobs_unfinished",
                "age": "oldest_job_age",
            }
        },
    }
    return Scenario.model_validate(sections)


def service(arrivals, services, **workers):
    given = Given(arrivals=np.array(arrivals, float), services=np.array(services, float))
    made = scenario(**workers)
    assert made.workers is not None
    return JobService(made, made.workers, given, Ledger(constant(0.0), 60), START, 0)


def at(second):
    return START + round(second * SECOND)


def test_four_jobs_and_a_pod_that_takes_two_at_once():
    jobs = service([0, 0, 0, 0], [4, 3, 2, 1], job_time="2500ms")
    jobs.join(0, at(1))
    jobs.catch_up(at(6.5))
    counters = jobs.counters([0, 5])
    # 0: 1 to 5, 1: 1 to 4, 2: 4 to 6, 3: 5 to 6; mean time 2.5 s
    assert counters.served.tolist() == [4, 0]
    assert counters.work.tolist() == [4, 0]
    assert jobs.ledger.served[:6].tolist() == [0, 0, 0, 0, 1, 1]
    assert jobs.ledger.waiting[:6].tolist() == [4, 2, 2, 2, 1, 0]
    assert jobs.ledger.slots[:6].tolist() == [0, 2, 2, 2, 2, 2]
    assert jobs.latencies().percentiles()[0] == pytest.approx(5.5, abs=0.6)
    assert jobs.latencies().late.tolist() == [4, 0, 0, 0, 0, 0]


def test_counters_in_the_middle_of_a_job():
    jobs = service([0, 0, 0], [10, 10, 10], job_time="10s")
    jobs.join(0, at(0))
    jobs.catch_up(at(4))
    counters = jobs.counters([0])
    assert (counters.busy.tolist(), counters.queued.tolist()) == ([2], [0])
    assert counters.work.tolist() == pytest.approx([0.8])
    assert (counters.arrived, counters.waiting, counters.active, counters.oldest) == (3, 1, 2, 4)
    assert jobs.capacity == pytest.approx(2 / 10)


def test_a_pod_that_leaves_finishes_what_it_has_and_takes_no_more():
    jobs = service([0, 0, 0], [3, 5.25, 1])
    jobs.join(0, at(0))
    assert jobs.leave(0, at(1)) == 4.25 * SECOND + 1
    jobs.catch_up(at(20))
    assert (jobs.counters([0]).served[0], jobs.waiting, jobs.capacity) == (2, 1, 0)


def test_jobs_of_a_killed_pod_come_back_after_the_lock_at_the_head_of_the_queue():
    jobs = service([0, 0, 1], [5, 5, 5], lock="3s")
    jobs.join(0, at(0))
    jobs.kill(0, at(2))
    jobs.catch_up(at(4))
    counters = jobs.counters([])
    assert (counters.waiting, counters.active) == (1, 2)  # nobody has missed them yet
    jobs.join(1, at(6))
    jobs.catch_up(at(10.5))
    assert (jobs.counters([1]).busy[0], jobs.waiting) == (2, 1)
    jobs.catch_up(at(11.5))
    assert jobs.counters([1]).served[0] == 2
    assert jobs.latencies().late[:2].tolist() == [2, 1]


def test_a_job_that_loses_its_pod_too_often_fails_for_good():
    jobs = service([0], [5], lock="1s", max_stalled=0)
    jobs.join(0, at(0))
    jobs.kill(0, at(2))
    jobs.catch_up(at(4))
    assert jobs.ledger.lost[:4].tolist() == [0, 0, 0, 1]


def test_a_fault_slows_down_what_starts_from_then_on():
    jobs = service([0, 3], [2, 2], concurrency=1)
    jobs.join(0, at(0))
    jobs.slow_down(3.0, at(1))
    jobs.catch_up(at(12))
    assert jobs.ledger.served[:12].tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0]
    assert jobs.ledger.slots[:3].tolist() == pytest.approx([1, 1 / 3, 1 / 3])


def test_a_young_pod_is_slow_at_first():
    made = scenario(concurrency=1)
    warmup = {"warmup": {"for": "10s", "slowness": 3}}
    young = made.model_copy(update={"pods": Pods.model_validate(warmup)})
    given = Given(arrivals=np.array([0.0, 6.0]), services=np.array([2.0, 2.0]))
    jobs = JobService(young, young.workers, given, Ledger(constant(0.0), 60), START, 0)
    jobs.join(0, at(0))
    jobs.catch_up(at(20))
    # the first takes three times as long; the second starts when the factor has fallen to 1.8
    assert np.flatnonzero(jobs.ledger.served[:20]).tolist() == [6, 9]
    assert jobs.ledger.slots[:2].tolist() == pytest.approx([0.3455, 0.3715], abs=1e-3)
    assert jobs.ledger.slots[12] == 1


def test_jobs_that_are_late_and_not_done_show():
    jobs = service([0, 1, 7], [1, 1, 1])
    jobs.catch_up(at(8))
    assert jobs.latencies().late.tolist() == [1, 1, 0, 0, 0, 0, 0, 0]
    assert jobs.latencies().late_served == 2
    assert jobs.latencies().percentiles() == pytest.approx([7, 8, 8], rel=0.01)
    assert jobs.latencies().over(0, 8, 5)[0] == pytest.approx([7, np.nan], rel=0.05, nan_ok=True)


def test_a_queue_scaler_reads_what_is_there_at_the_scrape():
    world = World(START)
    made = scenario(job_time="2h", delayed={"share": 1.0, "for": "20s"})
    workload = world.add(made, constant(10.0))
    world.advance(at(47))  # the last scrape that is known was at 45
    values = {
        name: workload.readings((external_average(name, "1"),))[0].values[0] / 1000
        for name in ("waiting", "active", "delayed", "unfinished", "age")
    }
    added = workload._service.engine
    assert values["active"] == 2
    assert values["delayed"] == pytest.approx(200, abs=45)
    assert values["waiting"] == pytest.approx(248, abs=50)
    assert values["unfinished"] == values["waiting"] + values["active"]
    assert values["age"] == pytest.approx(25, abs=1)
    assert added.added == pytest.approx(470, abs=70)


def test_a_fluid_of_single_jobs_is_refused_also_where_the_command_line_asks_for_it():
    made = scenario(priorities=({"share": 0.5, "priority": 1},)).model_copy(update={"fidelity": Fidelity.FLUID})
    with pytest.raises(InvalidScenarioError, match=r"workers\.priorities: a fluid has no single jobs to tell apart"):
        World(START).add(made, constant(10.0))
