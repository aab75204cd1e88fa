"""What happens to single attempts of requests: they reach a balancer, wait, are served, fail, and are made again."""

from __future__ import annotations

from typing import Final

import numpy as np

from autoscaler.simulator.native.marks import rare
from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests.heap import pop, push, replace_top
from autoscaler.simulator.requests.layout import Balancer, Fate, State
from autoscaler.simulator.requests.lists import (
    free,
    join_line,
    join_queue,
    leave_line,
    levels_of,
    move,
    return_slot,
    take_slot,
)
from autoscaler.simulator.requests.notes import note_change, note_fate, note_latency, note_served

_GOLDEN, _MIX1, _MIX2 = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_NONE: Final = 0


def arrive(state: State, balancer: int, is_plain: bool) -> bool:
    """Let the next request come, and tell whether it does not start at once: then a deadline or a retry may be next."""
    ints, jobs, links, source = state.ints, state.jobs, state.links, state.source
    job, following = links[0, k.L_NEXT], ints[k.NEXT_REQUEST]
    at = source[k.ARRIVAL, following]
    links[0, k.L_NEXT] = links[job, k.L_NEXT]
    jobs[job, k.J_ARRIVED], jobs[job, k.J_WORK], jobs[job, k.J_COST] = (
        at, source[k.SERVICE_TIME, following], source[k.COST, following])  # fmt: skip
    if not is_plain:
        jobs[job, k.J_BORN], links[job, k.L_ATTEMPT] = at, 1
        links[job, k.L_NUMBER] = min(ints[k.REQUESTS], len(state.record))
    ints[k.REQUESTS] += 1
    ints[k.NEXT_REQUEST] = following + 1
    return _balance(state, job, at, source[k.CHANCE, following], balancer, is_plain)


def try_again(state: State, balancer: int) -> None:
    """Let a client send its request again."""
    ints, job, at = state.ints, state.retrying[0], state.retry_at[0]
    pop(state.retry_at, state.retrying, ints[k.RETRIES])
    ints[k.RETRIES] -= 1
    state.jobs[job, k.J_ARRIVED] = at
    state.columns[ints[k.SECOND], k.RETRIED] += 1.0
    _balance(state, job, at, _chance(state), balancer, False)


def finish(state: State, balancer: int, is_plain: bool) -> bool:
    """Let the first request in service be done, and tell whether one that waited has taken its place."""
    ints, pods = state.ints, state.pods
    at, job = state.ends[0], state.ending[0]
    pod = state.links[job, k.L_POD]
    if not is_plain:
        note_change(state, at)
        note_fate(state, job, pod, at, Fate.SERVED)
    note_served(state, job, pod, at, is_plain)
    free(state, job)
    is_ready = pods[pod, k.P_READY] == 1
    if balancer == Balancer.SHARED:
        pods[pod, k.P_OUTSTANDING] -= 1
        follower = state.links[0, k.L_LATER] if is_ready else _NONE
    else:
        _has_fewer(state, pod, balancer)
        follower = pods[pod, k.P_HEAD]
    if follower != _NONE:
        if balancer == Balancer.SHARED:
            state.links[follower, k.L_POD] = pod
            pods[pod, k.P_OUTSTANDING] += 1
        else:
            pods[pod, k.P_HEAD] = state.links[follower, k.L_NEXT]
        leave_line(state, follower)
        ints[k.WAITING] -= 1
        replace_top(state.ends, state.ending, ints[k.IN_SERVICE], _begin(state, follower, pod, at), follower)
        return True
    pop(state.ends, state.ending, ints[k.IN_SERVICE])
    ints[k.IN_SERVICE] -= 1
    if balancer == Balancer.SHARED and is_ready:
        return_slot(state, pod)
    return False


@rare
def give_up(state: State, at: float, balancer: int, is_plain: bool) -> None:
    """Let the client that has waited longest of all give up."""
    ints, jobs, links = state.ints, state.jobs, state.links
    job = links[0, k.L_LATER]
    pod, born = links[job, k.L_POD], jobs[job, k.J_ARRIVED] if is_plain else jobs[job, k.J_BORN]
    if not is_plain:
        note_change(state, at)
    state.columns[ints[k.SECOND], k.TIMED_OUT] += 1.0
    state.floats[k.SOJOURNS] += at - jobs[job, k.J_ARRIVED]
    leave_line(state, job)
    ints[k.WAITING] -= 1
    if balancer != Balancer.SHARED:
        state.pods[pod, k.P_HEAD] = links[job, k.L_NEXT]
        _has_fewer(state, pod, balancer)
    if not _fail(state, job, pod, at, Fate.TIMED_OUT, is_plain):
        ints[k.GAVE_UP] += 1
        state.columns[int(born), k.LATE] += 1.0
        note_latency(state, born, at - born)


@rare
def lose(state: State, job: int, at: float, is_plain: bool) -> None:
    """Take away a request whose pod is gone."""
    state.floats[k.SOJOURNS] += at - state.jobs[job, k.J_ARRIVED]
    state.columns[state.ints[k.SECOND], k.LOST] += 1.0
    _fail(state, job, state.links[job, k.L_POD], at, Fate.LOST, is_plain)


@rare
def fill_free_slot(state: State, at: float) -> None:
    """Have the slot that has been free longest take the first of those that wait in the shared line."""
    ints, job, pod = state.ints, state.links[0, k.L_LATER], take_slot(state)
    leave_line(state, job)
    ints[k.WAITING] -= 1
    state.links[job, k.L_POD] = pod
    push(state.ends, state.ending, ints[k.IN_SERVICE], _begin(state, job, pod, at), job)
    ints[k.IN_SERVICE] += 1


@rare
def slowdown(state: State, at: float, joined: float) -> float:
    """Give how many times as long as usual a request takes that starts now: faults, and pods that are warming up."""
    floats, age = state.floats, at - joined
    if age >= floats[k.WARMUP]:
        return float(floats[k.SLOW])
    return float(floats[k.SLOW] * (1.0 + (floats[k.SLOWNESS] - 1.0) * (1.0 - age / floats[k.WARMUP])))


def _balance(state: State, job: int, at: float, chance: float, balancer: int, is_plain: bool) -> bool:
    """Give an attempt to a pod, have it wait, or turn it away; tell whether it was one of the last two."""
    ints, jobs = state.ints, state.jobs
    if not is_plain:
        note_change(state, at)
    pod, is_accepted, starts = _choose(state, chance, balancer)
    state.links[job, k.L_POD] = pod
    if not is_accepted:
        state.columns[ints[k.SECOND], k.REJECTED] += 1.0
        jobs[job, k.J_STARTED] = np.nan
        _fail(state, job, pod, at, Fate.REJECTED, is_plain)
        return True
    if balancer != Balancer.SHARED:
        _has_more(state, pod, balancer)
    if starts:
        push(state.ends, state.ending, ints[k.IN_SERVICE], _begin(state, job, pod, at), job)
        ints[k.IN_SERVICE] += 1
        return False
    jobs[job, k.J_STARTED] = np.nan
    if balancer != Balancer.SHARED:
        join_queue(state, pod, job)
    join_line(state, job)
    ints[k.WAITING] += 1
    return True


def _choose(state: State, chance: float, balancer: int) -> tuple[int, bool, bool]:
    """Choose a pod, and tell whether it accepts the attempt, and whether it can start at once."""
    ints, pods = state.ints, state.pods
    if ints[k.READY_PODS] == 0:
        return _NONE, False, False
    if balancer == Balancer.SHARED:
        if ints[k.IDLE] == 0:
            return _NONE, ints[k.WAITING] < ints[k.LIMIT] * ints[k.READY_PODS], False
        return take_slot(state), True, True
    pod = _pod_for(state, chance, balancer)
    has = pods[pod, k.P_OUTSTANDING]
    return pod, has < ints[k.SLOTS] + ints[k.LIMIT], has < ints[k.SLOTS]


def _pod_for(state: State, chance: float, balancer: int) -> int:
    """Choose one of the pods in rotation, of which each has a queue of its own."""
    ints, pods, rotation, ready = state.ints, state.pods, state.rotation, state.ints[k.READY_PODS]
    if balancer == Balancer.LEAST_OUTSTANDING:
        return int(state.rings[ints[k.LEAST], k.R_AFTER] - levels_of(state))
    if balancer == Balancer.ROUND_ROBIN:
        pod = rotation[ints[k.TURN]]
        ints[k.TURN] = ints[k.TURN] + 1 if ints[k.TURN] + 1 < ready else 0
        return int(pod)
    place = int(chance * ready)
    pod = rotation[place]
    if balancer == Balancer.POWER_OF_TWO and ready > 1:
        second = int((chance * ready - place) * (ready - 1))
        other = rotation[second + 1 if second >= place else second]
        if pods[other, k.P_OUTSTANDING] < pods[pod, k.P_OUTSTANDING]:
            return int(other)
    return int(pod)


def _has_more(state: State, pod: int, balancer: int) -> None:
    """Count one more request in a pod."""
    ints, outstanding = state.ints, state.pods[pod, k.P_OUTSTANDING] + 1
    state.pods[pod, k.P_OUTSTANDING] = outstanding
    if balancer == Balancer.LEAST_OUTSTANDING:
        move(state, levels_of(state) + pod, outstanding)
        if state.rings[outstanding - 1, k.R_AFTER] == outstanding - 1:
            ints[k.LEAST] = outstanding


def _has_fewer(state: State, pod: int, balancer: int) -> None:
    """Count one request less in a pod."""
    ints, outstanding = state.ints, state.pods[pod, k.P_OUTSTANDING] - 1
    state.pods[pod, k.P_OUTSTANDING] = outstanding
    if balancer == Balancer.LEAST_OUTSTANDING and state.pods[pod, k.P_READY] == 1:
        move(state, levels_of(state) + pod, outstanding)
        if outstanding < ints[k.LEAST]:
            ints[k.LEAST] = outstanding


def _begin(state: State, job: int, pod: int, at: float) -> float:
    """Have a request begin to be served, and give when it will be done."""
    floats, jobs = state.floats, state.jobs
    jobs[job, k.J_STARTED] = at
    factor = floats[k.SLOW] if at >= floats[k.WARM_UNTIL] else slowdown(state, at, state.meters[pod, k.M_JOINED])
    return float(at + jobs[job, k.J_WORK] * factor)


def _fail(state: State, job: int, pod: int, at: float, fate: float, is_plain: bool) -> bool:
    """End an attempt that failed, and tell whether its client will try again."""
    if is_plain:
        free(state, job)
        return False
    note_fate(state, job, pod, at, fate)
    attempt = state.links[job, k.L_ATTEMPT]
    if attempt >= state.ints[k.ATTEMPTS]:
        free(state, job)
        return False
    _plan_retry(state, job, attempt, at)
    return True


@rare
def _plan_retry(state: State, job: int, attempt: int, at: float) -> None:
    """Have a client try again after a pause."""
    ints, floats = state.ints, state.floats
    state.links[job, k.L_ATTEMPT] = attempt + 1
    pause = min(floats[k.BACKOFF] * 2.0 ** (attempt - 1), floats[k.BACKOFF_LIMIT])
    pause *= 1.0 + floats[k.JITTER] * (2.0 * _chance(state) - 1.0)
    push(state.retry_at, state.retrying, ints[k.RETRIES], at + pause, job)
    ints[k.RETRIES] += 1


def _chance(state: State) -> float:
    """Draw a number in (0, 1) for what happens after a failure, by SplitMix64 (Steele, Lea and Flood, 2014)."""
    state.ints[k.PAUSES] += 1
    z = state.seed[0] + np.uint64(state.ints[k.PAUSES]) * _GOLDEN
    z = (z ^ (z >> 30)) * _MIX1
    z = (z ^ (z >> 27)) * _MIX2
    return (int((z ^ (z >> 31)) >> 12) + 0.5) * 2.0**-52
