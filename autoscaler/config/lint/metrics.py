"""Metrics that cannot do what an autoscaler needs of them: fall when pods are added, and name one target."""

from __future__ import annotations

import re
from typing import Final, assert_never

from autoscaler.config.lint.finding import Note
from autoscaler.config.lint.rule import Notes
from autoscaler.config.lint.scalers import Hpa, WrittenMetric
from autoscaler.config.lint.surroundings import Surroundings
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    MetricTarget,
    ObjectMetric,
    PodsMetric,
    ResourceMetric,
)

_COUNTER: Final = re.compile(r"_(total|sum|bucket)$|_(seconds|bytes)_count$")  # other counts may be gauges
_BACKLOG: Final = re.compile(r"queue|depth|backlog|pending|waiting|lag$|messages|jobs|length")


def no_metrics(hpa: Hpa, _: Surroundings) -> Notes:
    """No metrics are named.

    Why: The API server then adds CPU at 80 % of the request, which the file does not show.
    Fix: write `metrics:`, so that the file says what happens
    Bad:
        metrics: []
    Good:
        metrics:
        - type: Resource
          resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
    """
    if hpa.is_current_version and not hpa.metrics:
        yield Note(path="spec", what="no metrics: the API server adds CPU at 80 % of the request")


def memory_alone(hpa: Hpa, _: Surroundings) -> Notes:
    """Memory is the only metric.

    Why: Few programs give memory back when load falls, and more pods do not take it from those there are: the replicas go
        up and stay up.
    Fix: follow the demand: CPU, requests per second or the queue; give the pods enough memory, or let a
        VerticalPodAutoscaler do so
    Bad:
        metrics:
        - type: Resource
          resource: {name: memory, target: {type: Utilization, averageUtilization: 80}}
    Good:
        metrics:
        - type: Resource
          resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
        - type: Resource
          resource: {name: memory, target: {type: Utilization, averageUtilization: 80}}
    """
    resources = {target.resource for target in hpa.resources}
    if hpa.metrics and resources == {"memory"} and len(hpa.resources) == len(hpa.metrics):
        yield Note(path="spec.metrics", what="memory is the only metric")


def target_type_ignored(hpa: Hpa, _: Surroundings) -> Notes:
    """The target's type does not fit the value that is given.

    Why: For every metric but Object the type is ignored and the field that is set decides, so the file reads differently
        from what it does.
    Fix: let the type name the field that is set
    Bad:
        metrics:
        - type: External
          external: {metric: {name: emails}, target: {type: Value, averageValue: 30}}
    Good:
        metrics:
        - type: External
          external: {metric: {name: emails}, target: {type: AverageValue, averageValue: 30}}
    """
    for metric in hpa.metrics:
        if not isinstance(metric.metric, ObjectMetric) and (meant := _meant(metric.target)):
            what = f"type {meant[0]} does not fit the value given: the type is ignored"
            yield Note(path=f"{metric.path}.type", what=what, fix=f"write type: {meant[1]}")


def object_target_type(hpa: Hpa, _: Surroundings) -> Notes:
    """An Object metric whose target's type does not fit the value that is given.

    Why: For Object metrics, and only for them, the type decides which field is read. The other one is not looked at, so the
        metric fails in every pass, and nothing scales down.
    Fix: let the type name the field that is set
    Bad:
        metrics:
        - type: Object
          object:
            describedObject: {apiVersion: networking.k8s.io/v1, kind: Ingress, name: front}
            metric: {name: open_connections}
            target: {type: AverageValue, value: 100}
    Good:
        metrics:
        - type: Object
          object:
            describedObject: {apiVersion: networking.k8s.io/v1, kind: Ingress, name: front}
            metric: {name: open_connections}
            target: {type: Value, value: 100}
    """
    for metric in hpa.metrics:
        if isinstance(metric.metric, ObjectMetric) and (meant := _meant(metric.target)):
            what = f"type {meant[0]} does not fit the value given: the metric will always fail"
            yield Note(path=f"{metric.path}.type", what=what, fix=f"write type: {meant[1]}")


def metric_twice(hpa: Hpa, _: Surroundings) -> Notes:
    """The same metric is named twice.

    Why: Of several metrics the one that asks for most replicas wins, so the laxer of the two targets never decides.
    Fix: keep the stricter target
    Bad:
        metrics:
        - type: Resource
          resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
        - type: Resource
          resource: {name: cpu, target: {type: Utilization, averageUtilization: 90}}
    Good:
        metrics:
        - type: Resource
          resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
        - type: ContainerResource
          containerResource: {name: cpu, container: app, target: {type: Utilization, averageUtilization: 90}}
    """
    seen: dict[object, str] = {}
    for metric in hpa.metrics:
        identity, item = _identity(metric), metric.path.rsplit(".", 2)[0]
        if identity in seen:
            yield Note(path=item, what=f"the same metric, measured in the same way, as {seen[identity]}")
        else:
            seen[identity] = item


def counter_as_metric(hpa: Hpa, _: Surroundings) -> Notes:
    """A metric whose name is that of a Prometheus counter.

    Why: A counter only grows, whatever the load. Its rate is what follows the load; an HPA on the counter itself goes to the
        maximum and stays there.
    Fix: scale on the rate: let the metrics adapter serve rate(...) under a name such as http_requests_per_second
    Bad:
        metrics:
        - type: Pods
          pods: {metric: {name: http_requests_total}, target: {type: AverageValue, averageValue: 1k}}
    Good:
        metrics:
        - type: Pods
          pods: {metric: {name: http_requests_per_second}, target: {type: AverageValue, averageValue: 1k}}
    """
    for metric in hpa.metrics:
        if _COUNTER.search(metric.name):
            path = metric.path.removesuffix("target") + "metric.name"
            yield Note(path=path, what=f"{metric.name} is named like a counter, which only grows")


def backlog_by_total(hpa: Hpa, _: Surroundings) -> Notes:
    """A queue's length against a target of type Value.

    Why: With Value each pass multiplies the ready pods by the ratio of length to target. A queue does not shorten the moment
        pods are added, so pass after pass multiplies again, up to the maximum; and an empty queue asks for none. With
        AverageValue the length divided by the target is the answer, however many pods there are.
    Fix: write type: AverageValue with averageValue: the length that one pod should have before it
    Bad:
        metrics:
        - type: External
          external: {metric: {name: redis_queue_depth}, target: {type: Value, value: 300}}
    Good:
        metrics:
        - type: External
          external: {metric: {name: redis_queue_depth}, target: {type: AverageValue, averageValue: 30}}
    """
    for metric in hpa.metrics:
        target = metric.target
        by_total = target.average_value is None and target.value is not None
        if by_total and isinstance(metric.metric, ExternalMetric) and _BACKLOG.search(metric.name.lower()):
            what = (
                f"{metric.name} seems to be a queue's length, and Value multiplies the pods by the ratio in every pass"
            )
            yield Note(path=f"{metric.path}.value", what=what)


def _meant(target: MetricTarget) -> tuple[str, str] | None:
    """The declared type and the one that fits the field that is set; ``None`` where they agree."""
    given = {
        "Utilization": target.average_utilization is not None,
        "AverageValue": target.average_value is not None,
        "Value": target.value is not None,
    }
    if given.get(target.type, True):
        return None
    return target.type, next((name for name, is_set in given.items() if is_set), "")


def _identity(metric: WrittenMetric) -> object:
    """What is measured, and how: two metrics that share it differ in the number only."""
    target = metric.target
    how = (target.value is None, target.average_value is None, target.average_utilization is None)
    match metric.metric:
        case ResourceMetric(resource=resource):
            return "resource", resource, how
        case ContainerResourceMetric(resource=resource, container=container):
            return "container", resource, container, how
        case PodsMetric(metric=name):
            return "pods", name, how
        case ObjectMetric(described=described, metric=name):
            return "object", described, name, how
        case ExternalMetric(metric=name):
            return "external", name, how
        case _:
            assert_never(metric.metric)
