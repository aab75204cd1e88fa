"""The workers' arrays: how they begin, and how they grow. Nothing in them depends on how much room there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.requests import layout as requests
from autoscaler.simulator.workqueue import layout as k
from autoscaler.simulator.workqueue.layout import State

Array = NDArray[Any]

_FIRST_JOBS: Final = 1_024
_FIRST_PODS: Final = 16
_FIRST_SECONDS: Final = 3_600
_MOST_CELLS: Final = 17_281  #: of seconds that share a coarse histogram: 5 s each in a run of a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What workers do with jobs. Times in seconds."""

    concurrency: int  #: jobs a pod works on at once
    lines: int = 1  #: priorities there are
    attempts: int = 1  #: that a job has
    pause: float = 0.0  #: before the second attempt
    is_exponential: bool = False  #: whether the pause doubles with each further attempt
    lock: float = 30.0  #: from a pod's end until its jobs are back in the queue
    max_stalled: int = 1  #: how often that may befall a job
    warmup: float = 0.0  #: time over which a pod that joined gets faster
    slowness: float = 1.0  #: times as long as usual a job takes in a pod that has just joined
    objective: float = np.inf  #: a job that takes longer, from when it is due, is late


def new_state(rules: Rules, record: int, seconds: int) -> State:
    """Give workers without pods and jobs at second 0. ``record``: of how many jobs to keep the story."""
    seconds = max(seconds, _FIRST_SECONDS) + 1
    cell = -(-seconds // _MOST_CELLS)
    lines = rules.lines + 1
    state = State(
        ints=_ints(rules),
        floats=_floats(rules, cell),
        source=np.zeros((k.SOURCE, 0)),
        jobs=np.zeros((0, k.JOB)),
        links=np.zeros((0, k.LINK), np.int64),
        ends=np.zeros(0),
        ending=np.zeros(0, np.int64),
        due=np.zeros(0),
        coming=np.zeros(0, np.int64),
        lines=np.full((lines, 2), -1, np.int64),
        idle=np.zeros(rules.concurrency, np.int64),
        pods=np.zeros((0, k.POD)),
        columns=np.zeros((seconds, requests.COLUMNS)),
        fine=np.zeros((2, k.BINS), np.int64),
        cells=np.zeros((-(-seconds // cell), k.COARSE_BINS), np.uint32),
        waits=np.zeros((lines, k.WAIT)),
        record=np.full((record, k.RECORD), np.nan),
    )
    return with_pods(with_jobs(state, _FIRST_JOBS), _FIRST_PODS)


def with_jobs(state: State, more: int) -> State:
    """Make room for more jobs that are not done."""
    have = len(state.jobs)
    links = np.full((have + more, k.LINK), -1, np.int64)
    links[:have] = state.links
    links[have:-1, k.L_NEXT] = np.arange(have + 1, have + more)
    links[have:, k.L_PLACE] = k.Place.FREE
    links[-1, k.L_NEXT], state.ints[k.FREE] = state.ints[k.FREE], have
    return state._replace(
        jobs=_longer(state.jobs, more),
        links=links,
        ends=_longer(state.ends, more),
        ending=_longer(state.ending, more),
        due=_longer(state.due, more),
        coming=_longer(state.coming, more),
    )


def with_pods(state: State, more: int) -> State:
    """Make room for more pods and their slots."""
    slots = len(state.idle) // max(len(state.pods), 1)
    places = (int(state.ints[k.IDLE_FIRST]) + np.arange(len(state.idle))) % len(state.idle)
    state.ints[k.IDLE_FIRST] = 0
    return state._replace(
        pods=_longer(state.pods, more),
        idle=_longer(state.idle[places], slots * (len(state.pods) + more) - len(state.idle)),
    )


def with_seconds(state: State, seconds: int) -> State:
    """Make room for at least so many seconds; cells of seconds get longer so that their number stays bounded."""
    have = len(state.columns)
    wanted = max(seconds, 2 * have)
    cells, cell = state.cells, int(state.floats[k.CELL])
    while wanted > cell * _MOST_CELLS:
        padded = _longer(cells, len(cells) % 2)
        cells, cell = padded[0::2] + padded[1::2], 2 * cell
    state.floats[k.CELL] = cell
    return state._replace(
        columns=_longer(state.columns, wanted - have), cells=_longer(cells, -(-wanted // cell) - len(cells))
    )


def _longer(array: Array, more: int) -> Array:
    return np.concatenate((array, np.zeros((more, *array.shape[1:]), array.dtype)))


def _ints(rules: Rules) -> Array:
    ints = np.zeros(k.INTS, np.int64)
    ints[k.FREE] = -1
    ints[k.ATTEMPTS], ints[k.MAX_STALLS] = rules.attempts, rules.max_stalled
    ints[k.IS_EXPONENTIAL] = rules.is_exponential
    return ints


def _floats(rules: Rules, cell: int) -> Array:
    floats = np.zeros(k.FLOATS)
    floats[[k.SLOW, k.CELL]] = 1.0, cell
    floats[[k.WARMUP, k.SLOWNESS]] = rules.warmup, rules.slowness
    floats[[k.OBJECTIVE, k.PAUSE]] = rules.objective, rules.pause
    return floats
