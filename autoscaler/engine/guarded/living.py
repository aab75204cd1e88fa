"""Samples of pods that are gone, or that were made anew since, are no evidence: some adapters serve them for minutes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from msgspec.structs import replace

from autoscaler.model.observation import Observation, Pod, PodSample, PodsReading, PodUsage, Reading, ResourceReading
from autoscaler.model.usage_columns import UsageColumns

_Sample = TypeVar("_Sample", PodUsage, PodSample)


def of_the_living(observation: Observation) -> Observation:
    """Give the observation without samples of pods that do not exist, or that ended before the pod of that name began.

    Names are all that the metrics APIs tell of a pod; a StatefulSet's pod comes back under the same one.
    """
    if not any(isinstance(reading, ResourceReading | PodsReading) for reading in observation.readings):
        return observation
    pods = {pod.name: pod for pod in observation.pods}
    readings = tuple(_living(reading, pods) for reading in observation.readings)
    if all(one is other for one, other in zip(readings, observation.readings, strict=True)):
        return observation
    return replace(observation, readings=readings)


def _living(reading: Reading, pods: dict[str, Pod]) -> Reading:
    match reading:
        case ResourceReading(pods=UsageColumns() as columns) if _are_all_of(columns, pods):
            return reading
        case ResourceReading(pods=samples):
            kept = _kept(samples, pods)
            return reading if len(kept) == len(samples) else ResourceReading(pods=kept)
        case PodsReading(samples=found):
            left = _kept(found, pods)
            return reading if len(left) == len(found) else PodsReading(samples=left)
        case _:
            return reading


def _are_all_of(columns: UsageColumns, pods: dict[str, Pod]) -> bool:
    """Tell whether every sample is of a pod that is there and began before it; rows need not be made for that."""
    at = columns.at
    for name in columns.names:
        pod = pods.get(name)
        if pod is None or (pod.started_at is not None and pod.started_at > at):
            return False
    return True


def _kept(samples: Sequence[_Sample], pods: dict[str, Pod]) -> tuple[_Sample, ...]:
    for sample in samples:  # nearly always all of them are of living pods: nothing to copy then
        pod = pods.get(sample.pod)
        if pod is None or (pod.started_at is not None and sample.at < pod.started_at):
            return tuple(each for each in samples if _is_of(each, pods.get(each.pod)))
    return tuple(samples)


def _is_of(sample: PodUsage | PodSample, pod: Pod | None) -> bool:
    return pod is not None and (pod.started_at is None or sample.at >= pod.started_at)
