"""Everything that happens to requests between two control events, in one call that can be compiled.

Discrete events, exact: departures lie in a 4-ary heap, arrivals come in order, requests that wait are linked in the order
in which they came (all of them, and those of each pod). Time is in seconds from the start of the run. Of events at one
instant departures come first, then arrivals, then retries, then time-outs. Nothing depends on how often the kernel is
called: cutting a run differently gives the same numbers, to the last bit.

All state is in arrays (``State``), whose rows and columns have the names below; the kernel sees them flat. Indices are
unsigned, which saves a test for negative ones at every use, so entry 0 of jobs and of pods stands for "none" and holds
the heads of lists. What is compiled stays in this one file: numba freezes globals, and its cache does not see changes in
other files.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.requests.jit import compiler, inner

Array = NDArray[Any]

# histograms are log-linear: so many bins an octave, from two to the power of so many seconds on, so many octaves
FINE_OCTAVE, FINE_FROM, FINE_BINS = 128, -20, 37 * 128
COARSE_OCTAVE, COARSE_FROM, COARSE_BINS = 16, -14, 24 * 16
_FINE_SHIFT, _FINE_FIRST = 52 - 7, (1023 + FINE_FROM) << 7
_COARSE_SHIFT, _COARSE_FIRST = 52 - 4, (1023 + COARSE_FROM) << 4

# state.ints
(SECOND, READY_PODS, TURN, LEAST, IN_SERVICE, WAITING, RETRIES, NEXT_REQUEST, KNOWN, IS_MORE, REQUESTS, PAUSES, GAVE_UP,
 BALANCER, SLOTS, LIMIT, ATTEMPTS) = range(17)  # fmt: skip
INTS: Final = 17
# state.floats
(NOW, CHANGED, AREA, SOJOURNS, WAITS, SLOW, WARM_UNTIL, WARMUP, SLOWNESS, TIMEOUT, OBJECTIVE, CELL, BACKOFF,
 BACKOFF_LIMIT, JITTER) = range(15)  # fmt: skip
FLOATS: Final = 15
# state.source: arrival [s], service time [s], chance for the balancer in [0, 1), cost
ARRIVAL, SERVICE_TIME, CHANCE, COST, SOURCE = 0, 1, 2, 3, 4
# state.jobs: attempt's arrival, service time, first attempt's arrival, start of service, cost, number of the request
J_ARRIVED, J_WORK, J_BORN, J_STARTED, J_COST, J_NUMBER, JOB = 0, 1, 2, 3, 4, 5, 8
# state.links, of each job: its pod, next in the pod's queue, next and previous of all that wait, attempts made. Entry 0:
# the first free job, the first and the last that waits; and the first that lost its pod, where an attempt's pod is
L_POD, L_NEXT, L_LATER, L_EARLIER, L_ATTEMPT, LINK = 0, 1, 2, 3, 4, 8  # as wide as JOB
# state.pods: in rotation or not, requests in it, its queue's head and tail
P_READY, P_OUTSTANDING, P_HEAD, P_TAIL, POD = 0, 1, 2, 3, 4
# state.meters, of each pod: when it joined [s], work done [costs], requests served, the caller's number for it
M_JOINED, M_WORK, M_SERVED, M_NUMBER, METER = 0, 1, 2, 3, 4  # as wide as POD
# state.rings, of each level and then of each pod: previous, next
R_BEFORE, R_AFTER, RING = 0, 1, 2
# state.columns, by second: late ones by the second in which their first attempt arrived, the others as they happen
ARRIVED, RETRIED, SERVED, REJECTED, TIMED_OUT, LOST, QUEUED, BUSY, LATE, COLUMNS = range(10)
# state.record, by request: arrival, start, end, number of the pod (-1: none), fate
RECORD: Final = 5
# why the kernel came back
DONE, NEEDS_REQUESTS, NEEDS_JOBS, NEEDS_LEVELS = 0, 1, 2, 3


class Balancer(IntEnum):
    """How a request finds its pod."""

    SHARED = 0  #: one queue for all pods; among pods with a free slot, each in turn
    RANDOM = 1
    ROUND_ROBIN = 2
    POWER_OF_TWO = 3  #: of two different pods at random the one with fewer outstanding requests; the first if equal
    LEAST_OUTSTANDING = 4  #: of those with fewest the one whose number changed longest ago


class Distribution(IntEnum):
    """How service times are spread."""

    CONSTANT = 0
    EXPONENTIAL = 1
    LOGNORMAL = 2
    GAMMA = 3
    EMPIRICAL = 4


class Fate(IntEnum):
    """What became of an attempt, in a record."""

    SERVED = 0
    REJECTED = 1
    TIMED_OUT = 2
    LOST = 3


class State(NamedTuple):
    """A service at one instant. Columns have the names above."""

    ints: Array
    floats: Array
    source: Array  #: (SOURCE, n) requests to come
    ends: Array  #: (jobs + 4,) heap of departures [s]; infinite beyond its end
    ending: Array  #: (jobs + 4,) uint32, the job of each departure
    retry_at: Array  #: (jobs + 4,) heap of retries [s]
    retrying: Array  #: (jobs + 4,) uint32
    jobs: Array  #: (jobs, JOB)
    links: Array  #: (jobs, LINK) uint32
    pods: Array  #: (pods, POD) uint32
    meters: Array  #: (pods, METER)
    rings: Array  #: (levels + pods, RING) uint32: a ring of pods behind each level's own entry
    rotation: Array  #: (pods,) uint32, pods in rotation
    columns: Array  #: (seconds, COLUMNS)
    fine: Array  #: (2, FINE_BINS) int64, times in system and waits of the run
    cells: Array  #: (cells, COARSE_BINS) uint32, times in system by the cell of seconds of arrival
    record: Array  #: (requests, RECORD) of the first requests; empty where nobody asked for it
    seed: Array  #: (1,) uint64, of the pauses between attempts

    def flat(self) -> State:
        """Give the same memory, each array but the source as one row."""
        return State(*(array if array is self.source else array.reshape(-1) for array in self))


_njit = compiler(Path(__file__))

_ROUND_ROBIN, _POWER_OF_TWO = 2, 3  # of Balancer, as numbers
_SERVED, _REJECTED, _TIMED_OUT, _LOST = 0.0, 1.0, 2.0, 3.0  # of Fate
_INF: Final = np.inf
_U0, _U1, _U2, _U3, _U4 = (np.uint64(n) for n in range(5))
_U27, _U30, _U31, _U12 = (np.uint64(n) for n in (27, 30, 31, 12))
_GOLDEN, _MIX1, _MIX2 = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


@inner
def _push(keys: Array, what: Array, n: int, at: float, item: int) -> None:
    """Put an entry into a heap of ``n`` entries.

    Keys are the bits of times: of positive numbers they have the same order, and compare in a third of the time.
    """
    key, place = np.float64(at).view(np.int64), np.uint64(n)
    while place > _U0:
        above = (place - _U1) >> _U2
        if keys[above] <= key:
            break
        keys[place], what[place] = keys[above], what[above]
        place = above
    keys[place], what[place] = key, item


@inner
def _replace_top(keys: Array, what: Array, n: int, at: float, item: int) -> None:
    """Put an entry in the place of the first of ``n``; entries beyond them are infinite.

    The hole sinks to the bottom, where the entry rises from: it nearly always belongs there. Children are compared
    without branches, which nobody could predict.
    """
    key, end = np.float64(at).view(np.int64), np.uint64(n)
    place, child = _U0, _U1
    while child < end:
        a, b, c, d = keys[child], keys[child + _U1], keys[child + _U2], keys[child + _U3]
        left, right = child + np.uint64(b < a), child + _U2 + np.uint64(d < c)
        a, c = min(a, b), min(c, d)
        least = right if c < a else left
        keys[place], what[place] = min(a, c), what[least]
        place, child = least, _U4 * least + _U1
    while place > _U0:
        above = (place - _U1) >> _U2
        if keys[above] <= key:
            break
        keys[place], what[place] = keys[above], what[above]
        place = above
    keys[place], what[place] = key, item


@inner
def unlink(rings: Array, entry: int) -> None:
    """Take an entry out of its ring."""
    before, after = rings[entry * RING + R_BEFORE], rings[entry * RING + R_AFTER]
    rings[before * RING + R_AFTER], rings[after * RING + R_BEFORE] = after, before
    rings[entry * RING + R_BEFORE], rings[entry * RING + R_AFTER] = entry, entry


@inner
def move(rings: Array, entry: int, level: int) -> None:
    """Take an entry out of its ring and put it at the end of the one behind ``level``."""
    before, after = rings[entry * RING + R_BEFORE], rings[entry * RING + R_AFTER]
    rings[before * RING + R_AFTER], rings[after * RING + R_BEFORE] = after, before
    last = rings[level * RING + R_BEFORE]
    rings[last * RING + R_AFTER], rings[level * RING + R_BEFORE] = entry, entry
    rings[entry * RING + R_BEFORE], rings[entry * RING + R_AFTER] = last, level


@inner
def leave_line(links: Array, job: int) -> None:
    """Take a request out of the line of all that wait."""
    later, earlier = links[job * LINK + L_LATER], links[job * LINK + L_EARLIER]
    links[earlier * LINK + L_LATER], links[later * LINK + L_EARLIER] = later, earlier


@inner
def slowdown(floats: Array, at: float, joined: float) -> Any:
    """Give how many times as long as usual a request takes that starts now: faults, and pods that are warming up."""
    age = at - joined
    if age >= floats[WARMUP]:
        return floats[SLOW]
    return floats[SLOW] * (1.0 + (floats[SLOWNESS] - 1.0) * (1.0 - age / floats[WARMUP]))


@inner
def _fine_bin(value: float) -> Any:
    """Give the bin of a fine histogram, straight from the number's exponent and first bits."""
    return min(max((np.float64(value).view(np.int64) >> _FINE_SHIFT) - _FINE_FIRST, 0), FINE_BINS - 1)


@inner
def _coarse_bin(value: float) -> Any:
    """Give the bin of a coarse histogram."""
    return min(max((np.float64(value).view(np.int64) >> _COARSE_SHIFT) - _COARSE_FIRST, 0), COARSE_BINS - 1)


@inner
def _chance(ints: Array, seed: Array) -> Any:
    """Draw a number in (0, 1) for what happens after a failure, by SplitMix64 (Steele, Lea and Flood, 2014)."""
    ints[PAUSES] += 1
    z = seed[0] + np.uint64(ints[PAUSES]) * _GOLDEN
    z = (z ^ (z >> _U30)) * _MIX1
    z = (z ^ (z >> _U27)) * _MIX2
    return (np.int64((z ^ (z >> _U31)) >> _U12) + 0.5) * 2.0**-52


@inner
def _retry(
    ints: Array, floats: Array, seed: Array, keys: Array, retrying: Array, links: Array, job: int, at: float
) -> None:
    """Have the client of an attempt that failed try again later."""
    attempt = np.int64(links[job * LINK + L_ATTEMPT])
    links[job * LINK + L_ATTEMPT] = attempt + 1
    pause = min(floats[BACKOFF] * 2.0 ** (attempt - 1), floats[BACKOFF_LIMIT])
    pause *= 1.0 + floats[JITTER] * (2.0 * _chance(ints, seed) - 1.0)
    _push(keys, retrying, ints[RETRIES], at + pause, job)
    ints[RETRIES] += 1


@inner
def _note_fate(record: Array, jobs: Array, job: int, at: float, pod: float, fate: float) -> None:
    """Write down how an attempt ended, if it is one of the first requests; ``pod`` is its number, or -1."""
    row = np.int64(jobs[job * JOB + J_NUMBER]) * RECORD
    if row < len(record):
        record[row], record[row + 1], record[row + 2] = jobs[job * JOB + J_ARRIVED], jobs[job * JOB + J_STARTED], at
        record[row + 3], record[row + 4] = pod, fate


@inner
def _count(fine: Array, cells: Array, cell: Any, latency: float) -> None:
    """Count what a request took."""
    fine[_fine_bin(latency)] += 1
    cells[cell * COARSE_BINS + _coarse_bin(latency)] += 1


@inner
def _free(links: Array, job: int) -> None:
    """Let another request have the job's place."""
    links[job * LINK + L_NEXT], links[L_NEXT] = links[L_NEXT], job


@inner
def _note_second(
    columns: Array, second: int, arrived: int, retried: int, served: int, rejected: int, late: int
) -> None:
    """Write down what was counted in a second, or in a part of it; ``late`` gave up."""
    row = second * COLUMNS
    columns[row + ARRIVED] += arrived
    columns[row + RETRIED] += retried
    columns[row + SERVED] += served
    columns[row + REJECTED] += rejected
    columns[row + TIMED_OUT] += late


def kernel(balancer: Balancer, *, is_plain: bool) -> Callable[[State, float], int]:
    """Give the function that lets everything happen; ``is_plain``: nobody tries again, and no story is kept."""
    return _kernel(balancer == Balancer.SHARED, balancer == Balancer.LEAST_OUTSTANDING, is_plain)


@cache
def _kernel(is_shared: bool, is_least: bool, is_plain: bool) -> Callable[[State, float], int]:
    """Give the function for some balancers: it is compiled when first called, without branches that it never takes."""

    @_njit
    def advance(state: State, until: float) -> Any:
        """Let everything happen up to and including ``until`` [s]; called again where it needs something before.

        ``state`` is flat. One long loop on purpose: helpers that take many arrays cost more than what they do.
        """
        ints, floats, source, ends, ending = state.ints, state.floats, state.source, state.ends, state.ending
        retry_at, retrying, jobs, links, pods = state.retry_at, state.retrying, state.jobs, state.links, state.pods
        meters, rings, rotation, columns = state.meters, state.rings, state.rotation, state.columns
        fine, cells, record, seed = state.fine, state.cells, state.record, state.seed
        balancer, slots, limit_each, timeout = ints[BALANCER], ints[SLOTS], ints[LIMIT], floats[TIMEOUT]
        attempts = ints[ATTEMPTS]
        ready, levels, second = ints[READY_PODS], len(rings) // RING - len(pods) // POD, ints[SECOND]
        slow, warm_until, objective, per_cell = floats[SLOW], floats[WARM_UNTIL], floats[OBJECTIVE], 1.0 / floats[CELL]
        changed, area, sojourns, waits = floats[CHANGED], floats[AREA], floats[SOJOURNS], floats[WAITS]
        in_service, waiting = ints[IN_SERVICE], ints[WAITING]
        times, works, chances, costs = source[ARRIVAL], source[SERVICE_TIME], source[CHANCE], source[COST]
        following, known, is_more = ints[NEXT_REQUEST], ints[KNOWN], ints[IS_MORE] == 1
        now = floats[NOW]
        end_keys, retry_keys = ends.view(np.int64), retry_at.view(np.int64)
        while links[L_POD] != 0:  # their pod is gone
            job = links[L_POD]
            row = job * JOB
            links[L_POD] = links[row + L_NEXT]
            sojourns += now - jobs[row + J_ARRIVED]
            columns[second * COLUMNS + LOST] += 1.0
            if not is_plain:
                _note_fate(record, jobs, job, now, meters[links[row + L_POD] * METER + M_NUMBER], _LOST)
            if not is_plain and links[row + L_ATTEMPT] < attempts:
                _retry(ints, floats, seed, retry_keys, retrying, links, job, now)
            else:
                _free(links, job)
        while is_shared and waiting > 0 and rings[R_AFTER] != 0:  # pods with room have joined: they take who waits
            job, pod = links[L_LATER], rings[R_AFTER] - 1
            row, spot = job * JOB, pod * POD
            leave_line(links, job)
            waiting -= 1
            links[row + L_POD], jobs[row + J_STARTED] = pod, now
            pods[spot + P_OUTSTANDING] += 1
            move(rings, pod + 1, 0)
            if pods[spot + P_OUTSTANDING] == slots:
                unlink(rings, pod + 1)
            took = jobs[row + J_WORK] * slowdown(floats, now, meters[spot + M_JOINED])
            _push(end_keys, ending, in_service, now + took, job)
            in_service += 1
        arrival = times[following] if following < known else now if is_more else _INF
        deadline = jobs[links[L_LATER] * JOB + J_ARRIVED] + timeout if waiting > 0 else _INF
        arrived = retried = served = rejected = timed_out = 0
        limit = min(until, np.nextafter(second + 1.0, 0.0))
        other = min(limit, retry_at[0], deadline)
        status = DONE
        while True:
            at = ends[0]
            if at <= arrival and at <= other:
                # a request is done; the next one in its queue takes its place
                job = ending[0]
                row = job * JOB
                pod = links[row + L_POD]
                spot = pod * POD
                came = jobs[row + J_ARRIVED]
                born = came if is_plain else jobs[row + J_BORN]
                wait = jobs[row + J_STARTED] - came
                area += (in_service + waiting) * (at - changed)
                changed = at
                served += 1
                sojourns += at - came
                waits += wait
                fine[FINE_BINS + _fine_bin(wait)] += 1
                _count(fine, cells, np.int64(born * per_cell), at - born)
                if at - born > objective:
                    columns[np.int64(born) * COLUMNS + LATE] += 1.0
                meters[spot + M_SERVED] += 1.0
                meters[spot + M_WORK] += jobs[row + J_COST]
                if not is_plain:
                    _note_fate(record, jobs, job, at, meters[spot + M_NUMBER], _SERVED)
                _free(links, job)
                outstanding = pods[spot + P_OUTSTANDING] - 1
                pods[spot + P_OUTSTANDING] = outstanding
                is_ready = pods[spot + P_READY] == 1
                if is_shared:
                    follower = links[L_LATER] if is_ready else links[L_POD]
                else:
                    follower = pods[spot + P_HEAD]
                    if is_least and is_ready:
                        move(rings, levels + pod, outstanding)
                        if outstanding < ints[LEAST]:
                            ints[LEAST] = outstanding
                if follower == 0:
                    in_service -= 1
                    last_end, last_ending = ends[in_service], ending[in_service]
                    ends[in_service] = _INF
                    if in_service > 0:
                        _replace_top(end_keys, ending, in_service, last_end, last_ending)
                    if is_shared and is_ready and outstanding == slots - 1:
                        move(rings, levels + pod, 0)
                    continue
                row = follower * JOB
                if is_shared:
                    links[row + L_POD], pods[spot + P_OUTSTANDING] = pod, slots
                else:
                    pods[spot + P_HEAD] = links[row + L_NEXT]
                leave_line(links, follower)
                waiting -= 1
                deadline = jobs[links[L_LATER] * JOB + J_ARRIVED] + timeout if waiting > 0 else _INF
                other = min(limit, retry_at[0], deadline)
                jobs[row + J_STARTED] = at
                factor = slow if at >= warm_until else slowdown(floats, at, meters[spot + M_JOINED])
                _replace_top(end_keys, ending, in_service, at + jobs[row + J_WORK] * factor, follower)
                continue
            if arrival <= other:
                # a request comes
                job = links[L_NEXT]
                row = job * JOB
                if following == known:
                    status = NEEDS_REQUESTS
                    break
                if job == 0:
                    status = NEEDS_JOBS
                    break
                if is_least and ints[LEAST] + 2 > levels:
                    status = NEEDS_LEVELS
                    break
                at = arrival
                links[L_NEXT] = links[row + L_NEXT]
                jobs[row + J_ARRIVED], jobs[row + J_WORK], jobs[row + J_COST] = at, works[following], costs[following]
                if not is_plain:
                    jobs[row + J_BORN], jobs[row + J_NUMBER] = at, ints[REQUESTS] + arrived
                    links[row + L_ATTEMPT] = 1
                chance = chances[following]
                arrived += 1
                following += 1
                arrival = times[following] if following < known else at if is_more else _INF
            elif not is_plain and retry_at[0] <= other:
                # a client tries again
                if is_least and ints[LEAST] + 2 > levels:
                    status = NEEDS_LEVELS
                    break
                at, job, n = retry_at[0], retrying[0], ints[RETRIES] - 1
                row = job * JOB
                end, last = retry_at[n], retrying[n]
                retry_at[n] = _INF
                if n > 0:
                    _replace_top(retry_keys, retrying, n, end, last)
                ints[RETRIES] = n
                other = min(limit, retry_at[0], deadline)
                jobs[row + J_ARRIVED] = at
                chance = _chance(ints, seed)
                retried += 1
            elif deadline <= other:
                # a client gives up waiting: the one that has waited longest of all
                at, job = deadline, links[L_LATER]
                row = job * JOB
                pod, born = links[row + L_POD], jobs[row + J_ARRIVED] if is_plain else jobs[row + J_BORN]
                spot = pod * POD
                area += (in_service + waiting) * (at - changed)
                changed = at
                timed_out += 1
                sojourns += at - jobs[row + J_ARRIVED]
                leave_line(links, job)
                waiting -= 1
                if not is_shared:
                    outstanding = pods[spot + P_OUTSTANDING] - 1
                    pods[spot + P_HEAD], pods[spot + P_OUTSTANDING] = links[row + L_NEXT], outstanding
                    if is_least and pods[spot + P_READY] == 1:
                        move(rings, levels + pod, outstanding)
                        if outstanding < ints[LEAST]:
                            ints[LEAST] = outstanding
                if not is_plain:
                    _note_fate(record, jobs, job, at, meters[spot + M_NUMBER], _TIMED_OUT)
                if not is_plain and links[row + L_ATTEMPT] < attempts:
                    _retry(ints, floats, seed, retry_keys, retrying, links, job, at)
                else:
                    _free(links, job)
                    ints[GAVE_UP] += 1
                    columns[np.int64(born) * COLUMNS + LATE] += 1.0
                    _count(fine, cells, np.int64(born * per_cell), at - born)
                deadline = jobs[links[L_LATER] * JOB + J_ARRIVED] + timeout if waiting > 0 else _INF
                other = min(limit, retry_at[0], deadline)
                continue
            elif until < second + 1.0:
                break
            else:
                # a second is over
                _note_second(columns, second, arrived, retried, served, rejected, timed_out)
                columns[second * COLUMNS + QUEUED], columns[second * COLUMNS + BUSY] = waiting, in_service
                ints[REQUESTS] += arrived
                arrived = retried = served = rejected = timed_out = 0
                second += 1
                limit = min(until, np.nextafter(second + 1.0, 0.0))
                other = min(limit, retry_at[0], deadline)
                continue
            # an attempt reaches the balancer
            area += (in_service + waiting) * (at - changed)
            changed = at
            pod = links[L_POD]  # none
            starts = is_accepted = False
            if ready == 0:
                pass
            elif is_shared:
                starts = rings[R_AFTER] != 0
                is_accepted = starts or waiting < limit_each * ready
                if starts:
                    pod = rings[R_AFTER] - levels
            else:
                if is_least:
                    pod = rings[ints[LEAST] * RING + R_AFTER] - levels
                elif balancer == _ROUND_ROBIN:
                    pod = rotation[ints[TURN]]
                    ints[TURN] = ints[TURN] + 1 if ints[TURN] + 1 < ready else 0
                else:
                    place = np.int64(chance * ready)
                    pod = rotation[place]
                    if balancer == _POWER_OF_TWO and ready > 1:
                        other_place = np.int64((chance * ready - place) * (ready - 1))
                        other_pod = rotation[other_place + 1 if other_place >= place else other_place]
                        if pods[other_pod * POD + P_OUTSTANDING] < pods[pod * POD + P_OUTSTANDING]:
                            pod = other_pod
                is_accepted = pods[pod * POD + P_OUTSTANDING] < slots + limit_each
                starts = pods[pod * POD + P_OUTSTANDING] < slots
            spot = pod * POD
            links[row + L_POD] = pod
            if not is_accepted:
                rejected += 1
                if not is_plain:
                    jobs[row + J_STARTED] = np.nan
                    _note_fate(record, jobs, job, at, meters[spot + M_NUMBER], _REJECTED)
                if not is_plain and links[row + L_ATTEMPT] < attempts:
                    _retry(ints, floats, seed, retry_keys, retrying, links, job, at)
                    other = min(limit, retry_at[0], deadline)
                else:
                    _free(links, job)
                continue
            if pod > 0:
                outstanding = pods[spot + P_OUTSTANDING] + 1
                pods[spot + P_OUTSTANDING] = outstanding
                if is_least:
                    move(rings, levels + pod, outstanding)
                    if rings[(outstanding - 1) * RING + R_AFTER] == outstanding - 1:
                        ints[LEAST] = outstanding
                elif is_shared:
                    move(rings, levels + pod, 0)
                    if outstanding == slots:
                        unlink(rings, levels + pod)
            if starts:
                jobs[row + J_STARTED] = at
                factor = slow if at >= warm_until else slowdown(floats, at, meters[spot + M_JOINED])
                _push(end_keys, ending, in_service, at + jobs[row + J_WORK] * factor, job)
                in_service += 1
                continue
            # it waits
            jobs[row + J_STARTED] = np.nan
            links[row + L_NEXT] = 0
            if not is_shared:
                if pods[spot + P_HEAD] == 0:
                    pods[spot + P_HEAD] = job
                else:
                    links[pods[spot + P_TAIL] * LINK + L_NEXT] = job
                pods[spot + P_TAIL] = job
            last = links[L_EARLIER]
            links[last * LINK + L_LATER], links[L_EARLIER] = job, job
            links[row + L_EARLIER], links[row + L_LATER] = last, 0
            waiting += 1
            if waiting == 1:
                deadline = at + timeout
                other = min(limit, retry_at[0], deadline)
        ints[SECOND], ints[IN_SERVICE], ints[WAITING], ints[NEXT_REQUEST] = second, in_service, waiting, following
        floats[CHANGED], floats[AREA], floats[SOJOURNS], floats[WAITS] = changed, area, sojourns, waits
        ints[REQUESTS] += arrived
        _note_second(columns, second, arrived, retried, served, rejected, timed_out)
        floats[NOW] = until if status == DONE else changed
        return status

    return advance
