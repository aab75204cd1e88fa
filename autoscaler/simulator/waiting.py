"""How long requests wait: a formula while there is room, the queue in front of them while there is none.

A request's latency is its wait in line plus its time in service; the wait is a fixed part
(the backlog) plus, with the probability of waiting, an exponential part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.scenario import Balancing, Service, TimeShape
from autoscaler.simulator import delay
from autoscaler.simulator.service_times import beyond, points, squared_variation

Floats = NDArray[np.float64]

#: How long a load has lasted, at least, before the stationary formula holds for it [s]; nearer to saturation than
#: that allows, the queue has not had the time to grow as long as the formula says.
_SETTLED: Final = 60.0
#: Where a request only waits when all pods are full; elsewhere it does when its own is.
_ONE_LINE: Final = (Balancing.SHARED, Balancing.LEAST_OUTSTANDING)
_NEGLIGIBLE: Final = 1e-5  #: chance of waiting that leaves the latency's distribution as it is
_MODEST: Final = 600.0  #: exponents up to which an exponential and its inverse are ordinary doubles


@dataclass(frozen=True, slots=True)
class Waiting:
    """The wait of requests by second, each of shape ``(n,)``: P(wait > t) = chance * exp(-rate * (t - backlog))."""

    backlog: Floats  #: wait behind the queue [s]
    chance: Floats  #: probability of waiting beyond the backlog
    rate: Floats  #: rate of that further wait [1/s]

    def only(self, rows: slice | NDArray[np.bool_] | NDArray[np.int64]) -> Waiting:
        """Give some of the rows."""
        return Waiting(self.backlog[rows], self.chance[rows], self.rate[rows])


def stationary(service: Service, rate: Floats, slots: Floats, slowness: Floats | float = 1.0) -> Waiting:
    """Give the wait at an arrival ``rate`` [requests/s] with ``slots`` in rotation and nobody queued before.

    ``slots`` are worth of slots at full speed; there are ``slowness`` times as many, and each takes that much longer.
    """
    servers = np.maximum(slots, 1e-9) * slowness
    service_time = service.mean_service_time * slowness
    line = servers if service.balancing in _ONE_LINE else np.full_like(servers, float(service.slots))
    settled = np.maximum(0.0, 1.0 - 1.0 / np.sqrt(np.maximum(line / service_time * _SETTLED, 1.0))) ** 2
    use = np.minimum(rate * service_time / servers, settled)
    chance, wait = _delay(service, servers, use)
    return Waiting(np.zeros_like(use), chance, 1.0 / (wait * service_time))


def _delay(service: Service, servers: Floats, use: Floats) -> delay.Delay:
    """Give the probability of waiting and the mean wait of those who wait [mean service times]."""
    spread = squared_variation(service.spread)
    variability = (1.0 + spread) / 2.0  # arrivals are a Poisson process
    match service.balancing:
        case Balancing.SHARED:
            return delay.one_line(servers, use, variability)
        case Balancing.LEAST_OUTSTANDING:
            return delay.least_outstanding(servers, service.slots, use, variability)
        case Balancing.POWER_OF_TWO:
            return delay.two_choices(servers, service.slots, use, variability)
        case Balancing.ROUND_ROBIN:
            return delay.in_turn(servers, service.slots, use, spread)
        case Balancing.RANDOM:
            return delay.random_pod(service.slots, use, variability)


def exceeds(waiting: Waiting, service: Service, latency: Floats, slowness: float | Floats = 1.0) -> Floats:
    """Give the probability that a request takes longer than ``latency`` [s]: shape ``(seconds, latencies)``.

    ``slowness``: how many times as long as usual requests are in service, the same for all or one for each second.
    """
    if service.spread.shape is TimeShape.EXPONENTIAL:
        return _exceeds_exponential(waiting, service.mean_service_time * np.asarray(slowness, np.float64), latency)
    mean = service.mean_service_time * np.asarray(slowness, np.float64).reshape(-1, 1)
    left = np.maximum(latency[None, :] - waiting.backlog[:, None], 0.0) / mean  # after the backlog [mean service times]
    tail = np.where(latency[None, :] < waiting.backlog[:, None], 1.0, beyond(service.spread, left))
    further = np.flatnonzero(waiting.chance > _NEGLIGIBLE)
    if further.size:
        left, rate = left[further], (waiting.rate[:, None] * mean)[further]
        times = points(service.spread)
        both = sum(np.exp(-rate * np.maximum(left - time, 0.0)) for time in times.tolist()) / len(times)
        tail[further] += waiting.chance[further, None] * np.maximum(both - tail[further], 0.0)
    return np.asarray(tail)


def _exceeds_exponential(waiting: Waiting, mean_service: Floats, latency: Floats) -> Floats:
    """Give the same where times in service are exponential, which has a closed form; ``mean_service`` [s]."""
    mu = 1.0 / mean_service.reshape(-1, 1)
    waits = (waiting.backlog > 0.0) | (waiting.chance > _NEGLIGIBLE)
    tail = np.empty((len(waits), len(latency)))
    tail[:] = np.exp(-mu * latency)
    if waits.any():
        tail[waits] = _waited(waiting.only(waits), mu if len(mu) == 1 else mu[waits], latency)
    return tail


def _waited(waiting: Waiting, mu: Floats, latency: Floats) -> Floats:
    """Give the tail of wait plus service behind the backlog: of both where there is a chance of waiting further."""
    further = np.flatnonzero(waiting.chance > 0.0)
    tail = _after(waiting.backlog, mu, latency)
    t = np.maximum(latency[None, :] - waiting.backlog[further, None], 0.0)
    rate = waiting.rate[further, None]
    mu = mu if len(mu) == 1 else mu[further]
    # the two rates being equal is a removable singularity: keep them a little apart
    theta = np.where(np.abs(rate / mu - 1.0) < 1e-6, mu * (1.0 + 1e-6), rate)
    in_service = tail[further]
    both = (theta * in_service - mu * np.exp(-theta * t)) / (theta - mu)
    tail[further] += waiting.chance[further, None] * (both - in_service)
    return tail


def _after(backlog: Floats, mu: Floats, latency: Floats) -> Floats:
    """Give P(backlog + service > latency): as a product of two exponentials where neither leaves a double's range."""
    if len(mu) == 1 and mu[0, 0] * max(latency.max(initial=0.0), backlog.max(initial=0.0)) < _MODEST:
        return np.asarray(np.minimum(np.exp(mu * backlog[:, None]) * np.exp(-mu * latency), 1.0))
    return np.asarray(np.exp(-mu * np.maximum(latency[None, :] - backlog[:, None], 0.0)))


def latency_percentiles(service: Service, demand: float, ready: int, queued: float) -> tuple[float, float, float]:
    """Give p50, p95 and p99 [s] of a request that arrives now; the timeout where there is nobody to serve it."""
    capacity = ready * service.pod_rate
    if not capacity:
        return (service.timeout,) * 3
    waiting = stationary(service, np.array([demand]), np.array([float(ready * service.slots)]))
    if queued > 0.0 or demand > capacity:
        backlog = np.array([min(queued / capacity, service.timeout)])
        waiting = Waiting(backlog, np.zeros(1), np.array([capacity]))
    grid = np.geomspace(service.mean_service_time / 100, service.timeout + 20 * service.mean_service_time, 400)
    tail = exceeds(waiting, service, grid)[0]
    p50, p95, p99 = np.interp([-0.5, -0.05, -0.01], -tail, grid)
    return float(p50), float(p95), float(p99)
