"""What must hold exactly: conservation, Little's law, independence of how time is cut, common random numbers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autoscaler.simulator.requests.layout import Balancer
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Drawn
from autoscaler.simulator.workqueue import layout as k
from autoscaler.simulator.workqueue.engine import Engine
from autoscaler.simulator.workqueue.source import Marks, Source
from autoscaler.simulator.workqueue.state import Rules

PHYSICS = Physics(balancer=Balancer.SHARED, slots=1, queue_limit=0, mean=0.5)
MARKS = Marks(lines=((0.2, 2), (0.5, 3)), delayed=0.3, delay=20.0, failure=0.1, attempts=3, seed=(7, 0))
RULES = Rules(concurrency=4, lines=3, attempts=3, pause=2.0, lock=10.0, objective=5.0)


def workers(rate, *, seed=7, marks=MARKS, rules=RULES, until=np.inf, record=0):
    def rates(first, last):
        return np.where(np.arange(first, last) < until, rate, 0.0)

    return Engine(rules, Source(Drawn(rates=rates, seed=(seed, 0)), PHYSICS, marks), record=record)


def digest(engine):
    columns = engine.state.columns[: int(engine.now)]
    return [column.tobytes() for column in (columns, engine.state.fine, engine.state.cells, engine.state.waits)]


def busy_day(engine, step):
    """Add, drain and kill pods over 300 s, looking every ``step`` seconds."""
    events = {0: ("join", 0), 40: ("join", 1), 90: ("join", 2), 120: ("kill", 0), 160: ("leave", 1), 161: ("kill", 1),
              200: ("kill", 2), 230: ("join", 3), 231: ("join", 4)}  # fmt: skip
    for at in range(301):
        if at in events:
            getattr(engine, events[at][0])(events[at][1], float(at))
        elif at % step == 0:
            engine.advance(float(at))
        yield engine


def test_no_job_is_lost_or_counted_twice():
    engine = workers(12.0)
    for now in busy_day(engine, 1):
        closed = now.state.columns[:, [k.SERVED, k.LOST]].sum()
        assert now.added == closed + now.waiting + now.active + now.stalled + now.delayed
    assert engine.state.columns[:, k.RETRIED].sum() > 100
    assert engine.state.columns[:, k.LOST].sum() > 0
    assert engine.added > 3000


def test_how_time_is_cut_does_not_matter():
    fine, coarse = workers(12.0), workers(12.0)
    for _ in busy_day(fine, 1):
        pass
    for _ in busy_day(coarse, 75):
        pass
    assert digest(fine) == digest(coarse)


def test_little_s_law_is_an_identity_of_a_run_that_ends_empty():
    engine = workers(12.0, until=200)
    for _ in busy_day(engine, 5):
        pass
    engine.advance(1000.0)
    assert engine.waiting + engine.active + engine.stalled + engine.delayed == 0
    assert engine.state.floats[k.AREA] == pytest.approx(engine.state.floats[k.SOJOURNS], rel=1e-12)


def test_job_k_is_the_same_whatever_is_done_with_it():
    few, many = workers(6.0, record=500), workers(6.0, record=500)
    few.join(0, 0.0)
    for pod in range(5):
        many.join(pod, 0.0)
    few.advance(2000.0)
    many.advance(2000.0)
    assert few.state.record[:, 0].tolist() == many.state.record[:, 0].tolist()
    calm = np.isin(few.state.record[:, 5], [1]) & np.isin(many.state.record[:, 5], [1])
    took = [engine.state.record[calm, 2] - engine.state.record[calm, 1] for engine in (few, many)]
    assert took[0] == pytest.approx(took[1], abs=1e-9)
    assert few.state.record[:, 5].tolist() == many.state.record[:, 5].tolist()


def test_other_fates_leave_arrivals_and_times_as_they_are():
    sure = workers(6.0, marks=Marks(seed=(7, 0)), rules=Rules(concurrency=4), record=100)
    risky = workers(6.0, record=100)
    for engine in (sure, risky):
        engine.advance(100.0)
    added = [np.sort(engine.state.jobs[:100, k.J_WORK]) for engine in (sure, risky)]
    assert added[0].tolist() == added[1].tolist()


def test_shares_are_kept():
    engine = workers(50.0)
    for pod in range(40):
        engine.join(pod, 0.0)
    engine.advance(2000.0)
    jobs = engine.state.waits[:, k.W_JOBS]
    assert (jobs / jobs.sum())[1:] == pytest.approx([0.3, 0.2, 0.5], abs=0.006)
    failed, done = engine.state.columns[:, [k.LOST, k.SERVED]].sum(axis=0)
    assert failed / (failed + done) == pytest.approx(0.1**3, rel=0.3)


@pytest.mark.parametrize("seed", [7, 8])
def test_the_seed_decides(seed):
    engine, other = workers(6.0), workers(6.0, seed=seed)
    for one in (engine, other):
        one.join(0, 0.0)
        one.advance(100.0)
    assert (digest(engine) == digest(other)) is (seed == 7)


def test_the_edges_of_the_world():
    nothing = workers(0.0)
    nothing.join(0, 0.0)
    nothing.advance(100.0)
    assert (nothing.added, nothing.active, nothing.oldest) == (0, 0, 0)

    nobody = workers(5.0, marks=Marks(seed=(7, 0)))
    nobody.advance(1000.0)
    assert nobody.waiting == nobody.added > 4000
    assert nobody.oldest == pytest.approx(1000.0, abs=1.0)
    assert nobody.kill(99, 1000.0) == 0

    for pod in range(300):
        nobody.join(pod, 1000.0)
    nobody.advance(1000.0)
    assert nobody.active == 1200
    for pod in range(300):
        nobody.kill(pod, 1000.0)
    assert (nobody.active, nobody.stalled) == (0, 1200)


def test_without_a_compiler_everything_is_the_same():
    code = """
import hashlib
from tests.simulator.workqueue.test_workqueue_identities import busy_day, digest, workers
engine = workers(3.0)
list(busy_day(engine, 5))
print(hashlib.sha256(b"".join(digest(engine))).hexdigest())
"""

    def ran(**environment):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.stdout

    assert ran() == ran(AUTOSCALER_COMPILE="0")
