"""What a controller sees of the pods: scraped now and then, averaged over a window, and late.

The shape is that of metrics-server and of a custom-metrics adapter over counters: a rate is the growth of a counter over
the window, a pod needs two scrapes before it has one, and an answer is the newest scrape that is old enough to be known.
"""

from __future__ import annotations

import bisect
import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from autoscaler.config.scenario import PodSignal, Scenario, ServiceSignal
from autoscaler.model.observation import ContainerUsage, PodSample, PodUsage
from autoscaler.model.time import SECOND, Instant, Nanoseconds, seconds
from autoscaler.simulator.cluster import CONTAINER, SimulatedPod
from autoscaler.simulator.noise import Noise
from autoscaler.simulator.service import FluidService

_KIB_MILLI: Final = 1024 * 1000
_SLACK: Final = 2  #: scrapes kept beyond the longest window


@dataclass(frozen=True, slots=True)
class Scrape:
    """The counters at one instant. ``pods``: those whose containers run; ``busy``: requests in service, per pod."""

    at: Instant
    number: int
    work: float
    arrived: float
    waiting: float
    busy: float
    pods: tuple[SimulatedPod, ...]


class Pipeline:
    """Scrapes of one workload, newest last, and the values that follow from them."""

    def __init__(self, scenario: Scenario, service: FluidService, noise: Noise) -> None:
        self._spec = scenario.metrics
        self._cost = scenario.service
        self._service = service
        self._noise = noise
        self._interval = seconds(self._spec.scrape_interval)
        self._lag = seconds(self._spec.lag)
        self._resource_window = seconds(self._spec.resource_window)
        self._rest = _memory_milli(self._cost.memory_at_rest)
        longest = max(self._spec.resource_window, self._spec.custom_window) + self._spec.lag
        self._scrapes: deque[Scrape] = deque(maxlen=math.ceil(longest / self._spec.scrape_interval) + 1 + _SLACK)
        self._usage: tuple[int, tuple[PodUsage, ...]] = (-1, ())

    def scrape(self, at: Instant, pods: tuple[SimulatedPod, ...], serving: int) -> None:
        """Read every counter now. ``pods``: those whose containers run; ``serving`` of them are in rotation."""
        service = self._service
        service.catch_up(at)
        busy = service.in_service / serving if serving else 0.0
        number = self._scrapes[-1].number + 1 if self._scrapes else 0
        self._scrapes.append(Scrape(at, number, service.work, service.arrived, service.waiting, busy, pods))

    def usage(self, at: Instant) -> tuple[PodUsage, ...]:
        """Give cpu and memory of every pod as known at ``at``; the same objects until a new scrape is known."""
        scrape = self._known(at)
        if scrape is None:
            return ()
        if self._usage[0] != scrape.number:
            self._usage = (scrape.number, self._usages(scrape))
        return self._usage[1]

    def samples(self, signal: PodSignal, at: Instant) -> tuple[PodSample, ...]:
        """Give a custom metric of every pod as known at ``at``."""
        scrape = self._known(at)
        if scrape is None:
            return ()
        window = seconds(self._spec.custom_window)
        values = self._rates(scrape, window) if signal is PodSignal.REQUESTS_PER_SECOND else self._loads(scrape)
        return tuple(
            PodSample(pod=pod.name, value=round(value * 1000), at=scrape.at, window=window) for pod, value in values
        )

    def total(self, signal: ServiceSignal, at: Instant) -> tuple[int, Instant] | None:
        """Give an external metric [milli] as known at ``at``, and its instant."""
        scrape = self._known(at)
        if scrape is None:
            return None
        match signal:
            case ServiceSignal.QUEUE_DEPTH:
                return round(scrape.waiting) * 1000, scrape.at
            case ServiceSignal.REQUESTS_PER_SECOND:
                begin, _, arrived = self._at(scrape.at - seconds(self._spec.custom_window))
                span = (scrape.at - begin) / SECOND
                return (round((scrape.arrived - arrived) / span * 1000) if span > 0 else 0), scrape.at

    def _known(self, at: Instant) -> Scrape | None:
        """Give the newest scrape that a reader can have at ``at``; the very first has no rate yet."""
        for scrape in reversed(self._scrapes):
            if scrape.at + self._lag <= at:
                return scrape if scrape.number else None
        return None

    def _at(self, at: Instant) -> tuple[Instant, float, float]:
        """Give instant, work and arrivals at ``at``, between two scrapes by proportion; not before the first kept."""
        scrapes = self._scrapes
        after = bisect.bisect_left(scrapes, at, key=lambda scrape: scrape.at)
        if after == 0 or scrapes[after].at == at:
            return scrapes[after].at, scrapes[after].work, scrapes[after].arrived
        low, high = scrapes[after - 1], scrapes[after]
        share = (at - low.at) / (high.at - low.at)
        return at, low.work + share * (high.work - low.work), low.arrived + share * (high.arrived - low.arrived)

    def _rates(self, scrape: Scrape, window: Nanoseconds) -> list[tuple[SimulatedPod, float]]:
        """Give requests per second served by each pod that has been scraped twice, with the noise of counting."""
        begin, work_then, _ = self._at(scrape.at - window)
        work, since, full_span = scrape.work, scrape.at - self._interval, (scrape.at - begin) / SECOND
        usual = work - work_then  # what a pod served that was in rotation for the whole window
        spread, rates = math.sqrt(usual), []
        for pod, disturbance in zip(scrape.pods, self._noise.normals(scrape.number, len(scrape.pods)), strict=True):
            running_at = pod.running_at
            if running_at is None or running_at > since:
                continue
            if pod.work_from <= work_then and pod.work_to >= work and running_at <= begin:
                rates.append((pod, max(0.0, usual + disturbance * spread) / full_span))
                continue
            span = (scrape.at - max(begin, running_at)) / SECOND
            served = max(0.0, min(work, pod.work_to) - max(work_then, pod.work_from))
            rates.append((pod, max(0.0, served + disturbance * math.sqrt(served)) / span))
        return rates

    def _loads(self, scrape: Scrape) -> list[tuple[SimulatedPod, float]]:
        """Give requests waiting or in service in each pod, with the noise of a Poisson number."""
        serving = max(1, sum(pod.work_from <= scrape.work < pod.work_to for pod in scrape.pods))
        noise = self._noise.normals(scrape.number, len(scrape.pods))
        queued = scrape.waiting / serving
        return [
            (pod, self._busy(scrape, pod, disturbance) + (queued if pod.work_from <= scrape.work else 0.0))
            for pod, disturbance in zip(scrape.pods, noise, strict=True)
        ]

    def _busy(self, scrape: Scrape, pod: SimulatedPod, disturbance: float) -> float:
        if not pod.work_from <= scrape.work < pod.work_to:
            return 0.0
        return min(float(self._cost.slots), max(0.0, scrape.busy + disturbance * math.sqrt(scrape.busy)))

    def _usages(self, scrape: Scrape) -> tuple[PodUsage, ...]:
        cost, window, at = self._cost, self._resource_window, scrape.at
        at_rest, per_request = 1000 * cost.cpu_at_rest, 1000 * cost.cpu_per_request
        memory = self._memory(scrape)
        usages = []
        for pod, rate in self._rates(scrape, window):
            usage = (("cpu", math.ceil(at_rest + per_request * rate)), ("memory", memory.get(pod.name, self._rest)))
            container = ContainerUsage(name=CONTAINER, usage=usage)
            usages.append(PodUsage(pod=pod.name, containers=(container,), at=at, window=window))
        return tuple(usages)

    def _memory(self, scrape: Scrape) -> dict[str, int]:
        """Give the memory [milli-bytes] of pods, by name, where it depends on their load."""
        cost = self._cost
        if not cost.memory_per_request:
            return {}
        noise = self._noise.normals(scrape.number, len(scrape.pods))
        return {
            pod.name: _memory_milli(
                cost.memory_at_rest + cost.memory_per_request * self._busy(scrape, pod, disturbance)
            )
            for pod, disturbance in zip(scrape.pods, noise, strict=True)
        }


def _memory_milli(size: float) -> int:
    """Round bytes up to whole KiB, as metrics-server reports them, in milli-bytes."""
    return math.ceil(size / 1024) * _KIB_MILLI
