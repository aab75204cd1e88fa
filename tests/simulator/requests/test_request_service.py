"""The service at request level, as the world sees it: counters, the account book, latencies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autoscaler.config.scenario import Balancing, ClientRetries, Objective, Service, Spread, TimeShape, Warmup
from autoscaler.model.time import SECOND
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.requests.layout import Balancer, Distribution
from autoscaler.simulator.requests.service import RequestService, physics_of
from autoscaler.simulator.requests.source import Given
from autoscaler.simulator.traffic import constant

START = 1_000 * SECOND


def at(second: float) -> int:
    return START + round(second * SECOND)


def service(arrivals: list[float], services: list[float] | float = 1.0, **options: Any) -> RequestService:
    """Two slots a pod and room for one that waits, and known requests."""
    spec = Service(
        mean_service_time="1s", slots=2, queue_limit=1, timeout="5s", balancing=Balancing.ROUND_ROBIN
    ).model_copy(update=options.pop("spec", {}))
    given = Given(arrivals=np.array(arrivals), services=np.broadcast_to(np.array(services, float), len(arrivals)))
    return RequestService(spec, Ledger(constant(0.0), 20), START, requests=given, **options)


def test_counters_tell_what_each_pod_has_and_has_done() -> None:
    one = service([0.0, 0.25, 0.5, 0.75, 1.0, 1.25], 4.0)
    one.join(3, at(0))
    one.join(4, at(0))
    one.catch_up(at(3))
    counters = one.counters([4, 3, 9])

    assert counters.busy.tolist() == [2.0, 2.0, 0.0]
    assert counters.queued.tolist() == [1.0, 1.0, 0.0]
    assert counters.served.tolist() == [0.0, 0.0, 0.0]
    assert counters.work.tolist() == [(2.75 + 2.25) / 4, (3.0 + 2.5) / 4, 0.0]  # shares of what is being served
    assert (counters.arrived, counters.waiting, counters.active, counters.oldest) == (6.0, 2.0, 4.0, 2.0)

    one.catch_up(at(20))
    assert one.counters([4, 3]).work.tolist() == one.counters([4, 3]).served.tolist() == [3.0, 3.0]


def test_the_account_book_has_whole_seconds_only() -> None:
    one = service([0.5, 1.5, 1.6, 1.7, 1.8], 1.0)
    one.join(0, at(0))
    one.catch_up(at(2.9))

    ledger = one.ledger
    assert ledger.seconds == 2
    assert ledger.arrived[:2].tolist() == [1.0, 4.0]
    assert ledger.served[:2].tolist() == [0.0, 1.0]
    assert ledger.rejected[:2].tolist() == [0.0, 1.0]
    assert ledger.waiting[:2].tolist() == [0.0, 1.0]


def test_slots_are_averaged_over_each_second() -> None:
    one = service([])
    one.join(0, at(0))
    one.join(1, at(1.5))
    one.catch_up(at(2.5))
    one.leave(0, at(3.25))
    one.slow_down(2.0, at(4.0))
    one.kill(1, at(6.0))
    one.catch_up(at(8))

    assert one.ledger.slots[:8].tolist() == [2.0, 3.0, 4.0, 2.5, 1.0, 1.0, 0.0, 0.0]
    assert one.capacity == 0.0


def test_slots_of_young_pods_count_for_less() -> None:
    one = service([], warmup=Warmup(span="10s", slowness=3.0))
    one.join(0, at(0), at(-60))
    one.catch_up(at(1))
    one.join(1, at(1))
    one.catch_up(at(12))

    slots = one.ledger.slots[:12]
    assert slots[0] == 2.0
    assert slots[1] == pytest.approx(2.0 + 2.0 / 2.9, abs=0.01)
    assert slots[11] == pytest.approx(4.0)
    assert (np.diff(slots) > -1e-12).all()


def test_a_leaving_pod_tells_when_it_is_done() -> None:
    one = service([0.0, 0.1, 0.2], [2.0, 3.0, 4.0])
    one.join(0, at(0))
    rest = one.leave(0, at(1))

    assert rest == pytest.approx(5 * SECOND, abs=2)
    one.kill(0, at(1) + rest)
    one.catch_up(at(10))
    assert one.ledger.served.sum() == 3.0
    assert one.ledger.lost.sum() == 0.0


def test_latencies_are_those_of_the_requests() -> None:
    one = service([float(n) for n in range(10)], [0.1 * (n + 1) for n in range(10)], slo=Objective(latency="850ms"))
    one.join(0, at(0))
    one.catch_up(at(20))
    latencies = one.latencies()

    assert latencies.percentiles().tolist() == pytest.approx([0.5, 0.95, 0.99], rel=0.06)
    assert np.flatnonzero(latencies.late).tolist() == [8, 9]
    assert latencies.late_served == 2.0
    points = latencies.over(0, 20, 5)
    assert points.shape == (3, 4)
    assert points[0, :2].tolist() == pytest.approx([0.3, 0.8], rel=0.06)
    assert np.isnan(points[:, 2:]).all()


def test_who_gives_up_counts_with_all_the_time_it_waited() -> None:
    retries = ClientRetries(attempts=2, backoff="1s", jitter=0)
    one = service([0.0, 0.0, 0.0], 60.0, slo=Objective(latency="2s"), spec={"retries": retries, "queue_limit": 100})
    one.join(0, at(0))
    one.catch_up(at(100))

    # 5 s in line, 1 s pause, 5 s in line again
    latencies = one.latencies()
    assert latencies.percentiles()[0] == pytest.approx(60.0, rel=0.01)
    assert latencies.late.sum() == 3.0
    assert latencies.late_served == 2.0
    assert one.ledger.timed_out[[5, 11]].tolist() == [1.0, 1.0]
    assert one.ledger.arrived.sum() == 4.0


def test_long_runs_keep_their_histograms_within_bounds() -> None:
    spec = Service(mean_service_time="100ms", slots=10)
    one = RequestService(spec, Ledger(constant(0.01), 200_000), START, seed=(1,))
    one.join(0, at(0))
    one.catch_up(at(200_000))
    assert one.engine.state.cells.shape[0] <= 17_281

    grown = RequestService(spec, Ledger(constant(0.01), 100), START, seed=(1,))
    grown.join(0, at(0))
    for second in range(1_000, 200_001, 1_000):
        grown.catch_up(at(second))
    assert grown.engine.state.cells.shape[0] <= 17_281
    assert grown.latencies().percentiles().tolist() == one.latencies().percentiles().tolist()
    assert int(grown.engine.state.cells.sum()) == int(one.engine.state.cells.sum()) == one.ledger.served.sum()


@pytest.mark.parametrize(
    ("spread", "expected"),
    [
        (Spread(), (Distribution.EXPONENTIAL, 0.1, 1.0)),
        (Spread(shape=TimeShape.CONSTANT), (Distribution.CONSTANT, 0.1, 1.0)),
        (Spread(shape=TimeShape.LOGNORMAL, cv=1.0), (Distribution.LOGNORMAL, -2.649159, 0.832555)),
        (Spread(shape=TimeShape.GAMMA, cv=2.0), (Distribution.GAMMA, 0.4, 0.25)),
    ],
)
def test_a_spread_becomes_the_kernel_s_distribution(
    spread: Spread, expected: tuple[Distribution, float, float]
) -> None:
    physics = physics_of(Service(mean_service_time="100ms", spread=spread), Objective(), None)
    assert (physics.distribution, physics.mean, physics.shape) == pytest.approx(expected, abs=1e-6)


def test_measured_times_are_scaled_to_the_mean() -> None:
    spread = Spread(shape=TimeShape.EMPIRICAL, quantiles=(10, 20, 60))
    physics = physics_of(Service(mean_service_time="55ms", spread=spread), Objective(), None)
    assert physics.quantiles == pytest.approx((0.02, 0.04, 0.12))


def test_every_way_of_balancing_has_its_balancer() -> None:
    found = {physics_of(Service(balancing=balancing), Objective(), None).balancer for balancing in Balancing}
    assert found == set(Balancer)
