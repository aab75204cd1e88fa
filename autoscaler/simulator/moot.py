"""What a scenario plans in vain: faults after the run's end, and faults of metrics that a policy does not read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autoscaler.config.durations import print_duration
from autoscaler.config.scenario import MetricSource, Scenario
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    PodsMetric,
    PrometheusMetric,
    ResourceMetric,
    ScalingPolicy,
)
from autoscaler.model.time import seconds


def after_the_end(scenario: Scenario, duration: float) -> Iterator[str]:
    """Name what is planned for later than a run of ``duration`` [s] lasts."""
    planned = [(f"faults[{number}], {fault.name},", fault.at) for number, fault in enumerate(scenario.faults)]
    planned += [(f"rollouts[{number}]", rollout.at) for number, rollout in enumerate(scenario.rollouts)]
    end = print_duration(seconds(duration))
    for what, at in planned:
        if at >= duration:
            yield f"{what} is planned for {print_duration(seconds(at))}, but the run ends after {end}"


def unread(scenario: Scenario, policies: Sequence[ScalingPolicy]) -> Iterator[str]:
    """Name the faults of metrics that change nothing, as none of ``policies`` reads any that they hit."""
    read = {source for policy in policies for source in _sources(policy)}
    for number, fault in enumerate(scenario.faults):
        outage = fault.metrics_outage
        if outage is not None and not any(outage.of.covers(source) for source in read):
            yield f"faults[{number}] changes nothing: the policy reads no metric of the {outage.of} API"
        if fault.dropped_samples is not None and not read & {MetricSource.RESOURCE, MetricSource.CUSTOM}:
            yield f"faults[{number}] changes nothing: the policy reads no metric of single pods"


def _sources(policy: ScalingPolicy) -> Iterator[MetricSource]:
    for metric in policy.metrics:
        match metric:
            case ResourceMetric() | ContainerResourceMetric():
                yield MetricSource.RESOURCE
            case PodsMetric():
                yield MetricSource.CUSTOM
            case ExternalMetric():
                yield MetricSource.EXTERNAL
            case PrometheusMetric():
                yield MetricSource.PROMETHEUS
            case _:
                pass
