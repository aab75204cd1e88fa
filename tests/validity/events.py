"""An independent judge: a service simulated one event at a time in plain Python, as slow and as plain as can be.

It shares no code and no data structure with the simulator. What is random (which pods are looked at, how long a client
pauses) follows from numbers that both are given.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from itertools import count
from typing import NamedTuple

NEVER = float("nan")


class Rule(StrEnum):
    """How requests are spread over pods."""

    SHARED = "shared"
    ROUND_ROBIN = "round_robin"
    RANDOM = "random"
    POWER_OF_TWO = "power_of_two"
    LEAST_OUTSTANDING = "least_outstanding"


class Fate(IntEnum):
    """What became of a request by the end of the run."""

    TO_COME = 0
    WAITING = 1
    IN_SERVICE = 2
    SERVED = 3
    REJECTED = 4
    TIMED_OUT = 5
    LOST = 6


class Turn(IntEnum):
    """What may happen to a request, and when pods change, in the order of one instant."""

    DEPARTS = 0
    ARRIVES = 1
    TRIES_AGAIN = 2
    GIVES_UP = 3
    CHANGES = 4


class What(StrEnum):
    """What may happen to a pod, or to all of them."""

    JOIN = "join"  #: it takes requests from now on
    LEAVE = "leave"  #: it takes no more and finishes what it has
    KILL = "kill"  #: it is gone, with all that it has
    SLOW_DOWN = "slow_down"  #: from now on whatever starts, anywhere, takes ``factor`` times as long


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happens at a time [s]."""

    at: float
    what: What
    pod: int = -1
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Rules:
    """The service and its clients. Times in seconds."""

    slots: int
    queue_limit: int  #: places to wait, in a pod or, in a shared line, for each pod in rotation
    timeout: float  #: how long a request waits at most
    rule: Rule
    attempts: int = 1  #: how often a client tries at most
    backoff: float = 0.0  #: pause before the second attempt; it doubles ...
    backoff_limit: float = math.inf  #: ... up to this
    jitter: float = 0.0  #: pauses vary by up to this share
    warmup: float = 0.0  #: for so long after a pod joined ...
    slowness: float = 1.0  #: ... requests that start in it take longer, at first this many times as long, then less


@dataclass(slots=True, eq=False)
class Pod:
    """One pod with what it serves and, unless all pods share one line, those who wait in it."""

    name: int
    joined: float
    moved: int  #: when it last went to the back of those that are equally good
    busy: set[int] = field(default_factory=set)
    line: deque[int] = field(default_factory=deque)

    @property
    def outstanding(self) -> int:
        """Requests in service or waiting."""
        return len(self.busy) + len(self.line)


class Requests(NamedTuple):
    """What comes: when [s], how much work it is [s], and a number in [0, 1) for each that picks pods at random."""

    arrivals: Sequence[float]
    services: Sequence[float]
    chances: Sequence[float]


def pauses(seed: int) -> Iterator[float]:
    """Give the numbers in (0, 1) that pauses and second attempts use up, by SplitMix64 (Steele, Lea and Flood, 2014)."""
    every = 2**64 - 1
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & every
        z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & every
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & every
        yield (((z ^ (z >> 31)) >> 12) + 0.5) / 2**52


class Judge:
    """Serves given requests; ``starts``, ``ends``, ``pods`` and ``fates`` are its verdict on each one's last attempt.

    ``seed`` is of the numbers that pauses and second attempts use up.
    """

    def __init__(self, rules: Rules, requests: Requests, seed: int = 0) -> None:
        self._rules = rules
        self._arrivals, self._services, self._chances = (list(column) for column in requests)
        self._numbers = pauses(seed)
        self._rotation: list[Pod] = []  # in the order in which they joined
        self._pods: dict[int, Pod] = {}
        self._next = 0  # whose turn it is in round robin
        self._line: deque[int] = deque()  # the line that all pods share
        self._free: deque[Pod] = deque()  # their slots, the one that has been free longest first
        self._factor = 1.0
        self._moves = count(1)
        size = len(self._arrivals)
        self._attempts = [1] * size
        self.starts = [NEVER] * size
        self.ends = [NEVER] * size
        self.pods = [-1] * size
        self.fates = [Fate.TO_COME] * size
        self._agenda: list[tuple[float, Turn, int, int]] = []  # time, kind, number in order, attempt

    def run(self, changes: Sequence[Change], until: float) -> None:
        """Let everything happen up to ``until`` [s], in order of time and, at one instant, of ``Turn``."""
        self._agenda += [(at, Turn.ARRIVES, request, 1) for request, at in enumerate(self._arrivals)]
        self._agenda += [(change.at, Turn.CHANGES, place, 1) for place, change in enumerate(changes)]
        heapq.heapify(self._agenda)
        while self._agenda and self._agenda[0][0] <= until:
            at, turn, which, attempt = heapq.heappop(self._agenda)
            if turn is Turn.CHANGES:
                self._change(changes[which])
            elif attempt == self._attempts[which]:  # else it is of an attempt that has failed meanwhile
                self._happen(turn, which, at)

    def _happen(self, turn: Turn, request: int, at: float) -> None:
        match turn:
            case Turn.DEPARTS if self.fates[request] is Fate.IN_SERVICE:
                self._depart(request, at)
            case Turn.ARRIVES:
                self._arrive(request, at)
            case Turn.TRIES_AGAIN:
                self._arrivals[request], self._chances[request] = at, next(self._numbers)
                self._arrive(request, at)
            case Turn.GIVES_UP if self.fates[request] is Fate.WAITING:
                self._line_of(request).remove(request)
                if request_pod := self._pods.get(self.pods[request]):
                    request_pod.moved = next(self._moves)
                self._fail(request, Fate.TIMED_OUT, at)

    def present(self) -> tuple[int, int]:
        """Give how many wait and how many are in service now."""
        waiting = len(self._line) + sum(len(pod.line) for pod in self._pods.values())
        return waiting, sum(len(pod.busy) for pod in self._pods.values())

    def _depart(self, request: int, at: float) -> None:
        self.fates[request] = Fate.SERVED
        pod = self._pods[self.pods[request]]
        pod.moved = next(self._moves)
        pod.busy.discard(request)
        if self._rules.rule is not Rule.SHARED:
            self._take_next(pod, at)
        elif pod in self._rotation:
            self._free.append(pod)
            self._take_from_the_line(at)

    def _fail(self, request: int, fate: Fate, at: float) -> None:
        """End an attempt; if the client has another one, it comes after a pause."""
        rules, attempt = self._rules, self._attempts[request]
        self.fates[request], self.ends[request] = fate, at
        if attempt < rules.attempts:
            pause = min(rules.backoff * 2.0 ** (attempt - 1), rules.backoff_limit)
            pause *= 1.0 + rules.jitter * (2.0 * next(self._numbers) - 1.0)
            self._attempts[request] = attempt + 1
            heapq.heappush(self._agenda, (at + pause, Turn.TRIES_AGAIN, request, attempt + 1))

    def _line_of(self, request: int) -> deque[int]:
        return self._line if self._rules.rule is Rule.SHARED else self._pods[self.pods[request]].line

    def _wait_in(self, line: deque[int], request: int) -> None:
        self.fates[request] = Fate.WAITING
        line.append(request)
        deadline = self._arrivals[request] + self._rules.timeout
        heapq.heappush(self._agenda, (deadline, Turn.GIVES_UP, request, self._attempts[request]))

    def _take_next(self, pod: Pod, at: float) -> None:
        """Fill the pod's free slots from its line."""
        while pod.line and len(pod.busy) < self._rules.slots:
            self._start(pod.line.popleft(), pod, at)

    def _take_from_the_line(self, at: float) -> None:
        """Fill free slots from the line that all share: those that have been free longest first."""
        while self._line and self._free:
            self._start(self._line.popleft(), self._free.popleft(), at)

    def _start(self, request: int, pod: Pod, at: float) -> None:
        self.starts[request] = at
        self.ends[request] = at + self._services[request] * self._slowness(pod, at)
        self.pods[request] = pod.name
        self.fates[request] = Fate.IN_SERVICE
        pod.busy.add(request)
        heapq.heappush(self._agenda, (self.ends[request], Turn.DEPARTS, request, self._attempts[request]))

    def _slowness(self, pod: Pod, at: float) -> float:
        """Give how many times as long as usual a request takes that starts now."""
        rules, age = self._rules, at - pod.joined
        if age >= rules.warmup:
            return self._factor
        return self._factor * (1.0 + (rules.slowness - 1.0) * (1.0 - age / rules.warmup))

    def _arrive(self, request: int, at: float) -> None:
        self.starts[request], self.pods[request] = NEVER, -1
        if not self._rotation:
            self._fail(request, Fate.REJECTED, at)
        elif self._rules.rule is Rule.SHARED:
            self._arrive_at_the_line(request, at)
        else:
            self._arrive_at(self._pod_for(request), request, at)

    def _arrive_at_the_line(self, request: int, at: float) -> None:
        if self._free:
            self._start(request, self._free.popleft(), at)
        elif len(self._line) < self._rules.queue_limit * len(self._rotation):
            self._wait_in(self._line, request)
        else:
            self._fail(request, Fate.REJECTED, at)

    def _arrive_at(self, pod: Pod, request: int, at: float) -> None:
        self.pods[request] = pod.name
        if pod.outstanding < self._rules.slots + self._rules.queue_limit:
            pod.moved = next(self._moves)
        if len(pod.busy) < self._rules.slots:
            self._start(request, pod, at)
        elif len(pod.line) < self._rules.queue_limit:
            self._wait_in(pod.line, request)
        else:
            self._fail(request, Fate.REJECTED, at)

    def _pod_for(self, request: int) -> Pod:
        """Give the pod that the rule sends a request to."""
        rotation = self._rotation
        match self._rules.rule:
            case Rule.ROUND_ROBIN:
                pod = rotation[self._next]
                self._next = (self._next + 1) % len(rotation)
                return pod
            case Rule.LEAST_OUTSTANDING:
                return min(rotation, key=lambda pod: (pod.outstanding, pod.moved))
            case Rule.POWER_OF_TWO:
                first, second = self._two_at_random(self._chances[request])
                return second if second.outstanding < first.outstanding else first
            case _:
                return self._two_at_random(self._chances[request])[0]

    def _two_at_random(self, chance: float) -> tuple[Pod, Pod]:
        """Give two different pods, if there are so many: the number's first digits pick one, its next one of the others.

        Digits to the base of the number of pods, which are counted in the order in which they joined.
        """
        rotation = self._rotation
        place = int(chance * len(rotation))
        others = rotation[:place] + rotation[place + 1 :] or rotation
        return rotation[place], others[int((chance * len(rotation) - place) * len(others))]

    def _change(self, change: Change) -> None:
        match change.what:
            case What.JOIN:
                pod = Pod(change.pod, change.at, next(self._moves))
                self._pods[pod.name] = pod
                self._rotation.append(pod)
                self._free.extend([pod] * self._rules.slots)
                self._take_from_the_line(change.at)
            case What.LEAVE:
                self._out_of_rotation(self._pods[change.pod])
            case What.KILL:
                pod = self._pods.pop(change.pod)
                self._out_of_rotation(pod)
                for request in (*sorted(pod.busy, key=lambda each: self.ends[each]), *pod.line):
                    self._fail(request, Fate.LOST, change.at)
            case What.SLOW_DOWN:
                self._factor = change.factor

    def _out_of_rotation(self, pod: Pod) -> None:
        """Take a pod out; whose turn it was in round robin keeps its turn, the next one after it if that is the pod."""
        if pod not in self._rotation:
            return
        self._free = deque(each for each in self._free if each is not pod)
        place = self._rotation.index(pod)
        self._rotation.remove(pod)
        self._next -= place < self._next
        self._next = self._next % len(self._rotation) if self._rotation else 0
