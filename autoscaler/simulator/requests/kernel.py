"""Everything that happens to requests between two control events, in one call that can be compiled.

Discrete events, exact: departures lie in a 4-ary heap, arrivals are drawn in order, requests that wait are linked in
the order in which they came (all of them, and those of each pod). Time is in seconds from the start of the run. Of
events at one instant departures come first, then arrivals, then retries, then time-outs. Nothing depends on how often
the kernel is called: cutting a run differently gives the same numbers, to the last bit.

All state is in arrays (``State``); rows and columns have the names below. What is compiled stays in this one file: numba
freezes globals, and its cache does not see changes in other files.
"""

from __future__ import annotations

import math
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.requests.jit import compiler

Array = NDArray[Any]

BLOCK: Final = 256  #: requests drawn at a time
# histograms are log-linear: so many bins an octave, from two to the power of so many seconds on, so many octaves
FINE_OCTAVE, FINE_FROM, FINE_BINS = 128, -20, 37 * 128
COARSE_OCTAVE, COARSE_FROM, COARSE_BINS = 16, -14, 24 * 16
_FINE_SHIFT, _FINE_FIRST = 52 - 7, (1023 + FINE_FROM) << 7
_COARSE_SHIFT, _COARSE_FIRST = 52 - 4, (1023 + COARSE_FROM) << 4
INF: Final = np.inf

# state.ints
(SECOND, READY_PODS, TURN, LEAST, FREE, IN_SERVICE, WAITING, HEAD, TAIL, RETRIES, NEXT_REQUEST, DRAWN, RATE_SECOND,
 NEXT_UNIT, NEXT_CHANCE, REQUESTS, BALANCER, SLOTS, LIMIT, DISTRIBUTION, ATTEMPTS, IS_DRAWN, KILLED, GAVE_UP) = range(24)  # fmt: skip
INTS: Final = 24
# state.floats
(NOW, CHANGED, AREA, SOJOURNS, WAITS, SLOW, WARM_UNTIL, WARMUP, SLOWNESS, TIMEOUT, OBJECTIVE, CELL, USED, NEEDED, MEAN,
 SHAPE, BACKOFF, BACKOFF_LIMIT, JITTER) = range(19)  # fmt: skip
FLOATS: Final = 19
# state.source: arrival [s], service time [s], chance for the balancer in [0, 1), cost
ARRIVAL, SERVICE_TIME, CHANCE, COST, SOURCE = 0, 1, 2, 3, 4
# state.spare: unit exponentials for arrivals, numbers in (0, 1) for retries
UNITS, RETRY_CHANCE, SPARE = 0, 1, 2
# state.jobs: attempt's arrival, service time, first attempt's arrival, start of service, cost, number of the request
J_ARRIVED, J_WORK, J_BORN, J_STARTED, J_COST, J_NUMBER, JOB = 0, 1, 2, 3, 4, 5, 8
# state.job_links: its pod, next in the pod's queue (or next free job), next and previous of all that wait, attempts made
L_POD, L_NEXT, L_LATER, L_EARLIER, L_ATTEMPT, LINK = 0, 1, 2, 3, 4, 8
# state.pods: in rotation or not, requests in it, its queue's head and tail
P_READY, P_OUTSTANDING, P_HEAD, P_TAIL, POD = 0, 1, 2, 3, 4
# state.meters, of each pod: when it joined [s], work done [costs], requests served, its ordinal
M_JOINED, M_WORK, M_SERVED, M_ORDINAL, METER = 0, 1, 2, 3, 4
# state.columns, by second: late ones by the second in which their first attempt arrived, the others as they happen
ARRIVED, RETRIED, SERVED, REJECTED, TIMED_OUT, LOST, QUEUED, BUSY, LATE = range(9)
COLUMNS: Final = 9
# state.record, by request: arrival, start, end, ordinal of the pod, fate
RECORD: Final = 5
# why the kernel came back
DONE, NEEDS_JOBS, NEEDS_LEVELS = 0, 1, 2
# streams of random numbers
ARRIVALS, SERVICES, CHOICES, RETRYING, STREAMS = 0, 1, 2, 3, 4


class Balancer(IntEnum):
    """How a request finds its pod."""

    SHARED = 0  #: one queue for all pods; among pods with a free slot, each in turn
    RANDOM = 1
    ROUND_ROBIN = 2
    POWER_OF_TWO = 3  #: of two different pods at random the one with fewer outstanding requests; the first if equal
    LEAST_OUTSTANDING = 4  #: of those with fewest the one whose number changed longest ago


class Distribution(IntEnum):
    """How service times are spread; ``MEAN`` and ``SHAPE`` are its parameters."""

    CONSTANT = 0
    EXPONENTIAL = 1
    LOGNORMAL = 2  #: MEAN: of the logarithm; SHAPE: standard deviation of the logarithm
    GAMMA = 3  #: MEAN: scale; SHAPE: shape
    EMPIRICAL = 4  #: quantiles at equal steps of probability, straight lines between


class Fate(IntEnum):
    """What became of an attempt, in a record."""

    SERVED = 0
    REJECTED = 1
    TIMED_OUT = 2
    LOST = 3


class State(NamedTuple):
    """A service at one instant. Columns have the names above; unused links are -1."""

    ints: Array
    floats: Array
    source: Array  #: (SOURCE, n) requests to come
    spare: Array  #: (SPARE, BLOCK) random numbers not used yet
    rates: Array  #: (seconds,) expected arrivals of each second
    random: Array  #: (STREAMS, 4) uint64, state of the generators
    quantiles: Array  #: (n,) of an empirical distribution [s]
    ends: Array  #: (jobs + 4,) heap of departures [s]; infinite beyond its end
    ending: Array  #: (jobs + 4,) int32, the job of each departure
    retry_at: Array  #: (jobs + 4,) heap of retries [s]
    retrying: Array  #: (jobs + 4,) int32
    jobs: Array  #: (jobs, JOB)
    job_links: Array  #: (jobs, LINK) int32
    pods: Array  #: (pods, POD) int32
    meters: Array  #: (pods, METER)
    rings: Array  #: (levels + pods, 2) int32, previous and next: a ring of pods behind each level's own entry
    rotation: Array  #: (pods,) int32, pods in rotation
    columns: Array  #: (seconds, COLUMNS)
    fine: Array  #: (2, FINE_BINS) int64, times in system and waits of the run
    cells: Array  #: (cells, COARSE_BINS) uint32, times in system by the cell of seconds of arrival
    record: Array  #: (requests, RECORD) of the first requests; empty where nobody asked for it


_njit = compiler(Path(__file__))

_SHARED, _ROUND_ROBIN, _POWER_OF_TWO, _LEAST_OUTSTANDING = (
    int(balancer)
    for balancer in (Balancer.SHARED, Balancer.ROUND_ROBIN, Balancer.POWER_OF_TWO, Balancer.LEAST_OUTSTANDING)
)
_SERVED, _REJECTED, _TIMED_OUT, _LOST = (int(fate) for fate in (Fate.SERVED, Fate.REJECTED, Fate.TIMED_OUT, Fate.LOST))


def _exponential_layers() -> tuple[Array, Array, Array]:
    """Give the 256 layers of equal area under exp(-x): acceptance bound of 53 bits, width of a bit, height.

    Source: Marsaglia and Tsang, The ziggurat method for generating random variables, 2000.
    """
    bound, width, height = np.zeros(256, np.int64), np.zeros(256), np.ones(256)
    edge, area, unit = 7.69711747013104972, 0.0039496598225815571993, 2.0**53
    bottom = area / np.exp(-edge)
    bound[0], width[0], width[255], height[255] = edge / bottom * unit, bottom / unit, edge / unit, np.exp(-edge)
    for layer in range(254, 0, -1):
        inner = -np.log(area / edge + np.exp(-edge))
        bound[layer + 1], width[layer], height[layer] = inner / edge * unit, inner / unit, np.exp(-inner)
        edge = inner
    return bound, width, height


_BOUND, _WIDTH, _HEIGHT = _exponential_layers()
_EDGE: Final = 7.69711747013104972
_U11, _U12, _U17, _U19, _U23, _U41, _U45, _U255 = (np.uint64(n) for n in (11, 12, 17, 19, 23, 41, 45, 255))
_TO_UNIT: Final = 2.0**-52


@_njit
def _next(a: Any, b: Any, c: Any, d: Any) -> Any:
    """Draw 64 bits by xoshiro256++ (Blackman and Vigna, 2019), and give them with the generator's next state."""
    total = a + d
    drawn = ((total << _U23) | (total >> _U41)) + a
    shifted = b << _U17
    c, d = c ^ a, d ^ b
    b, a = b ^ c, a ^ d
    return drawn, a, b, c ^ shifted, (d << _U45) | (d >> _U19)


@_njit
def _uniforms(random: Array, stream: int, out: Array, count: int) -> None:
    """Fill with numbers in (0, 1)."""
    a, b, c, d = random[stream, 0], random[stream, 1], random[stream, 2], random[stream, 3]
    for i in range(count):
        drawn, a, b, c, d = _next(a, b, c, d)
        out[i] = (np.int64(drawn >> _U12) + 0.5) * _TO_UNIT
    random[stream, 0], random[stream, 1], random[stream, 2], random[stream, 3] = a, b, c, d


@_njit
def _exponentials(random: Array, stream: int, out: Array, count: int, mean: float) -> None:
    """Fill with exponential numbers."""
    a, b, c, d = random[stream, 0], random[stream, 1], random[stream, 2], random[stream, 3]
    for i in range(count):
        while True:
            drawn, a, b, c, d = _next(a, b, c, d)
            layer, mantissa = np.int64(drawn & _U255), np.int64(drawn >> _U11)
            x = mantissa * _WIDTH[layer]
            if mantissa < _BOUND[layer]:
                break
            drawn, a, b, c, d = _next(a, b, c, d)
            u = (np.int64(drawn >> _U12) + 0.5) * _TO_UNIT
            if layer == 0:
                x = _EDGE - math.log(u)
                break
            if _HEIGHT[layer] + u * (_HEIGHT[layer - 1] - _HEIGHT[layer]) < math.exp(-x):
                break
        out[i] = x * mean
    random[stream, 0], random[stream, 1], random[stream, 2], random[stream, 3] = a, b, c, d


@_njit
def _normal(random: Array, stream: int, pair: Array) -> Any:
    """Draw a standard normal number by the polar method (Marsaglia, 1964)."""
    while True:
        _uniforms(random, stream, pair, 2)
        x, y = 2.0 * pair[0] - 1.0, 2.0 * pair[1] - 1.0
        radius = x * x + y * y
        if 0.0 < radius < 1.0:
            return x * math.sqrt(-2.0 * math.log(radius) / radius)


@_njit
def _gamma(random: Array, stream: int, shape: float, pair: Array) -> Any:
    """Draw a gamma number of mean ``shape`` (Marsaglia and Tsang, A simple method, 2000)."""
    boost = 1.0
    if shape < 1.0:
        _uniforms(random, stream, pair, 1)
        boost, shape = math.pow(pair[0], 1.0 / shape), shape + 1.0
    d = shape - 1.0 / 3.0
    while True:
        x = _normal(random, stream, pair)
        root = 1.0 + x / math.sqrt(9.0 * d)
        v = root * root * root
        _uniforms(random, stream, pair, 1)
        if v > 0.0 and math.log(pair[0]) < 0.5 * x * x + d - d * v + d * math.log(v):
            return boost * d * v


@_njit
def _service_times(ints: Array, floats: Array, random: Array, quantiles: Array, out: Array, count: int) -> None:
    """Fill with service times [s]."""
    kind, mean, shape = ints[DISTRIBUTION], floats[MEAN], floats[SHAPE]
    if kind == Distribution.EXPONENTIAL:
        _exponentials(random, SERVICES, out, count, mean)
    elif kind == Distribution.EMPIRICAL:
        _uniforms(random, SERVICES, out, count)
        for i in range(count):
            place = out[i] * (len(quantiles) - 1)
            below = np.int64(place)
            out[i] = quantiles[below] + (place - below) * (quantiles[below + 1] - quantiles[below])
    else:
        pair = floats[FLOATS - 2 :]
        for i in range(count):
            if kind == Distribution.LOGNORMAL:
                out[i] = math.exp(mean + shape * _normal(random, SERVICES, pair))
            elif kind == Distribution.GAMMA:
                out[i] = mean * _gamma(random, SERVICES, shape, pair)
            else:
                out[i] = mean


@_njit
def _draw(
    ints: Array, floats: Array, source: Array, spare: Array, rates: Array, random: Array, quantiles: Array
) -> None:
    """Draw the next requests, as far as the rates of seconds are known.

    Arrivals are unit exponentials mapped through the integrated rate, which is constant within a second.
    """
    times, units = source[ARRIVAL], spare[UNITS]
    second, unit, used, needed, n = ints[RATE_SECOND], ints[NEXT_UNIT], floats[USED], floats[NEEDED], 0
    while n < BLOCK:
        if needed < 0.0:
            if unit == BLOCK:
                _exponentials(random, ARRIVALS, units, BLOCK, 1.0)
                unit = 0
            needed, unit = units[unit], unit + 1
        while second < len(rates) and needed > rates[second] - used:
            needed -= rates[second] - used
            used, second = 0.0, second + 1
        if second == len(rates):
            break
        used, needed = used + needed, -1.0
        times[n], n = second + used / rates[second], n + 1
    ints[RATE_SECOND], ints[NEXT_UNIT], floats[USED], floats[NEEDED] = second, unit, used, needed
    ints[NEXT_REQUEST], ints[DRAWN] = 0, n
    _service_times(ints, floats, random, quantiles, source[SERVICE_TIME], n)
    if ints[BALANCER] == Balancer.RANDOM or ints[BALANCER] == Balancer.POWER_OF_TWO:
        _uniforms(random, CHOICES, source[CHANCE], n)


@_njit
def _push(times: Array, what: Array, n: int, at: float, item: int) -> None:
    """Put an entry into a heap of ``n`` entries."""
    place = n
    while place > 0:
        above = (place - 1) >> 2
        if times[above] <= at:
            break
        times[place], what[place] = times[above], what[above]
        place = above
    times[place], what[place] = at, item


@_njit
def _replace_top(times: Array, what: Array, n: int, at: float, item: int) -> None:
    """Put an entry in the place of the first of ``n``; entries beyond them are infinite.

    The hole sinks to the bottom, where the entry rises from: it nearly always belongs there. Children are compared
    without branches, which nobody could predict.
    """
    place, child = 0, 1
    while child < n:
        a, b, c, d = times[child], times[child + 1], times[child + 2], times[child + 3]
        left, right = child + (b < a), child + 2 + (d < c)
        a, c = min(a, b), min(c, d)
        least = right if c < a else left
        times[place], what[place] = min(a, c), what[least]
        place, child = least, 4 * least + 1
    while place > 0:
        above = (place - 1) >> 2
        if times[above] <= at:
            break
        times[place], what[place] = times[above], what[above]
        place = above
    times[place], what[place] = at, item


@_njit
def move(rings: Array, entry: int, level: int) -> None:
    """Take an entry out of its ring and put it at the end of the one behind ``level``."""
    before, after = rings[entry, 0], rings[entry, 1]
    rings[before, 1], rings[after, 0] = after, before
    last = rings[level, 0]
    rings[last, 1], rings[level, 0] = entry, entry
    rings[entry, 0], rings[entry, 1] = last, level


@_njit
def unlink(rings: Array, entry: int) -> None:
    """Take an entry out of its ring."""
    before, after = rings[entry, 0], rings[entry, 1]
    rings[before, 1], rings[after, 0] = after, before
    rings[entry, 0], rings[entry, 1] = entry, entry


@_njit
def _fine_bin(value: float) -> Any:
    """Give the bin of a fine histogram, straight from the number's exponent and first bits."""
    return min(max((np.float64(value).view(np.int64) >> _FINE_SHIFT) - _FINE_FIRST, 0), FINE_BINS - 1)


@_njit
def _coarse_bin(value: float) -> Any:
    """Give the bin of a coarse histogram."""
    return min(max((np.float64(value).view(np.int64) >> _COARSE_SHIFT) - _COARSE_FIRST, 0), COARSE_BINS - 1)


@_njit
def slowdown(floats: Array, at: float, joined: float) -> Any:
    """Give how many times as long as usual a request takes that starts now: faults, and pods that are warming up."""
    age = at - joined
    if age >= floats[WARMUP]:
        return floats[SLOW]
    return floats[SLOW] * (1.0 + (floats[SLOWNESS] - 1.0) * (1.0 - age / floats[WARMUP]))


@_njit
def _retry_chance(ints: Array, random: Array, spare: Array) -> Any:
    """Draw a number in (0, 1) for what happens after a failure."""
    if ints[NEXT_CHANCE] == BLOCK:
        _uniforms(random, RETRYING, spare[RETRY_CHANCE], BLOCK)
        ints[NEXT_CHANCE] = 0
    ints[NEXT_CHANCE] += 1
    return spare[RETRY_CHANCE, ints[NEXT_CHANCE] - 1]


@_njit
def retry(
    ints: Array,
    floats: Array,
    random: Array,
    spare: Array,
    heap: Array,
    waiting: Array,
    links: Array,
    job: int,
    at: float,
) -> None:
    """Have the client of an attempt that failed try again later."""
    attempt = links[job, L_ATTEMPT]
    links[job, L_ATTEMPT] = attempt + 1
    pause = min(floats[BACKOFF] * 2.0 ** (attempt - 1), floats[BACKOFF_LIMIT])
    pause *= 1.0 + floats[JITTER] * (2.0 * _retry_chance(ints, random, spare) - 1.0)
    _push(heap, waiting, ints[RETRIES], at + pause, job)
    ints[RETRIES] += 1


@_njit
def leave_line(ints: Array, links: Array, job: int) -> None:
    """Take a request out of the line of all that wait."""
    later, earlier = links[job, L_LATER], links[job, L_EARLIER]
    if earlier < 0:
        ints[HEAD] = later
    else:
        links[earlier, L_LATER] = later
    if later < 0:
        ints[TAIL] = earlier
    else:
        links[later, L_EARLIER] = earlier


@_njit
def note_fate(record: Array, jobs: Array, job: int, at: float, pod: float, fate: int) -> None:
    """Write down how an attempt ended, if it is one of the first requests; ``pod`` is its ordinal, or -1."""
    number = np.int64(jobs[job, J_NUMBER])
    if number < len(record):
        record[number, 0], record[number, 1], record[number, 2] = jobs[job, J_ARRIVED], jobs[job, J_STARTED], at
        record[number, 3], record[number, 4] = pod, fate


@_njit
def advance(state: State, until: float) -> Any:
    """Let everything happen up to and including ``until`` [s]; called again where it needs more room before.

    One long loop on purpose: helpers that take many arrays cost more than what they do.
    """
    ints, floats, source, spare, rates, random, quantiles = (
        state.ints, state.floats, state.source, state.spare, state.rates, state.random, state.quantiles)  # fmt: skip
    ends, ending, retry_at, retrying = state.ends, state.ending, state.retry_at, state.retrying
    jobs, links, pods, meters = state.jobs, state.job_links, state.pods, state.meters
    rings, rotation, columns, fine, cells, record = (
        state.rings, state.rotation, state.columns, state.fine, state.cells, state.record)  # fmt: skip
    balancer, slots, room, timeout = ints[BALANCER], ints[SLOTS], ints[SLOTS] + ints[LIMIT], floats[TIMEOUT]
    is_shared, is_least, is_drawn = balancer == _SHARED, balancer == _LEAST_OUTSTANDING, ints[IS_DRAWN] == 1
    ready, levels, second = ints[READY_PODS], len(rings) - len(pods), ints[SECOND]
    slow, warm_until, objective, cell = floats[SLOW], floats[WARM_UNTIL], floats[OBJECTIVE], floats[CELL]
    changed, area, sojourns, waits = floats[CHANGED], floats[AREA], floats[SOJOURNS], floats[WAITS]
    in_service, waiting, recorded = ints[IN_SERVICE], ints[WAITING], len(record)
    times, works, chances, costs = source[ARRIVAL], source[SERVICE_TIME], source[CHANCE], source[COST]
    while ints[KILLED] >= 0:  # their pod is gone
        job, at = ints[KILLED], floats[NOW]
        ints[KILLED] = links[job, L_NEXT]
        sojourns += at - jobs[job, J_ARRIVED]
        columns[second, LOST] += 1.0
        if recorded > 0:
            note_fate(record, jobs, job, at, meters[links[job, L_POD], M_ORDINAL], _LOST)
        if links[job, L_ATTEMPT] < ints[ATTEMPTS]:
            retry(ints, floats, random, spare, retry_at, retrying, links, job, at)
        else:
            links[job, L_NEXT], ints[FREE] = ints[FREE], job
    while is_shared and waiting > 0 and rings[0, 1] != 0:  # pods with room have joined: they take who waits
        job, pod, at = ints[HEAD], rings[0, 1] - 1, floats[NOW]
        leave_line(ints, links, job)
        waiting -= 1
        links[job, L_POD], jobs[job, J_STARTED], pods[pod, P_OUTSTANDING] = pod, at, pods[pod, P_OUTSTANDING] + 1
        move(rings, pod + 1, 0)
        if pods[pod, P_OUTSTANDING] == slots:
            unlink(rings, pod + 1)
        _push(ends, ending, in_service, at + jobs[job, J_WORK] * slowdown(floats, at, meters[pod, M_JOINED]), job)
        in_service += 1
    if is_drawn and ints[NEXT_REQUEST] == ints[DRAWN]:
        _draw(ints, floats, source, spare, rates, random, quantiles)
    following, drawn = ints[NEXT_REQUEST], ints[DRAWN]
    arrival = times[following] if following < drawn else INF
    deadline = jobs[ints[HEAD], J_ARRIVED] + timeout if waiting > 0 else INF
    arrived = retried = served = rejected = timed_out = 0
    limit = min(until, np.nextafter(second + 1.0, 0.0))
    other = min(limit, retry_at[0], deadline)
    status = DONE
    while True:
        at = ends[0]
        if at <= arrival and at <= other:
            # a request is done; the next one in its queue takes its place
            job = ending[0]
            pod, born, came = links[job, L_POD], jobs[job, J_BORN], jobs[job, J_ARRIVED]
            area += (in_service + waiting) * (at - changed)
            changed = at
            served += 1
            sojourns += at - came
            wait = jobs[job, J_STARTED] - came
            waits += wait
            fine[1, _fine_bin(wait)] += 1
            fine[0, _fine_bin(at - born)] += 1
            cells[np.int64(born / cell), _coarse_bin(at - born)] += 1
            if at - born > objective:
                columns[np.int64(born), LATE] += 1.0
            meters[pod, M_SERVED] += 1.0
            meters[pod, M_WORK] += jobs[job, J_COST]
            if recorded > 0:
                note_fate(record, jobs, job, at, meters[pod, M_ORDINAL], _SERVED)
            links[job, L_NEXT], ints[FREE] = ints[FREE], job
            outstanding = pods[pod, P_OUTSTANDING] - 1
            pods[pod, P_OUTSTANDING] = outstanding
            is_ready = pods[pod, P_READY] == 1
            if is_shared:
                follower = ints[HEAD] if is_ready else -1
            else:
                follower = pods[pod, P_HEAD]
                if is_least and is_ready:
                    move(rings, levels + pod, outstanding)
                    if outstanding < ints[LEAST]:
                        ints[LEAST] = outstanding
            if follower < 0:
                in_service -= 1
                end, job = ends[in_service], ending[in_service]
                ends[in_service] = INF
                if in_service > 0:
                    _replace_top(ends, ending, in_service, end, job)
                if is_shared and is_ready and outstanding == slots - 1:
                    move(rings, levels + pod, 0)
                continue
            if is_shared:
                links[follower, L_POD], pods[pod, P_OUTSTANDING] = pod, slots
            else:
                pods[pod, P_HEAD] = links[follower, L_NEXT]
            leave_line(ints, links, follower)
            waiting -= 1
            deadline = jobs[ints[HEAD], J_ARRIVED] + timeout if waiting > 0 else INF
            other = min(limit, retry_at[0], deadline)
            jobs[follower, J_STARTED] = at
            factor = slow if at >= warm_until else slowdown(floats, at, meters[pod, M_JOINED])
            _replace_top(ends, ending, in_service, at + jobs[follower, J_WORK] * factor, follower)
            continue
        if arrival <= other:
            # a request comes
            job, at = ints[FREE], arrival
            if job < 0 or (is_least and ints[LEAST] + 2 > levels):
                status = NEEDS_JOBS if job < 0 else NEEDS_LEVELS
                break
            ints[FREE] = links[job, L_NEXT]
            jobs[job, J_ARRIVED], jobs[job, J_BORN], jobs[job, J_WORK] = at, at, works[following]
            jobs[job, J_COST], jobs[job, J_NUMBER], links[job, L_ATTEMPT] = costs[following], ints[REQUESTS], 1
            chance = chances[following]
            arrived += 1
            ints[REQUESTS] += 1
            following += 1
            if following == drawn and is_drawn:
                _draw(ints, floats, source, spare, rates, random, quantiles)
                following, drawn = ints[NEXT_REQUEST], ints[DRAWN]
            arrival = times[following] if following < drawn else INF
        elif retry_at[0] <= other:
            # a client tries again
            if is_least and ints[LEAST] + 2 > levels:
                status = NEEDS_LEVELS
                break
            at, job, ints[RETRIES] = retry_at[0], retrying[0], ints[RETRIES] - 1
            end, last = retry_at[ints[RETRIES]], retrying[ints[RETRIES]]
            retry_at[ints[RETRIES]] = INF
            if ints[RETRIES] > 0:
                _replace_top(retry_at, retrying, ints[RETRIES], end, last)
            other = min(limit, retry_at[0], deadline)
            jobs[job, J_ARRIVED] = at
            chance = _retry_chance(ints, random, spare)
            retried += 1
        elif deadline <= other:
            # a client gives up waiting: the one that has waited longest of all
            at, job = deadline, ints[HEAD]
            pod, born = links[job, L_POD], jobs[job, J_BORN]
            area += (in_service + waiting) * (at - changed)
            changed = at
            timed_out += 1
            sojourns += at - jobs[job, J_ARRIVED]
            leave_line(ints, links, job)
            waiting -= 1
            if not is_shared:
                pods[pod, P_HEAD] = links[job, L_NEXT]
                pods[pod, P_OUTSTANDING] -= 1
                if is_least and pods[pod, P_READY] == 1:
                    move(rings, levels + pod, pods[pod, P_OUTSTANDING])
                    ints[LEAST] = min(ints[LEAST], pods[pod, P_OUTSTANDING])
            if recorded > 0:
                note_fate(record, jobs, job, at, meters[pod, M_ORDINAL] if pod >= 0 else -1.0, _TIMED_OUT)
            if links[job, L_ATTEMPT] < ints[ATTEMPTS]:
                retry(ints, floats, random, spare, retry_at, retrying, links, job, at)
            else:
                links[job, L_NEXT], ints[FREE] = ints[FREE], job
                ints[GAVE_UP] += 1
                columns[np.int64(born), LATE] += 1.0
                fine[0, _fine_bin(at - born)] += 1
                cells[np.int64(born / cell), _coarse_bin(at - born)] += 1
            deadline = jobs[ints[HEAD], J_ARRIVED] + timeout if waiting > 0 else INF
            other = min(limit, retry_at[0], deadline)
            continue
        else:
            # the second is over, or the call
            columns[second, ARRIVED] += arrived
            columns[second, RETRIED] += retried
            columns[second, SERVED] += served
            columns[second, REJECTED] += rejected
            columns[second, TIMED_OUT] += timed_out
            arrived = retried = served = rejected = timed_out = 0
            if until < second + 1.0:
                break
            columns[second, QUEUED], columns[second, BUSY] = waiting, in_service
            second += 1
            limit = min(until, np.nextafter(second + 1.0, 0.0))
            other = min(limit, retry_at[0], deadline)
            continue
        # an attempt reaches the balancer
        area += (in_service + waiting) * (at - changed)
        changed = at
        pod = -1
        starts = is_accepted = False
        if ready == 0:
            pass
        elif is_shared:
            starts = rings[0, 1] != 0
            is_accepted = starts or waiting < ints[LIMIT] * ready
            if starts:
                pod = rings[0, 1] - 1
        else:
            if is_least:
                pod = rings[ints[LEAST], 1] - levels
            elif balancer == _ROUND_ROBIN:
                pod = rotation[ints[TURN]]
                ints[TURN] = ints[TURN] + 1 if ints[TURN] + 1 < ready else 0
            else:
                place = np.int64(chance * ready)
                pod = rotation[place]
                if balancer == _POWER_OF_TWO and ready > 1:
                    other_place = np.int64((chance * ready - place) * (ready - 1))
                    other_pod = rotation[other_place + 1 if other_place >= place else other_place]
                    if pods[other_pod, P_OUTSTANDING] < pods[pod, P_OUTSTANDING]:
                        pod = other_pod
            is_accepted = pods[pod, P_OUTSTANDING] < room
            starts = pods[pod, P_OUTSTANDING] < slots
        links[job, L_POD] = pod
        if not is_accepted:
            rejected += 1
            if recorded > 0:
                jobs[job, J_STARTED] = np.nan
                note_fate(record, jobs, job, at, meters[pod, M_ORDINAL] if pod >= 0 else -1.0, _REJECTED)
            if links[job, L_ATTEMPT] < ints[ATTEMPTS]:
                retry(ints, floats, random, spare, retry_at, retrying, links, job, at)
                other = min(limit, retry_at[0], deadline)
            else:
                links[job, L_NEXT], ints[FREE] = ints[FREE], job
            continue
        if pod >= 0:
            outstanding = pods[pod, P_OUTSTANDING] + 1
            pods[pod, P_OUTSTANDING] = outstanding
            if is_least:
                move(rings, levels + pod, outstanding)
                if rings[outstanding - 1, 1] == outstanding - 1:
                    ints[LEAST] = outstanding
            elif is_shared:
                move(rings, levels + pod, 0)
                if outstanding == slots:
                    unlink(rings, levels + pod)
        if starts:
            jobs[job, J_STARTED] = at
            factor = slow if at >= warm_until else slowdown(floats, at, meters[pod, M_JOINED])
            _push(ends, ending, in_service, at + jobs[job, J_WORK] * factor, job)
            in_service += 1
            continue
        # it waits
        jobs[job, J_STARTED] = np.nan
        if pod >= 0:
            links[job, L_NEXT] = -1
            if pods[pod, P_HEAD] < 0:
                pods[pod, P_HEAD] = job
            else:
                links[pods[pod, P_TAIL], L_NEXT] = job
            pods[pod, P_TAIL] = job
        last = ints[TAIL]
        links[job, L_EARLIER], links[job, L_LATER], ints[TAIL] = last, -1, job
        if last < 0:
            ints[HEAD] = job
            deadline = at + timeout
            other = min(limit, retry_at[0], deadline)
        else:
            links[last, L_LATER] = job
        waiting += 1
    ints[SECOND], ints[IN_SERVICE], ints[WAITING], ints[NEXT_REQUEST] = second, in_service, waiting, following
    floats[CHANGED], floats[AREA], floats[SOJOURNS], floats[WAITS] = changed, area, sojourns, waits
    if status == DONE:
        floats[NOW] = until
    else:
        columns[second, ARRIVED] += arrived
        columns[second, RETRIED] += retried
        columns[second, SERVED] += served
        columns[second, REJECTED] += rejected
        columns[second, TIMED_OUT] += timed_out
    return status
