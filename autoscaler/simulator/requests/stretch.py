"""A stretch of time in which a shared queue only serves: no pod comes or goes, nobody gives up or is turned away.

Then the next request always gets the slot that is free first, so one heap of the instants at which slots are free tells when
everything starts and ends (Kiefer and Wolfowitz, 1955): one operation a request, where the kernel takes two and cannot
foresee whether an arrival or a departure is next. Requests leave that heap in the order in which they end, so everything
else is worked out from a log of them, as the kernel would, to the last bit. Where it turns out that somebody does give up or
is turned away, what was logged is undone, and the kernel takes over.

Slots that are idle at the start come first in the heap, by numbers too small for an instant.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from autoscaler.simulator.native.marks import rare
from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests.heap import pop, push
from autoscaler.simulator.requests.layout import State
from autoscaler.simulator.requests.lists import free, join_line, leave_line, return_slot
from autoscaler.simulator.requests.stretch_log import BATCH, serve
from autoscaler.simulator.requests.stretch_notes import close_seconds, note_arrivals, note_end, note_ends, note_starts

_NOBODY: Final = -1.0  #: arrival of who is in an idle slot


def play(state: State, until: float) -> int:
    """Serve as far as a stretch goes, ``until`` [s] at most; tell what it needs before it can go on, or ``DONE``.

    After ``DONE`` the state is as the kernel wants it, at the instant that was reached.
    """
    ints = state.ints
    if ints[k.IN_STRETCH] == 0:
        status = _begin(state, until)
        if status != k.DONE or ints[k.IN_STRETCH] == 0:
            return status
    while True:
        if ints[k.NEXT_REQUEST] == ints[k.KNOWN] and ints[k.IS_MORE] == 1:
            return k.NEEDS_REQUESTS
        if len(state.jobs) <= ints[k.IN_STRETCH] + ints[k.WAITING] + BATCH:
            return k.NEEDS_JOBS
        if ints[k.WAITING] > len(state.log) - BATCH:
            break
        upto = _reach(state, until)
        count, following = serve(state, upto)
        if count < 0:
            break
        _settle(state, count, following, upto)
        if upto >= until:
            break
    _end(state)
    return k.DONE


def _reach(state: State, until: float) -> float:
    """Give how far the next batch goes: to its last arrival, or to the end."""
    ints = state.ints
    last = min(ints[k.KNOWN], ints[k.NEXT_REQUEST] + BATCH)
    if last == ints[k.KNOWN] and ints[k.IS_MORE] == 0:
        return until
    return float(min(until, state.source[k.ARRIVAL, last - 1]))


@rare
def _begin(state: State, until: float) -> int:
    """Begin a stretch, if it is one, and long enough to be worth it."""
    ints, size = state.ints, state.ints[k.IDLE] + state.ints[k.IN_SERVICE]
    enough = ints[k.NEXT_REQUEST] + size
    if size == 0 or ints[k.NO_TIES] == 0 or enough > ints[k.KNOWN] or ints[k.WAITING] > len(state.log) - BATCH:
        return k.DONE
    if state.source[k.ARRIVAL, enough - 1] > until or state.floats[k.NOW] < state.floats[k.WARM_UNTIL]:
        return k.DONE
    for place in range(ints[k.IN_SERVICE]):
        if state.pods[state.links[state.ending[place], k.L_POD], k.P_READY] == 0:
            return k.DONE  # a pod takes no more, but has not finished
    if len(state.jobs) <= size + ints[k.WAITING] + BATCH:
        return k.NEEDS_JOBS
    _take_over(state)
    second = ints[k.SECOND]
    state.floats[k.REACHED] = state.floats[k.NOW]
    ints[k.IN_STRETCH], ints[k.IDLE], ints[k.WAITING_BEFORE] = size, 0, ints[k.WAITING]
    ints[k.ARRIVED_BEFORE] = int(state.columns[second, k.ARRIVED])
    ints[k.SERVED_BEFORE] = int(state.columns[second, k.SERVED])
    return k.DONE


def _take_over(state: State) -> None:
    """Put idle slots, and those in use, in the heap."""
    ints, slots, keys = state.ints, state.slots, state.free_at.view(np.int64)
    idle, size = ints[k.IDLE], ints[k.IDLE] + ints[k.IN_SERVICE]
    for place in range(idle):
        ring = ints[k.IDLE_FIRST] + place
        state.slot_pods[place] = state.idle[ring if ring < len(state.idle) else ring - len(state.idle)]
        keys[place], state.freed[place] = place, place
        slots[place, k.S_END], slots[place, k.S_ARRIVED] = state.free_at[place], _NOBODY
    for place in range(size, size + 4):
        state.free_at[place] = np.inf
    for place in range(ints[k.IN_SERVICE]):
        job, slot = state.ending[place], idle + place
        slots[slot, k.S_END], slots[slot, k.S_ARRIVED] = state.ends[place], state.jobs[job, k.J_ARRIVED]
        slots[slot, k.S_STARTED], slots[slot, k.S_COST] = state.jobs[job, k.J_STARTED], state.jobs[job, k.J_COST]
        state.slot_pods[slot] = state.links[job, k.L_POD]
        push(state.free_at, state.freed, slot, state.ends[place], slot)
        state.ends[place] = np.inf
        free(state, job)


def _settle(state: State, count: int, following: int, upto: float) -> None:
    """Make what was logged come true."""
    ints = state.ints
    note_starts(state, count)
    note_ends(state, count)
    for _ in range(min(count, ints[k.WAITING])):
        job = state.links[0, k.L_LATER]
        leave_line(state, job)
        free(state, job)
    started = count - ints[k.WAITING]
    ints[k.WAITING] -= min(count, ints[k.WAITING])
    first = ints[k.NEXT_REQUEST]
    note_arrivals(state, first, following)
    for request in range(first + max(started, 0), following):
        _wait(state, request)
    ints[k.REQUESTS] += following - first
    ints[k.NEXT_REQUEST] = following
    state.floats[k.REACHED] = upto


def _wait(state: State, request: int) -> None:
    """Have a request wait."""
    jobs, source, job = state.jobs, state.source, state.links[0, k.L_NEXT]
    state.links[0, k.L_NEXT] = state.links[job, k.L_NEXT]
    jobs[job, k.J_ARRIVED], jobs[job, k.J_WORK] = source[k.ARRIVAL, request], source[k.SERVICE_TIME, request]
    jobs[job, k.J_COST], jobs[job, k.J_STARTED], state.links[job, k.L_POD] = source[k.COST, request], np.nan, 0
    join_line(state, job)
    state.ints[k.WAITING] += 1


@rare
def _end(state: State) -> None:
    """Give the state back to the kernel, at the instant that was reached."""
    ints, upto, size, before = state.ints, state.floats[k.REACHED], state.ints[k.IN_STRETCH], state.ints[k.IN_SERVICE]
    ints[k.IN_STRETCH], ints[k.IDLE], ints[k.IDLE_FIRST] = 0, 0, 0
    for slot in range(size):
        state.pods[state.slot_pods[slot], k.P_OUTSTANDING] = 0
    while size > 0:
        slot = state.freed[0]
        if state.free_at[0] > upto and state.slots[slot, k.S_ARRIVED] >= 0.0:
            break
        if state.slots[slot, k.S_ARRIVED] >= 0.0:
            state.columns[int(state.slots[slot, k.S_END]), k.SERVED] += 1.0
            note_end(
                state, slot, state.slots[slot, k.S_END], state.slots[slot, k.S_ARRIVED],
                state.slots[slot, k.S_STARTED], state.slots[slot, k.S_COST],
            )  # fmt: skip
        return_slot(state, state.slot_pods[slot])
        pop(state.free_at, state.freed, size)
        size -= 1
    for place in range(size):
        _hand_back(state, place)
    ints[k.IN_SERVICE] = size
    close_seconds(state, upto, before, ints[k.WAITING_BEFORE])


def _hand_back(state: State, place: int) -> None:
    """Make a request in a slot one of the kernel's jobs; the heap is in order already."""
    jobs, slot, job = state.jobs, state.freed[place], state.links[0, k.L_NEXT]
    pod = state.slot_pods[slot]
    state.links[0, k.L_NEXT] = state.links[job, k.L_NEXT]
    state.links[job, k.L_POD] = pod
    jobs[job, k.J_ARRIVED], jobs[job, k.J_STARTED] = state.slots[slot, k.S_ARRIVED], state.slots[slot, k.S_STARTED]
    jobs[job, k.J_COST] = state.slots[slot, k.S_COST]
    state.ends[place], state.ending[place] = state.free_at[place], job
    state.pods[pod, k.P_OUTSTANDING] += 1
