"""What starts in a stretch of time in which a shared queue only serves: logged at first, so that it can be undone."""

from __future__ import annotations

from typing import Final

import numpy as np

from autoscaler.simulator.native.marks import rare
from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests.heap import push, replace_top
from autoscaler.simulator.requests.layout import State

BATCH: Final = 1_024  #: arrivals at a time; the log has room for those that wait as well
_NOBODY_MORE: Final = -1  #: in place of the next job of the line


def serve(state: State, upto: float) -> tuple[int, int]:
    """Log all that starts up to ``upto`` [s]; give how many those are, and the request that comes next.

    Gives -1 for the former, with nothing changed, if somebody gives up or is turned away meanwhile.
    """
    ints, source, timeout = state.ints, state.source, state.floats[k.TIMEOUT]
    count, job, oldest = _serve_line(state, upto)
    first, following, begun, is_fine = ints[k.NEXT_REQUEST], ints[k.NEXT_REQUEST], 0, True
    most, room = ints[k.WAITING], ints[k.LIMIT] * ints[k.READY_PODS]  # most that may wait, and that have room to
    while following < ints[k.KNOWN] and following - first < BATCH and source[k.ARRIVAL, following] <= upto:
        at = source[k.ARRIVAL, following]
        start = max(at, state.free_at[0])
        if start > at:
            most += 1
            if most > room:  # count exactly
                while begun < count and state.log[begun, k.G_BEGIN] <= at:
                    begun += 1
                if ints[k.WAITING] + following - first - begun >= room:
                    is_fine = False
                    break
        if job == 0 and (start > upto or start > at + timeout):
            job, oldest = _NOBODY_MORE, at
        if job == 0:
            _start(state, count, at, start, source[k.SERVICE_TIME, following], source[k.COST, following])
            count += 1
        following += 1
    if not is_fine or (job != 0 and oldest + timeout <= upto):
        _undo(state, count)
        return -1, following
    return count, following


def _serve_line(state: State, upto: float) -> tuple[int, int, float]:
    """Log those that wait and start up to ``upto``; give how many those are, the next in line (0: none) and its arrival."""
    jobs, count, job, oldest = state.jobs, 0, state.links[0, k.L_LATER], np.inf
    while job != 0:
        start = state.free_at[0]
        oldest = jobs[job, k.J_ARRIVED]
        if start > upto or start > oldest + state.floats[k.TIMEOUT]:
            break
        _start(state, count, oldest, start, jobs[job, k.J_WORK], jobs[job, k.J_COST])
        job = state.links[job, k.L_LATER]
        count += 1
    return count, job, oldest


def _start(state: State, row: int, arrived: float, start: float, work: float, cost: float) -> None:
    """Give a request the slot that is free first, and log it."""
    slots, log, slot = state.slots, state.log, state.freed[0]
    end = start + work * state.floats[k.SLOW]
    log[row, k.G_SLOT], log[row, k.G_BEGIN] = slot, start
    log[row, k.G_END], log[row, k.G_ARRIVED] = slots[slot, k.S_END], slots[slot, k.S_ARRIVED]
    log[row, k.G_STARTED], log[row, k.G_COST] = slots[slot, k.S_STARTED], slots[slot, k.S_COST]
    slots[slot, k.S_END], slots[slot, k.S_ARRIVED] = end, arrived
    slots[slot, k.S_STARTED], slots[slot, k.S_COST] = start, cost
    replace_top(state.free_at, state.freed, state.ints[k.IN_STRETCH], end, slot)


@rare
def _undo(state: State, count: int) -> None:
    """Put back what was in the slots before so many requests started."""
    slots, log = state.slots, state.log
    while count > 0:
        count -= 1
        slot = int(log[count, k.G_SLOT])
        slots[slot, k.S_END], slots[slot, k.S_ARRIVED] = log[count, k.G_END], log[count, k.G_ARRIVED]
        slots[slot, k.S_STARTED], slots[slot, k.S_COST] = log[count, k.G_STARTED], log[count, k.G_COST]
    for slot in range(state.ints[k.IN_STRETCH]):
        push(state.free_at, state.freed, slot, slots[slot, k.S_END], slot)
