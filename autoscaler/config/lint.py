"""What a sound policy probably does not mean: slips of units, metrics that cannot work, bounds that cannot move.

Every note is about a manifest the API server accepts; it says what will happen and what was likely meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from autoscaler.config.hpa_build import build_metric
from autoscaler.model.json_types import JsonObject
from autoscaler.model.policy import (
    ContainerResourceMetric,
    MetricTarget,
    ObjectMetric,
    ResourceMetric,
    ScalingPolicy,
    SelectPolicy,
    UnknownMetric,
)
from autoscaler.model.quantity import Quantity

_MANY_CORES: Final = 32
_LITTLE_MEMORY: Final = 2**20  #: bytes
_HIGH_UTILIZATION: Final = 200  #: percent
_SOURCES: Final = ("resource", "containerResource", "pods", "object", "external")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing that is probably not meant, at the field ``path``."""

    path: str
    what: str
    hint: str = ""


def lint(policy: ScalingPolicy, manifest: JsonObject) -> list[Note]:
    """Give the notes about ``policy``; ``manifest`` is what was written, before defaulting."""
    return [*_bounds(policy), *_metrics(policy, manifest), *_directions(policy)]


def _bounds(policy: ScalingPolicy) -> Iterator[Note]:
    if policy.min_replicas == policy.max_replicas:
        what = f"minReplicas and maxReplicas are both {policy.max_replicas}: the policy can never scale"
        yield Note(path="spec.maxReplicas", what=what, hint="raise maxReplicas, or set the replicas on the workload")


def _metrics(policy: ScalingPolicy, manifest: JsonObject) -> Iterator[Note]:
    if manifest.get("apiVersion") != "autoscaling/v2":
        return  # version v1 hides metrics in annotations: no line to point at
    written = (manifest.get("spec") or {}).get("metrics") or []
    if not written:
        what = "no metrics: the API server adds CPU at 80 % of the request"
        yield Note(path="spec", what=what, hint="write `metrics:`, so that the file says what happens")
    for index, metric in enumerate(written):
        yield from _metric(metric, f"spec.metrics[{index}]")
    kinds = {metric.resource for metric in policy.metrics if isinstance(metric, ResourceMetric)}
    if written and kinds == {"memory"} and len(policy.metrics) == 1:
        what = "memory is the only metric: memory that the application keeps holds the replicas up for good"
        yield Note(path="spec.metrics", what=what, hint="follow the demand: CPU, or requests per second")


def _metric(written: JsonObject, path: str) -> Iterator[Note]:
    source = next((name for name in _SOURCES if written.get(name)), "")
    path = f"{path}.{source}.target"
    metric = build_metric(written)
    if isinstance(metric, UnknownMetric):
        return
    yield from _mismatch(metric.target, path, decisive=isinstance(metric, ObjectMetric))
    if isinstance(metric, ResourceMetric | ContainerResourceMetric):
        yield from _resource(metric.resource, metric.target, path)
    else:
        yield from _thousandths(written[source].get("target") or {}, path)


def _mismatch(target: MetricTarget, path: str, *, decisive: bool) -> Iterator[Note]:
    """The declared type against the field that is set. Only for Object metrics upstream heeds the type."""
    given = {
        "Utilization": target.average_utilization is not None,
        "AverageValue": target.average_value is not None,
        "Value": target.value is not None,
    }
    if given.get(target.type, True):
        return
    meant = next((name for name, is_set in given.items() if is_set), "")
    effect = "the metric will always fail" if decisive else "the type is ignored"
    yield Note(
        path=f"{path}.type",
        what=f"type {target.type} does not fit the value given: {effect}",
        hint=f"write type: {meant}",
    )


def _resource(resource: str, target: MetricTarget, path: str) -> Iterator[Note]:
    value, share = target.average_value, target.average_utilization
    if share is not None and share > _HIGH_UTILIZATION:
        what = f"{share} % of the request is a high target"
        yield Note(path=f"{path}.averageUtilization", what=what, hint="percent: 70 is 70 % of what the pods request")
    if value is None:
        return
    if resource == "cpu" and value.as_float() >= _MANY_CORES:
        what = f"{value} of cpu is {value} whole cores for each pod"
        yield Note(path=f"{path}.averageValue", what=what, hint=f"{value}m is a thousandth of that")
    if resource == "memory" and value.as_float() < _LITTLE_MEMORY:
        what = f"{value} of memory is less than a mebibyte"
        yield Note(path=f"{path}.averageValue", what=what, hint="write Mi or Gi; m is a thousandth of a byte")


def _thousandths(target: JsonObject, path: str) -> Iterator[Note]:
    for name in ("value", "averageValue"):
        text = target.get(name)
        if isinstance(text, str) and text.strip().endswith("m"):
            what = f"{text} is {Quantity.parse(text.strip()).milli() / 1000:g}"
            yield Note(
                path=f"{path}.{name}", what=what, hint=f"m is a thousandth; for {text.strip()[:-1]} leave it out"
            )


def _directions(policy: ScalingPolicy) -> Iterator[Note]:
    if policy.behavior is None:
        return
    for name, rules in (("scaleUp", policy.behavior.scale_up), ("scaleDown", policy.behavior.scale_down)):
        path = f"spec.behavior.{name}"
        if rules.select_policy is SelectPolicy.DISABLED:
            word = "grow" if name == "scaleUp" else "shrink"
            yield Note(path=f"{path}.selectPolicy", what=f"Disabled: the workload can never {word}")
        if rules.tolerance is not None and rules.tolerance.as_float() >= 1:
            what = f"a tolerance of {rules.tolerance} is {rules.tolerance.as_float() * 100:g} % of the target"
            yield Note(path=f"{path}.tolerance", what=what, hint="a share of the target: 0.05 is 5 %")
