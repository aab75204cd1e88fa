"""Deployments, ReplicaSets and StatefulSets: what is filled in, what is refused."""

from typing import Any

import pytest

from autoscaler.emulator.kinds.workloads import DEPLOYMENT, REPLICA_SET, STATEFUL_SET
from autoscaler.model.field_errors import FieldError
from autoscaler.model.json_types import JsonObject

CONTAINER = {"name": "c", "image": "nginx:1.27"}


def _workload(**spec: Any) -> JsonObject:
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [CONTAINER]}}
    return {"metadata": {}, "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": template} | spec}


def _texts(faults: list[FieldError]) -> list[str]:
    return [str(fault) for fault in faults]


def _deployment_texts(**spec: Any) -> list[str]:
    return _texts(DEPLOYMENT.validate(DEPLOYMENT.with_defaults(_workload(**spec))))


def test_deployment_defaults() -> None:
    spec = DEPLOYMENT.with_defaults(_workload())["spec"]

    assert spec["replicas"] == 1
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
    }
    assert (spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (10, 600)
    assert spec["template"]["spec"]["restartPolicy"] == "Always"
    assert spec["template"]["spec"]["containers"][0]["imagePullPolicy"] == "IfNotPresent"


@pytest.mark.parametrize(
    ("spec", "faults"),
    [
        pytest.param({}, [], id="fine"),
        pytest.param(
            {"replicas": -1}, ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"], id="negative"
        ),
        pytest.param(
            {"selector": None},
            [
                "spec.selector: Required value",
                'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
            ],
            id="no-selector",
        ),
        pytest.param(
            {"selector": {}},
            ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
            id="empty-selector",
        ),
        pytest.param(
            {"selector": {"matchExpressions": [{"key": "a", "operator": "Like", "values": ["b"]}]}},
            [
                'spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
                'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"Like","values":["b"]}]}: '
                "invalid label selector",
            ],
            id="bad-operator",
        ),
        pytest.param(
            {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}},
            ["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"],
            id="nothing-may-move",
        ),
        pytest.param(
            {"strategy": {"rollingUpdate": {"maxUnavailable": "101%"}}},
            ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
            id="over-100-percent",
        ),
        pytest.param(
            {"strategy": {"type": "BlueGreen"}},
            [
                'spec.strategy: Unsupported value: {"Type":"BlueGreen","RollingUpdate":null}: '
                'supported values: "Recreate", "RollingUpdate"'
            ],
            id="unknown-strategy",
        ),
        pytest.param(
            {"progressDeadlineSeconds": 5, "minReadySeconds": 10},
            ["spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds"],
            id="deadline",
        ),
    ],
)
def test_deployment_validation(spec: JsonObject, faults: list[str]) -> None:
    assert _deployment_texts(**spec) == faults


def test_a_template_must_have_a_container_that_restarts() -> None:
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"restartPolicy": "Never"}}

    assert _deployment_texts(template=template) == [
        "spec.template.spec.containers: Required value",
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ]


def test_the_selector_of_a_deployment_is_immutable() -> None:
    old = DEPLOYMENT.with_defaults(_workload())
    new = DEPLOYMENT.with_defaults(_workload(selector={"matchExpressions": [{"key": "app", "operator": "Exists"}]}))

    assert _texts(DEPLOYMENT.faults_of_update(new, old)) == [
        'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Exists"}]}: field is immutable'
    ]


def test_status_counts_cannot_exceed_the_replicas() -> None:
    status = {"replicas": 1, "readyReplicas": 2, "availableReplicas": 3}

    assert _texts(DEPLOYMENT.validate_status({"status": status}, {})) == [
        "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas",
        "status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas",
        "status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas",
    ]
    assert _texts(REPLICA_SET.validate_status({"status": {"replicas": -1}}, {}))[:2] == [
        "status.replicas: Invalid value: -1: must be greater than or equal to 0",
        "status.fullyLabeledReplicas: Invalid value: 0: cannot be greater than status.replicas",
    ]


def test_stateful_sets() -> None:
    filled = STATEFUL_SET.with_defaults(_workload())["spec"]
    wrong = _workload(podManagementPolicy="Random", updateStrategy={"type": "Sometimes"})

    assert filled["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
    assert filled["podManagementPolicy"] == "OrderedReady"
    assert _texts(STATEFUL_SET.validate(STATEFUL_SET.with_defaults(wrong))) == [
        "spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'",
        'spec.updateStrategy: Invalid value: {"Type":"Sometimes","RollingUpdate":null}: '
        "must be 'RollingUpdate' or 'OnDelete'",
    ]


def test_partitions_belong_to_rolling_updates() -> None:
    wrong = STATEFUL_SET.with_defaults(
        _workload(updateStrategy={"type": "OnDelete", "rollingUpdate": {"partition": 1}})
    )

    assert _texts(STATEFUL_SET.validate(wrong)) == [
        'spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":1,"MaxUnavailable":null}: '
        "only allowed for updateStrategy 'RollingUpdate'"
    ]


def test_a_stateful_sets_service_cannot_change_but_its_replicas_can() -> None:
    old = STATEFUL_SET.with_defaults(_workload(serviceName="a"))
    moved = STATEFUL_SET.with_defaults(_workload(serviceName="b"))
    scaled = STATEFUL_SET.with_defaults(_workload(serviceName="a", replicas=5))

    assert [fault.field for fault in STATEFUL_SET.faults_of_update(moved, old)] == ["spec"]
    assert STATEFUL_SET.faults_of_update(scaled, old) == []
