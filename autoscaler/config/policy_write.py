"""The model's policy back into the manifest of an HPA, or of a ScalingPolicy, with every default of its HPA part spelled out.

What is read from the document is the policy again, but for the blocks that only a ScalingPolicy has: those are not written.
"""

from __future__ import annotations

from autoscaler.config.hpa_status import write_name
from autoscaler.model.json_types import JsonObject
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    MetricTarget,
    ObjectMetric,
    ObjectRef,
    PodsMetric,
    Profile,
    PrometheusMetric,
    ResourceMetric,
    ScalingPolicy,
    ScalingRules,
    UnknownMetric,
)


def policy_document(policy: ScalingPolicy) -> JsonObject:
    """Write the part of a policy that an HPA has too, and metrics of every type."""
    spec: JsonObject = {
        "scaleTargetRef": _reference(policy.target),
        "maxReplicas": policy.max_replicas,
        "metrics": [_metric(metric) for metric in policy.metrics],
    }
    if policy.min_replicas is not None:
        spec["minReplicas"] = policy.min_replicas
    if policy.behavior is not None:
        spec["behavior"] = {
            "scaleUp": _rules(policy.behavior.scale_up),
            "scaleDown": _rules(policy.behavior.scale_down),
        }
    metadata: JsonObject = {"namespace": policy.key.namespace, "name": policy.key.name}
    own = policy.profile is Profile.GUARDED
    return {
        "apiVersion": "autoscaler.dev/v1alpha1" if own else "autoscaling/v2",
        "kind": "ScalingPolicy" if own else "HorizontalPodAutoscaler",
        "metadata": metadata,
        "spec": spec,
    }


def _reference(reference: ObjectRef) -> JsonObject:
    written: JsonObject = {"kind": reference.kind, "name": reference.name}
    return {"apiVersion": reference.api_version, **written} if reference.api_version else written


def _rules(rules: ScalingRules) -> JsonObject:
    written: JsonObject = {
        "selectPolicy": rules.select_policy.value,
        "policies": [
            {"type": rule.type.value, "value": rule.value, "periodSeconds": rule.period_seconds} for rule in rules.rules
        ],
    }
    if rules.stabilization_window_seconds is not None:
        written["stabilizationWindowSeconds"] = rules.stabilization_window_seconds
    if rules.tolerance is not None:
        written["tolerance"] = str(rules.tolerance)
    return written


def _metric(metric: Metric) -> JsonObject:
    match metric:
        case ResourceMetric():
            return {"type": "Resource", "resource": {"name": metric.resource, "target": _target(metric.target)}}
        case ContainerResourceMetric():
            source: JsonObject = {"name": metric.resource, "container": metric.container}
            return {"type": "ContainerResource", "containerResource": source | {"target": _target(metric.target)}}
        case PodsMetric():
            return {"type": "Pods", "pods": {"metric": write_name(metric.metric), "target": _target(metric.target)}}
        case ObjectMetric():
            source = {"describedObject": _reference(metric.described), "metric": write_name(metric.metric)}
            return {"type": "Object", "object": source | {"target": _target(metric.target)}}
        case ExternalMetric():
            source = {"metric": write_name(metric.metric), "target": _target(metric.target)}
            return {"type": "External", "external": source}
        case PrometheusMetric():
            return {"type": "Prometheus", "prometheus": _prometheus(metric)}
        case UnknownMetric():
            return {"type": metric.type}


def _prometheus(metric: PrometheusMetric) -> JsonObject:
    """Write a Prometheus metric with the queries that are asked beside its own, also where they were derived."""
    companions = metric.companions
    written: JsonObject = {
        "name": metric.name,
        "query": metric.query,
        "datasource": metric.datasource,
        "target": _target(metric.target),
        "empty": metric.empty.value,
        "multiple": metric.multiple.value,
        "age": companions.age,
        "coverage": companions.coverage or "off",
    }
    if metric.activation is not None:
        written["activation"] = str(metric.activation)
    return written | ({"alive": companions.alive} if companions.alive else {})


def _target(target: MetricTarget) -> JsonObject:
    written: JsonObject = {"type": target.type}
    if target.value is not None:
        written["value"] = str(target.value)
    if target.average_value is not None:
        written["averageValue"] = str(target.average_value)
    if target.average_utilization is not None:
        written["averageUtilization"] = target.average_utilization
    return written
