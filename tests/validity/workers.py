"""Queue workers against a queue written down plainly, and against Cobham's formula for waits by priority.

Source: A. Cobham, Priority assignment in waiting line problems, Operations Research 2 (1954): jobs are not interrupted,
classes are served in order, equals as they come.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.requests.layout import Balancer, Distribution
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Drawn
from autoscaler.simulator.workqueue import layout as k
from autoscaler.simulator.workqueue.engine import Engine
from autoscaler.simulator.workqueue.source import Marks, Source
from autoscaler.simulator.workqueue.state import Rules
from tests.simulator.workqueue.courses import AT_ONCE, PAUSES, differences
from tests.validity import theory
from tests.validity.check import Check, Finding, Kind, exactly, milliseconds, near

Floats = NDArray[np.float64]

SHARES: Final = (0.2, 0.3, 0.5)  #: of the jobs, by class, the first to be served first
_MEAN: Final = 0.1  #: of the time of a job [s]
_RUNS: Final = 24
_QUICK_RUNS: Final = 8
_JOBS: Final = 1_000_000
_QUICK_JOBS: Final = 200_000
_COURSES: Final = 60
_QUICK_COURSES: Final = 4


@dataclass(frozen=True, slots=True)
class Line:
    """Workers that take jobs of three classes; ``variance``: of a job's time, over the square of its mean."""

    servers: int
    use: float
    distribution: Distribution
    variance: float = 1.0

    def wait(self, which: int) -> float:
        """Give the mean wait of a class [s]: W0 / ((1 - s(k-1)) (1 - s(k))), s(k) the use by the classes up to k.

        W0, the wait for the first server to be free, is exact for one server, and for several with exponential times.
        """
        busy = theory.erlang_c(self.servers, self.servers * self.use)
        first = busy * _MEAN / self.servers * (1.0 + self.variance) / 2.0
        before, upto = (self.use * sum(SHARES[:n]) for n in (which, which + 1))
        return first / ((1.0 - before) * (1.0 - upto))


@lru_cache(maxsize=128)
def observe(line: Line, jobs: int, seed: int) -> tuple[float, ...]:
    """Give the mean wait of each class [s] in one run; the first tenth is left out."""
    rate = line.servers * line.use / _MEAN
    marks = Marks(lines=tuple((share, n) for n, share in enumerate(SHARES, start=1)), seed=(seed, 1))
    physics = Physics(balancer=Balancer.SHARED, slots=1, queue_limit=0, mean=_MEAN, distribution=line.distribution)
    source = Source(Drawn(rates=lambda first, last: np.full(last - first, rate), seed=(seed, 0)), physics, marks)
    engine = Engine(Rules(concurrency=1, lines=len(SHARES)), source)
    for pod in range(line.servers):
        engine.join(pod, 0.0)
    engine.advance(jobs / rate / 10)
    engine.state.waits[:] = 0.0
    engine.advance(jobs / rate)
    waits: Floats = engine.state.waits[1:, k.W_SUM] / engine.state.waits[1:, k.W_JOBS]
    return tuple(waits.tolist())


def _row(name: str, what: str, line: Line, which: int, within: float) -> Check:
    def judge(quick: bool) -> Finding:
        runs, jobs = (_QUICK_RUNS, _QUICK_JOBS) if quick else (_RUNS, _JOBS)
        waits = [observe(line, jobs, seed)[which] for seed in range(runs)]
        return near(line.wait(which), waits, within, milliseconds)

    return Check(name, Kind.CLOSED_FORM, what, f"{within * 100:g} %", judge)


def _plainly(quick: bool) -> Finding:
    """Judge courses of pods that come, drain and are killed, some of them on a grid of equal instants."""
    courses = range(_QUICK_COURSES if quick else _COURSES)
    found = [differences(seed, rules, grid=seed % 2 == 1) for seed in courses for rules in (PAUSES, AT_ONCE)]
    jobs = sum(jobs for jobs, _ in found)
    return exactly(jobs - sum(wrong for _, wrong in found), jobs, "jobs")


ONE: Final = Line(1, 0.8, Distribution.EXPONENTIAL)
TEN: Final = Line(10, 0.9, Distribution.EXPONENTIAL)
SAME: Final = Line(1, 0.8, Distribution.CONSTANT, variance=0.0)

PLAINLY: Final = Check(
    "workers-written-down-plainly",
    Kind.IDENTITY,
    "queue workers (priorities, delays, retries, stalled jobs) against a queue written down plainly, pods coming, draining "
    "and being killed: start, end, pod, attempts and fate of every job",
    "equal",
    _plainly,
)
CHECKS: Final = (
    _row("cobham-one-first", "one worker, use 0.8, three priorities: mean wait of the first", ONE, 0, 0.01),
    _row("cobham-one-last", "the same: mean wait of the last", ONE, 2, 0.03),
    _row("cobham-ten-first", "ten workers, use 0.9: mean wait of the first", TEN, 0, 0.02),
    _row("cobham-ten-last", "the same: mean wait of the last", TEN, 2, 0.05),
    _row("cobham-constant", "one worker, jobs of equal length, use 0.8: mean wait of the last", SAME, 2, 0.03),
)
