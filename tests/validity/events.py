"""An independent judge: a service simulated one event at a time in plain Python, as slow and as plain as can be.

It shares no code and no data structure with the simulator. Pods at random follow from numbers that both are given. Where a
balancing rule leaves open which of several equally good pods it is, the simulator's choice is taken, if it is one of them.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
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
    """The service: slots and places to wait per pod, how long a request waits at most [s], how it finds a pod."""

    slots: int
    queue_limit: int
    timeout: float
    rule: Rule


@dataclass(slots=True, eq=False)
class Pod:
    """One pod with what it serves and, unless all pods share one line, those who wait in it."""

    name: int
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


class NotAllowedError(AssertionError):
    """The simulator sent a request to a pod that its balancing rule excludes."""


class Judge:
    """Serves given requests; ``starts``, ``ends``, ``pods`` and ``fates`` are its verdict.

    ``chosen[k]`` is the pod that the simulator sent request k to; -1 where there was none.
    """

    def __init__(self, rules: Rules, requests: Requests, chosen: Sequence[int]) -> None:
        self._rules = rules
        self._arrivals, self._services, self._chances = requests
        self._chosen = chosen
        self._rotation: list[Pod] = []  # in the order in which they joined
        self._pods: dict[int, Pod] = {}
        self._next = 0  # whose turn it is in round robin
        self._line: deque[int] = deque()  # the line that all pods share
        self._patience: deque[int] = deque()  # all that had to wait, by when their time is up
        self._departures: list[tuple[float, int]] = []
        self._factor = 1.0
        count = len(chosen)
        self.starts = [NEVER] * count
        self.ends = [NEVER] * count
        self.pods = [-1] * count
        self.fates = [Fate.TO_COME] * count

    def run(self, changes: Sequence[Change], until: float) -> None:
        """Let everything happen up to ``until`` [s]. Of one instant: departures, arrivals, time-outs, then changes."""
        happenings = [(at, 0, request) for request, at in enumerate(self._arrivals)]
        happenings += [(change.at, 1, i) for i, change in enumerate(changes)]
        for at, is_change, which in sorted(happenings):
            if at > until:
                break
            self._pass_time(at, give_up_now=bool(is_change))
            if is_change:
                self._change(changes[which])
            else:
                self._arrive(which, at)
        self._pass_time(until, give_up_now=True)

    def present(self) -> tuple[int, int]:
        """Give how many wait and how many are in service now."""
        waiting = len(self._line) + sum(len(pod.line) for pod in self._pods.values())
        return waiting, sum(len(pod.busy) for pod in self._pods.values())

    def _pass_time(self, until: float, *, give_up_now: bool) -> None:
        """Let requests be done and give up until then; ``give_up_now`` includes those whose time is up just then."""
        while self._departures and self._departures[0][0] <= until:
            at, request = heapq.heappop(self._departures)
            if self.fates[request] is Fate.IN_SERVICE:  # else it was lost with its pod
                self._give_up(at, now=False)
                self._depart(request, at)
        self._give_up(until, now=give_up_now)

    def _depart(self, request: int, at: float) -> None:
        self.fates[request] = Fate.SERVED
        pod = self._pods[self.pods[request]]
        pod.busy.discard(request)
        self._take_next(pod, at)

    def _give_up(self, at: float, *, now: bool) -> None:
        """Let those leave their line whose time was up before ``at``, or ``now``, at it."""
        while self._patience:
            deadline = self._arrivals[self._patience[0]] + self._rules.timeout
            if deadline > at or (deadline == at and not now):
                return
            request = self._patience.popleft()
            if self.fates[request] is Fate.WAITING:
                self.fates[request] = Fate.TIMED_OUT
                self.ends[request] = deadline
                self._line_of(request).remove(request)

    def _line_of(self, request: int) -> deque[int]:
        return self._line if self._rules.rule is Rule.SHARED else self._pods[self.pods[request]].line

    def _wait_in(self, line: deque[int], request: int) -> None:
        self.fates[request] = Fate.WAITING
        line.append(request)
        self._patience.append(request)

    def _take_next(self, pod: Pod, at: float) -> None:
        """Fill the pod's free slots from its line, or from the shared one while it is in rotation."""
        is_shared = self._rules.rule is Rule.SHARED
        if is_shared and pod not in self._rotation:
            return
        line = self._line if is_shared else pod.line
        while line and len(pod.busy) < self._rules.slots:
            self._start(line.popleft(), pod, at)

    def _start(self, request: int, pod: Pod, at: float) -> None:
        self.starts[request] = at
        self.ends[request] = at + self._services[request] * self._factor
        self.pods[request] = pod.name
        self.fates[request] = Fate.IN_SERVICE
        pod.busy.add(request)
        heapq.heappush(self._departures, (self.ends[request], request))

    def _arrive(self, request: int, at: float) -> None:
        self.ends[request] = at  # if it is turned away
        if not self._rotation:
            self.fates[request] = Fate.REJECTED
        elif self._rules.rule is Rule.SHARED:
            self._arrive_at_the_line(request, at)
        else:
            self._arrive_at(self._pod_for(request), request, at)

    def _arrive_at_the_line(self, request: int, at: float) -> None:
        free = [pod for pod in self._rotation if len(pod.busy) < self._rules.slots]
        if free:
            self._start(request, self._allowed(request, free), at)
        elif len(self._line) < self._rules.queue_limit * len(self._rotation):
            self._wait_in(self._line, request)
        else:
            self.fates[request] = Fate.REJECTED

    def _arrive_at(self, pod: Pod, request: int, at: float) -> None:
        self.pods[request] = pod.name
        if len(pod.busy) < self._rules.slots:
            self._start(request, pod, at)
        elif len(pod.line) < self._rules.queue_limit:
            self._wait_in(pod.line, request)
        else:
            self.fates[request] = Fate.REJECTED

    def _pod_for(self, request: int) -> Pod:
        """Give the pod that the rule sends a request to, or the simulator's choice among those it allows."""
        rotation = self._rotation
        match self._rules.rule:
            case Rule.ROUND_ROBIN:
                pod = rotation[self._next]
                self._next = (self._next + 1) % len(rotation)
                return self._allowed(request, [pod])
            case Rule.LEAST_OUTSTANDING:
                least = min(pod.outstanding for pod in rotation)
                return self._allowed(request, [pod for pod in rotation if pod.outstanding == least])
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

    def _allowed(self, request: int, pods: list[Pod]) -> Pod:
        """Give the simulator's choice.

        Raises:
            NotAllowedError: it is none of ``pods``.
        """
        for pod in pods:
            if pod.name == self._chosen[request]:
                return pod
        names = sorted(pod.name for pod in pods)
        raise NotAllowedError(
            f"request {request} went to pod {self._chosen[request]}; {self._rules.rule} allows {names}"
        )

    def _change(self, change: Change) -> None:
        match change.what:
            case What.JOIN:
                pod = Pod(change.pod)
                self._pods[pod.name] = pod
                self._rotation.append(pod)
                self._take_next(pod, change.at)
            case What.LEAVE:
                self._out_of_rotation(self._pods[change.pod])
            case What.KILL:
                pod = self._pods.pop(change.pod)
                self._out_of_rotation(pod)
                for request in (*pod.busy, *pod.line):
                    self.fates[request], self.ends[request] = Fate.LOST, change.at
            case What.SLOW_DOWN:
                self._factor = change.factor

    def _out_of_rotation(self, pod: Pod) -> None:
        """Take a pod out; whose turn it was in round robin keeps its turn, the next one after it if that is the pod."""
        if pod not in self._rotation:
            return
        place = self._rotation.index(pod)
        self._rotation.remove(pod)
        self._next -= place < self._next
        self._next = self._next % len(self._rotation) if self._rotation else 0
