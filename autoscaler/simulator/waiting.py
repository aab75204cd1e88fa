"""How long requests wait: Erlang's formula while there is room, the queue in front of them while there is none.

Service times are exponential. A request's latency is its wait in line plus its time in service; the wait is a fixed part
(the backlog) plus, with the probability of waiting, an exponential part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from autoscaler.config.scenario import Balancing, Service

Floats = NDArray[np.float64]

#: How long a load has lasted, at least, before the stationary formula holds for it [s]; nearer to saturation than
#: that allows, the queue has not had the time to grow as long as the formula says.
_SETTLED: Final = 60.0
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


def erlang_c(servers: Floats, load: Floats) -> Floats:
    """Give the probability that a request has to wait in M/M/c.

    ``load`` is in Erlang and below ``servers``, which need not be whole. Exact: Erlang's loss formula is the ratio of a
    Poisson probability to its distribution function.
    """
    log_probability = special.xlogy(servers, load) - load - special.gammaln(servers + 1.0)
    loss = np.exp(log_probability) / np.maximum(special.gammaincc(servers + 1.0, load), 1e-300)
    return np.asarray(loss / (1.0 - load / servers * (1.0 - loss)))


def stationary(service: Service, rate: Floats, slots: Floats, slowness: Floats | float = 1.0) -> Waiting:
    """Give the wait at an arrival ``rate`` [requests/s] with ``slots`` in rotation and nobody queued before.

    ``slots`` are worth of slots at full speed; there are ``slowness`` times as many, and each takes that much longer.
    """
    servers = np.maximum(slots, 1e-9) * slowness
    if service.balancing is Balancing.RANDOM:  # every pod is a queue of its own, with its share of the load
        share = service.slots / servers
        servers, rate = np.full_like(servers, float(service.slots)), rate * share
    work_rate = servers / (service.mean_service_time * slowness)
    settled = np.maximum(0.0, 1.0 - 1.0 / np.sqrt(np.maximum(work_rate * _SETTLED, 1.0))) ** 2
    use = np.minimum(rate / work_rate, settled)
    return Waiting(np.zeros_like(use), erlang_c(servers, use * servers), work_rate * (1.0 - use))


def exceeds(waiting: Waiting, mean_service: float | Floats, latency: Floats) -> Floats:
    """Give the probability that a request takes longer than ``latency`` [s]: shape ``(seconds, latencies)``.

    ``mean_service`` [s]: the same for all, or one for each second, shape ``(seconds,)``.
    """
    mu = 1.0 / np.asarray(mean_service, np.float64).reshape(-1, 1)
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
    tail = exceeds(waiting, service.mean_service_time, grid)[0]
    p50, p95, p99 = np.interp([-0.5, -0.05, -0.01], -tail, grid)
    return float(p50), float(p95), float(p99)
