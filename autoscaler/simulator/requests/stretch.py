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
from autoscaler.simulator.requests.heap import pop, push, replace_top
from autoscaler.simulator.requests.layout import State
from autoscaler.simulator.requests.lists import free, join_line, leave_line, return_slot
from autoscaler.simulator.requests.notes import coarse_bin, fine_bin

_BATCH: Final = 1_024  #: arrivals at a time; the log has room for those that wait as well
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
        if len(state.jobs) <= ints[k.IN_STRETCH] + ints[k.WAITING] + _BATCH:
            return k.NEEDS_JOBS
        if ints[k.WAITING] > len(state.log) - _BATCH:
            break
        upto = _reach(state, until)
        count, following = _serve(state, upto)
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
    last = min(ints[k.KNOWN], ints[k.NEXT_REQUEST] + _BATCH)
    if last == ints[k.KNOWN] and ints[k.IS_MORE] == 0:
        return until
    return float(min(until, state.source[k.ARRIVAL, last - 1]))


@rare
def _begin(state: State, until: float) -> int:
    """Begin a stretch, if it is one, and long enough to be worth it."""
    ints, size = state.ints, state.ints[k.IDLE] + state.ints[k.IN_SERVICE]
    enough = ints[k.NEXT_REQUEST] + size
    if size == 0 or ints[k.NO_TIES] == 0 or enough > ints[k.KNOWN] or ints[k.WAITING] > len(state.log) - _BATCH:
        return k.DONE
    if state.source[k.ARRIVAL, enough - 1] > until or state.floats[k.NOW] < state.floats[k.WARM_UNTIL]:
        return k.DONE
    for place in range(ints[k.IN_SERVICE]):
        if state.pods[state.links[state.ending[place], k.L_POD], k.P_READY] == 0:
            return k.DONE  # a pod takes no more, but has not finished
    if len(state.jobs) <= size + ints[k.WAITING] + _BATCH:
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


def _serve(state: State, upto: float) -> tuple[int, int]:
    """Log all that starts up to ``upto`` [s]; give how many those are, and the request that comes next.

    Gives -1 for the former, with nothing changed, if somebody gives up or is turned away meanwhile.
    """
    ints, jobs, source, timeout = state.ints, state.jobs, state.source, state.floats[k.TIMEOUT]
    count, job, waited, room = 0, state.links[0, k.L_LATER], ints[k.WAITING], ints[k.LIMIT] * ints[k.READY_PODS]
    is_fine, begun, oldest = True, 0, np.inf
    while job != 0:
        start = state.free_at[0]
        oldest = jobs[job, k.J_ARRIVED]
        if start > upto or start > oldest + timeout:
            break
        _start(state, count, oldest, start, jobs[job, k.J_WORK], jobs[job, k.J_COST])
        job = state.links[job, k.L_LATER]
        count += 1
    following, known = ints[k.NEXT_REQUEST], ints[k.KNOWN]
    while following < known:
        at = source[k.ARRIVAL, following]
        if at > upto or following - ints[k.NEXT_REQUEST] == _BATCH:
            break
        start = max(at, state.free_at[0])
        if start > at:
            waited += 1
            if waited > room:  # count exactly
                while begun < count and state.log[begun, k.G_BEGIN] <= at:
                    begun += 1
                if ints[k.WAITING] + following - ints[k.NEXT_REQUEST] - begun >= room:
                    is_fine = False
                    break
        if job == 0 and (start > upto or start > at + timeout):
            job, oldest = -1, at  # nobody starts any more
        if job == 0:
            _start(state, count, at, start, source[k.SERVICE_TIME, following], source[k.COST, following])
            count += 1
        following += 1
    if not is_fine or (job != 0 and oldest + timeout <= upto):
        _undo(state, count)
        return -1, following
    return count, following


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


def _settle(state: State, count: int, following: int, upto: float) -> None:
    """Make what was logged come true."""
    ints = state.ints
    _note_starts(state, count)
    _note_ends(state, count)
    for _ in range(min(count, ints[k.WAITING])):
        job = state.links[0, k.L_LATER]
        leave_line(state, job)
        free(state, job)
    started = count - ints[k.WAITING]
    ints[k.WAITING] -= min(count, ints[k.WAITING])
    first = ints[k.NEXT_REQUEST]
    _note_arrivals(state, first, following)
    for request in range(first + max(started, 0), following):
        _wait(state, request)
    ints[k.REQUESTS] += following - first
    ints[k.NEXT_REQUEST] = following
    state.floats[k.REACHED] = upto


def _note_arrivals(state: State, request: int, following: int) -> None:
    """Count arrivals by second: few seconds, many arrivals."""
    source, last = state.source, following - 1
    while request < following:
        first, second = request, int(source[k.ARRIVAL, request])
        request = following if source[k.ARRIVAL, last] < second + 1.0 else request + 1
        while request < following and source[k.ARRIVAL, request] < second + 1.0:
            request += 1
        state.columns[second, k.ARRIVED] += request - first


def _note_starts(state: State, count: int) -> None:
    """Count starts by second, in the place of those that wait at its end, until it is closed."""
    log, row = state.log, 0
    while row < count:
        first, second = row, int(log[row, k.G_BEGIN])
        row = count if log[count - 1, k.G_BEGIN] < second + 1.0 else row + 1
        while row < count and log[row, k.G_BEGIN] < second + 1.0:
            row += 1
        state.columns[second, k.QUEUED] += row - first


def _note_ends(state: State, count: int) -> None:
    """Count the requests that ended, in that order."""
    log, second, served = state.log, 0, 0
    for row in range(count):
        arrived, end = log[row, k.G_ARRIVED], log[row, k.G_END]
        if arrived >= 0.0:
            if end >= second + 1.0:
                state.columns[second, k.SERVED] += served
                second, served = int(end), 0
            served += 1
            _note_end(state, int(log[row, k.G_SLOT]), end, arrived, log[row, k.G_STARTED], log[row, k.G_COST])
    state.columns[second, k.SERVED] += served


def _note_end(state: State, slot: int, end: float, arrived: float, started: float, cost: float) -> None:
    """Count a request that has ended."""
    floats, meters, pod = state.floats, state.meters, state.slot_pods[slot]
    latency, wait = end - arrived, started - arrived
    floats[k.SOJOURNS] += latency
    floats[k.WAITS] += wait
    state.fine[k.F_WAIT, fine_bin(wait)] += 1
    state.fine[k.F_LATENCY, fine_bin(latency)] += 1
    state.cells[int(arrived / floats[k.CELL]), coarse_bin(latency)] += 1
    if latency > floats[k.OBJECTIVE]:
        state.columns[int(arrived), k.LATE] += 1.0
    meters[pod, k.M_SERVED] += 1.0
    meters[pod, k.M_WORK] += cost


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
            _note_end(
                state, slot, state.slots[slot, k.S_END], state.slots[slot, k.S_ARRIVED],
                state.slots[slot, k.S_STARTED], state.slots[slot, k.S_COST],
            )  # fmt: skip
        return_slot(state, state.slot_pods[slot])
        pop(state.free_at, state.freed, size)
        size -= 1
    for place in range(size):
        _hand_back(state, place)
    ints[k.IN_SERVICE] = size
    _close_seconds(state, upto, before, ints[k.WAITING_BEFORE])


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


def _close_seconds(state: State, upto: float, in_service: int, waiting: int) -> None:
    """Write down how many were in service and waiting at the end of each second, from those that were so at the start."""
    ints, columns, second = state.ints, state.columns, state.ints[k.SECOND]
    arrived_before, served_before = ints[k.ARRIVED_BEFORE], ints[k.SERVED_BEFORE]
    while second + 1.0 <= upto:
        starts = int(columns[second, k.QUEUED])
        waiting += int(columns[second, k.ARRIVED]) - arrived_before - starts
        in_service += starts - int(columns[second, k.SERVED]) + served_before
        columns[second, k.QUEUED], columns[second, k.BUSY] = waiting, in_service
        arrived_before, served_before, second = 0, 0, second + 1
    columns[second, k.QUEUED] = 0.0
    ints[k.SECOND] = second
    state.floats[k.REACHED] = 0.0
