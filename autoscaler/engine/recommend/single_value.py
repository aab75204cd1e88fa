"""Metrics with one value for the whole target: Object, External and Prometheus.

Source: kubernetes pkg/controller/podautoscaler/replica_calculator.go (GetObjectMetricReplicas and the three after it),
v1.36.2.
"""

from __future__ import annotations

from autoscaler.engine.recommend.calculation import Calculation, MetricFailedError, SelectorFailedError, Tolerance
from autoscaler.engine.recommend.per_pod import NO_PODS, Situation
from autoscaler.engine.recommend.wording import selector_text
from autoscaler.model.gonum import INT32_MAX, INT64_MAX, ceil_int32, ceil_int64, ratio, wrap_int64
from autoscaler.model.label_query import SelectorError, query_of
from autoscaler.model.observation import (
    ExternalReading,
    Milli,
    NoReading,
    ObjectReading,
    PrometheusReading,
    Reading,
)
from autoscaler.model.policy import MetricName, ObjectMetric
from autoscaler.model.selector import LabelSelector

_TWO_TO_63 = 9223372036854775808.0


def object_value(reading: Reading, metric: ObjectMetric, namespace: str) -> Milli:
    """The value an Object metric reads.

    Raises:
        MetricFailedError: the metrics API failed. The parts of the text are in upstream's own, wrong, order.
    """
    if isinstance(reading, ObjectReading):
        return reading.value
    described = metric.described
    raise MetricFailedError(
        f"unable to get metric {metric.metric.name}: {described.kind} on {namespace} {described.name}/"
        f"{_fault(reading, 'custom')}"
    )


def external_values(reading: Reading, metric: MetricName, namespace: str) -> tuple[Milli, ...]:
    """Every series an External metric reads, in order.

    Raises:
        MetricFailedError: the metrics API failed, returned nothing, or the metric's selector is wrong.
    """
    require_valid(metric.selector)
    if isinstance(reading, ExternalReading) and reading.values:
        return reading.values
    fault = (
        "no metrics returned from external metrics API"
        if isinstance(reading, ExternalReading)
        else _fault(reading, "external")
    )
    raise MetricFailedError(f"unable to get external metric {namespace}/{metric.name}/{selector_text(metric)}: {fault}")


def prometheus_value(reading: Reading) -> Milli:
    """The value a Prometheus metric reads.

    Raises:
        MetricFailedError: there is none that may be believed.
    """
    if isinstance(reading, PrometheusReading):
        return reading.value
    raise MetricFailedError(
        reading.error if isinstance(reading, NoReading) else "the reading is of another kind of metric"
    )


def require_valid(selector: LabelSelector | None) -> None:
    """Check a metric's own selector, which the API does not validate.

    Raises:
        SelectorFailedError: it cannot be used.
    """
    if selector is None:
        return
    try:
        query_of(selector)
    except SelectorError as error:
        raise SelectorFailedError(str(error)) from error


def capped_sum(values: tuple[Milli, ...]) -> Milli:
    """Sum of an External metric of target type Value: capped at the largest int64 when it overflows upwards."""
    total = 0
    for value in values:
        if total > 0 and value > INT64_MAX - total:
            return INT64_MAX
        total = wrap_int64(total + value)
    return total


def sum_until_negative(values: tuple[Milli, ...]) -> Milli:
    """Sum of an External metric of target type AverageValue: the largest int64 as soon as it is negative.

    Upstream takes a negative running sum for an overflow, so a metric that *is* negative counts as huge.
    """
    total = 0
    for value in values:
        total = wrap_int64(total + value)
        if total < 0:
            return INT64_MAX
    return total


def whole_value(now: Situation, value: Milli, target: Milli) -> Calculation:
    """Replicas for a target of type Value: ready pods times the ratio; from zero, the ratio itself.

    There is no direction check: few ready pods can lower the count while the value is above its target.

    Raises:
        MetricFailedError: the ratio is outside tolerance and there are no pods to multiply.
    """
    use = ratio(float(value), float(target))
    if now.current == 0:
        return Calculation(ceil_int32(use), value, use, "the ratio itself, there being no replicas")
    if now.tolerance.holds(use):
        return Calculation(now.current, value, use, "within tolerance")
    if not now.roster.pods:
        raise MetricFailedError(f"unable to calculate ready pods: {NO_PODS}")
    ready = now.roster.ready_count()
    wanted = use * ready
    replicas = INT32_MAX if wanted > INT32_MAX else ceil_int32(wanted)
    return Calculation(replicas, value, use, f"{ready} ready pods times the ratio")


def value_per_pod(
    tolerance: Tolerance,
    value: Milli,
    target: Milli,
    status_replicas: int,
    *,
    is_external: bool,
    zero_without_pods: bool = False,
) -> Calculation:
    """Replicas for a target of type AverageValue: the value divided by the target, whatever the pods' state.

    Measured against status.replicas, which also is the answer within tolerance. Without any the average reported is the
    smallest int64, or 0 with upstream's late fix (``zero_without_pods``).
    """
    use = ratio(float(value), float(target) * float(status_replicas))
    per_pod = ratio(float(value), float(status_replicas))
    average = INT64_MAX if is_external and float(value) >= _TWO_TO_63 else ceil_int64(per_pod)
    if zero_without_pods and status_replicas == 0:
        average = 0
    if tolerance.holds(use):
        return Calculation(status_replicas, average, use, "within tolerance")
    wanted = ratio(float(value), float(target))
    replicas = INT32_MAX if is_external and wanted > INT32_MAX else ceil_int32(wanted)
    return Calculation(replicas, average, use, "the total divided by the target")


def _fault(reading: Reading, api: str) -> str:
    error = reading.error if isinstance(reading, NoReading) else "the reading is of another kind of metric"
    return f"unable to fetch metrics from {api} metrics API: {error}"
