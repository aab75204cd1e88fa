"""The simulator as the checks see it: a queue is described, served, and looked at.

The only file here that knows the simulator's interface for single requests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.requests import layout
from autoscaler.simulator.requests.engine import Engine
from autoscaler.simulator.requests.layout import Balancer, Distribution
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Drawn, Given, Rates
from tests.validity.events import Change, Rule, Rules, What

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_WITHOUT_END: Final = 1_000_000  #: places to wait that no queue here ever fills
_FIRST_EDGE: Final = -20  #: the histogram begins at 2**-20 s ...
_BINS_AN_OCTAVE: Final = 128  #: ... and has this many bins from there to 2**-19 s, and so on

_BALANCERS: Final = {
    Rule.SHARED: Balancer.SHARED,
    Rule.ROUND_ROBIN: Balancer.ROUND_ROBIN,
    Rule.RANDOM: Balancer.RANDOM,
    Rule.POWER_OF_TWO: Balancer.POWER_OF_TWO,
    Rule.LEAST_OUTSTANDING: Balancer.LEAST_OUTSTANDING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A service with a constant load: ``use`` is the load over all slots, ``service`` the mean service time [s]."""

    use: float
    pods: int
    slots: int
    service: float
    balancing: str
    distribution: str = "exponential"
    cv: float = 1.0
    queue_limit: int = _WITHOUT_END

    @property
    def rate(self) -> float:
        """Arrivals [requests/s]."""
        return self.use * self.pods * self.slots / self.service

    def physics(self, timeout: float = math.inf) -> Physics:
        """Give the simulator's own description; ``timeout`` [s] is how long a client waits."""
        mean, shape = _parameters(self.distribution, self.service, self.cv)
        return Physics(
            balancer=_BALANCERS[Rule(self.balancing)],
            slots=self.slots,
            queue_limit=self.queue_limit,
            distribution=Distribution[self.distribution.upper()],
            mean=mean,
            shape=shape,
            timeout=timeout,
        )

    def engine(self, rates: Rates, seed: int, *, record: int = 0, timeout: float = math.inf) -> Engine:
        """Give the running service, its pods in rotation; the story of the first ``record`` requests is kept."""
        engine = Engine(self.physics(timeout), Drawn(rates=rates, seed=(seed,)), record=record)
        for pod in range(self.pods):
            engine.join(pod, 0.0)
        return engine


@dataclass(frozen=True, slots=True)
class Observed:
    """What requests went through in a stretch of time, apart from those that were turned away."""

    mean_wait: float
    mean_sojourn: float
    rejected_share: float
    sojourns: Integers  #: how many took how long, by bin of the histogram

    def sojourn_quantile(self, share: float) -> float:
        """Give what a ``share`` of the requests take at most [s]; within a bin they lie evenly."""
        below = np.cumsum(self.sojourns)
        wanted = share * below[-1]
        place = int(np.searchsorted(below, wanted))
        inside = (wanted - (below[place] - self.sojourns[place])) / self.sojourns[place]
        return _edge(place) + inside * (_edge(place + 1) - _edge(place))


def constant(rate: float) -> Rates:
    """Give the same rate [requests/s] in every second."""
    return lambda first, last: np.full(last - first, rate)


def by_second(rates: Floats) -> Rates:
    """Give the rates [requests/s] of seconds, and 0 after them."""
    return lambda first, last: np.concatenate((rates, np.zeros(max(0, last - len(rates)))))[first:last]


@lru_cache(maxsize=256)
def observe(queue: Queue, requests: int, warmup: float, seed: int) -> Observed:
    """Let about so many requests come after a ``warmup`` [s], and give what they went through."""
    engine = queue.engine(constant(queue.rate), seed)
    engine.advance(warmup)
    before = _totals(engine)
    engine.advance(warmup + requests / queue.rate)
    waits, sojourns, came, rejected, histogram = (now - then for now, then in zip(_totals(engine), before, strict=True))
    served = int(histogram.sum())
    return Observed(float(waits) / served, float(sojourns) / served, float(rejected) / float(came), histogram)


def column(engine: Engine, which: int) -> Floats:
    """Give one of the simulator's columns, by second."""
    return np.asarray(engine.state.columns[:, which])


def _totals(engine: Engine) -> tuple[NDArray[np.generic], ...]:
    """Give sums of waits and times in the system [s], arrivals, rejected, and the histogram of times in the system."""
    floats = engine.state.floats
    return (
        floats[layout.WAITS].copy(),
        floats[layout.SOJOURNS].copy(),
        column(engine, layout.ARRIVED).sum(),
        column(engine, layout.REJECTED).sum(),
        engine.state.fine[0].copy(),
    )


def _edge(place: int) -> float:
    octave, part = divmod(place, _BINS_AN_OCTAVE)
    return 2.0 ** (_FIRST_EDGE + octave) * (1.0 + part / _BINS_AN_OCTAVE)


def _parameters(distribution: str, mean: float, cv: float) -> tuple[float, float]:
    """Give the two parameters of a service time with this mean and coefficient of variation."""
    match distribution:
        case "lognormal":
            sigma2 = math.log1p(cv * cv)
            return math.log(mean) - sigma2 / 2.0, math.sqrt(sigma2)
        case "gamma":
            return mean * cv * cv, 1.0 / (cv * cv)
        case _:
            return mean, 1.0


class Record(NamedTuple):
    """The story of each request, shape ``(n,)``: NaN where there is none (yet). ``fates``: the simulator's ``Fate``."""

    arrivals: Floats
    starts: Floats
    ends: Floats
    pods: Floats
    fates: Floats


def record_of(engine: Engine) -> Record:
    """Give what the simulator wrote down of the first requests."""
    return Record(*(np.array(column) for column in engine.state.record.T))


def replay(rules: Rules, arrivals: Floats, services: Floats, chances: Floats | None = None) -> Engine:
    """Give a service without pods to which these requests will come; ``chances`` in [0, 1) pick pods at random."""
    physics = Physics(
        balancer=_BALANCERS[rules.rule],
        slots=rules.slots,
        queue_limit=rules.queue_limit,
        timeout=rules.timeout,
        attempts=rules.attempts,
        backoff=rules.backoff,
        backoff_limit=rules.backoff_limit,
        jitter=rules.jitter,
        warmup=rules.warmup,
        slowness=rules.slowness,
    )
    return Engine(physics, Given(arrivals=arrivals, services=services, chances=chances), record=len(arrivals))


def carry_out(engine: Engine, changes: Sequence[Change], after: Callable[[Engine], None] | None = None) -> None:
    """Let changes happen, each at its time; ``after`` looks at the service after each of them."""
    for change in changes:
        match change.what:
            case What.JOIN:
                engine.join(change.pod, change.at)
            case What.LEAVE:
                engine.leave(change.pod, change.at)
            case What.KILL:
                engine.kill(change.pod, change.at)
            case What.SLOW_DOWN:
                engine.slow_down(change.factor, change.at)
        if after is not None:
            after(engine)


def starts_of(servers: int, arrivals: Floats, services: Floats) -> Floats:
    """Give when each request starts in one line in front of ``servers`` slots."""
    rules = Rules(slots=servers, queue_limit=_WITHOUT_END, timeout=math.inf, rule=Rule.SHARED)
    engine = replay(rules, arrivals, services)
    engine.join(0, 0.0)
    engine.advance(float(arrivals[-1] + services.sum()))
    return record_of(engine).starts


def drawn_requests(rates: Floats, mean_service: float, seed: int) -> tuple[Floats, Floats]:
    """Give arrivals and service times that the simulator draws at the ``rates`` of seconds [requests/s]."""
    most = int(rates.sum() + 10.0 * math.sqrt(rates.sum()) + 100.0)
    slots = 100_000
    queue = Queue(use=0.0, pods=1, slots=slots, service=mean_service, balancing="shared")
    engine = queue.engine(by_second(rates), seed, record=most)
    engine.advance(len(rates) + 100.0 * mean_service)
    record = record_of(engine)
    came = np.flatnonzero(~np.isnan(record.ends))
    return record.arrivals[came], record.ends[came] - record.starts[came]
