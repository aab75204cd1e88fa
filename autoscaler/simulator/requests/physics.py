"""What a service does with requests, in the kernel's terms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autoscaler.simulator.requests.layout import Balancer, Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Physics:
    """What a service does with requests. Times in seconds.

    ``mean`` and ``shape`` are: of a lognormal distribution the mean and the standard deviation of the logarithm, of a
    gamma distribution its scale and its shape. ``quantiles``: of an empirical distribution, at equal steps of
    probability from 0 to 1.
    """

    balancer: Balancer
    slots: int  #: requests a pod serves at once
    queue_limit: int  #: requests that may wait in a pod; in a shared queue per pod in rotation
    distribution: Distribution = Distribution.EXPONENTIAL
    mean: float = 1.0
    shape: float = 1.0
    quantiles: tuple[float, ...] = ()
    timeout: float = np.inf  #: how long a client waits for its turn
    attempts: int = 1  #: how often a client tries at most
    backoff: float = 1.0  #: pause before the second attempt; doubles with each further one
    backoff_limit: float = np.inf
    jitter: float = 0.0  #: the pause varies by up to this share
    warmup: float = 0.0  #: time over which a pod that joined gets faster
    slowness: float = 1.0  #: times as long as usual a request takes in a pod that has just joined
    objective: float = np.inf  #: a request that takes longer is late
