"""The shipped roles are enough: the daemon does all its work with them, and is refused nothing on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from autoscaler.config.settings import PolicySource
from autoscaler.emulator.api_server import ADMIN_TOKEN
from autoscaler.emulator.builtin import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, NAMESPACES, ROLE_BINDINGS, ROLES
from autoscaler.emulator.kubeconfig import write_kubeconfig
from autoscaler.emulator.metrics_source import CustomValue, ExternalValue
from autoscaler.emulator.users import ADMIN, AUTHENTICATED, User
from tests.daemon.emulated import POLICY, Emulated, daemon, emulated, now
from tests.daemon.policy_objects import create, define, policy, shown

DEPLOY = Path(__file__).parents[2] / "deploy"
ACCOUNT = User(
    name="system:serviceaccount:autoscaler:autoscaler",
    groups=("system:serviceaccounts", "system:serviceaccounts:autoscaler", AUTHENTICATED),
)
MORE_METRICS = """\
  - type: Pods
    pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: "10"}}
  - type: Object
    object:
      metric: {name: hits}
      describedObject: {apiVersion: apps/v1, kind: Deployment, name: web}
      target: {type: Value, value: "10"}
  - type: External
    external: {metric: {name: depth}, target: {type: AverageValue, averageValue: "10"}}
"""
KINDS = {
    "ClusterRole": CLUSTER_ROLES,
    "ClusterRoleBinding": CLUSTER_ROLE_BINDINGS,
    "Role": ROLES,
    "RoleBinding": ROLE_BINDINGS,
}
OWN = "autoscaler"  #: the controller's own namespace
AS_DEPLOYED = {
    "leader_election": {"enabled": True, "namespace": OWN},
    "memory": {"store": "cluster", "namespace": OWN},
}


def grant(cluster: Emulated, *folders: str) -> None:
    """Create the roles and bindings of these folders of ``deploy``; what is namespaced goes where kustomize puts it."""
    cluster.api.store.create(NAMESPACES, {"metadata": {"name": OWN}})
    for file in (file for folder in folders for file in sorted((DEPLOY / folder).glob("*-role.yaml"))):
        for document in yaml.safe_load_all(file.read_text()):
            kind = KINDS[document["kind"]]
            if kind in (ROLES, ROLE_BINDINGS):
                for subject in document.get("subjects", ()):
                    subject["namespace"] = OWN
                cluster.api.store.create(kind, document, OWN)
            else:
                cluster.api.store.create(kind, document)


@pytest.mark.parametrize(
    ("folders", "apply"),
    [
        pytest.param(("base",), False, id="observe"),
        pytest.param(("base", "overlays/apply"), True, id="apply"),
    ],
)
async def test_the_shipped_roles_are_enough(tmp_path: Path, folders: tuple[str, ...], apply: bool) -> None:
    async with emulated(tmp_path, tokens={ADMIN_TOKEN: ADMIN, "ours": ACCOUNT}) as cluster:
        grant(cluster, *folders)
        write_kubeconfig(cluster.kubeconfig, cluster.api.url, "ours")
        (cluster.policies / "web.yaml").write_text(POLICY + MORE_METRICS)
        cluster.use(100)
        web = {"namespace": "shop", "value": "1", "at": now(), "labels": {"app": "web"}}
        cluster.metrics.custom_values = [
            CustomValue(resource="pods", name="web-0", metric="rps", **web),
            CustomValue(resource="pods", name="web-1", metric="rps", **web),
            CustomValue(resource="deployments.apps", name="web", metric="hits", **web),
        ]
        cluster.metrics.external_values = [ExternalValue(namespace="shop", metric="depth", value="1", at=now())]

        async with daemon(cluster, apply=apply, **(AS_DEPLOYED if apply else {})):
            await cluster.passes(3)
            await cluster.until(lambda: not apply or (cluster.replicas() == 4 and bool(cluster.events())))
            _, metrics = await cluster.probe("/metrics")

    requests = [line for line in metrics.splitlines() if line.startswith("autoscaler_api_requests_total")]
    assert not [line for line in requests if 'code="403"' in line or 'code="401"' in line]
    assert cluster.records[-1].decision.error == ""
    assert len(requests) >= (16 if apply else 8)


async def test_the_shipped_roles_are_enough_for_policies_that_are_objects(tmp_path: Path) -> None:
    async with emulated(tmp_path, tokens={ADMIN_TOKEN: ADMIN, "ours": ACCOUNT}) as cluster:
        grant(cluster, "base", "overlays/apply")
        write_kubeconfig(cluster.kubeconfig, cluster.api.url, "ours")
        await define(cluster)
        await create(cluster, policy())
        cluster.use(100)
        async with daemon(cluster, policies=(PolicySource.CLUSTER,), **AS_DEPLOYED):
            await shown(cluster, lambda status: status.get("currentReplicas") == 4)
            _, metrics = await cluster.probe("/metrics")

    requests = [line for line in metrics.splitlines() if line.startswith("autoscaler_api_requests_total")]
    assert not [line for line in requests if 'code="403"' in line or 'code="401"' in line]
    used = {line.split('resource="')[1].split('"')[0] for line in requests}
    assert {"scalingpolicies.autoscaler.dev", "scalingpolicies.autoscaler.dev/status"} <= used
