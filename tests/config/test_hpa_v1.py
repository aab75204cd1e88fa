"""autoscaling/v1 shows a v2 object through annotations, and reads it back unchanged."""

import json

from autoscaler.config.hpa_v1 import from_v1, to_v1
from autoscaler.emulator.kinds.autoscaler import HPA
from autoscaler.model.json_types import JsonObject

PREFIX = "autoscaling.alpha.kubernetes.io/"
TARGET = {"kind": "Deployment", "name": "w", "apiVersion": "apps/v1"}
CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}
QUEUE = {
    "type": "External",
    "external": {
        "metric": {"name": "q", "selector": {"matchLabels": {"a": "b"}}},
        "target": {"type": "AverageValue", "averageValue": "30"},
    },
}
HITS = {
    "type": "Object",
    "object": {
        "describedObject": {"kind": "Ingress", "name": "main", "apiVersion": "networking.k8s.io/v1"},
        "metric": {"name": "hits"},
        "target": {"type": "Value", "value": "2k"},
    },
}


def _hpa(**spec: object) -> JsonObject:
    spec = {"scaleTargetRef": TARGET, "minReplicas": 1, "maxReplicas": 9} | spec
    return {"kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v2", "metadata": {"name": "w"}, "spec": spec}


def test_the_cpu_target_is_a_field_and_other_metrics_an_annotation() -> None:
    shown = to_v1(_hpa(metrics=[QUEUE, HITS, CPU]))

    assert shown["spec"]["targetCPUUtilizationPercentage"] == 60
    assert shown["metadata"]["annotations"] == {
        f"{PREFIX}metrics": '[{"type":"External","external":{"metricName":"q",'
        '"metricSelector":{"matchLabels":{"a":"b"}},"targetAverageValue":"30"}},'
        '{"type":"Object","object":{"target":{"kind":"Ingress","name":"main","apiVersion":"networking.k8s.io/v1"},'
        '"metricName":"hits","targetValue":"2k"}}]'
    }


def test_a_v1_object_without_any_metric_gets_80_percent() -> None:
    stored = from_v1({"metadata": {"name": "w"}, "spec": {"scaleTargetRef": TARGET, "maxReplicas": 3}})

    assert stored["apiVersion"] == "autoscaling/v2"
    (metric,) = stored["spec"]["metrics"]
    assert metric["resource"]["target"] == {"type": "Utilization", "averageUtilization": 80}


def test_there_and_back() -> None:
    rules = {"selectPolicy": "Max", "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}]}
    up = rules | {"stabilizationWindowSeconds": 0, "tolerance": "50m"}
    given = _hpa(metrics=[QUEUE, HITS, CPU], behavior={"scaleUp": up, "scaleDown": rules})

    shown = to_v1(given)

    assert shown["metadata"]["annotations"][f"{PREFIX}scale-up-tolerance"] == "50m"
    assert json.loads(shown["metadata"]["annotations"][f"{PREFIX}behavior"])["ScaleUp"]["SelectPolicy"] == "Max"
    stored = from_v1(shown)
    assert stored["spec"] == given["spec"]
    assert "annotations" not in stored["metadata"]


def test_status() -> None:
    condition = {"type": "AbleToScale", "status": "True", "reason": "R", "message": "m"}
    current = {
        "type": "Resource",
        "resource": {"name": "cpu", "current": {"averageValue": "1", "averageUtilization": 7}},
    }
    status = {"currentReplicas": 2, "desiredReplicas": 3, "currentMetrics": [current], "conditions": [condition]}

    shown = to_v1(_hpa(metrics=[CPU]) | {"status": status})

    assert shown["status"] == {"currentReplicas": 2, "desiredReplicas": 3, "currentCPUUtilizationPercentage": 7}
    assert from_v1(shown)["status"] == status


def test_v2_never_shows_the_annotations() -> None:
    given = _hpa() | {"metadata": {"name": "w", "annotations": {f"{PREFIX}metrics": "[]", "mine": "1"}}}

    assert HPA.with_defaults(given)["metadata"]["annotations"] == {"mine": "1"}


def test_an_annotation_that_cannot_be_read_is_dropped() -> None:
    metadata = {"name": "w", "annotations": {f"{PREFIX}metrics": "[nonsense", f"{PREFIX}behavior": "3"}}

    stored = from_v1({"metadata": metadata, "spec": {"scaleTargetRef": TARGET, "maxReplicas": 3}})

    assert len(stored["spec"]["metrics"]) == 1
    assert "behavior" not in stored["spec"]
