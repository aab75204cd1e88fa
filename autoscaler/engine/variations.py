"""The same observation with one thing changed: a metric's value, or where the target stands."""

from __future__ import annotations

from msgspec.structs import replace

from autoscaler.model.observation import (
    ContainerUsage,
    ExternalReading,
    Milli,
    NoReading,
    ObjectReading,
    Observation,
    PodSample,
    PodsReading,
    PodUsage,
    PrometheusReading,
    Reading,
    ResourceReading,
    Scale,
)
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    ObjectMetric,
    PrometheusMetric,
    ResourceMetric,
)
from autoscaler.model.time import SECOND, Instant

_WINDOW = 30 * SECOND  #: of samples made up for a metric that could not be read


def with_reading(observation: Observation, index: int, reading: Reading) -> Observation:
    """The observation with the reading at ``index`` replaced."""
    readings = list(observation.readings)
    readings += [NoReading(error="the metric was not read")] * (index + 1 - len(readings))
    readings[index] = reading
    return replace(observation, readings=tuple(readings))


def with_replicas(observation: Observation, scale: Scale, replicas: int) -> Observation:
    """The observation of a target that stands at ``replicas``, the pods and metrics being as they are."""
    moved = Scale(
        spec_replicas=replicas,
        status_replicas=max(scale.status_replicas + replicas - scale.spec_replicas, 0),
        selector=scale.selector,
        resource_version=scale.resource_version,
    )
    return replace(observation, scale=moved)


def at_instant(observation: Observation, at: Instant) -> Observation:
    """The same observation looked at later: pods and samples are that much older."""
    return replace(observation, at=at)


def scaled(reading: Reading, metric: Metric, usage: Milli, value: Milli) -> Reading:
    """The reading of a metric that was at ``usage`` and is at ``value``, both [milli-units].

    Both are the average per pod of a metric that is read pod by pod, else the total. Each pod keeps its share; where
    all stand at zero, they share alike. ``value`` equal to ``usage`` gives the same reading.
    """
    match reading:
        case ResourceReading():
            resource, container = _resource(metric)
            return ResourceReading(
                pods=tuple(_scaled_usage(pod, resource, container, usage, value) for pod in reading.pods)
            )
        case PodsReading():
            return PodsReading(
                samples=tuple(
                    PodSample(pod=one.pod, value=_share(one.value, usage, value), at=one.at, window=one.window)
                    for one in reading.samples
                )
            )
        case ObjectReading():
            return ObjectReading(value=value, at=reading.at)
        case ExternalReading():
            return ExternalReading(values=(value,) if value != usage else reading.values, at=reading.at)
        case PrometheusReading():
            return replace(reading, value=value)
        case NoReading():
            return reading


def uniform(metric: Metric, observation: Observation, value: Milli) -> Reading:
    """A reading made up for a metric that could not be read: every pod at ``value`` [milli-units], or the total."""
    at = observation.at
    match metric:
        case ObjectMetric():
            return ObjectReading(value=value, at=at)
        case ExternalMetric():
            return ExternalReading(values=(value,), at=at)
        case PrometheusMetric():
            return PrometheusReading(value=value, at=at)
        case _:
            resource, container = _resource(metric)
    if not resource:
        samples = (PodSample(pod=pod.name, value=value, at=at, window=_WINDOW) for pod in observation.pods)
        return PodsReading(samples=tuple(samples))
    used = ContainerUsage(name=container, usage=((resource, value),))
    return ResourceReading(
        pods=tuple(PodUsage(pod=pod.name, containers=(used,), at=at, window=_WINDOW) for pod in observation.pods)
    )


def _resource(metric: Metric) -> tuple[str, str]:
    match metric:
        case ResourceMetric():
            return metric.resource, ""
        case ContainerResourceMetric():
            return metric.resource, metric.container
        case _:
            return "", ""


def _scaled_usage(pod: PodUsage, resource: str, container: str, usage: Milli, value: Milli) -> PodUsage:
    counted = [one.name for one in pod.containers if container in ("", one.name)]
    containers = tuple(
        ContainerUsage(
            name=one.name,
            usage=tuple(
                (name, _share(amount, usage, value, len(counted)))
                if name == resource and one.name in counted
                else (name, amount)
                for name, amount in one.usage
            ),
        )
        for one in pod.containers
    )
    return PodUsage(pod=pod.pod, containers=containers, at=pod.at, window=pod.window)


def _share(amount: Milli, usage: Milli, value: Milli, parts: int = 1) -> Milli:
    """What ``amount`` becomes as the average goes from ``usage`` to ``value``; rounded up, so never against it."""
    if value == usage:
        return amount
    return -(-amount * value // usage) if usage > 0 else -(-value // parts)
