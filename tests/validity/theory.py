"""What queueing theory says about the queues that the simulator is judged by; shares nothing with the simulator.

Rates are per second, times in seconds, loads in Erlang (rate times mean service time), ``use`` is load over servers.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Floats = NDArray[np.float64]

_STATES_PER_SLACK: Final = 40.0  #: states kept beyond the servers, in units of 1/(1 - use): leaves out less than 1e-15


def erlang_b(servers: int, load: float) -> float:
    """Give the share of requests that M/G/c/c turns away. Source: the usual recursion over the number of servers."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """Give the share of requests that have to wait in M/M/c; ``load`` below ``servers``."""
    blocked = erlang_b(servers, load)
    return blocked / (1.0 - load / servers * (1.0 - blocked))


def mmc_mean_wait(servers: int, use: float, mean_service: float) -> float:
    """Give the mean wait of M/M/c, over all requests."""
    return erlang_c(servers, servers * use) * mean_service / (servers * (1.0 - use))


def mmc_sojourn_tail(servers: int, use: float, mean_service: float, t: float) -> float:
    """Give P(wait plus service > t) of M/M/c: exponential service behind a wait that is exponential or none."""
    mu, theta = 1.0 / mean_service, servers * (1.0 - use) / mean_service
    waits = erlang_c(servers, servers * use)
    if math.isclose(mu, theta, rel_tol=1e-9):
        both = (1.0 + mu * t) * math.exp(-mu * t)
    else:
        both = (theta * math.exp(-mu * t) - mu * math.exp(-theta * t)) / (theta - mu)
    return (1.0 - waits) * math.exp(-mu * t) + waits * both


def mmc_sojourn_quantile(servers: int, use: float, mean_service: float, share: float) -> float:
    """Give the time that ``share`` of the requests of M/M/c take at most."""
    highest = 100.0 * mean_service / (1.0 - use)
    root = optimize.brentq(
        lambda t: mmc_sojourn_tail(servers, use, mean_service, t) - (1.0 - share), 0.0, highest, xtol=1e-12
    )
    return float(root)


def mg1_mean_wait(use: float, mean_service: float, cv2: float) -> float:
    """Give the mean wait of M/G/1, whose service time has the squared coefficient of variation ``cv2``.

    Source: Pollaczek and Khinchine.
    """
    return use * mean_service * (1.0 + cv2) / (2.0 * (1.0 - use))


def mdc_mean_wait(servers: int, use: float, service: float) -> float:
    """Give the mean wait of M/D/c.

    After a time of one service, all that were in service are gone and all that arrived meanwhile are there: the number
    present, looked at in such steps, is a Markov chain whose stationary law is that of any moment. Source: Crommelin.
    """
    load = servers * use
    most = servers + int(_STATES_PER_SLACK / (1.0 - use))
    came = stats.poisson.pmf(np.arange(most + 1), load)
    step = np.zeros((most + 1, most + 1))
    for n in range(most + 1):
        left = max(0, n - servers)
        step[n, left:] = came[: most + 1 - left]
        step[n, most] += 1.0 - step[n].sum()
    balance = np.vstack((step.T - np.eye(most + 1), np.ones(most + 1)))
    share = np.linalg.lstsq(balance, np.append(np.zeros(most + 1), 1.0), rcond=None)[0]
    queue = float(np.maximum(np.arange(most + 1) - servers, 0) @ share)
    return queue * service / load


def supermarket_mean_wait(use: float, mean_service: float) -> float:
    """Give the mean wait where each request joins the shorter of two queues drawn at random, of very many with one slot.

    Source: Vvedenskaya, Dobrushin and Karpelevich; Mitzenmacher: the mean sojourn is the sum of use^(2^i - 2), i >= 1.
    """
    return mean_service * (sum(use ** (2.0**i - 2.0) for i in range(1, 30)) - 1.0)


def erlang_m_1_mean_wait(phases: int, use: float, mean_service: float) -> float:
    """Give the mean wait of E_n/M/1: what round robin makes of each of ``phases`` queues that share a Poisson stream.

    Source: GI/M/1, whose root is s = A(mu (1 - s)), A the transform of the time between two arrivals at one queue.
    """
    mu = 1.0 / mean_service
    rate = use * mu * phases

    def gap(s: float) -> float:
        return math.exp(-phases * math.log1p(mu * (1.0 - s) / rate)) - s

    root = float(optimize.brentq(gap, 0.0, 1.0 - (1.0 - use) / 2.0, xtol=1e-14))
    return root * mean_service / (1.0 - root)


def mean_busy_of_sine(mean: float, swing: float, period: float, mean_service: float, t: Floats) -> Floats:
    """Give the mean number in service of M(t)/M/inf at each time ``t``, at the rate mean + swing sin(2 pi t / period).

    Source: Eick, Massey and Whitt, "M(t)/G/inf queues with sinusoidal arrival rates" (Management Science 39, 1993).
    """
    turn, mu = 2.0 * math.pi / period, 1.0 / mean_service
    lagged = mu * np.sin(turn * t) - turn * np.cos(turn * t)
    return np.asarray(mean / mu + swing / (mu * mu + turn * turn) * lagged)


def mean_busy_of_stairs(rates: Floats, mean_service: float) -> Floats:
    """Give the mean number in service of M(t)/M/inf at the begin of each second, whose ``rates`` hold for it; 0 at first.

    The same law for a rate that changes in steps: what is there fades, what comes adds up, each exponentially.
    """
    stays = math.exp(-1.0 / mean_service)
    busy = np.zeros(len(rates) + 1)
    for second, rate in enumerate(rates.tolist()):
        busy[second + 1] = busy[second] * stays + rate * mean_service * (1.0 - stays)
    return busy


def overload_peak_and_area(capacity: float, over: float, lasts: float, after: float) -> tuple[float, float]:
    """Give the longest queue [requests] and the area under it [request-seconds] of a fluid.

    ``over`` arrives for ``lasts`` seconds at what serves ``capacity``, then ``after``, which is less, until it is gone.
    """
    peak = (over - capacity) * lasts
    return peak, peak * lasts / 2.0 + peak * peak / (2.0 * (capacity - after))
