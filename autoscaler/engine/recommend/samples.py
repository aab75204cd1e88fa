"""Turn a reading into one number per pod.

Source: kubernetes pkg/controller/podautoscaler/metrics/client.go, v1.36.2.
"""

from __future__ import annotations

from collections.abc import Sequence

from autoscaler.engine.recommend.calculation import MetricFailedError
from autoscaler.model.gonum import wrap_int64
from autoscaler.model.observation import (
    ContainerUsage,
    Milli,
    NoReading,
    PodsReading,
    PodUsage,
    Reading,
    ResourceReading,
)
from autoscaler.model.usage_columns import UsageColumns

Samples = dict[str, Milli]
"""One value per pod name, in milli-units. Names may be of pods that no longer exist."""


def resource_samples(reading: Reading, resource: str, container: str) -> tuple[Samples, Sequence[PodUsage]]:
    """Each pod's use of ``resource``; by one container if ``container`` is not empty, else by all of them.

    Raises:
        MetricFailedError: the metrics API failed, or returned nothing.
    """
    if not isinstance(reading, ResourceReading):
        raise MetricFailedError(f"unable to get metrics for resource {resource}: {_fault(reading, 'resource')}")
    if not reading.pods:
        raise MetricFailedError(
            f"unable to get metrics for resource {resource}: no metrics returned from resource metrics API"
        )
    usages = reading.pods
    if type(usages) is UsageColumns:
        return _of_columns(usages, resource, container), usages
    return _of_container(usages, resource, container) if container else _of_whole_pods(usages, resource), usages


def custom_samples(reading: Reading, name: str) -> Samples:
    """Each pod's value of a custom metric.

    Raises:
        MetricFailedError: the metrics API failed, or returned nothing.
    """
    if not isinstance(reading, PodsReading):
        raise MetricFailedError(f"unable to get metric {name}: {_fault(reading, 'custom')}")
    if not reading.samples:
        raise MetricFailedError(f"unable to get metric {name}: no metrics returned from custom metrics API")
    return {sample.pod: sample.value for sample in reading.samples}


def _fault(reading: Reading, api: str) -> str:
    error = reading.error if isinstance(reading, NoReading) else "the reading is of another kind of metric"
    return f"unable to fetch metrics from {api} metrics API: {error}"


def _of_columns(usages: UsageColumns, resource: str, container: str) -> Samples:
    """The same of pods that have one container each."""
    values = usages.columns.get(resource, ()) if container in ("", usages.container) else ()
    return dict(zip(usages.names, values, strict=False))


def _of_whole_pods(usages: Sequence[PodUsage], resource: str) -> Samples:
    """Pods of which every container, and at least one, reports the resource."""
    samples: Samples = {}
    for usage in usages:
        containers = usage.containers
        if len(containers) == 1:  # nearly all: nothing to add up
            for name, value in containers[0].usage:
                if name == resource:
                    samples[usage.pod] = value
                    break
            continue
        total: Milli | None = None
        for container in containers:
            for name, value in container.usage:
                if name == resource:
                    total = value if total is None else wrap_int64(total + value)
                    break
            else:
                break
        else:
            if total is not None:
                samples[usage.pod] = total
    return samples


def _of_container(usages: Sequence[PodUsage], resource: str, container: str) -> Samples:
    """Pods whose first container of that name reports the resource; the others count as missing."""
    samples: Samples = {}
    for usage in usages:
        named = next((candidate for candidate in usage.containers if candidate.name == container), None)
        value = None if named is None else _usage_of(named, resource)
        if value is not None:
            samples[usage.pod] = value
    return samples


def _usage_of(container: ContainerUsage, resource: str) -> Milli | None:
    return next((value for name, value in container.usage if name == resource), None)
