"""What ``kubectl get`` shows for each kind."""

from datetime import UTC, datetime

import pytest

from autoscaler.emulator.printing.custom import custom_printer
from autoscaler.emulator.tables import DEFAULT, printer_of_kind, table
from autoscaler.model.json_types import JsonObject, JsonValue

NOW = datetime(2026, 1, 2, 3, 5, 5, tzinfo=UTC)
META: JsonObject = {"name": "a", "creationTimestamp": "2026-01-02T03:04:05Z"}
TEMPLATE = {"spec": {"containers": [{"name": "c", "image": "i:1"}, {"name": "d", "image": "j:2"}]}}


def _cells(group: str, kind: str, **obj: JsonValue) -> list[JsonValue]:
    printer = printer_of_kind(group, kind)
    cells = printer.cells({"metadata": META, **obj}, NOW)
    assert len(cells) == len(printer.columns)
    return cells


def test_workloads() -> None:
    spec = {"replicas": 3, "selector": {"matchLabels": {"app": "a"}}, "template": TEMPLATE}
    status = {"replicas": 3, "readyReplicas": 2, "updatedReplicas": 1}

    assert _cells("apps", "Deployment", spec=spec, status=status) == [
        "a",
        "2/3",
        1,
        0,
        "60s",
        "c,d",
        "i:1,j:2",
        "app=a",
    ]
    assert _cells("apps", "ReplicaSet", spec=spec, status=status) == ["a", 3, 3, 2, "60s", "c,d", "i:1,j:2", "app=a"]
    assert _cells("apps", "StatefulSet", spec=spec, status=status) == ["a", "2/3", "60s", "c,d", "i:1,j:2"]


def _pod_row(spec: JsonObject, status: JsonObject, **meta: JsonValue) -> list[JsonValue]:
    pod = {"metadata": META | meta, "spec": spec, "status": status}
    return printer_of_kind("", "Pod").cells(pod, NOW)[1:4]


ONE = {"containers": [{"name": "c"}]}
INIT = ONE | {"initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always"}]}


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        pytest.param(ONE, {"phase": "Pending"}, ["0/1", "Pending", "0"], id="pending"),
        pytest.param(
            ONE,
            {"phase": "Running", "containerStatuses": [{"ready": True, "state": {"running": {}}, "restartCount": 0}]},
            ["1/1", "Running", "0"],
            id="running",
        ),
        pytest.param(
            ONE,
            {
                "phase": "Running",
                "containerStatuses": [
                    {
                        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                        "restartCount": 3,
                        "lastState": {"terminated": {"finishedAt": "2026-01-02T03:05:00Z"}},
                    }
                ],
            },
            ["0/1", "CrashLoopBackOff", "3 (5s ago)"],
            id="restarting",
        ),
        pytest.param(
            ONE,
            {"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 2}}}]},
            ["0/1", "ExitCode:2", "0"],
            id="exit-code",
        ),
        pytest.param(ONE, {"phase": "Failed", "reason": "Evicted"}, ["0/1", "Evicted", "0"], id="evicted"),
        pytest.param(
            INIT,
            {"phase": "Pending", "initContainerStatuses": [{"name": "i", "state": {"running": {}}}]},
            ["0/2", "Init:0/2", "0"],
            id="initializing-counts-the-sidecar",
        ),
        pytest.param(
            ONE,
            {"phase": "Pending", "conditions": [{"type": "PodScheduled", "reason": "SchedulingGated"}]},
            ["0/1", "SchedulingGated", "0"],
            id="gated",
        ),
    ],
)
def test_pods(spec: JsonObject, status: JsonObject, expected: list[str]) -> None:
    assert _pod_row(spec, status) == expected


def test_a_deleted_pod_is_terminating_unless_it_has_finished() -> None:
    assert _pod_row(ONE, {"phase": "Running"}, deletionTimestamp="2026-01-02T03:04:05Z")[1] == "Terminating"
    assert _pod_row(ONE, {"phase": "Succeeded"}, deletionTimestamp="2026-01-02T03:04:05Z")[1] == "Succeeded"


@pytest.mark.parametrize(
    ("metrics", "current", "text"),
    [
        pytest.param([], [], "<none>", id="none"),
        pytest.param(
            [{"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 50}}}],
            [{"type": "Resource", "resource": {"current": {"averageUtilization": 40}}}],
            "cpu: 40%/50%",
            id="utilization",
        ),
        pytest.param(
            [{"type": "Resource", "resource": {"name": "cpu", "target": {"averageValue": "100m"}}}],
            [],
            "cpu: <unknown>/100m",
            id="average-value",
        ),
        pytest.param(
            [
                {"type": "External", "external": {"target": {"averageValue": "30"}}},
                {"type": "Pods", "pods": {"target": {"averageValue": "10"}}},
                {"type": "Object", "object": {"target": {"value": "5"}}},
            ],
            [{"type": "External", "external": {"current": {"averageValue": "7"}}}],
            "7/30 (avg), <unknown>/10 + 1 more...",
            id="two-are-shown",
        ),
    ],
)
def test_hpa_targets(metrics: list[JsonObject], current: list[JsonObject], text: str) -> None:
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "w"}, "maxReplicas": 9, "metrics": metrics}

    cells = _cells("autoscaling", "HorizontalPodAutoscaler", spec=spec, status={"currentMetrics": current})

    assert cells == ["a", "Deployment/w", text, "<unset>", 9, 0, "60s"]


def test_nodes() -> None:
    status = {
        "conditions": [{"type": "Ready", "status": "False"}],
        "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
        "nodeInfo": {"kubeletVersion": "v1", "kernelVersion": "6.1", "architecture": "amd64", "osImage": "Debian"},
    }

    cells = _cells("", "Node", spec={"unschedulable": True}, status=status)

    assert cells[1:5] == ["NotReady,SchedulingDisabled", "<none>", "60s", "v1"]
    assert cells[5:] == ["10.0.0.1", "<none>", "Debian", "6.1 (amd64)", "<unknown>"]
    assert _cells("", "Node", status={})[1] == "Unknown"


def test_events() -> None:
    involved = {"kind": "Pod", "name": "p", "fieldPath": "f"}
    event = {
        "type": "Normal",
        "reason": "R",
        "message": " m ",
        "involvedObject": involved,
        "source": {"component": "x"},
    }

    single = _cells("", "Event", **event, eventTime="2026-01-02T03:05:00.000000Z")
    series = _cells("", "Event", **event, series={"count": 4, "lastObservedTime": "2026-01-02T03:05:04.000000Z"})

    assert single == ["5s", "Normal", "R", "pod/p", "f", "x", "m", "5s", 1, "a"]
    assert (series[0], series[7], series[8]) == ("1s", "<unknown>", 4)


def test_budgets_quotas_and_the_rest() -> None:
    quota = {"hard": {"pods": "2", "limits.cpu": "1", "cpu": "4"}, "used": {"pods": "1"}}

    assert _cells("policy", "PodDisruptionBudget", spec={"minAvailable": "50%"}) == ["a", "50%", "N/A", 0, "60s"]
    assert _cells("", "ResourceQuota", status=quota) == ["a", "cpu: 0/4, pods: 1/2", "limits.cpu: 0/1", "60s"]
    assert _cells("", "ConfigMap", data={"x": "1"}) == ["a", 1, "60s"]
    assert _cells("coordination.k8s.io", "Lease", spec={"holderIdentity": "me"}) == ["a", "me", "60s"]
    assert _cells("", "LimitRange") == ["a", "2026-01-02T03:04:05Z"]


def test_custom_resources_show_the_columns_of_their_definition() -> None:
    printer = custom_printer(
        [
            {"name": "Min", "type": "integer", "jsonPath": ".spec.min"},
            {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
            {"name": "Names", "type": "string", "jsonPath": ".spec.names", "priority": 1},
            {"name": "Wrong", "type": "boolean", "jsonPath": ".spec.min"},
            {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
        ]
    )
    obj = {
        "metadata": META,
        "spec": {"min": 2, "names": ["x"]},
        "status": {"conditions": [{"type": "Old", "status": "no"}, {"type": "Ready", "status": "True"}]},
    }

    assert printer.cells(obj, NOW) == ["a", 2, "True", '["x"]', None, "60s"]
    assert [column.priority for column in printer.columns] == [0, 0, 0, 1, 0, 0]
    assert custom_printer(None).cells(obj, NOW) == ["a", "60s"]


def test_the_table_itself() -> None:
    obj: JsonObject = {"kind": "X", "metadata": META}

    whole = table(DEFAULT, [(obj, obj)], NOW, list_metadata={"resourceVersion": "7"})

    assert whole["kind"] == "Table"
    assert whole["metadata"] == {"resourceVersion": "7"}
    assert [column["name"] for column in whole["columnDefinitions"]] == ["Name", "Created At"]
    assert whole["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    assert table(DEFAULT, [(obj, obj)], NOW, include="Object")["rows"][0]["object"] is obj
    assert table(DEFAULT, [(obj, obj)], NOW, include="None")["rows"][0]["object"] is None


def test_services_and_bindings() -> None:
    spec = {"clusterIP": "10.0.0.1", "ports": [{"port": 80, "nodePort": 30080}, {"port": 53, "protocol": "UDP"}]}
    balanced = spec | {"type": "LoadBalancer", "selector": {"b": "2", "a": "1"}}
    subjects = [
        {"kind": "User", "name": "u"},
        {"kind": "Group", "name": "g"},
        {"kind": "ServiceAccount", "name": "s", "namespace": "n"},
    ]

    assert _cells("", "Service", spec=spec)[1:5] == ["ClusterIP", "10.0.0.1", "<none>", "80:30080/TCP,53/UDP"]
    assert _cells("", "Service", spec=balanced)[3] == "<pending>"
    assert _cells("", "Service", spec=balanced)[6] == "a=1,b=2"
    assert _cells("", "Service", spec=spec | {"type": "ExternalName", "externalName": "x.com"})[3] == "x.com"
    binding = _cells(
        "rbac.authorization.k8s.io", "RoleBinding", roleRef={"kind": "Role", "name": "r"}, subjects=subjects
    )
    assert binding == ["a", "Role/r", "60s", "u", "g", "n/s"]


def test_sidecars_failures_and_readiness_gates_of_pods() -> None:
    running = {"name": "s", "started": True, "ready": True, "restartCount": 2}
    failed = {"name": "i", "state": {"terminated": {"exitCode": 1, "signal": 9}}}
    waiting = {"name": "i", "state": {"waiting": {"reason": "ErrImagePull"}}}
    completed = {"name": "c", "state": {"terminated": {"reason": "Completed"}}}
    alive = {"name": "d", "ready": True, "state": {"running": {}}}
    two = {"containers": [{"name": "c"}, {"name": "d"}], "readinessGates": [{"conditionType": "x"}]}

    assert _pod_row(INIT, {"phase": "Pending", "initContainerStatuses": [running, failed]}) == [
        "1/2",
        "Init:Signal:9",
        "2",
    ]
    assert _pod_row(INIT, {"phase": "Pending", "initContainerStatuses": [waiting]})[1] == "Init:ErrImagePull"
    status = {"phase": "Running", "containerStatuses": [completed, alive]}
    assert _pod_row(two, status)[:2] == ["1/2", "NotReady"]
    assert _cells("", "Pod", spec=two, status=status)[8] == "0/1"
    done = table(printer_of_kind("", "Pod"), [({"metadata": META, "status": {"phase": "Failed"}}, {})], NOW)
    assert done["rows"][0]["conditions"][0]["reason"] == "Failed"
