"""The service as a fluid: requests arrive, wait in line, are served, rejected or give up, second by second.

Every pod in rotation carries the same load, so one queue stands for all of them and one counter of work tells what each
pod has done. Results depend on when pods come and go, never on how often the service is asked to catch up.
"""

from __future__ import annotations

import math
from collections import deque

from autoscaler.config.scenario import Service
from autoscaler.model.time import SECOND, Instant
from autoscaler.simulator.ledger import Ledger


class FluidService:
    """Requests of one workload. ``work`` is what a pod that is in rotation from the start has served [requests]."""

    __slots__ = (
        "_line", "_partial", "_partial_from", "_pods", "_spec", "_start", "_waiting", "arrived", "ledger", "work",
    )  # fmt: skip

    def __init__(self, spec: Service, ledger: Ledger, start: Instant) -> None:
        self._spec = spec
        self._start = start
        self._pods = 0
        self._partial = 0.0  # slot-seconds of the current second, up to ``_partial_from``
        self._partial_from = start
        self._line: deque[list[float]] = deque()  # [second of arrival, requests still waiting, requests that came]
        self._waiting = 0.0
        self.ledger = ledger
        self.work = 0.0
        self.arrived = 0.0

    @property
    def waiting(self) -> float:
        """Requests in the queue at the end of the last whole second."""
        return self._waiting

    @property
    def in_service(self) -> float:
        """Requests in service, averaged over the last whole second."""
        second = self.ledger.seconds
        return float(self.ledger.served[second - 1]) * self._spec.mean_service_time if second else 0.0

    @property
    def capacity(self) -> float:
        """The most that the pods now in rotation can serve [requests/s]."""
        return self._pods * self._spec.pod_rate

    def set_pods(self, pods: int, at: Instant) -> None:
        """Have ``pods`` in rotation from ``at`` on."""
        self.catch_up(at)
        self._partial += self._pods * self._spec.slots * ((at - self._partial_from) / SECOND)
        self._partial_from = at
        self._pods = pods

    def catch_up(self, to: Instant) -> None:
        """Serve every second that is over by ``to``."""
        first, last = self.ledger.seconds, (to - self._start) // SECOND
        if last <= first:
            return
        self.ledger.grow_to(last)
        if self._partial_from > self._start + first * SECOND:
            end = self._start + (first + 1) * SECOND
            partial = self._partial + self._pods * self._spec.slots * ((end - self._partial_from) / SECOND)
            self._serve_each(first, first + 1, partial)
            first += 1
        self._partial, self._partial_from = 0.0, self._start + last * SECOND
        if first < last:
            self._serve(first, last)

    def rotate(self, pods: int, at: Instant, grace: float) -> float:
        """Have ``pods`` in rotation from ``at`` on, and give the work counter.

        A request in a pod that leaves is lost if it runs longer than ``grace`` [s].
        """
        leaving = self._pods - pods
        self.set_pods(pods, at)
        if leaving > 0:
            share = leaving / (leaving + pods) * math.exp(-grace / self._spec.mean_service_time)
            self._lose(self.in_service * share)
        return self.work

    def _lose(self, requests: float) -> None:
        """Count requests that were in service as lost: their pod was killed."""
        second = self.ledger.seconds - 1
        if second >= 0 and requests > 0:
            lost = min(requests, float(self.ledger.served[second]))
            self.ledger.served[second] -= lost
            self.ledger.lost[second] += lost

    def _serve(self, first: int, last: int) -> None:
        """Serve whole seconds with the same pods throughout: at once where nobody has to wait."""
        ledger, slots = self.ledger, float(self._pods * self._spec.slots)
        arrived = ledger.arrived[first:last]
        if self._waiting > 0.0 or not slots or float(arrived.max()) > slots / self._spec.mean_service_time:
            self._serve_each(first, last, slots)
            return
        ledger.slots[first:last] = slots
        ledger.served[first:last] = arrived
        ledger.seconds = last
        came = float(arrived.sum())
        self.arrived += came
        self.work += came / self._pods

    def _serve_each(self, first: int, last: int, slots: float) -> None:
        """Serve second by second with ``slots`` in rotation: whoever is not served waits, as far as there is room."""
        ledger, spec = self.ledger, self._spec
        capacity, room = slots / spec.mean_service_time, float(self._pods * spec.queue_limit)
        ledger.slots[first:last] = slots
        for second, came in enumerate(ledger.arrived[first:last].tolist(), start=first):
            served = min(self._waiting + came, capacity)
            rejected = min(came, max(0.0, self._waiting + came - served - room))
            self._move(second, came - rejected, served)
            ledger.served[second] = served
            ledger.rejected[second] = rejected
            ledger.timed_out[second] = self._give_up(second + 1 - spec.timeout)
            ledger.waiting[second] = self._waiting
            self.arrived += came
            if slots:
                self.work += served * spec.slots / slots
        ledger.seconds = last

    def _move(self, second: int, entering: float, leaving: float) -> None:
        """Let requests join the end of the line, then take some from its head."""
        line = self._line
        if leaving >= self._waiting + entering:
            line.clear()  # all of them: no rounding may leave a crumb behind
        else:
            line.append([float(second), entering, entering])
            while leaving >= line[0][1]:
                leaving -= line.popleft()[1]
            line[0][1] -= leaving
        self._waiting = math.fsum(entry[1] for entry in line)

    def _give_up(self, before: float) -> float:
        """Let those leave who came before that time [s]; arrivals are spread evenly over their second."""
        gone, line = 0.0, self._line
        while line and line[0][0] < before:
            second, still, came = line[0]
            leave = still - came * max(0.0, second + 1 - before)
            if leave <= 0.0:
                break
            gone += leave
            if leave >= still:
                line.popleft()
            else:
                line[0][1] = still - leave
                break
        if gone:
            self._waiting = math.fsum(entry[1] for entry in line)
        return gone
