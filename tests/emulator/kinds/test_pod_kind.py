"""Pods: defaults, validation, what may change, binding, quality of service."""

from datetime import UTC, datetime
from typing import Any

import pytest

from autoscaler.emulator.kinds.pod import (
    POD,
    binding_refusal,
    bound,
    initial_status,
    quality_of_service,
    with_addresses,
)
from autoscaler.emulator.kinds.pod_defaults import admitted_pod
from autoscaler.emulator.kinds.pod_validation import validate_resources
from autoscaler.model.json_types import JsonObject

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def _pod(meta: JsonObject | None = None, **spec: Any) -> JsonObject:
    containers = [{"name": "c", "image": "nginx:1.27"}]
    return POD.with_defaults({"metadata": {"name": "p"} | (meta or {}), "spec": {"containers": containers} | spec})


def _texts(pod: JsonObject) -> list[str]:
    return [str(fault) for fault in POD.validate(pod)]


def _update_texts(new: JsonObject, old: JsonObject) -> list[str]:
    return [str(fault).partition("\n")[0] for fault in POD.faults_of_update(new, old)]


def test_requests_default_to_limits_and_floating_images_are_always_pulled() -> None:
    containers = [{"name": "c", "image": "nginx", "resources": {"limits": {"cpu": "1"}}}]

    container = _pod(containers=containers)["spec"]["containers"][0]

    assert container["resources"] == {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}
    assert container["imagePullPolicy"] == "Always"


def test_a_new_pod_tolerates_a_lost_node_for_five_minutes() -> None:
    keys = [each["key"] for each in admitted_pod(_pod())["spec"]["tolerations"]]
    own = admitted_pod(_pod(tolerations=[{"operator": "Exists"}]))["spec"]["tolerations"]

    assert keys == ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
    assert own == [{"operator": "Exists"}]


@pytest.mark.parametrize(
    ("container", "fault"),
    [
        ({"image": "i"}, "spec.containers[0].name: Required value"),
        ({"name": "c"}, "spec.containers[0].image: Required value"),
        ({"name": "c", "image": " i"}, 'spec.containers[0].image: Invalid value: " i": '
                                        "must not have leading or trailing whitespace"),
        ({"name": "c", "image": "i", "ports": [{"containerPort": 0}]},
         "spec.containers[0].ports[0].containerPort: Required value"),
        ({"name": "c", "image": "i", "volumeMounts": [{"name": "v", "mountPath": "/v"}]},
         'spec.containers[0].volumeMounts[0].name: Not found: "v"'),
    ],
)  # fmt: skip
def test_containers(container: JsonObject, fault: str) -> None:
    assert _texts(_pod(containers=[container])) == [fault]


def test_container_names_are_unique() -> None:
    twice = [{"name": "c", "image": "i"}] * 2
    assert _texts(_pod(containers=twice)) == ['spec.containers[1].name: Duplicate value: "c"']


@pytest.mark.parametrize(
    ("resources", "fault"),
    [
        ({"requests": {"cpu": "200m"}, "limits": {"cpu": "100m"}},
         'r.requests: Invalid value: "200m": must be less than or equal to cpu limit of 100m'),
        ({"requests": {"cpu": "-1"}}, 'r.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0'),
        ({"requests": {"a.b/gpu": "1"}}, "r.limits: Required value: Limit must be set for non overcommitable resources"),
        ({"requests": {"a.b/gpu": "1"}, "limits": {"a.b/gpu": "2"}},
         'r.requests: Invalid value: "1": must be equal to a.b/gpu limit of 2'),
        ({"limits": {"a.b/gpu": "1500m"}}, 'r.limits[a.b/gpu]: Invalid value: "1500m": must be an integer'),
        ({"limits": {"pods": "1"}}, 'r.limits[pods]: Invalid value: "pods": must be a standard resource for containers'),
    ],
)  # fmt: skip
def test_resources(resources: JsonObject, fault: str) -> None:
    assert [str(each) for each in validate_resources(resources, "r")] == [fault]


@pytest.mark.parametrize("cost", ["much", "05", "+5", "2147483648", ""])
def test_the_deletion_cost_must_be_a_number(cost: str) -> None:
    pod = _pod({"annotations": {"controller.kubernetes.io/pod-deletion-cost": cost}})

    assert _texts(pod) == [
        f'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "{cost}": '
        "must be a 32bit integer"
    ]


def test_what_may_change() -> None:
    old = _pod(tolerations=[{"key": "a", "operator": "Exists"}], schedulingGates=[{"name": "a.b/c"}])
    image = _pod(
        containers=[{"name": "c", "image": "nginx:2"}],
        tolerations=[{"key": "b", "operator": "Exists"}, {"key": "a", "operator": "Exists"}],
    )

    image["spec"]["containers"][0]["imagePullPolicy"] = "IfNotPresent"
    assert _update_texts(image, old) == []


def test_what_may_not_change() -> None:
    old = _pod(tolerations=[{"key": "a", "operator": "Exists"}], activeDeadlineSeconds=10)

    assert [text.split(":")[0] for text in _update_texts(_pod(activeDeadlineSeconds=10), old)] == ["spec.tolerations"]
    tolerated = old["spec"]["tolerations"]
    assert _update_texts(_pod(tolerations=tolerated, activeDeadlineSeconds=11), old) == [
        "spec.activeDeadlineSeconds: Invalid value: 11: must be less than or equal to previous value"
    ]
    moved = _update_texts(_pod(tolerations=tolerated, activeDeadlineSeconds=10, nodeName="n"), old)
    assert moved[0].startswith("spec: Forbidden: pod updates may not change fields other than")


def test_binding() -> None:
    pod = _pod() | {"status": {"phase": "Pending"}}

    placed = bound(pod, "n1", NOW)

    assert placed["spec"]["nodeName"] == "n1"
    assert placed["status"]["conditions"][0]["status"] == "True"
    assert binding_refusal(pod) == ""
    assert binding_refusal(placed) == 'pod p is already assigned to node "n1"'
    assert binding_refusal(_pod(schedulingGates=[{"name": "x"}])) == "pod p has non-empty .spec.schedulingGates"


def test_a_gated_pod_says_why_it_is_not_scheduled() -> None:
    assert initial_status(_pod(), NOW) == {"phase": "Pending", "qosClass": "BestEffort"}
    (condition,) = initial_status(_pod(schedulingGates=[{"name": "a.b/c"}]), NOW)["conditions"]
    assert (condition["type"], condition["status"], condition["reason"]) == ("PodScheduled", "False", "SchedulingGated")


@pytest.mark.parametrize(
    ("resources", "quality"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}, "Burstable"),
    ],
)
def test_quality_of_service(resources: JsonObject, quality: str) -> None:
    assert quality_of_service(_pod(containers=[{"name": "c", "image": "i", "resources": resources}])) == quality


def test_addresses_agree() -> None:
    assert with_addresses({"podIP": "1.2.3.4"})["podIPs"] == [{"ip": "1.2.3.4"}]
    assert with_addresses({"podIPs": [{"ip": "1.2.3.4"}]})["podIP"] == "1.2.3.4"


def test_a_status_keeps_the_quality_of_service_and_has_real_addresses() -> None:
    old = {"status": {"qosClass": "Burstable"}}
    new = {"status": {"qosClass": "Guaranteed", "podIPs": [{"ip": "home"}]}}

    assert [str(fault) for fault in POD.validate_status(new, old)] == [
        'status.qosClass: Invalid value: "Guaranteed": field is immutable',
        'status.podIPs[0]: Invalid value: "home": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ]
