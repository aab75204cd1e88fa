"""A queue like BullMQ's, written down plainly and by itself: lists and one heap of events, no arrays, nothing compiled.

Scores of jobs that wait are those of BullMQ: a job without a priority goes to the list `wait`, others into a sorted set by
priority and a counter; a stalled job goes to that end of `wait` from which workers take.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import Any

END, DUE, ADD = range(3)


@dataclass
class Job:
    """One job and its story."""

    number: int
    added: float
    work: float
    priority: int
    delay: float
    failures: int
    attempts: int = 0
    stalls: int = 0
    started: float = 0.0
    pod: int = -1
    ended: float = -1.0
    fate: str = ""


@dataclass
class PlainQueue:
    """Jobs, workers and the rules between them; ``pods`` counts the free slots of each, in the order of getting free."""

    jobs: list[Job]
    concurrency: int
    attempts: int = 1
    pause: float = 0.0
    is_exponential: bool = False
    lock: float = 30.0
    max_stalled: int = 1
    now: float = 0.0
    wait: deque[Job] = field(default_factory=deque)
    prioritized: list[tuple[int, int, Job]] = field(default_factory=list)
    idle: list[int] = field(default_factory=list)
    active: list[Job] = field(default_factory=list)
    ready: set[int] = field(default_factory=set)
    events: list[Any] = field(default_factory=list)
    serial: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        for job in self.jobs:
            self._plan(job.added, ADD, job)

    def advance(self, until: float) -> None:
        """Let everything happen up to and including ``until``."""
        self._assign()
        while self.events and self.events[0][0] <= until:
            self.now, kind, _, job, attempt = heapq.heappop(self.events)
            if kind == ADD:
                self._plan(self.now + job.delay, DUE, job) if job.delay else self._queue(job)
            elif kind == DUE:
                self._due(job)
            elif job in self.active and attempt == (job.attempts, job.stalls):
                self._end(job)
            self._assign()
        self.now = until

    def join(self, pod: int, at: float) -> None:
        """Add a pod."""
        self.advance(at)
        self.ready.add(pod)
        self.idle += [pod] * self.concurrency

    def leave(self, pod: int, at: float) -> None:
        """Have a pod take no more jobs."""
        self.advance(at)
        self.ready.discard(pod)
        self.idle = [other for other in self.idle if other != pod]

    def kill(self, pod: int, at: float) -> None:
        """Take a pod away."""
        self.leave(pod, at)
        for job in [job for job in self.active if job.pod == pod]:
            self.active.remove(job)
            job.fate = "stalled"
            self._plan(at + self.lock, DUE, job)

    def counts(self) -> tuple[int, int, int]:
        """Give how many jobs wait, are at work, and are closed."""
        closed = sum(job.fate in ("done", "failed", "lost") for job in self.jobs)
        return len(self.wait) + len(self.prioritized), len(self.active), closed

    def _plan(self, at: float, kind: int, job: Job) -> None:
        heapq.heappush(self.events, (at, kind, next(self.serial), job, (job.attempts, job.stalls)))

    def _due(self, job: Job) -> None:
        if job.fate != "stalled":
            self._queue(job)
            return
        job.stalls += 1
        if job.stalls > self.max_stalled:
            job.fate, job.ended, job.pod = "lost", self.now, -1
        else:
            job.fate = ""
            self.wait.appendleft(job)

    def _queue(self, job: Job) -> None:
        if job.priority:
            heapq.heappush(self.prioritized, (job.priority, next(self.serial), job))
        else:
            self.wait.append(job)

    def _end(self, job: Job) -> None:
        self.active.remove(job)
        job.attempts += 1
        if job.pod in self.ready:
            self.idle.append(job.pod)
        if job.attempts > job.failures:
            job.fate, job.ended = "done", self.now
        elif job.attempts >= self.attempts:
            job.fate, job.ended = "failed", self.now
        elif self.pause:
            self._plan(self.now + self.pause * (2 ** (job.attempts - 1) if self.is_exponential else 1), DUE, job)
        else:
            self._queue(job)

    def _assign(self) -> None:
        while self.idle and (self.wait or self.prioritized):
            job = self.wait.popleft() if self.wait else heapq.heappop(self.prioritized)[2]
            job.pod, job.started = self.idle.pop(0), self.now
            self.active.append(job)
            self._plan(self.now + job.work, END, job)
