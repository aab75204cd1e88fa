"""A service at request level, in seconds: pods join and leave, time moves on, everything that happened is in ``state``."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.native.compiled import overflowing
from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests.attempts import slowdown
from autoscaler.simulator.requests.kernel import kernel
from autoscaler.simulator.requests.layout import Balancer, State
from autoscaler.simulator.requests.lists import leave_line, levels_of, move, unlink
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Drawer, Drawn, Given
from autoscaler.simulator.requests.state import new_state, with_jobs, with_levels, with_pods, with_seconds

Array = NDArray[Any]
Indices = NDArray[np.int64]


class Engine:
    """Requests of one service. Pods have numbers of the caller's choice; times [s] passed in never go back."""

    def __init__(self, physics: Physics, source: Drawn | Given, *, record: int = 0, seconds: int = 0) -> None:
        """``record``: of how many of the first requests to keep the story; ``seconds``: to make room for."""
        self._physics = physics
        self._rows: dict[int, int] = {}  # where in the arrays a pod is
        self._is_plain = physics.attempts == 1 and not record
        self._advance = kernel(physics.balancer, is_plain=self._is_plain)
        self._drawer = Drawer(source, physics) if isinstance(source, Drawn) else None
        self.state: State = new_state(physics, source.seed, record=record, seconds=seconds)
        self._free = list(range(1, len(self.state.pods)))[::-1]
        if isinstance(source, Given):
            self._feed(source.rows(), len(source.arrivals), is_more=False)

    @property
    def now(self) -> float:
        """How far time has come [s]."""
        return float(self.state.floats[k.NOW])

    @property
    def ready(self) -> int:
        """Pods in rotation."""
        return int(self.state.ints[k.READY_PODS])

    @property
    def waiting(self) -> int:
        """Requests that wait now."""
        return int(self.state.ints[k.WAITING])

    @property
    def in_service(self) -> int:
        """Requests in service now."""
        return int(self.state.ints[k.IN_SERVICE])

    @property
    def retrying(self) -> int:
        """Failed requests that will be sent again."""
        return int(self.state.ints[k.RETRIES])

    def advance(self, until: float) -> None:
        """Let everything happen up to and including ``until``."""
        seconds = int(until) + 1
        if seconds > len(self.state.columns):
            self.state = with_seconds(self.state, seconds)
        drawer = self._drawer
        if drawer is not None and seconds > drawer.known:
            drawer.know(len(self.state.columns))
            self.state.ints[k.IS_MORE] = 1
        with overflowing():
            while (status := self._advance(self.state, float(until))) != k.DONE:
                self._provide(status)

    def _provide(self, status: int) -> None:
        """Give the kernel what it came back for."""
        if status == k.NEEDS_REQUESTS and self._drawer is not None:
            block, n = self._drawer.block()
            self._feed(block, n, is_more=n > 0)
        elif status == k.NEEDS_JOBS:
            self.state = with_jobs(self.state, len(self.state.jobs))
        else:
            self.state = with_levels(self.state)

    def _feed(self, requests: Array, n: int, *, is_more: bool) -> None:
        """Hand over the next requests."""
        if requests is not self.state.source:
            self.state = self.state._replace(source=requests)
        self.state.ints[[k.NEXT_REQUEST, k.KNOWN, k.IS_MORE]] = 0, n, is_more

    def join(self, pod: int, at: float, since: float | None = None) -> None:
        """Put a pod in rotation. It warms up from now on, or has done so ``since`` a time in the past."""
        self._reach(at)
        if not self._free:
            have = len(self.state.pods)
            self.state = with_pods(self.state, have)
            self._free = list(range(2 * have - 1, have - 1, -1))
        state, row, ready = self.state, self._free.pop(), self.ready
        self._rows[pod] = row
        state.pods[row] = 1, 0, 0, 0
        since = at if since is None else since
        state.meters[row] = since, 0.0, 0.0, pod
        state.rotation[ready] = row
        state.ints[k.READY_PODS] = ready + 1
        if self._physics.warmup > 0.0:
            state.floats[k.WARM_UNTIL] = max(float(state.floats[k.WARM_UNTIL]), since + self._physics.warmup)
        if self._physics.balancer is Balancer.SHARED:
            slots = self._physics.slots
            free = (state.ints[k.IDLE_FIRST] + state.ints[k.IDLE] + np.arange(slots)) % len(state.idle)
            state.idle[free] = row
            state.ints[k.IDLE] += slots
        if self._levels:
            move(state, self._levels + row, 0)
            state.ints[k.LEAST] = 0

    def leave(self, pod: int, at: float) -> float:
        """Take a pod out of rotation, and tell how long it takes to finish what it has [s]."""
        self._reach(at)
        row = self._rows[pod]
        self._out_of_rotation(row)
        return self._drain_time(row, at)

    def kill(self, pod: int, at: float) -> int:
        """Take a pod away, with everything it still has, and tell how many requests that were; none, if it never joined."""
        self._reach(at)
        row = self._rows.pop(pod, 0)
        if not row:
            return 0
        self._out_of_rotation(row)
        self._free.append(row)
        jobs = self._take_all(row)
        state = self.state
        if not self._is_plain:
            state.floats[k.AREA] += (self.in_service + self.waiting + len(jobs)) * (at - state.floats[k.CHANGED])
            state.floats[k.CHANGED] = at
        for job in reversed(jobs):
            state.links[job, k.L_NEXT], state.links[0, k.L_POD] = state.links[0, k.L_POD], job
        self.advance(at)  # counts them, or has them sent again
        return len(jobs)

    def slow_down(self, factor: float, at: float) -> None:
        """Have every request that starts from now on take ``factor`` times as long as usual."""
        self._reach(at)
        self.state.floats[k.SLOW] = factor

    def rows(self, pods: Sequence[int]) -> Indices:
        """Give where in the arrays pods are; 0 for those that have not joined yet, or are gone."""
        return np.array([self._rows.get(pod, 0) for pod in pods], np.int64)

    def progress(self) -> Array:
        """Give the work that requests in service have taken so far, by row of the pods."""
        state, n = self.state, self.in_service
        jobs = state.ending[:n]
        started, ends = state.jobs[jobs, k.J_STARTED], state.ends[:n]
        share = (self.now - started) / np.maximum(ends - started, 1e-300)
        pods = state.links[jobs, k.L_POD]
        return np.bincount(pods, share * state.jobs[jobs, k.J_COST], minlength=len(state.pods))

    def _reach(self, at: float) -> None:
        """Let everything happen that comes before a change; at the very start that is nothing."""
        if at > self.now:
            self.advance(at)

    @property
    def _levels(self) -> int:
        return levels_of(self.state)

    def _out_of_rotation(self, row: int) -> None:
        state, ready = self.state, self.ready
        if not state.pods[row, k.P_READY]:
            return
        state.pods[row, k.P_READY] = 0
        place = int(np.flatnonzero(state.rotation[:ready] == row)[0])
        state.rotation[place : ready - 1] = state.rotation[place + 1 : ready]
        state.ints[k.READY_PODS] = ready = ready - 1
        if place < state.ints[k.TURN]:
            state.ints[k.TURN] -= 1
        if state.ints[k.TURN] >= ready:
            state.ints[k.TURN] = 0
        if self._physics.balancer is Balancer.SHARED:
            ring = state.idle[(state.ints[k.IDLE_FIRST] + np.arange(state.ints[k.IDLE])) % len(state.idle)]
            kept = ring[ring != row]
            state.idle[: len(kept)] = kept
            state.ints[[k.IDLE_FIRST, k.IDLE]] = 0, len(kept)
        if self._levels:
            unlink(state, self._levels + row)
        if self._physics.balancer == Balancer.LEAST_OUTSTANDING and ready:
            state.ints[k.LEAST] = state.pods[state.rotation[:ready], k.P_OUTSTANDING].min()

    def _in_service(self, row: int) -> NDArray[np.bool_]:
        """Mark the departures of a pod in the heap."""
        jobs = self.state.ending[: self.in_service]
        return np.asarray(self.state.links[jobs, k.L_POD] == row)

    def _queue(self, row: int) -> list[int]:
        """Give the requests in a pod's own queue, in order."""
        jobs, job = [], int(self.state.pods[row, k.P_HEAD])
        while job:
            jobs.append(job)
            job = int(self.state.links[job, k.L_NEXT])
        return jobs

    def _take_all(self, row: int) -> list[int]:
        """Take everything out of a pod: what is in service, in order of departure, then its queue."""
        state, n, mine = self.state, self.in_service, self._in_service(row)
        order = np.argsort(state.ends[:n], kind="stable")
        ends, jobs, mine = state.ends[:n][order], state.ending[:n][order], mine[order]
        kept = n - int(mine.sum())
        state.ends[:kept], state.ending[:kept] = ends[~mine], jobs[~mine]  # in order, so it is a heap
        state.ends[kept:n] = math.inf
        state.ints[k.IN_SERVICE] = kept
        queue = self._queue(row)
        for job in queue:
            leave_line(state, job)
        state.ints[k.WAITING] -= len(queue)
        state.pods[row] = 0, 0, 0, 0
        return [int(job) for job in jobs[mine]] + queue

    def _drain_time(self, row: int, at: float) -> float:
        """Serve a pod's queue ahead of time, as the kernel will: nobody else comes."""
        state = self.state
        ends = [float(end) for end in state.ends[: self.in_service][self._in_service(row)]]
        heapq.heapify(ends)
        last = max([at, *ends])
        for job in self._queue(row):
            arrived, work = float(state.jobs[job, k.J_ARRIVED]), float(state.jobs[job, k.J_WORK])
            start = ends[0]
            if start > arrived + self._physics.timeout:
                continue
            factor = float(slowdown(state, start, float(state.meters[row, k.M_JOINED])))
            heapq.heapreplace(ends, start + work * factor)
            last = max(last, start + work * factor)
        return last - at
