"""An autoscaling/v2 HorizontalPodAutoscaler as plain JSON into the model's values. Neither defaults nor validates.

Takes every object whose fields have the right types, also one no API server would accept, because upstream's decisions
on such objects are part of what we promise. Absent fields become Go's zero values.

Source: kubernetes staging/src/k8s.io/api/autoscaling/v2/types.go.
"""

from __future__ import annotations

from autoscaler.model.json_types import JsonObject
from autoscaler.model.policy import (
    Behavior,
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    MetricName,
    MetricTarget,
    Mode,
    ObjectMetric,
    ObjectRef,
    PodsMetric,
    PolicyKey,
    RateRule,
    RateRuleType,
    ResourceMetric,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
    UnknownMetric,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.selector import LabelSelector, Requirement


def build_policy(obj: JsonObject, mode: Mode, *, namespace: str = "") -> ScalingPolicy:
    """Build the policy that ``obj`` describes; ``namespace`` is used where it names none.

    Raises:
        ValueError: a word of a closed list (rate rule type, select policy) or a quantity that does not exist.
    """
    metadata, spec = obj.get("metadata") or {}, obj.get("spec") or {}
    behavior = spec.get("behavior")
    return ScalingPolicy(
        key=PolicyKey(namespace=metadata.get("namespace") or namespace, name=metadata.get("name") or ""),
        target=_reference(spec.get("scaleTargetRef")),
        min_replicas=spec.get("minReplicas"),
        max_replicas=spec.get("maxReplicas") or 0,
        metrics=tuple(build_metric(metric) for metric in spec.get("metrics") or ()),
        behavior=None if behavior is None else build_behavior(behavior),
        mode=mode,
        uid=metadata.get("uid") or "",
        generation=metadata.get("generation") or 0,
    )


def build_behavior(behavior: JsonObject) -> Behavior:
    """Build both directions; an absent one has no rules."""
    return Behavior(
        scale_up=build_rules(behavior.get("scaleUp") or {}), scale_down=build_rules(behavior.get("scaleDown") or {})
    )


def build_rules(rules: JsonObject) -> ScalingRules:
    """Build the rules of one direction."""
    tolerance = rules.get("tolerance")
    return ScalingRules(
        stabilization_window_seconds=rules.get("stabilizationWindowSeconds"),
        select_policy=SelectPolicy(rules.get("selectPolicy") or SelectPolicy.MAX),
        rules=tuple(
            RateRule(
                type=RateRuleType(rule.get("type") or ""),
                value=rule.get("value") or 0,
                period_seconds=rule.get("periodSeconds") or 0,
            )
            for rule in rules.get("policies") or ()
        ),
        tolerance=None if tolerance is None else Quantity.from_json(tolerance),
    )


def build_metric(metric: JsonObject) -> Metric:
    """Build one metric by its declared type; other sources it may hold are ignored, as upstream ignores them."""
    source = metric.get(_SOURCES.get(metric.get("type") or "", "")) or {}
    target = _target(source.get("target") or {})
    match metric.get("type"):
        case "Resource":
            return ResourceMetric(resource=source.get("name") or "", target=target)
        case "ContainerResource":
            return ContainerResourceMetric(
                resource=source.get("name") or "", container=source.get("container") or "", target=target
            )
        case "Pods":
            return PodsMetric(metric=_metric_name(source), target=target)
        case "Object":
            described = _reference(source.get("describedObject"))
            return ObjectMetric(described=described, metric=_metric_name(source), target=target)
        case "External":
            return ExternalMetric(metric=_metric_name(source), target=target)
        case unknown:
            return UnknownMetric(type=str(unknown or ""))


def build_selector(selector: JsonObject) -> LabelSelector:
    """Build a label selector; labels sorted by key."""
    return LabelSelector(
        match_labels=tuple(sorted((selector.get("matchLabels") or {}).items())),
        match_expressions=tuple(
            Requirement(
                key=requirement.get("key") or "",
                operator=requirement.get("operator") or "",
                values=tuple(requirement.get("values") or ()),
            )
            for requirement in selector.get("matchExpressions") or ()
        ),
    )


_SOURCES = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}


def _reference(reference: JsonObject | None) -> ObjectRef:
    found = reference or {}
    return ObjectRef(
        api_version=found.get("apiVersion") or "", kind=found.get("kind") or "", name=found.get("name") or ""
    )


def _metric_name(source: JsonObject) -> MetricName:
    metric = source.get("metric") or {}
    selector = metric.get("selector")
    return MetricName(name=metric.get("name") or "", selector=None if selector is None else build_selector(selector))


def _target(target: JsonObject) -> MetricTarget:
    return MetricTarget(
        type=target.get("type") or "",
        value=_quantity(target.get("value")),
        average_value=_quantity(target.get("averageValue")),
        average_utilization=target.get("averageUtilization"),
    )


def _quantity(value: str | float | None) -> Quantity | None:
    return None if value is None else Quantity.from_json(value)
