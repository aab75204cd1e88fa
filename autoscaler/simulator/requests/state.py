"""The kernel's arrays: how they begin, and how they grow. Nothing in them depends on how much room there is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.requests import kernel as k
from autoscaler.simulator.requests.kernel import Array, Balancer, Distribution, State

Floats = NDArray[np.float64]

_FIRST_JOBS: Final = 1_024
_FIRST_PODS: Final = 16
_FIRST_LEVELS: Final = 4_096
_FIRST_SECONDS: Final = 3_600
_MOST_CELLS: Final = 17_281  #: of seconds of arrival that share a coarse histogram: 5 s each in a run of a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Physics:
    """What a service does with requests. Times in seconds.

    ``shape``: of a lognormal distribution the standard deviation of the logarithm, of a gamma distribution its shape.
    ``quantiles``: of an empirical distribution, at equal steps of probability from 0 to 1.
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


class Rates(Protocol):
    """Expected arrivals by second."""

    def __call__(self, first: int, last: int) -> Floats:
        """Give them for the seconds from ``first`` up to ``last``, shape ``(last - first,)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Poisson arrivals with service times of the physics' distribution. Request k is the same under every policy."""

    rates: Rates
    seed: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Requests that are known, in order of arrival, shape ``(n,)`` each.

    ``chances`` in [0, 1) are what a random balancer uses, ``costs`` the work of each: 1 is an average request.
    """

    arrivals: Floats  #: [s]
    services: Floats  #: [s]
    chances: Floats | None = None
    costs: Floats | None = None
    seed: tuple[int, ...] = field(default=(0,))  #: of the pauses between retries

    def __post_init__(self) -> None:
        rows = [row for row in (self.arrivals, self.services, self.chances, self.costs) if row is not None]
        if any(row.shape != self.arrivals.shape or row.ndim != 1 for row in rows):
            raise ValueError("arrivals, services, chances and costs must have one shape, (n,)")
        if not all(np.isfinite(row).all() and (row >= 0.0).all() for row in rows):
            raise ValueError("arrivals, services, chances and costs must be finite and not negative")
        if (np.diff(self.arrivals) < 0.0).any():
            raise ValueError("arrivals must be in order")
        if self.chances is not None and not (self.chances < 1.0).all():
            raise ValueError("chances must be below 1")


def new_state(physics: Physics, source: Drawn | Given, record: int, seconds: int) -> State:
    """Give an empty service at second 0, without pods. ``record``: of how many requests to keep the story."""
    seconds = max(seconds, _FIRST_SECONDS) + 1
    cell = -(-seconds // _MOST_CELLS)
    levels = _levels(physics)
    state = State(
        ints=_ints(physics, source),
        floats=_floats(physics, cell),
        source=_source(source),
        spare=np.zeros((k.SPARE, k.BLOCK)),
        rates=np.zeros(0),
        random=_generators(source.seed),
        quantiles=np.array(physics.quantiles or (0.0,)),
        ends=np.full(4, np.inf),
        ending=np.zeros(4, np.int32),
        retry_at=np.full(4, np.inf),
        retrying=np.zeros(4, np.int32),
        jobs=np.zeros((0, k.JOB)),
        job_links=np.zeros((0, k.LINK), np.int32),
        pods=np.zeros((0, k.POD), np.int32),
        meters=np.zeros((0, k.METER)),
        rings=np.repeat(np.arange(levels, dtype=np.int32)[:, None], 2, axis=1),
        rotation=np.zeros(0, np.int32),
        columns=np.zeros((seconds, k.COLUMNS)),
        fine=np.zeros((2, k.FINE_BINS), np.int64),
        cells=np.zeros((-(-seconds // cell), k.COARSE_BINS), np.uint32),
        record=np.full((record, k.RECORD), np.nan),
    )
    return with_pods(with_jobs(state, _FIRST_JOBS), _FIRST_PODS)


def with_jobs(state: State, more: int) -> State:
    """Make room for more requests that wait, are served or will be sent again."""
    have = len(state.jobs)
    links = np.full((have + more, k.LINK), -1, np.int32)
    links[:have] = state.job_links
    links[have:-1, k.L_NEXT] = np.arange(have + 1, have + more)
    links[-1, k.L_NEXT], state.ints[k.FREE] = state.ints[k.FREE], have
    return state._replace(
        jobs=_longer(state.jobs, more, 0),
        job_links=links,
        ends=_longer(state.ends, more, np.inf),
        ending=_longer(state.ending, more, 0),
        retry_at=_longer(state.retry_at, more, np.inf),
        retrying=_longer(state.retrying, more, 0),
    )


def with_pods(state: State, more: int) -> State:
    """Make room for more pods."""
    entries = np.arange(len(state.rings), len(state.rings) + more, dtype=np.int32)
    return state._replace(
        pods=_longer(state.pods, more, -1),
        meters=_longer(state.meters, more, 0.0),
        rings=np.concatenate((state.rings, np.repeat(entries[:, None], 2, axis=1))),
        rotation=_longer(state.rotation, more, -1),
    )


def with_levels(state: State) -> State:
    """Make room for pods with more outstanding requests: the entries of levels come before those of pods."""
    levels = len(state.rings) - len(state.pods)
    new = np.repeat(np.arange(levels, 2 * levels, dtype=np.int32)[:, None], 2, axis=1)
    moved = state.rings + np.where(state.rings >= levels, np.int32(levels), np.int32(0))
    return state._replace(rings=np.concatenate((moved[:levels], new, moved[levels:])))


def with_seconds(state: State, seconds: int) -> State:
    """Make room for at least so many seconds; cells of seconds get longer so that their number stays bounded."""
    have = len(state.columns)
    wanted = max(seconds, 2 * have)
    cells, cell = state.cells, int(state.floats[k.CELL])
    while wanted > cell * _MOST_CELLS:
        padded = _longer(cells, len(cells) % 2, 0)
        cells, cell = padded[0::2] + padded[1::2], 2 * cell
    state.floats[k.CELL] = cell
    return state._replace(
        columns=_longer(state.columns, wanted - have, 0.0), cells=_longer(cells, -(-wanted // cell) - len(cells), 0)
    )


def _longer(array: Array, more: int, value: float) -> Array:
    return np.concatenate((array, np.full((more, *array.shape[1:]), value, array.dtype)))


def _levels(physics: Physics) -> int:
    match physics.balancer:
        case Balancer.SHARED:
            return 1
        case Balancer.LEAST_OUTSTANDING:
            return min(physics.slots + physics.queue_limit + 2, _FIRST_LEVELS)
        case _:
            return 0


def _ints(physics: Physics, source: Drawn | Given) -> Array:
    ints = np.zeros(k.INTS, np.int64)
    ints[[k.FREE, k.HEAD, k.TAIL, k.KILLED]] = -1
    ints[[k.NEXT_UNIT, k.NEXT_CHANCE]] = k.BLOCK
    ints[k.DRAWN] = 0 if isinstance(source, Drawn) else len(source.arrivals)
    ints[k.IS_DRAWN] = isinstance(source, Drawn)
    ints[k.BALANCER], ints[k.DISTRIBUTION] = physics.balancer, physics.distribution
    ints[k.SLOTS], ints[k.LIMIT], ints[k.ATTEMPTS] = physics.slots, physics.queue_limit, physics.attempts
    return ints


def _floats(physics: Physics, cell: int) -> Array:
    floats = np.zeros(k.FLOATS)
    floats[[k.SLOW, k.NEEDED, k.WARM_UNTIL, k.CELL]] = 1.0, -1.0, -np.inf, cell
    floats[[k.WARMUP, k.SLOWNESS]] = physics.warmup, physics.slowness
    floats[[k.TIMEOUT, k.OBJECTIVE]] = physics.timeout, physics.objective
    floats[[k.MEAN, k.SHAPE]] = physics.mean, physics.shape
    floats[[k.BACKOFF, k.BACKOFF_LIMIT, k.JITTER]] = physics.backoff, physics.backoff_limit, physics.jitter
    return floats


def _source(source: Drawn | Given) -> Array:
    if isinstance(source, Drawn):
        rows = np.zeros((k.SOURCE, k.BLOCK))
        rows[k.COST] = 1.0
        return rows
    n = len(source.arrivals)
    chances = np.zeros(n) if source.chances is None else source.chances
    costs = np.ones(n) if source.costs is None else source.costs
    return np.array([source.arrivals, source.services, chances, costs], np.float64)


def _generators(seed: tuple[int, ...]) -> Array:
    """Seed one generator for each stream, far from each other and from all else that is drawn from the seed."""
    children = (np.random.SeedSequence(seed, spawn_key=(1, stream)) for stream in range(k.STREAMS))
    return np.array([child.generate_state(4, np.uint64) for child in children])
