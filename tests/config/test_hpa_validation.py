"""Which HorizontalPodAutoscalers are refused, and in which words."""

from typing import Any

import pytest

from autoscaler.config.hpa_defaults import with_defaults
from autoscaler.config.hpa_validation import (
    options_for,
    validate_hpa,
    validate_hpa_status_update,
    validate_hpa_update,
)
from autoscaler.model.json_types import JsonObject

META = {"name": "web", "namespace": "n", "resourceVersion": "1"}


def _hpa(**spec: Any) -> JsonObject:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    return with_defaults({"metadata": META, "spec": {"scaleTargetRef": target, "maxReplicas": 10} | spec})


def _texts(**spec: Any) -> list[str]:
    return [str(fault) for fault in validate_hpa(_hpa(**spec))]


def _metric_texts(metric: JsonObject) -> list[str]:
    return [text.removeprefix("spec.metrics[0].") for text in _texts(metrics=[metric])]


def test_a_plain_object_is_fine() -> None:
    assert _texts() == []


@pytest.mark.parametrize(
    ("spec", "faults"),
    [
        pytest.param(
            {"maxReplicas": 0},
            [
                "spec.maxReplicas: Required value: must be set and greater than 0",
                "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
            ],
            id="no-maximum",
        ),
        pytest.param(
            {"minReplicas": 0},
            [
                "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
                "spec.metrics: Forbidden: must specify at least one Object or External metric "
                "to support scaling to zero replicas",
            ],
            id="zero",
        ),
        pytest.param(
            {"scaleTargetRef": {"kind": "Deployment", "name": "a/b"}},
            [
                "spec.scaleTargetRef.name: Invalid value: \"a/b\": may not contain '/'",
                'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group',
            ],
            id="target",
        ),
        pytest.param(
            {"scaleTargetRef": {"apiVersion": "a/b/c", "kind": "Deployment", "name": "w"}},
            ['spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c'],
            id="target-version",
        ),
        pytest.param(
            {"scaleTargetRef": {"kind": "ReplicationController", "name": "w"}}, [], id="core-kind-needs-no-group"
        ),
        pytest.param(
            {
                "behavior": {
                    "scaleDown": {"stabilizationWindowSeconds": 3601, "selectPolicy": "Most", "tolerance": "-1m"}
                }
            },
            [
                "spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 3601: "
                "must be less than or equal to 3600",
                'spec.behavior.scaleDown.selectPolicy: Unsupported value: "Most": '
                'supported values: "Disabled", "Max", "Min"',
                'spec.behavior.scaleDown.tolerance: Invalid value: "-1m": must be greater than or equal to 0',
            ],
            id="behavior",
        ),
        pytest.param(
            {"behavior": {"scaleUp": {"policies": [{"type": "Nodes", "value": 0, "periodSeconds": 1801}]}}},
            [
                'spec.behavior.scaleUp.policies[0].type: Unsupported value: "Nodes": supported values: "Percent", "Pods"',
                "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero",
                "spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800",
            ],
            id="rate-rule",
        ),
        pytest.param(
            {"behavior": {"scaleUp": {"policies": []}}},
            ["spec.behavior.scaleUp.policies: Required value: must specify at least one Policy"],
            id="no-rate-rules",
        ),
    ],
)
def test_spec(spec: JsonObject, faults: list[str]) -> None:
    assert _texts(**spec) == faults


TYPES = 'supported values: "ContainerResource", "External", "Object", "Pods", "Resource"'


@pytest.mark.parametrize(
    ("metric", "faults"),
    [
        pytest.param(
            {"type": "Magic"}, [f'type: Unsupported value: "Magic": {TYPES}'] * 2, id="unknown-type-told-twice"
        ),
        pytest.param(
            {"type": "Resource"},
            ["resource: Required value: must populate information for the given metric source"],
            id="empty",
        ),
        pytest.param(
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 0}},
                "pods": {"metric": {"name": "x"}, "target": {"type": "AverageValue", "averageValue": "-1"}},
            },
            [
                'pods.target.averageValue: Invalid value: "-1": must be positive',
                "pods.target.averageValue: Required value: must specify a positive target averageValue",
                "pods: Forbidden: must populate the given metric source only",
            ],
            id="only-the-first-source-is-looked-at",
        ),
        pytest.param(
            {"type": "External", "external": {"metric": {"name": "a%"}, "target": {"type": "Rate"}}},
            [
                "external.metric.name: Invalid value: \"a%\": may not contain '%'",
                'external.target.type: Invalid value: "Rate": must be either Utilization, Value, or AverageValue',
                "external.target.averageValue: Required value: "
                "must set either a target value for metric or a per-pod target",
            ],
            id="external",
        ),
        pytest.param(
            {
                "type": "ContainerResource",
                "containerResource": {"name": "pods", "target": {"type": "Utilization", "averageUtilization": 5}},
            },
            [
                'containerResource.name: Invalid value: "pods": must be a standard resource for containers',
                "containerResource.container: Required value: must specify a container",
            ],
            id="container-resource",
        ),
        pytest.param(
            {
                "type": "Object",
                "object": {
                    "describedObject": {"kind": "Service", "name": "s"},
                    "metric": {"name": "m"},
                    "target": {"type": "Value", "value": "1", "averageValue": "2"},
                },
            },
            [],
            id="object-may-have-both-values-and-no-group",
        ),
    ],
)
def test_metrics(metric: JsonObject, faults: list[str]) -> None:
    assert _metric_texts(metric) == faults


def test_an_update_is_lenient_where_the_stored_object_already_was_wrong() -> None:
    old = _hpa(scaleTargetRef={"kind": "Deployment", "name": "web"}, minReplicas=0)
    new = _hpa(scaleTargetRef={"kind": "Deployment", "name": "other"}, minReplicas=0, metrics=[
        {"type": "External", "external": {"metric": {"name": "q"}, "target": {"type": "Value", "value": "1"}}}
    ])  # fmt: skip

    assert validate_hpa_update(new, old) == []
    assert options_for(new, scale_to_zero=True).min_replicas_lower_bound == 0


def test_a_status_update_checks_the_counts() -> None:
    wrong = {"metadata": META, "status": {"currentReplicas": -1, "desiredReplicas": 2}}

    assert [str(fault) for fault in validate_hpa_status_update(wrong, {"metadata": META})] == [
        "status.currentReplicas: Invalid value: -1: must be greater than or equal to 0"
    ]
