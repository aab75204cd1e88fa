"""Jobs and courses of pods drawn at random, played by the workers and by a queue written down plainly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autoscaler.simulator.workqueue import layout as k
from autoscaler.simulator.workqueue.engine import Engine
from autoscaler.simulator.workqueue.state import Rules
from tests.simulator.workqueue.plain_queue import Job, PlainQueue

FATES = {"done": k.Fate.DONE, "failed": k.Fate.FAILED, "lost": k.Fate.STALLED}
PAUSES: Mapping[str, Any] = {"attempts": 3, "pause": 1.5, "is_exponential": True, "lock": 4.0, "max_stalled": 1}
AT_ONCE: Mapping[str, Any] = {"attempts": 2, "lock": 0.0, "max_stalled": 0}
_JOBS, _RATE, _SPAN, _END = 1_500, 8.0, 200.0, 260.0
_PRIORITIES = (0, 1, 7)


class Table:
    """A source that gives one table, once."""

    def __init__(self, table: Any) -> None:
        self._tables = [table]

    def know(self, seconds: int) -> None:
        """Know everything already."""

    def more(self) -> Any:
        """Give the table, then nothing."""
        return self._tables.pop() if self._tables else np.zeros((k.SOURCE, 0))


def differences(seed: int, rules: Mapping[str, Any], *, grid: bool) -> tuple[int, int]:
    """Play one course, and give how many jobs it closed and how many of these fared otherwise than written down.

    Raises:
        AssertionError: the two disagree over how many jobs wait or are at work at some instant.
    """
    rng = np.random.default_rng(seed)
    engine, plain = _both(_jobs(rng, grid=grid), rules)
    for at, what, pod in _course(rng):
        getattr(engine, what)(pod, at)
        getattr(plain, what)(pod, at)
        assert (engine.waiting, engine.active) == plain.counts()[:2]
    engine.advance(_END)
    plain.advance(_END)
    closed = [job for job in plain.jobs if job.fate in FATES]
    assert int((~np.isnan(engine.state.record[:, 0])).sum()) == len(closed)
    wrong = sum(tuple(engine.state.record[job.number]) != _story(job) for job in closed)
    return len(closed), wrong


def _story(job: Job) -> tuple[float, ...]:
    return (job.added + job.delay, job.started, job.ended, job.pod, FATES[job.fate], job.attempts)


def _jobs(rng: np.random.Generator, *, grid: bool) -> tuple[Any, ...]:
    """Draw jobs; on a ``grid`` many instants are equal."""
    added = np.cumsum(rng.exponential(1 / _RATE, _JOBS))
    work = rng.exponential(0.8, _JOBS)
    if grid:
        added, work = np.floor(added * 2) / 2, np.ceil(work * 2) / 2
    delays = np.where(rng.random(_JOBS) < 0.2, 3.0, 0.0)
    return added, work, rng.choice(_PRIORITIES, _JOBS, p=[0.3, 0.5, 0.2]), delays, rng.geometric(0.7, _JOBS) - 1


def _both(columns: tuple[Any, ...], rules: Mapping[str, Any]) -> tuple[Engine, PlainQueue]:
    """Give the workers and the plain queue with the same jobs, three to a pod."""
    added, work, priority, delays, failures = columns
    lines = 1 + np.searchsorted(_PRIORITIES, priority)
    table = np.array([added, work, lines, delays, failures], dtype=np.float64)
    settings = Rules(concurrency=3, lines=len(_PRIORITIES), **rules)
    engine = Engine(settings, Table(table), record=len(added))  # type: ignore[arg-type]  # all of a source that is used
    rows = enumerate(zip(added, work, priority, delays, failures, strict=True))
    jobs = [Job(number, float(a), float(w), int(p), float(d), int(f)) for number, (a, w, p, d, f) in rows]
    return engine, PlainQueue(jobs, 3, **rules)


def _course(rng: np.random.Generator) -> Iterator[tuple[float, str, int]]:
    """Draw what happens to pods: one at first, then joins, drains and kills at random."""
    alive: list[int] = []
    next_pod = 0
    for at in [0.0, *np.round(np.sort(rng.uniform(0, _SPAN, 40)), 1).tolist()]:
        what = str(rng.choice(["join", "leave", "kill"], p=[0.5, 0.25, 0.25])) if alive else "join"
        if what == "join":
            alive.append(next_pod)
            next_pod += 1
            yield at, "join", alive[-1]
        else:
            yield at, what, alive.pop(int(rng.integers(len(alive))))
