"""The manifests under deploy/ render, and grant what their names say."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from autoscaler.daemon.memories import DOCUMENTS

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.service("kubectl")


def render(folder: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Render a kustomization; gives its objects by kind and name."""
    done = subprocess.run(["kubectl", "kustomize", str(ROOT / folder)], check=True, capture_output=True, text=True)
    objects = [document for document in yaml.safe_load_all(done.stdout) if document]
    return {(each["kind"], each["metadata"]["name"]): each for each in objects}


def verbs_on(objects: dict[tuple[str, str], dict[str, Any]], resource: str) -> set[str]:
    """Collect the verbs that all ClusterRoles together grant on a resource."""
    rules = [rule for (kind, _), each in objects.items() if kind == "ClusterRole" for rule in each["rules"]]
    return {verb for rule in rules if resource in rule["resources"] for verb in rule["verbs"]}


def granted(objects: dict[tuple[str, str], dict[str, Any]]) -> set[str]:
    """Collect every verb that any ClusterRole grants."""
    rules = [rule for (kind, _), each in objects.items() if kind == "ClusterRole" for rule in each["rules"]]
    return {verb for rule in rules for verb in rule["verbs"]}


def test_the_base_only_observes() -> None:
    objects = render("deploy/base")

    container = objects["Deployment", "autoscaler"]["spec"]["template"]["spec"]["containers"][0]
    assert container["args"] == ["run", "--policies", "/etc/autoscaler/policies", "--policies", "cluster"]
    assert verbs_on(objects, "deployments/scale") == {"get"}
    assert verbs_on(objects, "scalingpolicies") == {"list", "watch"}
    assert ("CustomResourceDefinition", "scalingpolicies.autoscaler.dev") in objects
    assert granted(objects) == {"get", "list", "watch"}


def test_the_apply_overlay_may_change_replicas_and_nothing_else_of_a_deployment() -> None:
    objects = render("deploy/overlays/apply")

    container = objects["Deployment", "autoscaler"]["spec"]["template"]["spec"]["containers"][0]
    assert container["args"][-2:] == ["--apply", "--leader-elect"]
    assert objects["Deployment", "autoscaler"]["spec"]["replicas"] == 2
    memory = [f"autoscaler-memory-{number:02d}" for number in range(DOCUMENTS)]
    assert [
        (rule["resources"], rule["verbs"], rule.get("resourceNames"))
        for rule in objects["Role", "autoscaler-own"]["rules"]
    ] == [
        (["leases"], ["create"], None),
        (["leases"], ["get", "update"], ["autoscaler"]),
        (["configmaps"], ["create"], None),
        (["configmaps"], ["get"], ["autoscaler-halt"]),
        (["configmaps"], ["get", "patch"], memory),
    ]
    assert verbs_on(objects, "deployments/scale") == {"get", "patch"}
    assert verbs_on(objects, "scalingpolicies") == {"list", "watch"}
    assert verbs_on(objects, "scalingpolicies/status") == {"patch"}
    assert verbs_on(objects, "deployments") == {"list", "watch"}


def test_the_shadow_overlay_may_change_nothing_at_all_and_keeps_its_comparisons() -> None:
    objects = render("deploy/overlays/shadow")

    roles = [each for (kind, _), each in objects.items() if kind in ("ClusterRole", "Role")]
    assert {verb for role in roles for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    pod = objects["Deployment", "autoscaler"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["args"] == ["run", "--shadow", "--comparisons", "/var/lib/autoscaler/comparisons.jsonl"]
    assert pod["containers"][0]["volumeMounts"] == [{"mountPath": "/var/lib/autoscaler", "name": "comparisons"}]
    assert pod["volumes"][0]["persistentVolumeClaim"]["claimName"] == "autoscaler-comparisons"
    assert ("PersistentVolumeClaim", "autoscaler-comparisons") in objects
    assert not [name for kind, name in objects if kind in ("ConfigMap", "CustomResourceDefinition")]


def test_the_prometheus_overlay_names_a_datasource_and_needs_no_right_of_its_own() -> None:
    objects = render("deploy/overlays/prometheus")

    container = objects["Deployment", "autoscaler"]["spec"]["template"]["spec"]["containers"][0]
    assert container["args"][-1] == "--prometheus=http://prometheus-operated.monitoring.svc:9090"
    assert granted(objects) == granted(render("deploy/overlays/apply"))


@pytest.mark.parametrize(
    "folder", [f"deploy/{name}" for name in ("base", "overlays/apply", "overlays/shadow", "overlays/prometheus")]
)
def test_no_role_reads_secrets_or_grants_everything(folder: str) -> None:
    objects = render(folder)

    assert verbs_on(objects, "secrets") == set()
    assert not any(
        "*" in rule["verbs"] for (kind, _), role in objects.items() if kind == "ClusterRole" for rule in role["rules"]
    )


def test_the_pod_meets_the_restricted_pod_security_standard() -> None:
    pod = render("deploy/base")["Deployment", "autoscaler"]["spec"]["template"]["spec"]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
