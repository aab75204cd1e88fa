"""Everything that happens to jobs between two control events, in one call that can be compiled.

Discrete events, exact: the ends of jobs at work lie in one heap, jobs that are due later (delayed, waiting for another
attempt, of a lost pod) in another, jobs that wait in one line for each priority. A free slot that has been idle longest
takes the next job. Time is in seconds from the start of the run. Of events at one instant ends come first, then jobs
that become due, then new jobs; of equals the one that was begun first. Nothing depends on how often the kernel is called.

All state is in arrays (``State``); rows and columns have the names below. What is compiled calls nothing outside this file.
"""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from autoscaler.simulator.requests import kernel as requests
from autoscaler.simulator.requests.jit import compiler
from autoscaler.simulator.requests.kernel import Array

# histograms as in the request kernel, so that the same code reads them
BINS: Final = requests.FINE_BINS
COARSE_BINS: Final = requests.COARSE_BINS
_FINE_SHIFT: Final = requests._FINE_SHIFT
_FINE_FIRST: Final = requests._FINE_FIRST
_COARSE_SHIFT: Final = requests._COARSE_SHIFT
_COARSE_FIRST: Final = requests._COARSE_FIRST
INF: Final = np.inf

# state.ints: counts of jobs, the places in the tables, the rules for failures
(SECOND, WAITING, ACTIVE, DELAYED, PAUSING, STALLED, LATER, IDLE, IDLE_FIRST, FREE, SERIAL, ADDED, NEXT, DRAWN, IS_LAST, ATTEMPTS,
 MAX_STALLS, IS_EXPONENTIAL) = range(18)  # fmt: skip
INTS: Final = 18
# state.floats: times [s], and sums over jobs
(NOW, AREA, SOJOURNS, SLOW, WARMUP, SLOWNESS, OBJECTIVE, CELL, PAUSE) = range(9)
FLOATS: Final = 9
# state.source: added [s], time of the job [s], its line, delay until it is due [s], attempts that will fail
S_ADDED, S_WORK, S_LINE, S_DELAY, S_FAILURES = range(5)
SOURCE: Final = 5
# state.jobs: due for the first time, time of the job, begin of the first attempt and of the present one
J_DUE, J_WORK, J_BEGAN, J_STARTED, JOB = 0, 1, 2, 3, 4
# state.links: its pod, next in its line (or next free job), line, attempts made, those that will fail, times it stalled,
# order among equal times, its number, where it is, what became of it
L_POD, L_NEXT, L_LINE, L_ATTEMPTS, L_FAILURES, L_STALLS, L_SERIAL, L_NUMBER, L_PLACE, L_FATE = range(10)
LINK: Final = 10
# state.pods: takes jobs or not, when it joined [s], time of its attempts that ended [s], how many those are, its ordinal
P_READY, P_JOINED, P_WORK, P_ENDED, P_ORDINAL, POD = 0, 1, 2, 3, 4, 5
# state.columns, by second, named as in the request kernel: ARRIVED are jobs that became due, LOST those that failed for good
ARRIVED: Final = requests.ARRIVED
SERVED: Final = requests.SERVED
LOST: Final = requests.LOST
RETRIED: Final = requests.RETRIED
QUEUED: Final = requests.QUEUED
BUSY: Final = requests.BUSY
LATE: Final = requests.LATE
# state.waits, by line: jobs that began their first attempt, and how long they had been due [s]
W_JOBS, W_SUM, WAIT = 0, 1, 2
# state.record, by job: due, begin of the last attempt, end, ordinal of the pod, fate, attempts made
RECORD: Final = 6


class Status(IntEnum):
    """Why the kernel came back."""

    DONE = 0
    NEEDS_SOURCE = 1  #: the next jobs must be drawn
    NEEDS_ROOM = 2  #: for more jobs at a time


class Place(IntEnum):
    """Where a job is."""

    FREE = 0  #: the row is unused
    WAITING = 1
    ACTIVE = 2
    NOT_DUE = 3  #: delayed from the start
    PAUSING = 4  #: until its next attempt
    STALLED = 5  #: its pod is gone and its lock not expired


class Fate(IntEnum):
    """What became of a job."""

    DONE = 0
    FAILED = 1  #: all attempts failed
    STALLED = 2  #: it lost its pod too often


class State(NamedTuple):
    """Workers and their queue at one instant. Unused links are -1."""

    ints: Array
    floats: Array
    source: Array  #: (SOURCE, n) jobs to come
    jobs: Array  #: (jobs, JOB)
    links: Array  #: (jobs, LINK) int64
    ends: Array  #: (jobs,) heap of the ends of attempts [s]
    ending: Array  #: (jobs,) int64, the job of each
    due: Array  #: (jobs,) heap of instants at which jobs become due [s]
    coming: Array  #: (jobs,) int64, the job of each
    lines: Array  #: (lines, 2) int64, first and last of each; line 0 is the head of the queue, then by priority
    idle: Array  #: (slots,) int64, ring of pods, one entry for each free slot, the one that is idle longest first
    pods: Array  #: (pods, POD)
    columns: Array  #: (seconds, requests.COLUMNS)
    fine: Array  #: (2, BINS) int64, times in system and waits of the run
    cells: Array  #: (cells, COARSE_BINS) uint32, times in system by the cell of seconds of becoming due
    waits: Array  #: (lines, WAIT)
    record: Array  #: (jobs, RECORD) of the first jobs; empty where nobody asked for it


_njit = compiler(Path(__file__), Path(requests.__file__))


@_njit
def _is_before(at: float, job: int, other_at: float, other: int, links: Array) -> Any:
    return at < other_at or (at == other_at and links[job, L_SERIAL] < links[other, L_SERIAL])


@_njit
def push(times: Array, what: Array, n: int, at: float, job: int, links: Array) -> None:
    """Put a job into a heap of ``n``."""
    place = n
    while place > 0:
        above = (place - 1) >> 2
        if not _is_before(at, job, times[above], what[above], links):
            break
        times[place], what[place] = times[above], what[above]
        place = above
    times[place], what[place] = at, job


@_njit
def _pop(times: Array, what: Array, n: int, links: Array) -> Any:
    """Take the first out of a heap of ``n``: the hole sinks to the bottom, where the last entry rises from."""
    first, at, job, place, last = what[0], times[n - 1], what[n - 1], 0, n - 1
    while 4 * place + 1 < last:
        least = _first_of(times, what, 4 * place + 1, last, links)
        times[place], what[place] = times[least], what[least]
        place = least
    push(times, what, place, at, job, links)
    return first


@_njit
def _first_of(times: Array, what: Array, child: int, last: int, links: Array) -> Any:
    """Give the place of the first of four siblings; without branches, which nobody could predict, where none are equal."""
    if child + 4 <= last:
        a, b, c, d = times[child], times[child + 1], times[child + 2], times[child + 3]
        left, right = child + (b < a), child + 2 + (d < c)
        low, high = min(a, b), min(c, d)
        if a != b and c != d and low != high:
            return right if high < low else left
    least = child
    for other in range(child + 1, min(child + 4, last)):
        if _is_before(times[other], what[other], times[least], what[least], links):
            least = other
    return least


@_njit
def _join_line(ints: Array, lines: Array, links: Array, job: int, line: int) -> None:
    """Have a job wait: at the end of the line of its priority, or before all others (line 0)."""
    links[job, L_PLACE] = Place.WAITING
    ints[WAITING] += 1
    first, last = lines[line, 0], lines[line, 1]
    if first < 0:
        links[job, L_NEXT], lines[line, 0], lines[line, 1] = -1, job, job
    elif line == 0:  # of those found stalled the last one is taken first
        links[job, L_NEXT], lines[0, 0] = first, job
    else:
        links[job, L_NEXT], links[last, L_NEXT], lines[line, 1] = -1, job, job


@_njit
def _leave_line(ints: Array, lines: Array, links: Array) -> Any:
    """Take the first job that waits."""
    line = 0
    while lines[line, 0] < 0:
        line += 1
    job = lines[line, 0]
    lines[line, 0] = links[job, L_NEXT]
    ints[WAITING] -= 1
    return job


@_njit
def _take_slot(ints: Array, idle: Array) -> Any:
    """Take the free slot that has been idle longest, and give its pod."""
    pod = idle[ints[IDLE_FIRST]]
    ints[IDLE_FIRST] = ints[IDLE_FIRST] + 1 if ints[IDLE_FIRST] + 1 < len(idle) else 0
    ints[IDLE] -= 1
    return pod


@_njit
def free_slot(ints: Array, idle: Array, pod: int) -> None:
    """Have one more slot of a pod be idle."""
    place = ints[IDLE_FIRST] + ints[IDLE]
    idle[place if place < len(idle) else place - len(idle)] = pod
    ints[IDLE] += 1


@_njit
def _slowdown(floats: Array, at: float, joined: float) -> Any:
    """Give how many times as long as usual a job takes that starts now: faults, and pods that are warming up."""
    age = at - joined
    if age >= floats[WARMUP]:
        return floats[SLOW]
    return floats[SLOW] * (1.0 + (floats[SLOWNESS] - 1.0) * (1.0 - age / floats[WARMUP]))


@_njit
def _after_attempt(ints: Array, links: Array, job: int) -> Any:
    """Tell where a job goes whose attempt has ended; ``Place.FREE`` when it is closed."""
    links[job, L_ATTEMPTS] += 1
    attempts = links[job, L_ATTEMPTS]
    if attempts > links[job, L_FAILURES]:
        links[job, L_FATE] = Fate.DONE
        return Place.FREE
    if attempts >= ints[ATTEMPTS]:
        links[job, L_FATE] = Fate.FAILED
        return Place.FREE
    return Place.PAUSING


@_njit
def _after_stall(ints: Array, links: Array, job: int) -> Any:
    """Tell where a job goes that is found stalled; ``Place.FREE`` when it is closed."""
    links[job, L_STALLS] += 1
    if links[job, L_STALLS] > ints[MAX_STALLS]:
        links[job, L_FATE] = Fate.STALLED
        return Place.FREE
    return Place.WAITING


@_njit
def _new_job(ints: Array, jobs: Array, links: Array, source: Array) -> Any:
    """Take the next job out of the source."""
    job, following = ints[FREE], ints[NEXT]
    ints[FREE] = links[job, L_NEXT]
    jobs[job, J_DUE] = source[S_ADDED, following] + source[S_DELAY, following]
    jobs[job, J_WORK], jobs[job, J_BEGAN], jobs[job, J_STARTED] = source[S_WORK, following], np.nan, np.nan
    links[job, L_POD], links[job, L_ATTEMPTS], links[job, L_STALLS] = -1, 0, 0
    links[job, L_LINE] = np.int64(source[S_LINE, following])
    links[job, L_FAILURES] = np.int64(source[S_FAILURES, following])
    links[job, L_NUMBER], links[job, L_PLACE] = ints[ADDED], Place.NOT_DUE
    ints[ADDED] += 1
    ints[NEXT] += 1
    return job


@_njit
def _start(ints: Array, jobs: Array, links: Array, job: int, at: float) -> None:
    """Have an attempt begin; its pod is known."""
    if np.isnan(jobs[job, J_BEGAN]):
        jobs[job, J_BEGAN] = at
    jobs[job, J_STARTED] = at
    links[job, L_PLACE], links[job, L_SERIAL] = Place.ACTIVE, ints[SERIAL]
    ints[SERIAL] += 1


@_njit
def set_later(ints: Array, links: Array, due: Array, coming: Array, job: int, at: float, place: int) -> None:
    """Have a job become due at ``at``."""
    links[job, L_PLACE], links[job, L_SERIAL], links[job, L_POD] = place, ints[SERIAL], -1
    ints[SERIAL] += 1
    push(due, coming, ints[LATER], at, job, links)
    ints[LATER] += 1
    ints[_count_of(place)] += 1


@_njit
def _count_of(place: int) -> Any:
    """Give where jobs are counted that become due later."""
    return STALLED if place == Place.STALLED else PAUSING if place == Place.PAUSING else DELAYED


@_njit
def _pause(ints: Array, floats: Array, attempts: int) -> Any:
    """Give the pause [s] after that many attempts."""
    return floats[PAUSE] * 2.0 ** (attempts - 1) if ints[IS_EXPONENTIAL] else floats[PAUSE]


@_njit
def _bin(latency: float, shift: int, first: int, bins: int) -> Any:
    """Give the bin of a latency: its leading bits, so that every octave has equally many."""
    bits: Any = np.float64(latency).view(np.int64)
    return min(max((bits >> shift) - first, 0), bins - 1)


@_njit
def _note_latency(floats: Array, columns: Array, fine: Array, cells: Array, due: float, at: float) -> None:
    """Count what a job took that is done."""
    fine[0, _bin(at - due, _FINE_SHIFT, _FINE_FIRST, BINS)] += 1
    cells[np.int64(due / floats[CELL]), _bin(at - due, _COARSE_SHIFT, _COARSE_FIRST, COARSE_BINS)] += 1
    if at - due > floats[OBJECTIVE]:
        columns[np.int64(due), LATE] += 1.0


@_njit
def _note_wait(fine: Array, waits: Array, line: int, wait: float) -> None:
    """Count how long a job had been due when its first attempt began."""
    fine[1, _bin(wait, _FINE_SHIFT, _FINE_FIRST, BINS)] += 1
    waits[line, W_JOBS] += 1.0
    waits[line, W_SUM] += wait


@_njit
def _note_fate(jobs: Array, links: Array, pods: Array, record: Array, job: int, at: float) -> None:
    """Write down the story of a job that is closed, if it is one of the first."""
    number, pod = links[job, L_NUMBER], links[job, L_POD]
    if number < len(record):
        record[number, 0], record[number, 1], record[number, 2] = jobs[job, J_DUE], jobs[job, J_STARTED], at
        record[number, 3] = pods[pod, P_ORDINAL] if pod >= 0 else -1.0
        record[number, 4], record[number, 5] = links[job, L_FATE], links[job, L_ATTEMPTS]


@_njit
def _note_time(ints: Array, floats: Array, columns: Array, at: float) -> None:
    """Let time pass in which nothing happens: add up who is there, and close the seconds that are over."""
    present = ints[WAITING] + ints[ACTIVE] + ints[PAUSING] + ints[STALLED]
    floats[AREA] += present * (at - floats[NOW])
    floats[NOW] = at
    while ints[SECOND] + 1.0 <= at:
        columns[ints[SECOND], QUEUED], columns[ints[SECOND], BUSY] = ints[WAITING], ints[ACTIVE]
        ints[SECOND] += 1


@_njit
def advance(state: State, until: float) -> Any:
    """Let everything happen up to and including ``until`` [s]; called again where something is needed before."""
    ints, floats, jobs, links, lines, pods, columns = (
        state.ints, state.floats, state.jobs, state.links, state.lines, state.pods, state.columns)  # fmt: skip
    while True:
        if ints[WAITING] > 0 and ints[IDLE] > 0:  # a free slot takes the first job that waits
            at, job, pod = floats[NOW], _leave_line(ints, lines, links), _take_slot(ints, state.idle)
            links[job, L_POD] = pod
            _start(ints, jobs, links, job, at)
            end = at + jobs[job, J_WORK] * _slowdown(floats, at, pods[pod, P_JOINED])
            push(state.ends, state.ending, ints[ACTIVE], end, job, links)
            ints[ACTIVE] += 1
            continue
        if ints[NEXT] == ints[DRAWN] and not ints[IS_LAST]:
            return Status.NEEDS_SOURCE
        end = state.ends[0] if ints[ACTIVE] > 0 else INF
        due = state.due[0] if ints[LATER] > 0 else INF
        added = state.source[S_ADDED, ints[NEXT]] if ints[NEXT] < ints[DRAWN] else INF
        at = min(end, due, added)
        if at > until:
            break
        if at == added and ints[FREE] < 0:
            return Status.NEEDS_ROOM
        _note_time(ints, floats, columns, at)
        second, later = ints[SECOND], at
        if at == end:  # an attempt ends, and its slot is free
            job = _pop(state.ends, state.ending, ints[ACTIVE], links)
            line, pod = links[job, L_LINE], links[job, L_POD]
            ints[ACTIVE] -= 1
            pods[pod, P_WORK] += jobs[job, J_WORK]
            pods[pod, P_ENDED] += 1.0
            if pods[pod, P_READY] > 0.0:
                free_slot(ints, state.idle, pod)
            place: Any = np.int64(_after_attempt(ints, links, job))
            if place == Place.PAUSING:
                columns[second, RETRIED] += 1.0
                later = at + _pause(ints, floats, links[job, L_ATTEMPTS])
        elif at == due:  # a job is due, once more or for the first time
            job = _pop(state.due, state.coming, ints[LATER], links)
            line, place = links[job, L_LINE], links[job, L_PLACE]
            ints[LATER] -= 1
            ints[_count_of(place)] -= 1
            if place == Place.STALLED:
                line, place = 0, np.int64(_after_stall(ints, links, job))
        else:
            job = _new_job(ints, jobs, links, state.source)
            line, place, later = links[job, L_LINE], links[job, L_PLACE], jobs[job, J_DUE]
        if place == Place.FREE:
            _note_fate(jobs, links, pods, state.record, job, at)
            floats[SOJOURNS] += at - jobs[job, J_DUE]
            _note_wait(state.fine, state.waits, links[job, L_LINE], jobs[job, J_BEGAN] - jobs[job, J_DUE])
            if links[job, L_FATE] == Fate.DONE:
                columns[second, SERVED] += 1.0
                _note_latency(floats, columns, state.fine, state.cells, jobs[job, J_DUE], at)
            else:
                columns[second, LOST] += 1.0
            links[job, L_PLACE], links[job, L_NEXT], ints[FREE] = Place.FREE, ints[FREE], job
        elif later > at:
            set_later(ints, links, state.due, state.coming, job, later, place)
        else:
            if place == Place.NOT_DUE:
                columns[second, ARRIVED] += 1.0
            _join_line(ints, lines, links, job, line)
    _note_time(ints, floats, columns, until)
    return Status.DONE
