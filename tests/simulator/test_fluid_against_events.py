"""The fluid against the real thing: every single request of a queue, one event at a time, in plain Python.

Load, overload and a rescue by new pods. The two share no code and no formula; what they must share are the results:
requests turned away or gone, and how long the others took.
"""

from __future__ import annotations

import heapq
from collections import deque

import numpy as np
import pytest

from autoscaler.config.traffic import Step
from autoscaler.model.time import SECOND
from autoscaler.simulator.cluster import Counts
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.scoring import Scorer
from autoscaler.simulator.service import FluidService
from autoscaler.simulator.traffic import stairs

#: requests/s from each second on; ten pods serve 1,000/s, twenty 2,000/s
RATES = ((0, 700), (60, 1500), (140, 900), (200, 0))
PODS = ((0, 10), (100, 20))
END = 220


def one_by_one(seed, slots, service_time, queue_limit, timeout):
    """Serve each request on its own: first come first served, exponential service, whoever waits too long leaves."""
    rng = np.random.default_rng(seed)
    arrivals = np.concatenate(
        [
            np.sort(rng.uniform(a, b, rng.poisson(r * (b - a))))
            for (a, r), (b, _) in zip(RATES, (*RATES[1:], (END, 0)), strict=True)
        ]
    ).tolist()
    works = rng.exponential(service_time, len(arrivals)).tolist()
    changes = deque((at, pods) for at, pods in PODS)
    busy, line = [], deque()  # times at which slots come free; (time of arrival, work)
    pods, rejected, timed_out, latencies = 0, 0, 0, []

    def start(now):
        nonlocal timed_out
        while line and len(busy) < pods * slots:
            came, work = line.popleft()
            if now - came > timeout:
                timed_out += 1
                latencies.append(timeout)
                continue
            heapq.heappush(busy, now + work)
            latencies.append(now + work - came)

    for came, work in zip((*arrivals, float(END + 60)), (*works, 0.0), strict=True):
        while (busy and busy[0] <= came) or (changes and changes[0][0] <= came):
            if changes and changes[0][0] <= came and (not busy or changes[0][0] <= busy[0]):
                now, pods = changes.popleft()
            else:
                now = heapq.heappop(busy)
            while line and now - line[0][0] > timeout:
                line.popleft()
                timed_out += 1
                latencies.append(timeout)
            start(now)
        if came > END:
            break
        if len(busy) >= pods * slots and len(line) >= pods * queue_limit:
            rejected += 1
        else:
            line.append((came, work))
            start(came)
    return len(arrivals), rejected, timed_out, np.array(latencies)


def fluid(scenario):
    traffic = stairs(tuple(Step(at=f"{at}s", rps=rate) for at, rate in RATES))
    service = FluidService(scenario.service, Ledger(traffic), 0, slo=scenario.slo)
    for at, pods in PODS:
        service.set_pods(pods, at * SECOND)
    service.catch_up(END * SECOND)
    history = [Counts(at=at * SECOND, wanted=pods, created=pods, ready=pods, existing=pods) for at, pods in PODS]
    return Scorer(scenario, service.ledger, service.latencies()).score(history, (), 0)


@pytest.mark.parametrize(
    ("queue_limit", "timeout", "median_within"),
    [
        pytest.param(100, 10.0, 0.03, id="a-short-queue-that-turns-away"),
        pytest.param(10_000, 2.0, 0.03, id="a-long-queue-that-people-leave"),
        # half of the requests come before the queue is gone: the median sits on a cliff
        pytest.param(10_000, 60.0, 0.12, id="a-long-queue-that-is-worked-off"),
    ],
)
def test_the_fluid_gives_what_single_requests_give(scenario, queue_limit, timeout, median_within):
    made = scenario(service={"queue_limit": queue_limit, "timeout": f"{timeout}s"}, slo={"latency": "500ms"})
    runs = [one_by_one(seed, 10, 0.1, queue_limit, timeout) for seed in (1, 2)]
    came = np.mean([run[0] for run in runs])
    rejected, gone = np.mean([run[1] for run in runs]) / came, np.mean([run[2] for run in runs]) / came
    latencies = np.concatenate([run[3] for run in runs])
    score = fluid(made)

    assert score.requests == pytest.approx(came, rel=0.01)
    assert score.rejected / score.requests == pytest.approx(rejected, abs=0.005)
    assert score.timed_out / score.requests == pytest.approx(gone, abs=0.005)
    late = np.mean(latencies > 0.5) * (1 - rejected)
    assert (score.late + score.timed_out) / score.requests == pytest.approx(late, abs=0.005)
    p50, p95, p99 = np.quantile(latencies, [0.5, 0.95, 0.99]).tolist()
    assert score.latency_p50 == pytest.approx(p50, rel=median_within)
    assert [score.latency_p95, score.latency_p99] == pytest.approx([p95, p99], rel=0.02)
