"""Everything that happens to jobs between two control events, in one call that can be compiled.

Discrete events, exact: the ends of jobs at work lie in one heap, jobs that are due later (delayed, waiting for another
attempt, of a lost pod) in another, jobs that wait in one line for each priority. A free slot that has been idle longest
takes the next job. Time is in seconds from the start of the run. Of events at one instant ends come first, then jobs
that become due, then new jobs; of equals the one that was begun first. Nothing depends on how often the kernel is called.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from autoscaler.simulator.native.kinds import Floats, Ints
from autoscaler.simulator.requests.notes import coarse_bin, fine_bin
from autoscaler.simulator.workqueue import layout as k
from autoscaler.simulator.workqueue.layout import (
    Cells,
    Columns,
    Fate,
    Fine,
    Jobs,
    Lines,
    Links,
    Place,
    Pods,
    Record,
    Source,
    State,
    Status,
    Waits,
)

_INF: Final = np.inf


def _is_before(at: float, job: int, other_at: float, other: int, links: Links) -> bool:
    return at < other_at or (at == other_at and links[job, k.L_SERIAL] < links[other, k.L_SERIAL])


def push(times: Floats, what: Ints, n: int, at: float, job: int, links: Links) -> None:
    """Put a job into a heap of ``n``."""
    place = n
    while place > 0:
        above = (place - 1) >> 2
        if not _is_before(at, job, times[above], what[above], links):
            break
        times[place], what[place] = times[above], what[above]
        place = above
    times[place], what[place] = at, job


def _pop(times: Floats, what: Ints, n: int, links: Links) -> int:
    """Take the first out of a heap of ``n``: the hole sinks to the bottom, where the last entry rises from."""
    first, at, job, place, last = what[0], times[n - 1], what[n - 1], 0, n - 1
    while 4 * place + 1 < last:
        least = _first_of(times, what, 4 * place + 1, last, links)
        times[place], what[place] = times[least], what[least]
        place = least
    push(times, what, place, at, job, links)
    return int(first)


def _first_of(times: Floats, what: Ints, child: int, last: int, links: Links) -> int:
    """Give the place of the first of four siblings; without branches, which nobody could predict, where none are equal."""
    if child + 4 <= last:
        a, b, c, d = times[child], times[child + 1], times[child + 2], times[child + 3]
        left, right = child + (b < a), child + 2 + (d < c)
        low, high = min(a, b), min(c, d)
        if a != b and c != d and low != high:
            return int(right if high < low else left)
    least = child
    for other in range(child + 1, min(child + 4, last)):
        if _is_before(times[other], what[other], times[least], what[least], links):
            least = other
    return least


def _join_line(ints: Ints, lines: Lines, links: Links, job: int, line: int) -> None:
    """Have a job wait: at the end of the line of its priority, or before all others (line 0)."""
    links[job, k.L_PLACE] = Place.WAITING
    ints[k.WAITING] += 1
    first, last = lines[line, 0], lines[line, 1]
    if first < 0:
        links[job, k.L_NEXT], lines[line, 0], lines[line, 1] = -1, job, job
    elif line == 0:  # of those found stalled the last one is taken first
        links[job, k.L_NEXT], lines[0, 0] = first, job
    else:
        links[job, k.L_NEXT], links[last, k.L_NEXT], lines[line, 1] = -1, job, job


def _leave_line(ints: Ints, lines: Lines, links: Links) -> int:
    """Take the first job that waits."""
    line = 0
    while lines[line, 0] < 0:
        line += 1
    job = lines[line, 0]
    lines[line, 0] = links[job, k.L_NEXT]
    ints[k.WAITING] -= 1
    return int(job)


def _take_slot(ints: Ints, idle: Ints) -> int:
    """Take the free slot that has been idle longest, and give its pod."""
    pod = idle[ints[k.IDLE_FIRST]]
    ints[k.IDLE_FIRST] = ints[k.IDLE_FIRST] + 1 if ints[k.IDLE_FIRST] + 1 < len(idle) else 0
    ints[k.IDLE] -= 1
    return int(pod)


def free_slot(ints: Ints, idle: Ints, pod: int) -> None:
    """Have one more slot of a pod be idle."""
    place = ints[k.IDLE_FIRST] + ints[k.IDLE]
    idle[place if place < len(idle) else place - len(idle)] = pod
    ints[k.IDLE] += 1


def _slowdown(floats: Floats, at: float, joined: float) -> float:
    """Give how many times as long as usual a job takes that starts now: faults, and pods that are warming up."""
    age = at - joined
    if age >= floats[k.WARMUP]:
        return float(floats[k.SLOW])
    return float(floats[k.SLOW] * (1.0 + (floats[k.SLOWNESS] - 1.0) * (1.0 - age / floats[k.WARMUP])))


def _after_attempt(ints: Ints, links: Links, job: int) -> int:
    """Tell where a job goes whose attempt has ended; ``Place.FREE`` when it is closed."""
    links[job, k.L_ATTEMPTS] += 1
    attempts = links[job, k.L_ATTEMPTS]
    if attempts > links[job, k.L_FAILURES]:
        links[job, k.L_FATE] = Fate.DONE
        return Place.FREE
    if attempts >= ints[k.ATTEMPTS]:
        links[job, k.L_FATE] = Fate.FAILED
        return Place.FREE
    return Place.PAUSING


def _after_stall(ints: Ints, links: Links, job: int) -> int:
    """Tell where a job goes that is found stalled; ``Place.FREE`` when it is closed."""
    links[job, k.L_STALLS] += 1
    if links[job, k.L_STALLS] > ints[k.MAX_STALLS]:
        links[job, k.L_FATE] = Fate.STALLED
        return Place.FREE
    return Place.WAITING


def _new_job(ints: Ints, jobs: Jobs, links: Links, source: Source) -> int:
    """Take the next job out of the source."""
    job, following = ints[k.FREE], ints[k.NEXT]
    ints[k.FREE] = links[job, k.L_NEXT]
    jobs[job, k.J_DUE] = source[k.S_ADDED, following] + source[k.S_DELAY, following]
    jobs[job, k.J_WORK], jobs[job, k.J_BEGAN], jobs[job, k.J_STARTED] = source[k.S_WORK, following], np.nan, np.nan
    links[job, k.L_POD], links[job, k.L_ATTEMPTS], links[job, k.L_STALLS] = -1, 0, 0
    links[job, k.L_LINE] = np.int64(source[k.S_LINE, following])
    links[job, k.L_FAILURES] = np.int64(source[k.S_FAILURES, following])
    links[job, k.L_NUMBER], links[job, k.L_PLACE] = ints[k.ADDED], Place.NOT_DUE
    ints[k.ADDED] += 1
    ints[k.NEXT] += 1
    return int(job)


def _start(ints: Ints, jobs: Jobs, links: Links, job: int, at: float) -> None:
    """Have an attempt begin; its pod is known."""
    if np.isnan(jobs[job, k.J_BEGAN]):
        jobs[job, k.J_BEGAN] = at
    jobs[job, k.J_STARTED] = at
    links[job, k.L_PLACE], links[job, k.L_SERIAL] = Place.ACTIVE, ints[k.SERIAL]
    ints[k.SERIAL] += 1


def set_later(ints: Ints, links: Links, due: Floats, coming: Ints, job: int, at: float, place: int) -> None:
    """Have a job become due at ``at``."""
    links[job, k.L_PLACE], links[job, k.L_SERIAL], links[job, k.L_POD] = place, ints[k.SERIAL], -1
    ints[k.SERIAL] += 1
    push(due, coming, ints[k.LATER], at, job, links)
    ints[k.LATER] += 1
    ints[_count_of(place)] += 1


def _count_of(place: int) -> int:
    """Give where jobs are counted that become due later."""
    return k.STALLED if place == Place.STALLED else k.PAUSING if place == Place.PAUSING else k.DELAYED


def _pause(ints: Ints, floats: Floats, attempts: int) -> float:
    """Give the pause [s] after that many attempts."""
    return float(floats[k.PAUSE] * 2.0 ** (attempts - 1) if ints[k.IS_EXPONENTIAL] else floats[k.PAUSE])


def _note_latency(floats: Floats, columns: Columns, fine: Fine, cells: Cells, due: float, at: float) -> None:
    """Count what a job took that is done."""
    fine[0, fine_bin(at - due)] += 1
    cells[np.int64(due / floats[k.CELL]), coarse_bin(at - due)] += 1
    if at - due > floats[k.OBJECTIVE]:
        columns[np.int64(due), k.LATE] += 1.0


def _note_wait(fine: Fine, waits: Waits, line: int, wait: float) -> None:
    """Count how long a job had been due when its first attempt began."""
    fine[1, fine_bin(wait)] += 1
    waits[line, k.W_JOBS] += 1.0
    waits[line, k.W_SUM] += wait


def _note_fate(jobs: Jobs, links: Links, pods: Pods, record: Record, job: int, at: float) -> None:
    """Write down the story of a job that is closed, if it is one of the first."""
    number, pod = links[job, k.L_NUMBER], links[job, k.L_POD]
    if number < len(record):
        record[number, 0], record[number, 1], record[number, 2] = jobs[job, k.J_DUE], jobs[job, k.J_STARTED], at
        record[number, 3] = pods[pod, k.P_ORDINAL] if pod >= 0 else -1.0
        record[number, 4], record[number, 5] = links[job, k.L_FATE], links[job, k.L_ATTEMPTS]


def _note_time(ints: Ints, floats: Floats, columns: Columns, at: float) -> None:
    """Let time pass in which nothing happens: add up who is there, and close the seconds that are over."""
    present = ints[k.WAITING] + ints[k.ACTIVE] + ints[k.PAUSING] + ints[k.STALLED]
    floats[k.AREA] += present * (at - floats[k.NOW])
    floats[k.NOW] = at
    while ints[k.SECOND] + 1.0 <= at:
        columns[ints[k.SECOND], k.QUEUED], columns[ints[k.SECOND], k.BUSY] = ints[k.WAITING], ints[k.ACTIVE]
        ints[k.SECOND] += 1


def advance(state: State, until: float) -> int:
    """Let everything happen up to and including ``until`` [s]; called again where something is needed before."""
    ints = state.ints
    while True:
        if ints[k.WAITING] > 0 and ints[k.IDLE] > 0:
            _take_first(state)
            continue
        if ints[k.NEXT] == ints[k.DRAWN] and not ints[k.IS_LAST]:
            return Status.NEEDS_SOURCE
        end = state.ends[0] if ints[k.ACTIVE] > 0 else _INF
        due = state.due[0] if ints[k.LATER] > 0 else _INF
        added = state.source[k.S_ADDED, ints[k.NEXT]] if ints[k.NEXT] < ints[k.DRAWN] else _INF
        at = min(end, due, added)
        if at > until:
            break
        if at == added and ints[k.FREE] < 0:
            return Status.NEEDS_ROOM
        _note_time(ints, state.floats, state.columns, at)
        if at == end:
            job, line, place, later = _end_attempt(state, at)
        elif at == due:
            job, line, place, later = _come_due(state, at)
        else:
            job = _new_job(ints, state.jobs, state.links, state.source)
            line, place, later = state.links[job, k.L_LINE], state.links[job, k.L_PLACE], state.jobs[job, k.J_DUE]
        _go_on(state, job, at, line, place, later)
    _note_time(ints, state.floats, state.columns, until)
    return Status.DONE


def _take_first(state: State) -> None:
    """Have a free slot take the first job that waits."""
    ints, floats, links, at = state.ints, state.floats, state.links, state.floats[k.NOW]
    job, pod = _leave_line(ints, state.lines, links), _take_slot(ints, state.idle)
    links[job, k.L_POD] = pod
    _start(ints, state.jobs, links, job, at)
    end = at + state.jobs[job, k.J_WORK] * _slowdown(floats, at, state.pods[pod, k.P_JOINED])
    push(state.ends, state.ending, ints[k.ACTIVE], end, job, links)
    ints[k.ACTIVE] += 1


def _end_attempt(state: State, at: float) -> tuple[int, int, int, float]:
    """End the first attempt at work, which frees its slot; give the job, its line, where it goes and when it gets there."""
    ints, links, pods = state.ints, state.links, state.pods
    job = _pop(state.ends, state.ending, ints[k.ACTIVE], links)
    pod, later = links[job, k.L_POD], at
    ints[k.ACTIVE] -= 1
    pods[pod, k.P_WORK] += state.jobs[job, k.J_WORK]
    pods[pod, k.P_ENDED] += 1.0
    if pods[pod, k.P_READY] > 0.0:
        free_slot(ints, state.idle, pod)
    place = _after_attempt(ints, links, job)
    if place == Place.PAUSING:
        state.columns[ints[k.SECOND], k.RETRIED] += 1.0
        later = at + _pause(ints, state.floats, links[job, k.L_ATTEMPTS])
    return job, links[job, k.L_LINE], place, later


def _come_due(state: State, at: float) -> tuple[int, int, int, float]:
    """Have the first job that is not due yet become so, once more or for the first time; give the same."""
    ints, links = state.ints, state.links
    job = _pop(state.due, state.coming, ints[k.LATER], links)
    place = links[job, k.L_PLACE]
    ints[k.LATER] -= 1
    ints[_count_of(place)] -= 1
    if place == Place.STALLED:
        return job, 0, _after_stall(ints, links, job), at
    return job, links[job, k.L_LINE], place, at


def _go_on(state: State, job: int, at: float, line: int, place: int, later: float) -> None:
    """Close a job, or have it wait: in its line, or until it is due."""
    if place == Place.FREE:
        _close(state, job, at)
    elif later > at:
        set_later(state.ints, state.links, state.due, state.coming, job, later, place)
    else:
        if place == Place.NOT_DUE:
            state.columns[state.ints[k.SECOND], k.ARRIVED] += 1.0
        _join_line(state.ints, state.lines, state.links, job, line)


def _close(state: State, job: int, at: float) -> None:
    """Count a job that is done, or has failed for good, and let another one have its place."""
    ints, floats, jobs, links, columns = state.ints, state.floats, state.jobs, state.links, state.columns
    due = jobs[job, k.J_DUE]
    _note_fate(jobs, links, state.pods, state.record, job, at)
    floats[k.SOJOURNS] += at - due
    _note_wait(state.fine, state.waits, links[job, k.L_LINE], jobs[job, k.J_BEGAN] - due)
    if links[job, k.L_FATE] == Fate.DONE:
        columns[ints[k.SECOND], k.SERVED] += 1.0
        _note_latency(floats, columns, state.fine, state.cells, due, at)
    else:
        columns[ints[k.SECOND], k.LOST] += 1.0
    links[job, k.L_PLACE], links[job, k.L_NEXT], ints[k.FREE] = Place.FREE, ints[k.FREE], job
