"""Queue workers as the simulated world sees them: pods by ordinal, time in nanoseconds, an account book by second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.scenario import Backoff, Scenario, Workers
from autoscaler.model.time import SECOND, Instant
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.one_by_one import OneByOne
from autoscaler.simulator.requests.given import requests_of
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.service import physics_of
from autoscaler.simulator.requests.source import Drawn, Given
from autoscaler.simulator.serving import Counters
from autoscaler.simulator.traffic import RateFunction
from autoscaler.simulator.workqueue import layout as k
from autoscaler.simulator.workqueue.engine import Engine
from autoscaler.simulator.workqueue.latencies import JobLatencies
from autoscaler.simulator.workqueue.source import Marks, Source
from autoscaler.simulator.workqueue.state import Rules

Floats = NDArray[np.float64]

_WRITTEN: Final = (("arrived", k.ARRIVED), ("served", k.SERVED), ("lost", k.LOST), ("waiting", k.QUEUED))


class JobService(OneByOne[Engine]):
    """Jobs of one workload; those of a pod that is killed are found stalled when their lock has expired.

    ``ledger.arrived`` counts jobs when they become due, ``ledger.lost`` those that failed for good.
    """

    def __init__(
        self, scenario: Scenario, workers: Workers, jobs: Drawn | Given, ledger: Ledger, start: Instant, stream: int
    ) -> None:
        """``stream``: number of the workload, which has random numbers of its own."""
        self._mean = scenario.service.mean_service_time  # of a job, with all its attempts
        source = Source(jobs, _physics(scenario, workers), _marks(workers, (scenario.seed, stream)))
        engine = Engine(_rules(scenario, workers), source, seconds=len(ledger.arrived))
        super().__init__(engine, ledger, start, workers.concurrency, scenario.pods.warmup)

    @property
    def waiting(self) -> float:
        """Jobs that are due and wait now."""
        return self.engine.waiting

    @property
    def in_service(self) -> float:
        """Jobs at work now."""
        return self.engine.active

    @property
    def capacity(self) -> float:
        """The most that the pods in rotation can do [jobs/s]."""
        return self._slots.worth / self._mean

    def catch_up(self, to: Instant) -> None:
        """Let everything happen up to ``to``."""
        self._slots.note(to)
        self.engine.advance(self._seconds(to))
        first, last = self.ledger.seconds, (to - self._start) // SECOND
        if last > first:
            self.ledger.grow_to(last)
            for column, row in _WRITTEN:
                getattr(self.ledger, column)[first:last] = self.engine.state.columns[first:last, row]
            self.ledger.seconds = last

    def counters(self, pods: Sequence[int]) -> Counters:
        """Read the counters of ``pods``; a job's cpu time is spread evenly over its run."""
        engine, rows = self.engine, self.engine.rows(list(pods))
        state = engine.state
        busy = np.bincount(state.links[state.ending[: engine.active], k.L_POD], minlength=len(state.pods))
        work = (state.pods[:, k.P_WORK] + engine.progress()) / self._mean
        present = rows >= 0
        return Counters(
            work=np.where(present, work[rows], 0.0),
            served=np.where(present, state.pods[rows, k.P_ENDED], 0.0),
            busy=np.where(present, busy[rows], 0.0),
            queued=np.zeros(len(rows)),
            arrived=engine.arrived,
            waiting=engine.waiting,
            active=engine.active + engine.stalled,
            delayed=engine.delayed,
            oldest=engine.oldest,
        )

    def latencies(self) -> JobLatencies:
        """Tell how long jobs took from when they were due."""
        return JobLatencies(self.engine, self.ledger.seconds)


def job_service(
    scenario: Scenario, workers: Workers, traffic: RateFunction, ledger: Ledger, start: Instant, stream: int
) -> JobService:
    """Give the workers of a scenario; their jobs are those recorded, or added at random at the rate of ``traffic``."""
    seed = (scenario.seed, stream)
    jobs = requests_of(traffic, _physics(scenario, workers), seed) or Drawn(rates=ledger.between, seed=seed)
    return JobService(scenario, workers, jobs, ledger, start, stream)


def _physics(scenario: Scenario, workers: Workers) -> Physics:
    """Give what the times of jobs are drawn by: those of single attempts."""
    attempt = scenario.service.model_copy(update={"mean_service_time": workers.job_time})
    return physics_of(attempt, scenario.slo, None)


def _rules(scenario: Scenario, workers: Workers) -> Rules:
    retries, warmup = workers.retries, scenario.pods.warmup
    return Rules(
        concurrency=workers.concurrency,
        lines=max(1, len(_priorities(workers))),
        attempts=retries.attempts if retries else 1,
        pause=retries.delay if retries else 0.0,
        is_exponential=retries is not None and retries.backoff is Backoff.EXPONENTIAL,
        lock=workers.lock,
        max_stalled=workers.max_stalled,
        warmup=warmup.span if warmup else 0.0,
        slowness=warmup.slowness if warmup else 1.0,
        objective=scenario.slo.latency,
    )


def _marks(workers: Workers, seed: tuple[int, int]) -> Marks:
    line_of = {priority: line for line, priority in enumerate(_priorities(workers), start=1)}
    return Marks(
        lines=tuple((entry.share, line_of[entry.priority]) for entry in workers.priorities),
        delayed=workers.delayed.share if workers.delayed else 0.0,
        delay=workers.delayed.by if workers.delayed else 0.0,
        failure=workers.retries.failure_share if workers.retries else 0.0,
        attempts=workers.retries.attempts if workers.retries else 1,
        seed=seed,
    )


def _priorities(workers: Workers) -> list[int]:
    """Give the priorities there are, in order; 0 is that of jobs without one, which are in line 1."""
    return sorted({0, *(entry.priority for entry in workers.priorities)})
