"""The service as a fluid: requests arrive, wait in line, are served, rejected or give up, second by second.

Every pod in rotation carries the same load, so one queue stands for all of them and one counter of work tells what each
pod has done. Results depend on when pods come and go, never on how often the service is asked to catch up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct

from autoscaler.config.scenario import Balancing, Objective, Service, Warmup
from autoscaler.model.time import SECOND, Instant, Nanoseconds, seconds
from autoscaler.simulator.calm import Ahead, Calm
from autoscaler.simulator.fluid_latencies import FluidLatencies
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.noise import Noise
from autoscaler.simulator.own_queues import Queues
from autoscaler.simulator.service_times import longest_left, still_running
from autoscaler.simulator.serving import Counters
from autoscaler.simulator.tally import Tally
from autoscaler.simulator.warmup import Young


class _Strength(Struct, frozen=True):
    """What the pods in rotation come to: slots on average over a stretch, or slot-seconds in sum."""

    able: float = 0.0  #: worth of slots at full speed
    warm: float = 0.0  #: the same as if there were no fault that slows all pods down
    present: float = 0.0  #: slots there are
    young: float = 0.0  #: slots of pods that warm up

    def plus(self, other: _Strength, share: float) -> _Strength:
        """Add ``share`` of another one."""
        return _Strength(
            self.able + other.able * share,
            self.warm + other.warm * share,
            self.present + other.present * share,
            self.young + other.young * share,
        )

    @property
    def pace(self) -> tuple[float, float, float]:
        """Give how slow all pods are, the share of requests that young ones serve, and how much slower those are."""
        if not self.able:
            return 1.0, 0.0, 1.0
        if not self.young:
            return self.warm / self.able, 0.0, 1.0
        at_young = self.warm - (self.present - self.young)
        return self.warm / self.able, at_young / self.warm, self.young / at_young


_NONE: Final = _Strength()
_FORESEEN: Final = 1_024  #: how far to look for the end of a calm stretch [s]
_WORTH_LOOKING_AHEAD: Final = 4  #: readings


class FluidService:
    """Requests of one workload. ``work`` is what a pod that is in rotation from the start has served [requests]."""

    __slots__ = (
        "_ahead", "_calm", "_every", "_grace", "_in_rotation", "_noise", "_partial", "_partial_from", "_pods", "_queues", "_share", "_slo", "_slowness",
        "_spec", "_start", "_tally", "_young", "arrived", "ledger", "work",
    )  # fmt: skip

    def __init__(
        self,
        spec: Service,
        ledger: Ledger,
        start: Instant,
        *,
        slo: Objective | None = None,
        grace: float = math.inf,
        noise: Noise | None = None,
        warmup: Warmup | None = None,
        every: int = 0,
    ) -> None:
        """``grace`` [s]: requests that a leaving pod has had for longer are lost; ``noise`` disturbs pods' counters.

        ``every`` [s]: how often counters will be read, if that is known; saves time, and changes nothing else.
        """
        self._spec = spec
        self._slo = slo or Objective()
        self._grace = grace
        self._start = start
        self._pods = 0
        self._in_rotation: set[int] = set()
        self._share = (start - 1, 0.0, 0.0)  # an instant at which pods leave; what each had in service, in line before
        self._slowness = 1.0
        self._young = Young(warmup)
        self._calm: Calm | None = None
        self._ahead: Ahead | None = None
        self._every = every
        self._partial = _NONE  # slot-seconds of the current second, up to ``_partial_from``
        self._partial_from = start
        self._queues = Queues(spec)
        self._tally = Tally(noise)
        self.ledger = ledger
        self.work = 0.0
        self.arrived = 0.0

    @property
    def waiting(self) -> float:
        """Requests in the queue at the end of the last whole second."""
        return self._queues.waiting

    @property
    def in_service(self) -> float:
        """Requests in service, averaged over the last whole second."""
        second = self.ledger.seconds
        if not second:
            return 0.0
        ledger, last = self.ledger, second - 1
        young = float(ledger.young_share[last])
        slowness = float(ledger.slowness[last])
        if young:
            slowness *= 1.0 + young * (float(ledger.young_slowness[last]) - 1.0)
        return float(ledger.served[last]) * self._spec.mean_service_time * slowness

    @property
    def capacity(self) -> float:
        """The most that the pods now in rotation can serve [requests/s]."""
        now = self._partial_from
        return self._strength(now, now).able / self._spec.slots * self._spec.pod_rate

    def join(self, pod: int, at: Instant, since: Instant | None = None) -> None:
        """Put a pod in rotation; it has been warming up ``since`` then, by default from now on."""
        self._in_rotation.add(pod)
        self.set_pods(self._pods + 1, at)
        self._queues.join(pod, 1.0 - (at - self._start) % SECOND / SECOND, self.ledger)
        self._young.join(pod, at if since is None else since)
        self._tally.join(pod, self.work)

    def leave(self, pod: int, at: Instant) -> Nanoseconds:
        """Take a pod out of rotation, and give how long the longest of its requests takes on average.

        Those that would take longer than the grace period are counted as lost right away.
        """
        mean = self._spec.mean_service_time * self._slowness
        self._go(pod, at, still_running(self._spec.spread, self._grace / mean))
        return max(SECOND, seconds(mean * longest_left(self._spec.spread, self._spec.slots)))

    def kill(self, pod: int, at: Instant) -> None:
        """End a pod: if it was in rotation until now, what it has in service and in a queue of its own is lost."""
        if pod in self._in_rotation:
            self._go(pod, at, 1.0, 0.0 if self._spec.balancing is Balancing.SHARED else 1.0)
        self._stop_ahead()
        self._tally.forget(pod)

    def slow_down(self, factor: float, at: Instant) -> None:
        """Let requests take ``factor`` times as long from ``at`` on."""
        self.set_pods(self._pods, at)
        self._slowness = factor

    def counters(self, pods: Sequence[int]) -> Counters:
        """Read the counters of ``pods``: the load is spread evenly over those in rotation."""
        if self._ahead is not None:
            found = self._ahead.take(pods, self.ledger.seconds)
            if found is not None:
                return found
            self._stop_ahead()
        counters = self._read(pods)
        self._look_ahead(pods)
        return counters

    def _read(self, pods: Sequence[int]) -> Counters:
        work = self._tally.read(pods, self.work)
        each = 1.0 / self._pods if self._pods else 0.0
        busy = self._tally.spread(self.in_service * each, len(pods))
        queued = np.array(self._queues.each(pods, self._pods))
        outside = [row for row, pod in enumerate(pods) if pod not in self._in_rotation]
        if outside:
            busy[outside] = queued[outside] = 0.0
        return Counters(
            work=work,
            served=work,
            busy=np.minimum(busy, self._spec.slots),
            queued=queued,
            arrived=self.arrived,
            waiting=self.waiting,
            active=min(float(busy.sum()), self._pods * self._spec.slots),
            oldest=self._queues.oldest(self.ledger.seconds),
        )

    def _look_ahead(self, pods: Sequence[int]) -> None:
        """Work out the next readings together, as far as nothing is going to happen before them."""
        calm, second, every = self._calm, self.ledger.seconds, self._every
        if calm is None or not every or self.waiting or not self._in_rotation.issuperset(pods):
            return
        seconds = np.arange(second + every, calm.last + 1, every)
        if len(seconds) < _WORTH_LOOKING_AHEAD:
            return
        arrived, work = calm.until(seconds)
        in_service = self.ledger.arrived[seconds - 1] * (self._spec.mean_service_time * self._slowness)
        self._ahead = Ahead(
            self._tally,
            list(pods),
            seconds.tolist(),
            arrived,
            work,
            in_service,
            self._pods * self._spec.slots,
            self._spec.slots,
        )

    def _stop_ahead(self) -> None:
        """Something happens that nobody foresaw: what was worked out ahead counts as far as it was read."""
        if self._ahead is not None:
            self._ahead.stop()
            self._ahead = None

    def latencies(self) -> FluidLatencies:
        """Work out how long requests took."""
        return FluidLatencies(self._spec, self._slo, self.ledger)

    def set_pods(self, pods: int, at: Instant) -> None:
        """Have ``pods`` in rotation from ``at`` on, whichever they are."""
        self.catch_up(at)
        self._calm = None
        self._stop_ahead()
        self._partial = self._partial.plus(self._strength(self._partial_from, at), (at - self._partial_from) / SECOND)
        self._partial_from = at
        self._pods = pods

    def _strength(self, first: Instant, last: Instant) -> _Strength:
        """Give what the pods now in rotation come to between two instants, on average."""
        slots = self._spec.slots
        present = float(self._pods * slots)
        if not self._young.any_at(first):
            return _Strength(present / self._slowness, present, present)
        behind = [each for _, each in self._young.behind(first, last)]
        warm = present - slots * math.fsum(behind)
        return _Strength(warm / self._slowness, warm, present, float(len(behind) * slots))

    def _go(self, pod: int, at: Instant, lost: float, lost_in_line: float = 0.0) -> None:
        """Take a pod out; the share ``lost`` of its requests in service never ends, nor ``lost_in_line`` of its queue."""
        if self._share[0] != at:
            self.catch_up(at)
            self._share = (at, self.in_service / self._pods, self.waiting / self._pods)
        in_line = self._queues.each([pod], self._pods)[0] if self._queues.are_apart else self._share[2]
        self._in_rotation.remove(pod)
        self.set_pods(self._pods - 1, at)
        self._young.leave(pod)
        self._tally.leave(pod, self.work)
        self._lose(pod, self._share[1] * lost, in_line * lost_in_line)
        self._queues.leave(pod)

    def catch_up(self, to: Instant) -> None:
        """Serve every second that is over by ``to``."""
        first, last = self.ledger.seconds, (to - self._start) // SECOND
        if last <= first:
            return
        calm = self._calm
        if calm is not None and last <= calm.last:  # its seconds are in the account book already
            self.ledger.seconds, self._partial_from = last, self._start + last * SECOND
            self.arrived, self.work = calm.at(last)
            return
        self._calm = None
        self.ledger.grow_to(last)
        if self._partial_from > self._start + first * SECOND:
            end = self._start + (first + 1) * SECOND
            rest = self._strength(self._partial_from, end)
            self._serve_each(first, first + 1, self._partial.plus(rest, (end - self._partial_from) / SECOND))
            first += 1
        self._partial, self._partial_from = _NONE, self._start + last * SECOND
        while first < last and self._young.any_at(self._start + first * SECOND):
            begin = self._start + first * SECOND
            self._serve_each(first, first + 1, self._strength(begin, begin + SECOND))
            first += 1
        if first < last:
            self._serve(first, last)

    def _lose(self, pod: int, in_service: float, in_line: float) -> None:
        """Count requests whose pod was killed as lost. Jobs wait again, at the head of the line."""
        second = self.ledger.seconds - 1
        if second < 0:
            return
        ledger, queues = self.ledger, self._queues
        served = min(in_service, float(ledger.served[second]))
        if self._spec.starts_again:
            queues.put_back(second, served)
        else:
            ledger.lost[second] += served + queues.lose(pod, served, in_line)
        ledger.served[second] -= served
        ledger.waiting[second] = queues.waiting

    def _serve(self, first: int, last: int) -> None:
        """Serve whole seconds with the same pods throughout: at once where nobody has to wait."""
        strength = self._strength(self._partial_from, self._partial_from)
        calm = self._calm_from(first, strength)
        if calm is None or last > calm.last:
            self._serve_each(first, last, strength)
            return
        self._calm, self.ledger.seconds = calm, last
        self.arrived, self.work = calm.at(last)

    def _calm_from(self, first: int, strength: _Strength) -> Calm | None:
        """Find the seconds from ``first`` on in which nobody has to wait, and enter them into the account book.

        What is entered beyond its last second counts once it gets there; something that happens before writes over it.
        """
        ledger = self.ledger
        if self.waiting > 0.0 or not strength.able:
            return None
        arrived = ledger.arrived[first : first + _FORESEEN]
        busy = arrived > strength.able / self._spec.mean_service_time
        last = first + (int(busy.argmax()) if busy.any() else len(arrived))
        ledger.slots[first:last] = strength.able
        ledger.slowness[first:last] = self._slowness
        ledger.served[first:last] = ledger.arrived[first:last]
        return Calm(first, last, (self.arrived, self.work), self._pods, ledger.arrived[first:last])

    def _serve_each(self, first: int, last: int, strength: _Strength) -> None:
        """Serve second by second with so many slots: whoever is not served waits, as far as there is room."""
        ledger, queues, pods = self.ledger, self._queues, self._pods
        ledger.slots[first:last] = strength.able
        ledger.slowness[first:last], ledger.young_share[first:last], ledger.young_slowness[first:last] = strength.pace
        done, rows = self.work, []
        for second, came in enumerate(ledger.arrived[first:last].tolist(), start=first):
            rows.append(outcome := queues.serve(second, came, strength.able, pods))
            self.arrived += came
            if strength.warm:
                self.work += outcome[0] * self._spec.slots / strength.warm
        columns = ledger.served, ledger.rejected, ledger.timed_out, ledger.waiting
        for column, values in zip(columns, zip(*rows, strict=True), strict=True):
            column[first:last] = values
        ledger.seconds = last
        begin = self._start + first * SECOND
        for pod, behind in self._young.behind(begin, begin + SECOND):
            self._tally.fall_behind(pod, (self.work - done) * behind)
