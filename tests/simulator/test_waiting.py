"""Waiting against closed forms from the literature."""

from __future__ import annotations

import numpy as np
import pytest

from autoscaler.config.scenario import Balancing, Service
from autoscaler.simulator.delay import erlang_c
from autoscaler.simulator.waiting import Waiting, exceeds, latency_percentiles, stationary

SPEC = Service.model_validate({"mean_service_time": "99ms", "slots": 10})


@pytest.mark.parametrize(
    ("servers", "load", "expected"),
    [
        pytest.param(1, 0.5, 0.5, id="one-server-waits-with-probability-rho"),
        pytest.param(2, 1.0, 1 / 3, id="two-servers-at-half-load"),
        pytest.param(10, 9.0, 0.668732, id="ten-at-nine-erlang"),
        pytest.param(1100, 990.0, 0.000331, id="eleven-hundred-at-rho-0.9"),
    ],
)
def test_erlang_c(servers, load, expected):
    assert erlang_c(np.array([float(servers)]), np.array([float(load)]))[0] == pytest.approx(expected, rel=2e-3)


def test_mean_wait_of_ten_servers_at_nine_tenths():
    # M/M/10, 99 ms, rho 0.9: mean wait 66.204 ms
    waiting = stationary(SPEC, np.array([9 / 0.099]), np.array([10.0]))
    assert waiting.chance[0] / waiting.rate[0] == pytest.approx(0.066204, rel=1e-4)


def test_p99_sojourn_of_ten_servers_at_nine_tenths():
    # the same queue: 618.74 ms
    waiting = stationary(SPEC, np.array([9 / 0.099]), np.array([10.0]))
    assert exceeds(waiting, SPEC, np.array([0.61874]))[0, 0] == pytest.approx(0.01, rel=1e-3)


def test_without_load_latency_is_the_service_time():
    p50, p95, p99 = latency_percentiles(SPEC, 1.0, 10, 0.0)
    assert (p50, p95, p99) == pytest.approx((0.0686, 0.2966, 0.4559), rel=5e-3)


def test_a_backlog_shifts_every_latency():
    waiting = Waiting(np.array([2.0]), np.zeros(1), np.ones(1))
    tail = exceeds(waiting, Service(), np.array([1.9, 2.0, 2.1]))[0]
    assert tail == pytest.approx([1.0, 1.0, np.exp(-1)])


def test_near_saturation_the_wait_is_what_a_minute_can_build_up():
    # stationary M/M/100 at rho 0.9999 would wait 99 s on average
    near = stationary(SPEC, np.array([0.9999 * 1010.1]), np.array([100.0]))
    assert 0.05 < near.chance[0] / near.rate[0] < 0.2


def test_random_balancing_makes_each_pod_its_own_queue():
    spec = SPEC.model_copy(update={"balancing": Balancing.RANDOM})
    spread = stationary(spec, np.array([110 * 9 / 0.099]), np.array([1100.0]))
    assert spread.chance[0] / spread.rate[0] == pytest.approx(0.066204, rel=1e-4)


def test_with_nobody_to_serve_latency_is_the_timeout():
    assert latency_percentiles(SPEC, 5.0, 0, 0.0) == (10.0, 10.0, 10.0)


@pytest.mark.parametrize("backlog", [pytest.param(0.5, id="within-a-double's-range"), pytest.param(40.0, id="beyond")])
def test_a_backlog_of_any_length_comes_before_the_time_in_service(backlog):
    # mean service 10 ms: 40 s are 4,000 of them, and e^4000 is no double
    waiting = Waiting(np.array([backlog, 0.0]), np.zeros(2), np.ones(2))
    spec = Service.model_validate({"mean_service_time": "10ms"})
    tail = exceeds(waiting, spec, np.array([backlog / 2, backlog, backlog + 0.02]))
    assert tail[0] == pytest.approx([1.0, 1.0, np.exp(-2)])
