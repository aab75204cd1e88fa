"""What would change an answer, one row for each input."""

from __future__ import annotations

from collections.abc import Iterator

from autoscaler.cli.evaluation_layout import Clock, row
from autoscaler.config.decision_write import readable
from autoscaler.engine.explain import metric_label
from autoscaler.engine.explained import Explained
from autoscaler.engine.sensitivity import Boundary, Input, Sensitivity
from autoscaler.model.policy import ExternalMetric, Metric, ObjectMetric, PrometheusMetric


def changes(explained: Explained, clock: Clock) -> Iterator[str]:
    """Every input, and the nearest values of it alone that change the answer."""
    metrics = iter(explained.policy.metrics)
    for one in explained.sensitivities:
        match one.input:
            case Input.METRIC:
                yield from row(metric_label(one.name), _of_metric(one, next(metrics)))
            case Input.REPLICAS:
                yield from row("replicas", _of_replicas(one))
            case Input.TIME if one.higher is not None:
                yield from row("time", f"{clock.when(one.higher.value)}: {one.higher.desired}")
            case Input.TIME:
                yield from row("time", "passing alone changes nothing")


def _of_metric(one: Sensitivity, metric: Metric) -> str:
    if one.at_start is not None:
        return f"if it could be read, and were at its target: {one.at_start.desired}"
    if one.lower is None and one.higher is None:
        return "no value of it alone changes the answer"
    parts = [
        f"rising to {_level(one.higher, metric)}: {one.higher.desired}" if one.higher else "no higher value does",
        f"falling to {_level(one.lower, metric)}: {one.lower.desired}" if one.lower else "no lower value does",
    ]
    parts.sort(key=lambda part: part.startswith("no "))
    return ("" if one.now is not None else "if it could be read, ") + "; ".join(parts)


def _level(found: Boundary, metric: Metric) -> str:
    value = readable(metric, found.value)
    if isinstance(metric, ObjectMetric | ExternalMetric | PrometheusMetric):
        return value
    return f"{found.observed} ({value} per pod)" if found.observed.endswith("%") else f"{value} per pod"


def _of_replicas(one: Sensitivity) -> str:
    if one.lower is None and one.higher is None:
        return "no other number of replicas changes the answer"
    parts = [
        f"to {found.value}: " + ("stays there" if found.desired == found.value else f"moved to {found.desired}")
        for found in (one.higher, one.lower)
        if found is not None
    ]
    return f"if scaled by hand {'; '.join(parts)}"
