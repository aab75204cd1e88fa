"""What the kernel does with a handful of known requests, at times that can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests.engine import Engine
from autoscaler.simulator.requests.layout import Balancer, Fate
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Given

NAN = float("nan")


def given(arrivals: Sequence[float], services: Sequence[float] | float = 1.0, chances: Any = None) -> Given:
    n = len(arrivals)
    services = [services] * n if isinstance(services, float) else services
    return Given(
        arrivals=np.array(arrivals, float),
        services=np.array(services, float),
        chances=None if chances is None else np.array(chances, float),
    )


def engine(source: Given, balancer: Balancer = Balancer.ROUND_ROBIN, **physics: Any) -> Engine:
    """One slot a pod and room for two that wait, unless said otherwise."""
    settings = {"slots": 1, "queue_limit": 2, **physics}
    return Engine(Physics(balancer=balancer, **settings), source, record=len(source.arrivals))


def column(service: Engine, which: int) -> float:
    return float(service.state.columns[:, which].sum())


def test_requests_wait_their_turn_in_their_pod() -> None:
    service = engine(given([0.5, 1.0, 1.25, 2.0]))
    service.join(0, 0.0)
    service.join(1, 0.0)
    service.advance(10.0)

    # arrival, start, end, pod, fate
    assert service.state.record.tolist() == [
        [0.5, 0.5, 1.5, 0, Fate.SERVED],
        [1.0, 1.0, 2.0, 1, Fate.SERVED],
        [1.25, 1.5, 2.5, 0, Fate.SERVED],
        [2.0, 2.0, 3.0, 1, Fate.SERVED],
    ]


def test_a_shared_queue_gives_the_next_request_to_the_first_free_slot() -> None:
    service = engine(given([0.0, 0.0, 0.5, 0.75], [3.0, 1.0, 1.0, 1.0]), Balancer.SHARED)
    service.join(0, 0.0)
    service.join(1, 0.0)
    service.advance(10.0)

    assert service.state.record[:, 1].tolist() == [0.0, 0.0, 1.0, 2.0]
    assert service.state.record[:, 3].tolist() == [0, 1, 1, 1]


def test_of_free_slots_of_a_shared_queue_the_one_takes_it_that_has_been_free_longest() -> None:
    service = engine(given([0.0, 0.1, 0.2, 4.0, 5.0], [3.0, 1.0, 2.0, 1.0, 1.0]), Balancer.SHARED)
    for pod in (7, 8, 9):
        service.join(pod, 0.0)
    service.advance(10.0)

    assert service.state.record[:, 3].tolist() == [7, 8, 9, 8, 9]


def test_a_pod_that_joins_takes_who_waits_in_the_shared_queue() -> None:
    service = engine(given([0.0, 0.25, 0.5], 4.0), Balancer.SHARED, slots=1)
    service.join(0, 0.0)
    service.join(1, 1.0)
    service.advance(20.0)

    assert service.state.record[:, 1].tolist() == [0.0, 1.0, 4.0]


def test_least_outstanding_takes_the_pod_that_has_been_so_for_longest() -> None:
    service = engine(given([0.0, 0.1, 0.2, 1.05, 1.3], [1.0, 5.0, 5.0, 5.0, 5.0]), Balancer.LEAST_OUTSTANDING)
    for pod in (0, 1, 2):
        service.join(pod, 0.0)
    service.advance(30.0)

    # at 1.0 pod 0 is free again; at 1.3 all have one request, pod 1 for the longest time
    assert service.state.record[:, 3].tolist() == [0, 1, 2, 0, 1]


def test_two_choices_go_to_the_emptier_pod() -> None:
    # of 3 pods, chance 0.0 names the pair (0, 1); 0.34 the pair (1, 0); 0.99 the pair (2, 1)
    service = engine(given([0.0, 0.1, 0.2, 0.3], 5.0, [0.0, 0.0, 0.34, 0.99]), Balancer.POWER_OF_TWO)
    for pod in (0, 1, 2):
        service.join(pod, 0.0)
    service.advance(30.0)

    assert service.state.record[:, 3].tolist() == [0, 1, 1, 2]


def test_a_random_balancer_follows_its_chances() -> None:
    service = engine(given([0.0, 1.0, 2.0], 0.5, [0.99, 0.0, 0.5]), Balancer.RANDOM)
    for pod in (0, 1, 2, 3):
        service.join(pod, 0.0)
    service.advance(30.0)

    assert service.state.record[:, 3].tolist() == [3, 0, 2]


@pytest.mark.parametrize("balancer", list(Balancer))
def test_whoever_finds_the_queue_full_is_rejected(balancer: Balancer) -> None:
    service = engine(given([0.0, 0.1, 0.2, 0.3, 0.4], 10.0), balancer)
    service.join(0, 0.0)
    service.advance(1.0)

    assert (service.in_service, service.waiting, column(service, k.REJECTED)) == (1, 2, 2.0)
    assert service.state.record[3:, 4].tolist() == [Fate.REJECTED, Fate.REJECTED]


@pytest.mark.parametrize("balancer", list(Balancer))
def test_without_pods_everyone_is_rejected(balancer: Balancer) -> None:
    service = engine(given([0.5, 1.5]), balancer)
    service.advance(2.0)

    assert service.state.columns[:2, k.REJECTED].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("balancer", list(Balancer))
def test_a_client_gives_up_at_its_deadline(balancer: Balancer) -> None:
    service = engine(given([0.0, 0.5, 2.0], [4.0, 1.0, 1.0]), balancer, timeout=2.0)
    service.join(0, 0.0)
    service.advance(10.0)

    # the second gives up at 2.5; the third has a slot at its deadline, 4.0, just in time
    assert service.state.record[:, 2].tolist() == [4.0, 2.5, 5.0]
    assert service.state.record[:, 4].tolist() == [Fate.SERVED, Fate.TIMED_OUT, Fate.SERVED]
    assert service.state.columns[2, k.TIMED_OUT] == 1.0
    assert service.state.columns[0, k.LATE] == 1.0  # by the second of its arrival


def test_a_rejected_client_tries_again_after_a_pause_that_doubles() -> None:
    service = engine(given([0.0, 0.25], 10.0), queue_limit=0, attempts=4, backoff=1.0, backoff_limit=3.0)
    service.join(0, 0.0)
    service.advance(20.0)

    # it comes at 0.25, 1.25, 3.25, and after a pause of 3 s (not 4) at 6.25 for the last time
    assert service.state.record[1].tolist() == pytest.approx([6.25, NAN, 6.25, 0, Fate.REJECTED], nan_ok=True)
    assert [column(service, c) for c in (k.ARRIVED, k.RETRIED, k.SERVED, k.REJECTED)] == [2, 3, 1, 4]
    assert service.retrying == 0


def test_the_latency_of_a_client_that_tried_twice_counts_from_its_first_arrival() -> None:
    service = engine(given([0.0, 0.5], 1.0), queue_limit=0, attempts=2, backoff=1.0, objective=1.25)
    service.join(0, 0.0)
    service.advance(20.0)

    assert service.state.record[1].tolist() == [1.5, 1.5, 2.5, 0, Fate.SERVED]
    assert service.state.columns[:, k.LATE].tolist()[:3] == [1.0, 0.0, 0.0]
    assert service.state.floats[k.SOJOURNS] == 2.0  # of attempts: what Little's law is about


def test_pauses_vary_by_their_jitter() -> None:
    arrivals = np.arange(200) / 1000
    service = engine(given(arrivals.tolist(), 1.0), queue_limit=0, attempts=2, backoff=1.0, jitter=0.5)
    service.advance(5.0)

    pauses = service.state.record[:, 0] - arrivals
    assert pauses.min() > 0.5
    assert pauses.max() < 1.5
    assert pauses.std() == pytest.approx(0.29, abs=0.03)


def test_a_young_pod_is_slow() -> None:
    service = engine(given([0.0, 10.0, 20.0, 30.0], 1.0), warmup=20.0, slowness=3.0)
    service.join(0, 0.0)
    service.advance(40.0)

    ends = service.state.record[:, 2] - service.state.record[:, 1]
    assert ends.tolist() == [3.0, 2.0, 1.0, 1.0]


def test_a_fault_slows_down_what_starts_from_then_on() -> None:
    service = engine(given([0.0, 2.0, 4.0], 1.5))
    service.join(0, 0.0)
    service.slow_down(2.0, 1.0)
    service.slow_down(1.0, 3.0)
    service.advance(10.0)

    assert service.state.record[:, 2].tolist() == [1.5, 5.0, 6.5]


def test_a_pod_that_leaves_finishes_what_it_has() -> None:
    service = engine(given([0.0, 0.1, 0.2, 1.0], [2.0, 3.0, 4.0, 1.0]))
    service.join(0, 0.0)

    assert service.leave(0, 0.5) == 8.5
    service.join(1, 0.5)
    service.advance(20.0)
    assert service.state.record[:, 2].tolist() == [2.0, 5.0, 9.0, 2.0]
    assert service.state.record[:, 3].tolist() == [0, 0, 0, 1]


def test_a_pod_that_leaves_knows_who_will_not_wait_for_it() -> None:
    service = engine(given([0.0, 0.1, 0.2], [2.0, 3.0, 4.0]), timeout=3.0)
    service.join(0, 0.0)

    assert service.leave(0, 0.5) == 4.5
    service.advance(20.0)
    assert service.state.record[:, 2].tolist() == [2.0, 5.0, 3.2]


def test_a_pod_that_leaves_a_shared_queue_takes_nothing_more() -> None:
    service = engine(given([0.0, 0.1, 0.2], 2.0), Balancer.SHARED)
    service.join(0, 0.0)

    assert service.leave(0, 0.5) == 1.5
    service.join(1, 5.0)
    service.advance(20.0)
    assert service.state.record[:, 1].tolist() == [0.0, 5.0, 7.0]


@pytest.mark.parametrize("balancer", [b for b in Balancer if b is not Balancer.SHARED])
def test_a_pod_that_is_killed_loses_everything(balancer: Balancer) -> None:
    service = engine(given([0.0, 0.1, 0.2], 2.0), balancer)
    service.join(0, 0.0)

    assert service.kill(0, 1.0) == 3
    assert (service.in_service, service.waiting, service.ready) == (0, 0, 0)
    assert service.state.columns[1, k.LOST] == 3.0
    assert service.state.record[:, 4].tolist() == [Fate.LOST] * 3
    assert service.state.record[:, 2].tolist() == [1.0] * 3


def test_a_shared_queue_outlives_its_pods() -> None:
    service = engine(given([0.0, 0.1], 2.0), Balancer.SHARED)
    service.join(0, 0.0)

    assert service.kill(0, 1.0) == 1
    service.join(1, 3.0)
    service.advance(10.0)
    assert service.state.record[:, 4].tolist() == [Fate.LOST, Fate.SERVED]
    assert service.state.record[1, 1:3].tolist() == [3.0, 5.0]


def test_what_a_killed_pod_had_is_sent_again() -> None:
    service = engine(given([0.0, 0.1], 2.0), attempts=2, backoff=0.5)
    service.join(0, 0.0)
    service.join(1, 0.0)
    service.kill(0, 1.0)
    service.advance(10.0)

    assert service.state.record[0].tolist() == [1.5, 2.1, 4.1, 1, Fate.SERVED]


def test_rows_of_pods_are_used_again() -> None:
    service = engine(given([0.5 + n for n in range(100)], 0.25))
    for pod in range(100):
        service.join(pod, float(pod))
        service.advance(pod + 0.9)
        service.kill(pod, pod + 0.9)

    assert column(service, k.SERVED) == 100.0
    assert len(service.state.pods) == 17
    assert service.state.record[:, 3].tolist() == list(range(100))


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"arrivals": np.array([1.0, 0.5])}, "order"),
        ({"services": np.array([1.0, -0.5])}, "negative"),
        ({"services": np.array([1.0])}, "shape"),
        ({"chances": np.array([0.0, 1.0])}, "below 1"),
        ({"costs": np.array([0.0, np.nan])}, "finite"),
    ],
)
def test_requests_that_cannot_be_are_refused(field: dict[str, Any], message: str) -> None:
    fields = {"arrivals": np.array([0.0, 1.0]), "services": np.array([1.0, 1.0]), **field}
    with pytest.raises(ValueError, match=message):
        Given(**fields)
