"""Queue workers at job level, in seconds: pods join and leave, time moves on; what happened is in ``state``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.native.compiled import specialised
from autoscaler.simulator.workqueue import layout as k
from autoscaler.simulator.workqueue.kernel import advance, free_slot, set_later
from autoscaler.simulator.workqueue.layout import Place, State, Status
from autoscaler.simulator.workqueue.source import Source
from autoscaler.simulator.workqueue.state import Rules, new_state, with_jobs, with_pods, with_seconds

Array = NDArray[Any]
Indices = NDArray[np.int64]


class Engine:
    """Jobs of one queue. Pods have numbers of the caller's choice; times [s] passed in never go back."""

    def __init__(self, rules: Rules, source: Source, *, record: int = 0, seconds: int = 0) -> None:
        """``record``: of how many of the first jobs to keep the story; ``seconds``: to make room for."""
        self._rules = rules
        self._source = source
        self._advance = specialised(advance)
        self._rows: dict[int, int] = {}  # where in the arrays a pod is
        self._free: list[int] = []
        self.state: State = new_state(rules, record, seconds)

    @property
    def now(self) -> float:
        """How far time has come [s]."""
        return float(self.state.floats[k.NOW])

    @property
    def added(self) -> int:
        """Jobs that were added so far."""
        return int(self.state.ints[k.ADDED])

    @property
    def arrived(self) -> int:
        """Jobs that have become due so far."""
        return self.added - int(self.state.ints[k.DELAYED])

    @property
    def waiting(self) -> int:
        """Jobs that are due and wait now."""
        return int(self.state.ints[k.WAITING])

    @property
    def active(self) -> int:
        """Jobs at work now."""
        return int(self.state.ints[k.ACTIVE])

    @property
    def stalled(self) -> int:
        """Jobs whose pod is gone, and whose lock has not expired."""
        return int(self.state.ints[k.STALLED])

    @property
    def delayed(self) -> int:
        """Jobs that are not due: those that never were, and those that will be tried again."""
        return int(self.state.ints[k.DELAYED] + self.state.ints[k.PAUSING])

    @property
    def oldest(self) -> float:
        """How long that one of the waiting jobs has been due that was due first [s]; 0 if none waits."""
        if not self.waiting:
            return 0.0
        due = self.state.jobs[self.state.links[:, k.L_PLACE] == Place.WAITING, k.J_DUE]
        return self.now - float(due.min())

    def advance(self, until: float) -> None:
        """Let everything happen up to and including ``until``."""
        seconds = int(until) + 1
        if seconds > len(self.state.columns):
            self.state = with_seconds(self.state, seconds)
        self._source.know(len(self.state.columns))
        self.state.ints[k.IS_LAST] = 0
        while (status := self._advance(self.state, until)) != Status.DONE:
            if status == Status.NEEDS_ROOM:
                self.state = with_jobs(self.state, len(self.state.jobs))
            else:
                self.state = self.state._replace(source=self._source.more())
                drawn = self.state.source.shape[1]
                self.state.ints[[k.NEXT, k.DRAWN, k.IS_LAST]] = 0, drawn, not drawn

    def join(self, pod: int, at: float, since: float | None = None) -> None:
        """Have a pod take jobs from now on; it has been warming up ``since`` then, by default from now on."""
        self.advance(at)
        if not self._free:
            have = len(self._rows)
            if have == len(self.state.pods):
                self.state = with_pods(self.state, have)
            self._free = list(range(len(self.state.pods) - 1, have - 1, -1))
        row = self._rows[pod] = self._free.pop()
        self.state.pods[row] = 1.0, at if since is None else since, 0.0, 0.0, pod
        for _ in range(self._rules.concurrency):
            free_slot(self.state.ints, self.state.idle, row)

    def leave(self, pod: int, at: float) -> float:
        """Have a pod take no further jobs, and tell how long those take that it has [s]."""
        self.advance(at)
        row = self._rows[pod]
        self._take_no_more(row)
        return float(self.state.ends[: self.active][self._at_work(row)].max(initial=at)) - at

    def kill(self, pod: int, at: float) -> int:
        """Take a pod away, and tell how many jobs it had; they are found stalled when their lock has expired.

        A pod that never joined, or is gone, has none.
        """
        self.advance(at)
        if pod not in self._rows:
            return 0
        row = self._rows.pop(pod)
        self._take_no_more(row)
        self._free.append(row)
        state, n, mine = self.state, self.active, self._at_work(row)
        order = np.lexsort((state.links[state.ending[:n], k.L_SERIAL], state.ends[:n]))
        ends, jobs, mine = state.ends[:n][order], state.ending[:n][order], mine[order]
        kept = n - int(mine.sum())
        state.ends[:kept], state.ending[:kept] = ends[~mine], jobs[~mine]  # in order, so it is a heap
        state.ints[k.ACTIVE] = kept
        stalled = jobs[mine]
        for job in stalled[np.argsort(state.links[stalled, k.L_SERIAL])].tolist():
            set_later(state.ints, state.links, state.due, state.coming, job, at + self._rules.lock, Place.STALLED)
        return n - kept

    def slow_down(self, factor: float, at: float) -> None:
        """Have every job that starts from now on take ``factor`` times as long as usual."""
        self.advance(at)
        self.state.floats[k.SLOW] = factor

    def rows(self, pods: list[int]) -> Indices:
        """Give where in the arrays pods are; -1 for those that have not joined yet, or are gone."""
        return np.array([self._rows.get(pod, -1) for pod in pods], np.int64)

    def progress(self) -> Array:
        """Give the time of jobs [s at full speed] that those at work have taken so far, by row of the pods."""
        state, n = self.state, self.active
        jobs = state.ending[:n]
        started, ends = state.jobs[jobs, k.J_STARTED], state.ends[:n]
        share = (self.now - started) / np.maximum(ends - started, 1e-300)
        return np.bincount(state.links[jobs, k.L_POD], share * state.jobs[jobs, k.J_WORK], minlength=len(state.pods))

    def _at_work(self, row: int) -> NDArray[np.bool_]:
        """Mark a pod's jobs in the heap of ends."""
        return np.asarray(self.state.links[self.state.ending[: self.active], k.L_POD] == row)

    def _take_no_more(self, row: int) -> None:
        """Take a pod's free slots out of the ring of idle ones."""
        state, n = self.state, int(self.state.ints[k.IDLE])
        if not state.pods[row, k.P_READY]:
            return
        state.pods[row, k.P_READY] = 0.0
        ring = state.idle[(int(state.ints[k.IDLE_FIRST]) + np.arange(n)) % len(state.idle)]
        kept = ring[ring != row]
        state.idle[: len(kept)] = kept
        state.ints[[k.IDLE_FIRST, k.IDLE]] = 0, len(kept)
