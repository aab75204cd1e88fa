"""Mean waits by priority against Cobham's formula for queues whose jobs are not interrupted (Operations Research, 1954)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autoscaler.simulator.requests.kernel import Balancer, Distribution
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Drawn
from autoscaler.simulator.workqueue import kernel as k
from autoscaler.simulator.workqueue.engine import Engine
from autoscaler.simulator.workqueue.source import Marks, Source
from autoscaler.simulator.workqueue.state import Rules

SHARES = (0.2, 0.3, 0.5)
RUNS = 8
MEAN = 0.1


def erlang_c(servers, load):
    """Give the chance that all servers are busy."""
    terms = [load**n / math.factorial(n) for n in range(servers)]
    last = load**servers / math.factorial(servers) / (1 - load / servers)
    return last / (sum(terms) + last)


def cobham(servers, use):
    """Give the mean wait of each class [s]: W0 / ((1 - s(k-1)) (1 - s(k))), s the use by classes up to k."""
    free = erlang_c(servers, servers * use) * MEAN / servers
    ends = [use * sum(SHARES[: n + 1]) for n in range(len(SHARES))]
    return [free / ((1 - before) * (1 - upto)) for before, upto in zip([0.0, *ends], ends, strict=False)]


def waits(servers, use, jobs, distribution=Distribution.EXPONENTIAL):
    """Give the mean wait of each class in each of several runs, the warm-up left out."""
    rate = servers * use / MEAN
    found = []
    for run in range(RUNS):
        marks = Marks(lines=tuple((share, line) for line, share in enumerate(SHARES, start=1)), seed=(run, 1))
        physics = Physics(balancer=Balancer.SHARED, slots=1, queue_limit=0, mean=MEAN, distribution=distribution)
        source = Source(Drawn(rates=lambda first, last: np.full(last - first, rate), seed=(run, 0)), physics, marks)
        engine = Engine(Rules(concurrency=1, lines=3), source)
        for pod in range(servers):
            engine.join(pod, 0.0)
        engine.advance(jobs / rate / 10)
        engine.state.waits[:] = 0.0
        engine.advance(jobs / rate)
        found.append(engine.state.waits[1:, k.W_SUM] / engine.state.waits[1:, k.W_JOBS])
    return np.array(found)


def assert_near(found, expected, share):
    mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / math.sqrt(RUNS)
    assert np.abs((mean - expected) / error).max() < 3.5
    assert mean == pytest.approx(expected, rel=share)


def test_cobham_in_numbers():
    # one server, use 0.8: 0.08 / (1 * 0.84), 0.08 / (0.84 * 0.6), 0.08 / (0.6 * 0.2)
    assert cobham(1, 0.8) == pytest.approx([0.095238, 0.158730, 0.666667], rel=1e-5)


def test_one_worker():
    assert_near(waits(1, 0.8, 150_000), cobham(1, 0.8), 0.03)


def test_ten_workers():
    assert_near(waits(10, 0.9, 150_000), cobham(10, 0.9), 0.05)


def test_one_worker_whose_jobs_all_take_the_same_time():
    # the residual time of a constant is half that of an exponential time: half the wait
    expected = [wait / 2 for wait in cobham(1, 0.8)]
    assert_near(waits(1, 0.8, 150_000, Distribution.CONSTANT), expected, 0.03)
