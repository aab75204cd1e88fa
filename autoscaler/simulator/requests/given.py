"""Recorded requests as the kernel takes them."""

from __future__ import annotations

from autoscaler.simulator.recorded import Recorded
from autoscaler.simulator.requests.draws import Uniforms, service_times
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Given
from autoscaler.simulator.traffic import RateFunction

_SPAWN = 3  #: family of streams: 1 is the kernel's own, 2 that of queue workers


def requests_of(traffic: RateFunction, physics: Physics, seed: tuple[int, ...]) -> Given | None:
    """Give the requests of a traffic, if they are recorded; a random balancer's choices are the same for every policy.

    A request of a known size that takes twice as long as the mean costs twice as much cpu.
    """
    if not isinstance(traffic, Recorded):
        return None
    count, services = len(traffic.arrivals), traffic.services
    return Given(
        arrivals=traffic.arrivals,
        services=service_times(physics, seed, count) if services is None else services,
        chances=Uniforms(seed, _SPAWN, 1).draw(0, count),
        costs=None if services is None else services / (traffic.mean_service_time or 1.0),
        seed=seed,
    )
