"""Recorded requests as the kernel takes them."""

from __future__ import annotations

from autoscaler.simulator.recorded import Recorded
from autoscaler.simulator.requests.draws import Uniforms
from autoscaler.simulator.requests.state import Given
from autoscaler.simulator.traffic import RateFunction

_SPAWN = 3  #: family of streams: 1 is the kernel's own, 2 that of queue workers


def requests_of(traffic: RateFunction, seed: int, stream: int) -> Given | None:
    """Give the requests of a traffic, if they are recorded; a random balancer's choices are the same for every policy.

    A request that takes twice as long as the mean costs twice as much cpu.
    """
    if not isinstance(traffic, Recorded):
        return None
    services = traffic.services
    return Given(
        arrivals=traffic.arrivals,
        services=services,
        chances=Uniforms((seed, stream), _SPAWN, 1).draw(0, len(services)),
        costs=services / (traffic.mean_service_time or 1.0),
        seed=(seed, stream),
    )
