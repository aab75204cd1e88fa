"""Metrics with one sample per pod: use of a resource, or a custom metric.

Both directions are damped by what is not known: a pod without a sample counts as fully used when shrinking and as idle
when growing, a pod that is not ready counts as idle when growing.

Source: kubernetes pkg/controller/podautoscaler/replica_calculator.go (GetResourceReplicas, calcPlainMetricReplicas) and
metrics/utilization.go, v1.36.2.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from autoscaler.engine.recommend.calculation import Calculation, MetricFailedError, Tolerance
from autoscaler.engine.recommend.grouping import (
    CPU,
    Groups,
    Roster,
    are_all_trusted,
    group_pods,
    group_pods_for_cpu,
)
from autoscaler.engine.recommend.requests import pod_requests, request_of
from autoscaler.engine.recommend.samples import Samples, custom_samples, resource_samples
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import PodCounts
from autoscaler.model.gonum import INT32_MAX, INT64_MAX, ceil_int32, quotient, ratio, wrap_int32, wrap_int64
from autoscaler.model.observation import Milli, PodUsage, Reading, ResourceReading
from autoscaler.model.time import Instant
from autoscaler.model.usage_columns import UsageColumns

NO_PODS = "no pods returned by selector while calculating replica count"
_PLAIN = INT64_MAX // 100  #: totals below it can be taken times 100
NO_SAMPLES = "did not receive metrics for targeted pods (pods might be unready)"


class Use(Struct, frozen=True, gc=False):
    """How much of the target is used: the ratio, the average per pod [milli], and percent of the requests if asked."""

    ratio: float
    average: Milli
    utilization: int | None = None


class Situation(Struct, frozen=True, gc=False):
    """What every per-pod metric of a pass shares."""

    roster: Roster
    current: int
    tolerance: Tolerance
    at: Instant
    config: ControllerConfig


def resource_utilization(now: Situation, reading: Reading, resource: str, container: str, target: int) -> Calculation:
    """Replicas that bring use to ``target`` percent of what the pods request.

    Raises:
        MetricFailedError: no metrics, no pods, no usable samples, or a pod without the request.
    """
    values, pod_level = _of_all_alike(now, reading, resource, container), now.config.gates.pod_level_resources
    if values is not None:
        count = len(values)
        request = request_of(now.roster.pods[0], resource, container, pod_level=pod_level)
        use = _utilization(wrap_int64(sum(values)), wrap_int64(count * request), count, target)
        return _settled(now, Groups(count, [], [], []), use)
    samples, usages = resource_samples(reading, resource, container)
    groups = _grouped(now, samples, usages if resource == CPU else None)
    roster = now.roster
    if roster.are_alike:
        requests = dict.fromkeys(roster.names, request_of(roster.pods[0], resource, container, pod_level=pod_level))
    else:
        requests = pod_requests(roster.pods, resource, container, pod_level=pod_level)
    use = utilization_use(samples, requests, target)
    if not _needs_filling(groups, use.ratio):
        return _settled(now, groups, use)
    full = max(100, target)  # percent of its request that a missing pod is taken to use when shrinking
    at_most = {name: quotient(wrap_int64(requests[name] * full), 100) for name in groups.missing}
    filled = _filled(samples, groups, use.ratio, at_most)
    return _damped(now, groups, use, utilization_use(filled, requests, target).ratio, len(filled))


def resource_average(now: Situation, reading: Reading, resource: str, container: str, target: Milli) -> Calculation:
    """Replicas that bring the average use of a resource to ``target``.

    Raises:
        MetricFailedError: no metrics, no pods, or no usable samples.
    """
    samples, usages = resource_samples(reading, resource, container)
    groups = _grouped(now, samples, usages if resource == CPU else None)
    return _proposed(now, samples, groups, target)


def pods_average(now: Situation, reading: Reading, name: str, target: Milli) -> Calculation:
    """Replicas that bring the average of a custom metric to ``target``.

    Raises:
        MetricFailedError: no metrics, no pods, or no usable samples.
    """
    samples = custom_samples(reading, name)
    groups = _grouped(now, samples)
    return _proposed(now, samples, groups, target)


def utilization_use(samples: Samples, requests: dict[str, Milli], target: int) -> Use:
    """Use in percent of the requests. The percentage is truncated *before* it is compared with ``target``.

    Raises:
        MetricFailedError: the requests of the pods with samples add up to nothing.
    """
    known = samples
    try:
        requested = wrap_int64(sum(map(requests.__getitem__, samples)))
    except KeyError:  # samples of pods that no longer exist do not count here
        known = {name: value for name, value in samples.items() if name in requests}
        requested = wrap_int64(sum(map(requests.__getitem__, known)))
    return _utilization(wrap_int64(sum(known.values())), requested, len(known), target)


def _utilization(total: Milli, requested: Milli, pods: int, target: int) -> Use:
    if requested == 0:
        raise MetricFailedError("no metrics returned matched known pods")
    if (
        0 <= total < _PLAIN and 0 < requested and target > 0
    ):  # the rule: nothing wraps, and truncation is floor division
        utilization = total * 100 // requested
        if utilization <= INT32_MAX:
            return Use(utilization / target, total // pods, utilization)
    utilization = wrap_int32(quotient(wrap_int64(total * 100), requested))
    return Use(ratio(float(utilization), float(target)), quotient(total, pods), utilization)


def average_use(samples: Samples, target: Milli) -> Use:
    """Average over all samples, also those of pods that no longer exist."""
    average = quotient(wrap_int64(sum(samples.values())), len(samples))
    return Use(ratio(float(average), float(target)), average)


def _of_all_alike(now: Situation, reading: Reading, resource: str, container: str) -> Sequence[Milli] | None:
    """What each pod uses, where nothing has to be looked up: all pods are alike, measured and beyond doubt.

    That is the rule for most passes of a simulation, whose readings are columns.
    """
    if not isinstance(reading, ResourceReading):
        return None
    usages, roster = reading.pods, now.roster
    if type(usages) is not UsageColumns or not roster.are_alike or usages.names != roster.names:
        return None
    if len(roster.living) != len(roster.names) or container not in ("", usages.container):
        return None
    if resource == CPU and not are_all_trusted(roster.living, now.at, now.config):
        return None
    return usages.columns.get(resource) or None


def _grouped(now: Situation, samples: Samples, usages: Sequence[PodUsage] | None = None) -> Groups:
    """Group the pods and leave only the samples that count; ``usages`` are given for cpu."""
    if not now.roster.pods:
        raise MetricFailedError(NO_PODS)
    if usages is None:
        groups = group_pods(now.roster, samples)
    else:
        groups = group_pods_for_cpu(now.roster, samples, usages, now.at, now.config)
    for name in groups.ignored:
        samples.pop(name, None)
    for name in groups.unready:
        samples.pop(name, None)
    if not samples:
        raise MetricFailedError(NO_SAMPLES)
    return groups


def _proposed(now: Situation, samples: Samples, groups: Groups, target: Milli) -> Calculation:
    """Measure an average; a pod that is missing is taken to be on target when shrinking."""
    use = average_use(samples, target)
    if not _needs_filling(groups, use.ratio):
        return _settled(now, groups, use)
    filled = _filled(samples, groups, use.ratio, dict.fromkeys(groups.missing, target))
    return _damped(now, groups, use, average_use(filled, target).ratio, len(filled))


def _needs_filling(groups: Groups, ratio_seen: float) -> bool:
    """Tell whether pods that are missing, or unready while growing, have to be filled in."""
    return bool(groups.missing or (groups.unready and ratio_seen > 1.0))


def _settled(now: Situation, groups: Groups, use: Use) -> Calculation:
    """The proposal where every pod that matters was measured."""
    if now.tolerance.holds(use.ratio):
        replicas, note = now.current, "within tolerance"
    else:
        replicas, note = ceil_int32(use.ratio * groups.ready), f"{groups.ready} ready pods times the ratio"
    return Calculation(replicas, use.average, use.ratio, note, use.utilization, None, _counts(groups))


def _counts(groups: Groups) -> PodCounts | None:
    if not (groups.unready or groups.missing or groups.ignored):
        return None  # the rule: spare the value
    return PodCounts(groups.ready, len(groups.unready), len(groups.missing), len(groups.ignored))


def _filled(samples: Samples, groups: Groups, ratio_seen: float, at_most: Samples) -> Samples:
    """The samples with a value for each pod that has none, against the direction of change; at exactly 1 there is none.

    ``at_most``: what a missing pod is taken to use when shrinking.
    """
    if ratio_seen < 1.0:
        return samples | at_most
    if ratio_seen > 1.0:
        return samples | dict.fromkeys((*groups.missing, *groups.unready), 0)
    return samples


def _damped(now: Situation, groups: Groups, use: Use, ratio_filled: float, pods: int) -> Calculation:
    """The proposal after filling in: the ratio counts that holds for all ``pods``."""
    replicas, note = _held_back(now, use.ratio, ratio_filled, pods)
    return Calculation(replicas, use.average, use.ratio, note, use.utilization, ratio_filled, _counts(groups))


def _held_back(now: Situation, ratio_seen: float, ratio_filled: float, pods: int) -> tuple[int, str]:
    """How many, and why: never a change against the direction first seen."""
    if now.tolerance.holds(ratio_filled):
        return now.current, f"within tolerance at {ratio_filled:.3f} once every pod counts"
    if (ratio_seen < 1.0 < ratio_filled) or (ratio_filled < 1.0 < ratio_seen):
        return now.current, f"the direction turns, to {ratio_filled:.3f}, once every pod counts"
    replicas = ceil_int32(ratio_filled * pods)
    if (ratio_filled < 1.0 and replicas > now.current) or (ratio_filled > 1.0 and replicas < now.current):
        return now.current, f"{replicas} would go against the ratio"
    return replicas, f"{pods} pods times {ratio_filled:.3f}, the ratio once every pod counts"
