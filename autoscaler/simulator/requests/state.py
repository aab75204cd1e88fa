"""The kernel's arrays: how they begin, and how they grow. Nothing in them depends on how much room there is."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests.layout import Balancer, Distribution, State
from autoscaler.simulator.requests.physics import Physics

Array = NDArray[Any]

_FIRST_JOBS: Final = 1_024
_FIRST_PODS: Final = 16
_FIRST_LEVELS: Final = 4_096
_FIRST_SECONDS: Final = 3_600
_LOG: Final = 1_536  #: requests that a stretch serves at a time, so that what it notes stays in the processor's cache
_MOST_SLOTS: Final = 1_000  #: of a pod, that stretches are worth their memory for
_MOST_CELLS: Final = 17_281  #: of seconds of arrival that share a coarse histogram: 5 s each in a run of a day
#: whose service times are never equal, so that no two requests end at one instant
_CONTINUOUS: Final = (Distribution.EXPONENTIAL, Distribution.LOGNORMAL, Distribution.GAMMA)


def new_state(physics: Physics, seed: tuple[int, ...], *, record: int = 0, seconds: int = 0) -> State:
    """Give an empty service at second 0, without pods or requests.

    ``seed``: of the pauses between attempts; ``record``: of how many requests to keep the story.
    """
    seconds = max(seconds, _FIRST_SECONDS) + 1
    cell = -(-seconds // _MOST_CELLS)
    slots = physics.slots if physics.balancer is Balancer.SHARED else 0
    stretch = slots if slots <= _MOST_SLOTS else 0
    meters = np.zeros((1, k.METER))
    meters[0, k.M_NUMBER] = -1.0
    state = State(
        ints=_ints(physics),
        floats=_floats(physics, cell),
        source=np.zeros((k.SOURCE, 0)),
        ends=np.full(5, np.inf),
        ending=np.zeros(5, np.int32),
        retry_at=np.full(5, np.inf),
        retrying=np.zeros(5, np.int32),
        jobs=np.zeros((1, k.JOB)),
        links=np.zeros((1, k.LINK), np.int32),  # of no job yet
        pods=np.zeros((1, k.POD), np.int32),
        meters=meters,
        rings=np.repeat(np.arange(_levels(physics) + 1, dtype=np.int32)[:, None], k.RING, axis=1),
        rotation=np.zeros(1, np.int32),
        idle=np.zeros(slots, np.int32),
        columns=np.zeros((seconds, k.COLUMNS)),
        fine=np.zeros((2, k.FINE_BINS), np.int64),
        cells=np.zeros((-(-seconds // cell), k.COARSE_BINS), np.uint32),
        record=np.full((record, k.RECORD), np.nan),
        free_at=np.full(stretch + 4, np.inf),
        freed=np.zeros(stretch + 4, np.int32),
        slots=np.zeros((stretch, k.SLOT)),
        slot_pods=np.zeros(stretch, np.int32),
        log=np.zeros((_LOG if stretch else 0, k.LOG)),
        seed=np.random.SeedSequence(seed, spawn_key=(1, 3)).generate_state(1, np.uint64).astype(np.uint64),
    )
    return with_pods(with_jobs(state, _FIRST_JOBS), _FIRST_PODS)


def with_jobs(state: State, more: int) -> State:
    """Make room for more requests that wait, are served or will be sent again."""
    have = len(state.jobs)
    jobs = _in_lines(have + more)
    jobs[:have] = state.jobs
    links = jobs.view(np.int32)
    links[have:-1, k.L_NEXT] = np.arange(have + 1, have + more)
    links[-1, k.L_NEXT], links[0, k.L_NEXT] = links[0, k.L_NEXT], have
    return state._replace(
        jobs=jobs,
        links=links,
        ends=_longer(state.ends, more, np.inf),
        ending=_longer(state.ending, more, 0),
        retry_at=_longer(state.retry_at, more, np.inf),
        retrying=_longer(state.retrying, more, 0),
    )


def with_pods(state: State, more: int) -> State:
    """Make room for more pods."""
    entries = np.arange(len(state.rings), len(state.rings) + more, dtype=np.int32)
    have, first = len(state.pods), int(state.ints[k.IDLE_FIRST])
    slots, stretch = len(state.idle) // have, len(state.slots) // have
    state.ints[k.IDLE_FIRST] = 0
    return state._replace(
        idle=_longer(np.roll(state.idle, -first), slots * more, 0),
        free_at=_longer(state.free_at, stretch * more, np.inf),
        freed=_longer(state.freed, stretch * more, 0),
        slots=_longer(state.slots, stretch * more, 0.0),
        slot_pods=_longer(state.slot_pods, stretch * more, 0),
        pods=_longer(state.pods, more, 0),
        meters=_longer(state.meters, more, 0.0),
        rings=np.concatenate((state.rings, np.repeat(entries[:, None], k.RING, axis=1))),
        rotation=_longer(state.rotation, more, 0),
    )


def with_levels(state: State) -> State:
    """Make room for pods with more outstanding requests: the entries of levels come before those of pods."""
    levels = len(state.rings) - len(state.pods)
    new = np.repeat(np.arange(levels, 2 * levels, dtype=np.int32)[:, None], k.RING, axis=1)
    moved = np.where(state.rings >= levels, state.rings + np.int32(levels), state.rings)
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


def _in_lines(jobs: int) -> Array:
    """Give zeros for so many jobs, each in one line of the processor's cache: 64 bytes that begin at a multiple of 64."""
    room = np.zeros((jobs + 1) * k.JOB)
    first = -(room.ctypes.data // room.itemsize) % k.JOB
    return room[first : first + jobs * k.JOB].reshape(jobs, k.JOB)


def _levels(physics: Physics) -> int:
    match physics.balancer:
        case Balancer.LEAST_OUTSTANDING:
            return min(physics.slots + physics.queue_limit + 2, _FIRST_LEVELS)
        case _:
            return 0


def _ints(physics: Physics) -> Array:
    ints = np.zeros(k.INTS, np.int64)
    ints[k.NO_TIES] = physics.distribution in _CONTINUOUS and physics.slots <= _MOST_SLOTS
    ints[[k.SLOTS, k.LIMIT, k.ATTEMPTS]] = physics.slots, physics.queue_limit, physics.attempts
    return ints


def _floats(physics: Physics, cell: int) -> Array:
    floats = np.zeros(k.FLOATS)
    floats[[k.SLOW, k.WARM_UNTIL, k.CELL]] = 1.0, -np.inf, cell
    floats[[k.WARMUP, k.SLOWNESS]] = physics.warmup, physics.slowness
    floats[[k.TIMEOUT, k.OBJECTIVE]] = physics.timeout, physics.objective
    floats[[k.BACKOFF, k.BACKOFF_LIMIT, k.JITTER]] = physics.backoff, physics.backoff_limit, physics.jitter
    return floats
