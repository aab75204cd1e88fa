"""The same queue, M/M/c first come first served, in other people's simulators and in the textbook's few lines.

Each takes arrival and service times as arrays and gives the time at which each request started, to compare bit by bit.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator

import ciw
import numpy as np
import simpy
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def by_heap(servers: int, arrivals: Floats, services: Floats) -> Floats:
    """Give the starts by the recursion of Kiefer and Wolfowitz: each request takes the server that is free first."""
    free = [0.0] * servers
    starts = []
    for came, work in zip(arrivals.tolist(), services.tolist(), strict=True):
        start = max(came, free[0])
        heapq.heapreplace(free, start + work)
        starts.append(start)
    return np.array(starts)


def by_simpy(servers: int, arrivals: Floats, services: Floats) -> Floats:
    """Give the starts that SimPy gives: one process a request, on one ``Resource``."""
    world = simpy.Environment()
    slots = simpy.Resource(world, capacity=servers)
    starts = np.full(len(arrivals), np.nan)

    def request(number: int, came: float, work: float) -> Generator[simpy.Event, object, None]:
        # Every delay counts from the start of the run: a sum of gaps between arrivals would round differently.
        yield world.timeout(came)
        with slots.request() as slot:
            yield slot
            starts[number] = world.now
            yield world.timeout(work)

    for number, (came, work) in enumerate(zip(arrivals.tolist(), services.tolist(), strict=True)):
        world.process(request(number, came, work))
    world.run()
    return starts


def by_ciw(servers: int, gaps: Floats, services: Floats) -> Floats:
    """Give the starts that Ciw gives. ``gaps`` lie between arrivals, which are their running sum: Ciw adds them up so."""
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*gaps.tolist(), np.inf])],
        service_distributions=[ciw.dists.Sequential(services.tolist())],
        number_of_servers=[servers],
    )
    world = ciw.Simulation(network)
    world.simulate_until_max_customers(len(gaps), method="Finish")
    records = sorted(world.get_all_records(), key=lambda record: record.arrival_date)
    return np.array([record.service_start_date for record in records])
