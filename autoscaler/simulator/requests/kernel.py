"""Everything that happens to requests between two control events, in one call that can be compiled.

Discrete events, exact: departures lie in a heap, arrivals come in order, requests that wait are linked in the order in which
they came (all of them, and those of each pod). Time is in seconds from the start of the run. Of events at one instant
departures come first, then arrivals, then retries, then time-outs. Nothing depends on how often the kernel is called:
cutting a run differently gives the same numbers, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from autoscaler.simulator.native.compiled import specialised
from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests.attempts import arrive, fill_free_slot, finish, give_up, lose, try_again
from autoscaler.simulator.requests.layout import Balancer, State
from autoscaler.simulator.requests.lists import levels_of
from autoscaler.simulator.requests.stretch import play

_INF: Final = np.inf


def kernel(balancer: Balancer, *, is_plain: bool) -> Callable[[State, float], int]:
    """Give a function that lets everything happen, for one service; ``is_plain``: nobody tries again, and no story is kept."""
    return specialised(_advance, balancer=int(balancer), is_plain=is_plain)


def _advance(state: State, until: float, balancer: int, is_plain: bool) -> int:
    """Let everything happen up to and including ``until`` [s]; tell what it needs before it can go on."""
    ints = state.ints
    _after_change(state, balancer, is_plain)
    if balancer == Balancer.SHARED and is_plain:
        status = play(state, until)
        if status != k.DONE:
            return status
    arrival, limit, status = _next_arrival(state, state.floats[k.NOW]), _limit(state, until), k.DONE
    other, arrived, served = _next_other(state, limit), 0, 0
    while True:
        end = state.ends[0]
        if end <= arrival and end <= other:
            served += 1
            if finish(state, balancer, is_plain):
                other = _next_other(state, limit)
        elif arrival <= other:
            status = _missing(state, balancer)
            if status != k.DONE:
                break
            arrived += 1
            if arrive(state, balancer, is_plain):
                other = _next_other(state, limit)
            arrival = _next_arrival(state, arrival)
        elif not is_plain and state.retry_at[0] <= other:
            if balancer == Balancer.LEAST_OUTSTANDING and ints[k.LEAST] + 2 > levels_of(state):
                status = k.NEEDS_LEVELS
                break
            try_again(state, balancer)
            other = _next_other(state, limit)
        elif _deadline(state) <= other:
            give_up(state, other, balancer, is_plain)
            other = _next_other(state, limit)
        elif until < ints[k.SECOND] + 1.0:
            break
        else:
            _note_second(state, arrived, served)
            arrived, served = 0, 0
            state.columns[ints[k.SECOND], k.QUEUED], state.columns[ints[k.SECOND], k.BUSY] = (
                ints[k.WAITING],
                ints[k.IN_SERVICE],
            )
            ints[k.SECOND] += 1
            limit = _limit(state, until)
            other = _next_other(state, limit)
    _note_second(state, arrived, served)
    if status == k.DONE:
        state.floats[k.NOW] = until
    return status


def _after_change(state: State, balancer: int, is_plain: bool) -> None:
    """Settle what pods that came and went have left: requests that are lost, and free slots."""
    now = state.floats[k.NOW]
    while state.links[0, k.L_POD] != 0:  # their pod is gone
        job = state.links[0, k.L_POD]
        state.links[0, k.L_POD] = state.links[job, k.L_NEXT]
        lose(state, job, now, is_plain)
    if balancer == Balancer.SHARED:
        while state.ints[k.WAITING] > 0 and state.ints[k.IDLE] > 0:
            fill_free_slot(state, now)


def _note_second(state: State, arrived: int, served: int) -> None:
    """Write down what was counted in a second, or in a part of it."""
    second = state.ints[k.SECOND]
    state.columns[second, k.ARRIVED] += arrived
    state.columns[second, k.SERVED] += served


def _next_arrival(state: State, now: float) -> float:
    """Give when the next request comes: now, if that is not known yet."""
    if state.ints[k.NEXT_REQUEST] < state.ints[k.KNOWN]:
        return float(state.source[k.ARRIVAL, state.ints[k.NEXT_REQUEST]])
    return now if state.ints[k.IS_MORE] == 1 else _INF


def _missing(state: State, balancer: int) -> int:
    """Tell what has to be provided before the next request can come."""
    if state.ints[k.NEXT_REQUEST] == state.ints[k.KNOWN]:
        return k.NEEDS_REQUESTS
    if state.links[0, k.L_NEXT] == 0:
        return k.NEEDS_JOBS
    if balancer == Balancer.LEAST_OUTSTANDING and state.ints[k.LEAST] + 2 > levels_of(state):
        return k.NEEDS_LEVELS
    return k.DONE


def _limit(state: State, until: float) -> float:
    """Give the last instant of this second, or of all."""
    return float(min(until, np.nextafter(state.ints[k.SECOND] + 1.0, 0.0)))


def _next_other(state: State, limit: float) -> float:
    """Give when something else happens than a departure or an arrival: at ``limit`` [s], at the latest."""
    return float(min(limit, state.retry_at[0], _deadline(state)))


def _deadline(state: State) -> float:
    """Give when the client that has waited longest of all gives up."""
    if state.ints[k.WAITING] == 0:
        return _INF
    return float(state.jobs[state.links[0, k.L_LATER], k.J_ARRIVED] + state.floats[k.TIMEOUT])
