"""The wait in a queue at a steady load: how likely it is and how long it then takes, by how requests find their pod.

Formulas for c servers with mean service time 1; the wait of those who wait is taken to be exponential. ``use`` is the
load over the servers, below 1; ``variability`` is half the sum of the squared coefficients of variation of the times
between arrivals and of the service times: 1 in M/M/c, 1/2 in M/D/c.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special

Floats = NDArray[np.float64]
Delay = tuple[Floats, Floats]  #: probability of waiting, and mean wait of those who wait

_LEVELS: Final = (
    60  #: queue lengths looked at beyond the slots of a pod: with two choices the longest are as good as never
)
_MOST_SLOTS: Final = 64  #: a pod with more hardly ever has a queue while the other of two choices has room
_USES: Final = 1.0 - np.geomspace(1.0, 0.004, 40)[1:]  #: where the law of two choices is worked out
_NEWTON_STEPS: Final = 30


def erlang_c(servers: Floats, load: Floats) -> Floats:
    """Give the probability that a request has to wait in M/M/c.

    ``load`` is in Erlang and below ``servers``, which need not be whole. Exact: Erlang's loss formula is the ratio of a
    Poisson probability to its distribution function.
    """
    log_probability = special.xlogy(servers, load) - load - special.gammaln(servers + 1.0)
    loss = np.exp(log_probability) / np.maximum(special.gammaincc(servers + 1.0, load), 1e-300)
    return np.asarray(loss / (1.0 - load / servers * (1.0 - loss)))


def one_line(servers: Floats, use: Floats, variability: float) -> Delay:
    """Give the delay in one line in front of all servers. Exact for M/M/c, else by Allen and Cunneen."""
    return erlang_c(servers, use * servers), variability / (servers * (1.0 - use))


def least_outstanding(servers: Floats, slots: int, use: Floats, variability: float) -> Delay:
    """Give the delay where each request joins the pod with the fewest: as long on average as in one line.

    Fewer wait, but each for a slot of its own pod. Fitted to single requests, within 15 % of the probability at 20 pods.
    """
    chance, pooled = one_line(servers, use, variability)
    wait = np.hypot(pooled, variability / slots * np.maximum(1.0 - slots / servers, 0.0))
    return chance * pooled / wait, wait


def random_pod(slots: int, use: Floats, variability: float) -> Delay:
    """Give the delay where every pod has a Poisson stream of its own."""
    return one_line(np.full_like(use, float(slots)), use, variability)


def in_turn(servers: Floats, slots: int, use: Floats, service_variability: float) -> Delay:
    """Give the delay where pods take turns: each gets one request in so many, at more even intervals than Poisson's.

    ``service_variability`` is the squared coefficient of variation of service times. Mean wait: Whitt, Approximations
    for the GI/G/m queue (1993), whose formula for fewer than one pod's servers is the one for Poisson arrivals.
    """
    evenness = np.minimum(slots / servers, 1.0)
    variability = (evenness + service_variability) / 2.0
    chance, wait = random_pod(slots, use, 1.0)
    mean = chance * wait * variability * _even_arrivals(evenness, service_variability, slots, use)
    wait = wait * np.maximum(variability, 1e-9)
    return np.minimum(mean / wait, 1.0), wait


def two_choices(servers: Floats, slots: int, use: Floats, variability: float) -> Delay:
    """Give the delay where each request joins the better of two pods drawn at random.

    Many pods: the mean-field law (Mitzenmacher; Vvedenskaya, Dobrushin and Karpelevich) for pods with several slots. That
    there are only so many pods adds about what one line in front of all of them would make requests wait.
    """
    fewest = least_outstanding(servers, slots, use, variability)
    if slots > _MOST_SLOTS:
        return fewest
    chances, waits = _mean_field(slots)
    chance = np.exp(np.interp(use, _USES, np.log(chances)))
    wait = np.interp(use, _USES, waits) * variability
    pooled_chance, pooled_wait = one_line(servers, use, variability)
    either = 1.0 - (1.0 - chance) * (1.0 - pooled_chance)
    both = chance * wait + pooled_chance * pooled_wait
    wait = np.where(either > 1e-12, both / np.maximum(either, 1e-12), wait)
    is_few = servers < 2.5 * slots  # of one or two pods, two are all
    return np.where(is_few, fewest[0], either), np.where(is_few, fewest[1], wait)


def _even_arrivals(evenness: Floats, service: float, slots: int, use: Floats) -> Floats:
    """Give what arrivals more even than Poisson's leave of Allen and Cunneen's mean wait (Whitt's phi)."""
    use = np.maximum(use, 1e-9)
    gamma = np.minimum(0.24, (1.0 - use) * (slots - 1) * (np.sqrt(4.0 + 5.0 * slots) - 2.0) / (16.0 * slots * use))
    even = (1.0 - 4.0 * gamma) * np.exp(-2.0 * (1.0 - use) / (3.0 * use))
    variability = np.minimum((evenness + service) / 2.0, 1.0)
    between = np.minimum(1.0, (1.0 + gamma + even) / 2.0) ** (2.0 * (1.0 - variability))
    both = 2.0 * np.maximum(evenness + service, 1e-9)
    if service < 1e-9:
        return np.asarray(between)
    weight = np.clip((service - evenness) / both, 0.0, 1.0)
    return np.asarray(weight * even + (1.0 - weight) * between)


@lru_cache(maxsize=32)
def _mean_field(slots: int) -> Delay:
    """Give the delay at each of ``_USES`` where there are very many pods.

    ``s[k]``, the share of pods with at least k requests, solves load (s[k-1]^2 - s[k]^2) = min(k, slots) (s[k] - s[k+1]).
    """
    levels = np.arange(1, slots + _LEVELS + 1)
    ends = np.minimum(levels, slots).astype(np.float64)
    share = 0.01 ** levels.astype(np.float64)
    chances, waits = np.empty(len(_USES)), np.empty(len(_USES))
    for i, load in enumerate((_USES * slots).tolist()):
        share = _steady(share, load, ends)
        joined = np.append(share**2, 0.0)[slots - 1 :]
        queued = -np.diff(joined)  # share of requests that find slots, slots + 1, ... requests in the better pod
        chances[i] = max(joined[0], 1e-300)
        wait = queued @ np.arange(1.0, len(queued) + 1.0) / slots / chances[i]
        waits[i] = max(
            wait, 1.0 / slots
        )  # the next slot of one's pod to come free: what rounding leaves of nothing is less
    return chances, waits


def _steady(share: Floats, load: float, ends: Floats) -> Floats:
    """Solve for the steady shares by Newton's method, from those at a load that is a little lower."""
    for _ in range(_NEWTON_STEPS):
        below, above = np.concatenate((np.ones(1), share[:-1])), np.append(share[1:], 0.0)
        residual = load * (below**2 - share**2) - ends * (share - above)
        bands = np.zeros((3, len(share)))
        bands[0, 1:] = ends[:-1]
        bands[1] = -2.0 * load * share - ends
        bands[2, :-1] = 2.0 * load * share[:-1]
        step = linalg.solve_banded((1, 1), bands, residual)
        share = np.clip(share - step, 0.0, 1.0)
        if float(np.abs(step).max()) < 1e-13:
            break
    return share
