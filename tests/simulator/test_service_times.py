"""How times in service vary: each shape against its own moments, and the fluid's latencies against single requests."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autoscaler.config.scenario import Service, Spread
from autoscaler.model.time import SECOND
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.requests.service import RequestService
from autoscaler.simulator.service import FluidService
from autoscaler.simulator.service_times import beyond, longest_left, points, squared_variation, still_running
from autoscaler.simulator.traffic import constant

SHAPES = {
    "constant": (Spread(shape="constant"), 0.0),
    "exponential": (Spread(), 1.0),
    "lognormal": (Spread(shape="lognormal", cv=1.5), 2.25),
    "gamma": (Spread(shape="gamma", cv=0.5), 0.25),
    # even between 0.5 and 1.5: the variance is a twelfth
    "empirical": (Spread(shape="empirical", quantiles=(1, 2, 3)), 1 / 12),
}
each_shape = pytest.mark.parametrize(("spread", "squared"), SHAPES.values(), ids=SHAPES)


@each_shape
def test_the_moments_of_every_shape(spread, squared):
    assert squared_variation(spread) == pytest.approx(squared, rel=1e-9)
    t = np.linspace(0.0, 400.0, 4_000_001)
    tail = beyond(spread, t)
    assert np.trapezoid(tail, t) == pytest.approx(1.0, rel=1e-3)
    assert 2.0 * np.trapezoid(t * tail, t) == pytest.approx(1.0 + squared, rel=2e-3)


@each_shape
def test_points_stand_for_all_times(spread, squared):
    found = points(spread, 2_000)
    assert found.mean() == pytest.approx(1.0, rel=0.01)
    if squared:  # of constant times there is one point, and what is beyond it jumps
        assert beyond(spread, found) == pytest.approx(1.0 - (np.arange(2_000) + 0.5) / 2_000, abs=1e-9)


def test_what_is_still_running_after_a_while():
    assert still_running(Spread(), 2.0) == pytest.approx(math.exp(-2.0))
    assert still_running(Spread(shape="constant"), 0.25) == pytest.approx(0.75)
    assert still_running(Spread(shape="constant"), 1.0) == 0.0
    # half the square of what is left of the tail, for times that are even between 0.5 and 1.5
    assert still_running(Spread(shape="empirical", quantiles=(1, 3)), 1.0) == pytest.approx(0.125, rel=1e-3)


def test_the_last_of_ten_to_be_done():
    assert longest_left(Spread(), 10) == pytest.approx(2.929, abs=1e-3)  # 1 + 1/2 + ... + 1/10
    assert longest_left(Spread(shape="constant"), 9) == pytest.approx(0.9, rel=1e-3)


@pytest.mark.parametrize("balancing", ["shared", "round_robin", "random"])
@each_shape
def test_latencies_are_those_of_single_requests(spread, squared, balancing):
    # ten pods of ten slots at 85 %: 850 requests/s for ten minutes
    spec = Service(spread=spread, balancing=balancing, queue_limit=10_000, timeout="1h")
    fluid = FluidService(spec, Ledger(constant(850.0)), 0)
    exact = RequestService(spec, Ledger(constant(850.0)), 0, seed=(1,))
    for service in (fluid, exact):
        for pod in range(10):
            service.join(pod, 0)
        service.catch_up(600 * SECOND)
    # the wait of those who wait is taken to be exponential, which it is where times in service are
    within = 0.03 if spread == Spread() else 0.14
    assert list(fluid.latencies().percentiles()) == pytest.approx(list(exact.latencies().percentiles()), rel=within)
