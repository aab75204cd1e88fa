"""One metric: which calculation its target asks for, and what the status says of it."""

from __future__ import annotations

from typing import assert_never

from msgspec import Struct

from autoscaler.engine.recommend.calculation import Calculation, MetricFailedError
from autoscaler.engine.recommend.per_pod import Situation, pods_average, resource_average, resource_utilization
from autoscaler.engine.recommend.single_value import (
    capped_sum,
    external_values,
    object_value,
    prometheus_value,
    require_valid,
    sum_until_negative,
    value_per_pod,
    whole_value,
)
from autoscaler.engine.recommend.wording import (
    NO_EXTERNAL_TARGET,
    NO_OBJECT_TARGET,
    NO_PODS_TARGET,
    NO_PROMETHEUS_TARGET,
    NO_RESOURCE_TARGET,
)
from autoscaler.model.decision import MetricStatus
from autoscaler.model.observation import Reading
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
from autoscaler.model.quantity import Format, Quantity

_BINARY_RESOURCE = "memory"
_MILLI = -3  # power of ten of what is computed with
_BINARY, _DECIMAL = Format.BINARY_SI, Format.DECIMAL_SI


class Computed(Struct, frozen=True, gc=False):
    """A metric's answer and its line in the status."""

    calculation: Calculation
    status: MetricStatus
    target: int  #: percent for utilization, else milli-units


def compute(metric: Metric, reading: Reading, now: Situation, status_replicas: int, namespace: str) -> Computed:
    """Work out what ``metric`` asks for.

    The field of the target that is present decides what is computed; its ``type`` matters for Object metrics only.

    Raises:
        MetricFailedError: there is no answer; the text has not yet the words of the metric's type.
    """
    match metric:
        case ResourceMetric():
            return _resource(metric, "", reading, now)
        case ContainerResourceMetric():
            return _resource(metric, metric.container, reading, now)
        case PodsMetric():
            return _pods(metric, reading, now)
        case ObjectMetric():
            return _object(metric, reading, now, status_replicas, namespace)
        case ExternalMetric():
            return _external(metric, reading, now, status_replicas, namespace)
        case PrometheusMetric():
            return _prometheus(metric, reading, now, status_replicas)
        case UnknownMetric():
            raise MetricFailedError(metric.type)
        case _:
            assert_never(metric)


def _resource(
    metric: ResourceMetric | ContainerResourceMetric, container: str, reading: Reading, now: Situation
) -> Computed:
    target = metric.target
    if target.average_value is not None:
        goal = target.average_value.milli()
        calculation = resource_average(now, reading, metric.resource, container, goal)
        return Computed(calculation, _average(metric, calculation, metric.resource), goal)
    if target.average_utilization is not None:
        goal = target.average_utilization
        calculation = resource_utilization(now, reading, metric.resource, container, goal)
        return Computed(calculation, _average(metric, calculation, metric.resource), goal)
    raise MetricFailedError(NO_RESOURCE_TARGET)


def _pods(metric: PodsMetric, reading: Reading, now: Situation) -> Computed:
    require_valid(metric.metric.selector)
    if metric.target.average_value is None:
        raise MetricFailedError(NO_PODS_TARGET)
    goal = metric.target.average_value.milli()
    calculation = pods_average(now, reading, metric.metric.name, goal)
    return Computed(calculation, _average(metric, calculation), goal)


def _object(metric: ObjectMetric, reading: Reading, now: Situation, status_replicas: int, namespace: str) -> Computed:
    require_valid(metric.metric.selector)
    target = metric.target
    if target.type == "Value" and target.value is not None:
        goal = target.value.milli()
        calculation = whole_value(now, object_value(reading, metric, namespace), goal)
        return Computed(calculation, _value(metric, calculation), goal)
    if target.type == "AverageValue" and target.average_value is not None:
        goal = target.average_value.milli()
        value = object_value(reading, metric, namespace)
        calculation = _value_per_pod(now, value, goal, status_replicas, is_external=False)
        return Computed(calculation, _average(metric, calculation), goal)
    raise MetricFailedError(NO_OBJECT_TARGET)


def _external(
    metric: ExternalMetric, reading: Reading, now: Situation, status_replicas: int, namespace: str
) -> Computed:
    target = metric.target
    if target.average_value is not None:
        goal = target.average_value.milli()
        value = sum_until_negative(external_values(reading, metric.metric, namespace))
        calculation = _value_per_pod(now, value, goal, status_replicas, is_external=True)
        return Computed(calculation, _average(metric, calculation), goal)
    if target.value is not None:
        goal = target.value.milli()
        calculation = whole_value(now, capped_sum(external_values(reading, metric.metric, namespace)), goal)
        return Computed(calculation, _value(metric, calculation), goal)
    raise MetricFailedError(NO_EXTERNAL_TARGET)


def _prometheus(metric: PrometheusMetric, reading: Reading, now: Situation, status_replicas: int) -> Computed:
    """As an External metric with one series; up to its activation it asks for nothing."""
    target = metric.target
    value = prometheus_value(reading)
    if target.average_value is not None:
        goal = target.average_value.milli()
        calculation = _value_per_pod(now, value, goal, status_replicas, is_external=True)
        status = _average(metric, calculation)
    elif target.value is not None:
        goal = target.value.milli()
        calculation = whole_value(now, value, goal)
        status = _value(metric, calculation)
    else:
        raise MetricFailedError(NO_PROMETHEUS_TARGET)
    if metric.activation is not None and value <= metric.activation.milli():
        note = f"not above its activation, {metric.activation}: nothing is asked for"
        calculation = Calculation(0, calculation.usage, calculation.ratio, note)
    return Computed(calculation, status, goal)


def _value_per_pod(now: Situation, value: int, goal: int, status_replicas: int, *, is_external: bool) -> Calculation:
    fixed = now.config.fixes.average_without_pods
    return value_per_pod(now.tolerance, value, goal, status_replicas, is_external=is_external, zero_without_pods=fixed)


def _average(metric: Metric, calculation: Calculation, resource: str = "") -> MetricStatus:
    return MetricStatus(
        metric=metric,
        average_utilization=calculation.utilization,
        average_value=status_quantity(calculation.usage, resource),
    )


def _value(metric: Metric, calculation: Calculation) -> MetricStatus:
    return MetricStatus(metric=metric, value=status_quantity(calculation.usage))


def status_quantity(milli: int, resource: str = "") -> Quantity:
    """A status value: memory prints with powers of 1024, everything else with powers of ten."""
    return Quantity(milli, _MILLI, _BINARY if resource == _BINARY_RESOURCE else _DECIMAL)
