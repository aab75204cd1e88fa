"""What a controller sees of the pods: scraped now and then, averaged over a window, and late.

The shape is that of metrics-server and of a custom-metrics adapter over counters: a rate is the growth of a counter over
the window, a pod needs two scrapes before it has one, and an answer is the newest scrape that is old enough to be known.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct

from autoscaler.config.scenario import PodSignal, Scenario, ServiceSignal
from autoscaler.model.observation import Milli, PodSample, PodUsage
from autoscaler.model.time import SECOND, Instant, Nanoseconds, seconds
from autoscaler.model.usage_columns import UsageColumns
from autoscaler.simulator.noise import Draw, Noise
from autoscaler.simulator.pod import Container
from autoscaler.simulator.pod_values import CONTAINER
from autoscaler.simulator.serving import Counters, Floats
from autoscaler.simulator.usage_ahead import UsageAhead, memory_milli
from autoscaler.simulator.warmup import startup_cpu

_NOBODY: Final[frozenset[int]] = frozenset()
_SLACK: Final = 2  #: scrapes kept beyond the longest window


class Scrape(Struct, frozen=True):
    """The counters of ``pods``, the containers that ran, at one instant. ``missed``: rows that nobody got, if any."""

    at: Instant
    known_at: Instant
    number: int
    pods: tuple[Container, ...]
    counters: Counters
    missed: frozenset[int] = frozenset()


class Pipeline:
    """Scrapes of one workload, newest last, and the values that follow from them.

    Faults set ``extra_lag`` [ns] and ``dropped`` (the share of pods that a scrape misses) for the scrapes to come.
    """

    def __init__(self, scenario: Scenario, noise: Noise) -> None:
        self._spec = scenario.metrics
        self._cost = scenario.service
        self._pods = scenario.pods
        self._interval = seconds(self._spec.scrape_interval)
        self._lag = seconds(self._spec.lag)
        self._resource_window = seconds(self._spec.resource_window)
        self._custom_window = seconds(self._spec.custom_window)
        self._noise = noise
        self.extra_lag: Nanoseconds = 0
        self.dropped = self._spec.dropped_samples
        longest = (
            max(self._spec.resource_window, self._spec.custom_window) + self._spec.lag + longest_extra_lag(scenario)
        )
        self._scrapes: deque[Scrape] = deque(maxlen=math.ceil(longest / self._spec.scrape_interval) + 1 + _SLACK)
        self._usage: tuple[int, Sequence[PodUsage]] = (-1, ())
        self._ahead: UsageAhead | None = None
        self._named: tuple[tuple[Container, ...], tuple[str, ...]] = ((), ())  # containers, and their pods' names

    def scrape(self, at: Instant, pods: tuple[Container, ...], counters: Counters) -> None:
        """Keep what was read now."""
        number = self._scrapes[-1].number + 1 if self._scrapes else 0
        known_at = at + self._lag + self.extra_lag
        missed = self._missed(number, pods) if self.dropped else _NOBODY
        self._scrapes.append(Scrape(at, known_at, number, pods, counters, missed))

    def usage(self, at: Instant) -> Sequence[PodUsage]:
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
        if signal is PodSignal.REQUESTS_PER_SECOND:
            values = self._rates(scrape, self._custom_window, "served")
        else:
            in_flight = enumerate((scrape.counters.busy + scrape.counters.queued).tolist())
            values = [(row, value) for row, value in in_flight if row not in scrape.missed]
        return tuple(
            PodSample(pod=scrape.pods[row].name, value=round(value * 1000), at=scrape.at, window=self._custom_window)
            for row, value in values
        )

    def total(self, signal: ServiceSignal, at: Instant) -> tuple[int, Instant] | None:
        """Give an external metric [milli] as known at ``at``, and its instant."""
        scrape = self._known(at)
        if scrape is None:
            return None
        counters = scrape.counters
        match signal:
            case ServiceSignal.QUEUE_DEPTH:
                return round(counters.waiting) * 1000, scrape.at
            case ServiceSignal.JOBS_ACTIVE:
                return round(counters.active) * 1000, scrape.at
            case ServiceSignal.JOBS_DELAYED:
                return round(counters.delayed) * 1000, scrape.at
            case ServiceSignal.JOBS_UNFINISHED:
                return round(counters.waiting + counters.active) * 1000, scrape.at
            case ServiceSignal.OLDEST_JOB_AGE:
                return round(counters.oldest * 1000), scrape.at
            case ServiceSignal.REQUESTS_PER_SECOND:
                begin, low, high, share = self._around(scrape.at - self._custom_window)
                then = low.counters.arrived + share * (high.counters.arrived - low.counters.arrived)
                span = (scrape.at - begin) / SECOND
                return (round((counters.arrived - then) / span * 1000) if span > 0 else 0), scrape.at

    def _missed(self, number: int, pods: tuple[Container, ...]) -> frozenset[int]:
        if not pods:
            return _NOBODY
        draws = self._noise.draws(Draw.SAMPLE, number, [pod.number for pod in pods])
        return frozenset(np.flatnonzero(draws < self.dropped).tolist())

    def _known(self, at: Instant) -> Scrape | None:
        """Give the newest scrape that a reader can have at ``at``; the very first has no rate yet."""
        for scrape in reversed(self._scrapes):
            if scrape.known_at <= at:
                return scrape if scrape.number else None
        return None

    def _around(self, at: Instant) -> tuple[Instant, Scrape, Scrape, float]:
        """Give the scrapes before and after ``at`` and how far it lies between them; not before the first kept."""
        later = self._scrapes[-1]
        for scrape in reversed(self._scrapes):
            if scrape.at < at:
                return at, scrape, later, (at - scrape.at) / (later.at - scrape.at)
            later = scrape
            if scrape.at == at:
                break
        return later.at, later, later, 0.0

    def _rates(self, scrape: Scrape, window: Nanoseconds, counter: str) -> list[tuple[int, float]]:
        """Give the growth per second of a counter, as ``(row, rate)`` of each pod that has been scraped twice."""
        begin, low, high, share = self._around(scrape.at - window)
        since, full_span = scrape.at - self._interval, (scrape.at - begin) / SECOND
        before = _aligned(low, scrape, counter)
        if share:
            before = before + share * (_aligned(high, scrape, counter) - before)
        grown, missed = getattr(scrape.counters, counter) - before, scrape.missed
        rates = []
        for row, (pod, growth) in enumerate(zip(scrape.pods, grown.tolist(), strict=True)):
            running_at = pod.running_at
            if running_at > since or row in missed:
                continue
            span = full_span if running_at <= begin else (scrape.at - running_at) / SECOND
            rates.append((row, growth / span))
        return rates

    def _usages(self, scrape: Scrape) -> Sequence[PodUsage]:
        if scrape.counters.foreseen is not None:
            foreseen = self._foreseen(scrape)
            if foreseen is not None:
                return foreseen
        cost = self._cost
        at_rest, per_request = 1000 * cost.cpu_at_rest, 1000 * cost.cpu_per_request
        memory, starting, names = self._memory(scrape), self._starting(scrape), self._names(scrape.pods)
        rates = self._rates(scrape, self._resource_window, "work")
        cpu = [math.ceil(at_rest + per_request * rate + starting[row]) for row, rate in rates]
        if len(rates) < len(names):
            names, memory = tuple(names[row] for row, _ in rates), [memory[row] for row, _ in rates]
        return UsageColumns(names, CONTAINER, {"cpu": cpu, "memory": memory}, scrape.at, self._resource_window)

    def _foreseen(self, scrape: Scrape) -> UsageColumns | None:
        """Give what was worked out together with other scrapes, where each of its pods was there throughout the window."""
        foreseen, reading = scrape.counters.foreseen, scrape.counters.reading
        if foreseen is None or scrape.missed or self._pods.startup_cpu:
            return None
        ahead = self._ahead
        if ahead is None or ahead.foreseen is not foreseen:
            ahead = self._ahead = UsageAhead(foreseen, self._cost, self._interval, self._resource_window)
        columns = ahead.columns(reading)
        if columns is None:
            return None
        return UsageColumns(self._names(scrape.pods), CONTAINER, columns, scrape.at, self._resource_window)

    def _names(self, pods: tuple[Container, ...]) -> tuple[str, ...]:
        if self._named[0] is not pods:
            self._named = pods, tuple(pod.name for pod in pods)
        return self._named[1]

    def _starting(self, scrape: Scrape) -> Sequence[float]:
        """Give the cpu [milli-cores] that each container spent on starting, averaged over its window."""
        if not self._pods.startup_cpu:
            return [0.0] * len(scrape.pods)
        begin = self._around(scrape.at - self._resource_window)[0]
        return [1000 * startup_cpu(self._pods, pod, max(begin, pod.running_at), scrape.at) for pod in scrape.pods]

    def _memory(self, scrape: Scrape) -> list[Milli]:
        """Give the memory [milli-bytes] of each pod."""
        loaded = self._cost.memory_at_rest + self._cost.memory_per_request * scrape.counters.busy
        memory: list[Milli] = memory_milli(loaded).tolist()
        return memory


def longest_extra_lag(scenario: Scenario) -> float:
    """Give how much later than usual a scrape can be known [s], whatever faults there are at once."""
    return math.fsum(fault.metrics_lag.extra for fault in scenario.faults if fault.metrics_lag is not None)


def _aligned(old: Scrape, new: Scrape, counter: str) -> Floats:
    """Give a counter of the old scrape for each pod of the new one: zero for a pod that was not there yet."""
    values: Floats = getattr(old.counters, counter)
    if old.pods is new.pods:
        return values
    by_pod = dict(zip(old.pods, values.tolist(), strict=True))
    return np.array([by_pod.get(pod, 0.0) for pod in new.pods])
