"""The workers against a queue written down plainly: every start, end, pod and fate is equal, whatever happens to pods."""

from __future__ import annotations

import numpy as np
import pytest

from autoscaler.simulator.requests.kernel import Balancer
from autoscaler.simulator.requests.state import Given, Physics
from autoscaler.simulator.workqueue import kernel as k
from autoscaler.simulator.workqueue.engine import Engine
from autoscaler.simulator.workqueue.source import Marks, Source
from autoscaler.simulator.workqueue.state import Rules
from tests.simulator.workqueue.plain_queue import Job, PlainQueue

FATES = {"done": k.Fate.DONE, "failed": k.Fate.FAILED, "lost": k.Fate.STALLED}
RULES = {"attempts": 3, "pause": 1.5, "is_exponential": True, "lock": 4.0, "max_stalled": 1}


class Table:
    """A source that gives one table, once."""

    def __init__(self, table):
        self._tables = [table]

    def know(self, seconds):
        """Know everything already."""

    def more(self):
        """Give the table, then nothing."""
        return self._tables.pop() if self._tables else np.zeros((k.SOURCE, 0))


def jobs_of(rng, count, rate, *, grid):
    """Draw jobs; on a ``grid`` many instants are equal."""
    added = np.cumsum(rng.exponential(1 / rate, count))
    work = rng.exponential(0.8, count)
    if grid:
        added, work = np.floor(added * 2) / 2, np.ceil(work * 2) / 2
    delays = np.where(rng.random(count) < 0.2, 3.0, 0.0)
    return added, work, rng.choice([0, 1, 7], count, p=[0.3, 0.5, 0.2]), delays, rng.geometric(0.7, count) - 1


def both(columns, concurrency, rules):
    """Build the engine and the plain queue with the same jobs."""
    added, work, priority, delays, failures = columns
    lines = 1 + np.searchsorted([0, 1, 7], priority)
    table = np.array([added, work, lines, delays, failures], dtype=np.float64)
    engine = Engine(Rules(concurrency=concurrency, lines=3, **rules), Table(table), record=len(added))
    rows = zip(added, work, priority, delays, failures, strict=True)
    jobs = [Job(number, float(a), float(w), int(p), float(d), int(f)) for number, (a, w, p, d, f) in enumerate(rows)]
    return engine, PlainQueue(jobs, concurrency, **rules)


def control(rng, span):
    """Draw what happens to pods: one or two at first, then joins, drains and kills at random."""
    times, alive, next_pod = np.sort(rng.uniform(0, span, 40)), [], 0
    for at in [0.0, *np.round(times, 1).tolist()]:
        what = rng.choice(["join", "leave", "kill"], p=[0.5, 0.25, 0.25]) if alive else "join"
        if what == "join":
            alive.append(next_pod)
            next_pod += 1
            yield at, "join", alive[-1]
        else:
            yield at, what, alive.pop(int(rng.integers(len(alive))))


@pytest.mark.parametrize("grid", [False, True], ids=["any-instants", "equal-instants"])
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rules", [RULES, {"attempts": 2, "lock": 0.0, "max_stalled": 0}], ids=["pauses", "at-once"])
def test_every_job_fares_the_same(seed, grid, rules):
    rng = np.random.default_rng(seed)
    engine, plain = both(jobs_of(rng, 1500, 8.0, grid=grid), 3, rules)
    for at, what, pod in control(rng, 200.0):
        getattr(engine, what)(pod, at)
        getattr(plain, what)(pod, at)
        assert (engine.waiting, engine.active) == plain.counts()[:2]
    engine.advance(260.0)
    plain.advance(260.0)

    closed = [job for job in plain.jobs if job.fate in FATES]
    expected = [
        (job.added + job.delay, job.started, job.ended, job.pod, FATES[job.fate], job.attempts) for job in closed
    ]
    assert len(closed) > 300
    assert [tuple(engine.state.record[job.number]) for job in closed] == expected
    assert int((~np.isnan(engine.state.record[:, 0])).sum()) == len(closed)


def test_given_jobs_are_served_in_order_without_priorities():

    given = Given(arrivals=np.array([0.0, 0.0, 1.0]), services=np.array([2.0, 1.0, 1.0]))
    source = Source(given, Physics(balancer=Balancer.SHARED, slots=1, queue_limit=0), Marks())
    engine = Engine(Rules(concurrency=1), source, record=3)
    engine.join(5, 0.0)
    engine.advance(10.0)
    assert engine.state.record[:, :4].tolist() == [[0, 0, 2, 5], [0, 2, 3, 5], [1, 3, 4, 5]]
