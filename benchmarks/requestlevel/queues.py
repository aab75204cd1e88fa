"""The same queue in our kernel, in plain Python and in the simulators that people use: M/M/c, first come first served."""

from __future__ import annotations

import heapq
from collections.abc import Generator
from importlib import import_module
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests.engine import Engine
from autoscaler.simulator.requests.layout import Balancer
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Drawn

Floats = NDArray[np.float64]

ciw: Any = import_module("ciw")  # has no types

SERVICE: float = 0.099  #: mean service time [s]
SLOTS = 10  #: of a pod
STEP = 15.0  #: between two control events [s]
BUSY = 0.9


def random_queue(servers: int, requests: int, seed: int) -> tuple[list[float], list[float]]:
    """Give arrivals and service times [s] that keep so many servers 90 % busy."""
    chance = np.random.default_rng(seed)
    arrivals = np.cumsum(chance.exponential(SERVICE / servers / BUSY, requests))
    return arrivals.tolist(), chance.exponential(SERVICE, requests).tolist()


class Stream:
    """A service that is 90 % busy for ever, in our kernel: drawing, counting and histograms included."""

    def __init__(self, balancer: Balancer, pods: int, seed: int, requests: int = 0) -> None:
        """``requests``: how many will be played, so that room is made for their seconds, as a scenario's run does."""
        rate = pods * SLOTS / SERVICE * BUSY
        physics = Physics(
            balancer=balancer, slots=SLOTS, queue_limit=1_000_000, mean=SERVICE, timeout=60.0, objective=0.5
        )
        source = Drawn(rates=lambda first, last: np.full(last - first, rate), seed=(seed,))
        self._engine = Engine(physics, source, seconds=int(requests / rate))
        for pod in range(pods):
            self._engine.join(pod, 0.0)
        self._engine.advance(STEP)

    def play(self, requests: int) -> int:
        """Play at least so many more requests, in calls of 15 s, and tell how many there were."""
        engine = self._engine
        before = int(engine.state.ints[k.REQUESTS])
        while engine.state.ints[k.REQUESTS] - before < requests:
            engine.advance(engine.now + STEP)
        return int(engine.state.ints[k.REQUESTS]) - before


def in_heapq(servers: int, arrivals: list[float], services: list[float]) -> float:
    """Play it in plain Python, as a heap of the times at which servers are free; give the mean wait [s]."""
    free = [0.0] * servers
    waited = 0.0
    for arrival, service in zip(arrivals, services, strict=True):
        start = max(arrival, free[0])
        waited += start - arrival
        heapq.heapreplace(free, start + service)
    return waited / len(arrivals)


def in_simpy(servers: int, arrivals: list[float], services: list[float]) -> float:
    """Play it in SimPy, as its documentation has it; give the mean wait [s]."""
    environment = simpy.Environment()
    resource = simpy.Resource(environment, servers)
    waits: list[float] = []

    def customer(service: float) -> Generator[simpy.Event, Any, Any]:
        arrival = environment.now
        with resource.request() as turn:
            yield turn
            waits.append(environment.now - arrival)
            yield environment.timeout(service)

    def source() -> Generator[simpy.Event, Any, Any]:
        for arrival, service in zip(arrivals, services, strict=True):
            yield environment.timeout(arrival - environment.now)
            environment.process(customer(service))

    environment.process(source())
    environment.run()
    return sum(waits) / len(waits)


def in_ciw(servers: int, arrivals: list[float], services: list[float]) -> float:
    """Play it in Ciw; give the mean wait [s]."""
    gaps = np.diff(np.array([0.0, *arrivals])).tolist()
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*gaps, float("inf")])],
        service_distributions=[ciw.dists.Sequential(services)],
        number_of_servers=[servers],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(len(arrivals), method="Finish")
    records = simulation.get_all_records(only=["service"])
    return float(sum(record.waiting_time for record in records) / len(records))
