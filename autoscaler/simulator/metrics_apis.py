"""The metrics APIs of the simulated world: each metric's answer as a controller gets it, or why there is none."""

from __future__ import annotations

from typing import Final

from autoscaler.config.scenario import MetricSource, MetricsOutage, OutageAnswer, Scenario
from autoscaler.model.observation import (
    ExternalReading,
    NoReading,
    PodsReading,
    PrometheusReading,
    Reading,
    ResourceReading,
)
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    ObjectMetric,
    PodsMetric,
    PrometheusMetric,
    ResourceMetric,
    UnknownMetric,
)
from autoscaler.model.time import Instant
from autoscaler.simulator.pipeline import Pipeline

_OVERLOADED: Final = "the server is currently unable to handle the request"

#: Which API, and in it the metric's name; cpu and memory of all containers are one answer.
_Key = tuple[MetricSource, str]
_USAGE: Final[_Key] = (MetricSource.RESOURCE, "")


class MetricsApis:
    """Answers for one workload; faults put them out of order, one outage at a time or several."""

    __slots__ = ("_held", "_outages", "_pipeline", "_shown", "_spec")

    def __init__(self, scenario: Scenario, pipeline: Pipeline) -> None:
        self._spec = scenario.metrics
        self._pipeline = pipeline
        self._outages: list[MetricsOutage] = []
        self._shown = ResourceReading(pods=())
        self._held: dict[int, dict[_Key, Reading]] = {}  # what a stale outage goes on saying, by its identity

    def fail(self, outage: MetricsOutage, at: Instant) -> None:
        """Begin an outage; of several that hit one metric the first counts."""
        self._outages.append(outage)
        if outage.answer is OutageAnswer.STALE:
            known = (_USAGE, *((MetricSource.CUSTOM, name) for name in self._spec.pods))
            external = ((MetricSource.EXTERNAL, name) for name in self._spec.external)
            queries = ((MetricSource.PROMETHEUS, name) for name in self._spec.prometheus)
            self._held[id(outage)] = {key: self._answer(key, at) for key in (*known, *external, *queries)}

    def recover(self, outage: MetricsOutage) -> None:
        """End an outage."""
        self._outages = [other for other in self._outages if other is not outage]
        self._held.pop(id(outage), None)

    def readings(self, metrics: tuple[Metric, ...], at: Instant) -> tuple[Reading, ...]:
        """Answer each metric as its API would at ``at``."""
        if self._outages:
            return tuple([self.reading(metric, at) for metric in metrics])
        usage = self._usage(at)
        return tuple([usage if type(metric) is ResourceMetric else self.reading(metric, at) for metric in metrics])

    def reading(self, metric: Metric, at: Instant) -> Reading:
        """Answer a metric as its API would at ``at``."""
        match metric:
            case ResourceMetric() | ContainerResourceMetric():
                return self._ask(_USAGE, at)
            case PodsMetric():
                return self._ask((MetricSource.CUSTOM, metric.metric.name), at)
            case ExternalMetric():
                return self._ask((MetricSource.EXTERNAL, metric.metric.name), at)
            case PrometheusMetric():
                return self._ask((MetricSource.PROMETHEUS, metric.name), at)
            case ObjectMetric():
                kind, name = metric.described.kind.lower(), metric.described.name
                return NoReading(error=f"the server could not find the metric {metric.metric.name} for {kind} {name}")
            case UnknownMetric():
                return NoReading(error=f"unknown metric source type {metric.type!r}")

    def _ask(self, key: _Key, at: Instant) -> Reading:
        outage = next((each for each in self._outages if each.of.covers(key[0])), None) if self._outages else None
        if outage is None:
            return self._answer(key, at)
        if outage.answer is OutageAnswer.ERROR:
            return NoReading(error=f"{_OVERLOADED} (get {_asked(key)})")
        return self._held[id(outage)].get(key) or self._answer(key, at)

    def _answer(self, key: _Key, at: Instant) -> Reading:
        source, name = key
        match source:
            case MetricSource.RESOURCE:
                return self._usage(at)
            case MetricSource.CUSTOM:
                signal = self._spec.pods.get(name)
                if signal is None:
                    return NoReading(error=f"the server could not find the metric {name} for pods")
                return PodsReading(samples=self._pipeline.samples(signal, at))
            case MetricSource.EXTERNAL:
                total = self._spec.external.get(name)
                if total is None:
                    return NoReading(error=f"the server could not find the metric {name}")
                answer = self._pipeline.total(total, at)
                return ExternalReading(
                    values=() if answer is None else (answer[0],), at=at if answer is None else answer[1]
                )
            case MetricSource.PROMETHEUS:
                return self._queried(name, at)

    def _queried(self, name: str, at: Instant) -> PrometheusReading | NoReading:
        """Answer a query: it is known by the metric's name, since nothing here can be asked in PromQL."""
        signal = self._spec.prometheus.get(name)
        if signal is None:
            return NoReading(error=f"the scenario does not say what {name} measures (metrics.prometheus)")
        answer = self._pipeline.total(signal, at)
        if answer is None:
            return NoReading(error="the query returned nothing")
        return PrometheusReading(value=answer[0], at=answer[1])

    def _usage(self, at: Instant) -> ResourceReading:
        """Give cpu and memory of all containers; the same object until something else is known."""
        pods = self._pipeline.usage(at)
        if self._shown.pods is not pods:
            self._shown = ResourceReading(pods=pods)
        return self._shown


def _asked(key: _Key) -> str:
    """Name what was asked for, as the API server's client does."""
    source, name = key
    match source:
        case MetricSource.RESOURCE:
            return "pods.metrics.k8s.io"
        case MetricSource.CUSTOM:
            return f"pods.custom.metrics.k8s.io */{name}"
        case MetricSource.EXTERNAL:
            return f"{name}.external.metrics.k8s.io"
        case MetricSource.PROMETHEUS:
            return f"query of {name}"
