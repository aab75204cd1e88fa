"""The service of a workload at request level, as the simulated world asks for it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from autoscaler.config.scenario import Balancing, Objective, Service, Spread, TimeShape, Warmup
from autoscaler.model.time import SECOND, Instant
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.one_by_one import OneByOne
from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests.engine import Engine
from autoscaler.simulator.requests.latencies import RequestLatencies
from autoscaler.simulator.requests.layout import Balancer, Distribution
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Drawn, Given
from autoscaler.simulator.serving import Counters

_BALANCERS = {
    Balancing.SHARED: Balancer.SHARED,
    Balancing.RANDOM: Balancer.RANDOM,
    Balancing.ROUND_ROBIN: Balancer.ROUND_ROBIN,
    Balancing.POWER_OF_TWO: Balancer.POWER_OF_TWO,
    Balancing.LEAST_OUTSTANDING: Balancer.LEAST_OUTSTANDING,
}


class RequestService(OneByOne[Engine]):
    """Serves each request by itself; those of a pod that is killed are lost.

    The account book counts whole requests; those sent again count again.
    """

    def __init__(
        self,
        spec: Service,
        ledger: Ledger,
        start: Instant,
        *,
        slo: Objective | None = None,
        warmup: Warmup | None = None,
        seed: tuple[int, ...] = (0,),
        requests: Given | None = None,
        record: int = 0,
    ) -> None:
        """Requests are drawn from the traffic of ``ledger``, unless ``requests`` are given.

        ``record``: of how many of the first requests to keep the story.
        """
        source = requests or Drawn(rates=ledger.between, seed=seed)
        physics = physics_of(spec, slo or Objective(), warmup)
        engine = Engine(physics, source, record=record, seconds=len(ledger.arrived))
        super().__init__(engine, ledger, start, spec.slots, warmup)
        self._spec = spec

    @property
    def capacity(self) -> float:
        """The most that the pods in rotation can serve [requests/s]."""
        return self._slots.worth / self._spec.mean_service_time

    @property
    def waiting(self) -> float:
        """Requests in line now."""
        return float(self.engine.waiting)

    @property
    def in_service(self) -> float:
        """Requests in service now."""
        return float(self.engine.in_service)

    def catch_up(self, to: Instant) -> None:
        """Serve everything up to ``to``."""
        self.engine.advance(self._seconds(to))
        self._slots.note(to)
        first, last = self.ledger.seconds, (to - self._start) // SECOND
        ledger, columns = self.ledger, self.engine.state.columns[first:last]
        ledger.arrived[first:last] = columns[:, k.ARRIVED] + columns[:, k.RETRIED]
        ledger.served[first:last] = columns[:, k.SERVED]
        ledger.rejected[first:last] = columns[:, k.REJECTED]
        ledger.timed_out[first:last] = columns[:, k.TIMED_OUT]
        ledger.lost[first:last] = columns[:, k.LOST]
        ledger.waiting[first:last] = columns[:, k.QUEUED]
        ledger.seconds = max(first, last)

    def counters(self, pods: Sequence[int]) -> Counters:
        """Read the counters of ``pods``, as of the last ``catch_up``; one that never joined has zeros."""
        engine, rows = self.engine, self.engine.rows(pods)
        state = engine.state
        present = state.pods[rows, k.P_OUTSTANDING].astype(np.float64)  # row 0, no pod, has zeros
        busy = np.minimum(present, self._spec.slots)
        oldest = state.jobs[state.links[0, k.L_LATER], k.J_ARRIVED]
        return Counters(
            work=state.meters[rows, k.M_WORK] + engine.progress()[rows],
            served=state.meters[rows, k.M_SERVED],
            busy=busy,
            queued=present - busy,
            arrived=float(state.ints[k.REQUESTS]),
            waiting=self.waiting,
            active=self.in_service,
            oldest=engine.now - float(oldest) if engine.waiting else 0.0,
        )

    def latencies(self) -> RequestLatencies:
        """Tell how long requests took, up to the ledger's last second."""
        return RequestLatencies(self.engine.state, self.ledger.seconds)


def physics_of(spec: Service, slo: Objective, warmup: Warmup | None) -> Physics:
    """Put a scenario's service in the kernel's terms."""
    distribution, mean, shape = _distribution(spec.spread, spec.mean_service_time)
    retries = spec.retries
    return Physics(
        balancer=_BALANCERS[spec.balancing],
        slots=spec.slots,
        queue_limit=spec.queue_limit,
        distribution=distribution,
        mean=mean,
        shape=shape,
        quantiles=_scaled(spec.spread.quantiles, spec.mean_service_time),
        timeout=spec.timeout,
        attempts=1 if retries is None else retries.attempts,
        backoff=0.0 if retries is None else retries.backoff,
        backoff_limit=math.inf if retries is None else retries.backoff_limit,
        jitter=0.0 if retries is None else retries.jitter,
        warmup=0.0 if warmup is None else warmup.span,
        slowness=1.0 if warmup is None else warmup.slowness,
        objective=slo.latency,
    )


def _distribution(spread: Spread, mean: float) -> tuple[Distribution, float, float]:
    """Give the kernel's distribution with its two parameters."""
    cv = spread.cv or 1.0
    match spread.shape:
        case TimeShape.CONSTANT:
            return Distribution.CONSTANT, mean, 1.0
        case TimeShape.EXPONENTIAL:
            return Distribution.EXPONENTIAL, mean, 1.0
        case TimeShape.LOGNORMAL:
            variance = math.log1p(cv * cv)  # of the logarithm
            return Distribution.LOGNORMAL, math.log(mean) - variance / 2, math.sqrt(variance)
        case TimeShape.GAMMA:
            return Distribution.GAMMA, mean * cv * cv, 1.0 / (cv * cv)
        case TimeShape.EMPIRICAL:
            return Distribution.EMPIRICAL, mean, 1.0


def _scaled(quantiles: tuple[float, ...], mean: float) -> tuple[float, ...]:
    """Scale quantiles, with straight lines between them, to a mean."""
    if not quantiles:
        return ()
    own = (math.fsum(quantiles) - (quantiles[0] + quantiles[-1]) / 2) / (len(quantiles) - 1)
    return tuple(value / own * mean for value in quantiles)
