"""The doctor against the emulated API server: a sound cluster, and one planted fault at a time, each named with its fix."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from autoscaler.config.lint.finding import Severity
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.doctor import Diagnosis, rights
from autoscaler.daemon.examine import examine
from autoscaler.emulator.api_server import ADMIN_TOKEN
from autoscaler.emulator.builtin import AUTOSCALERS, CLUSTER_ROLES, DEPLOYMENTS, PODS
from autoscaler.emulator.faults import Fault, Kind
from autoscaler.emulator.kubeconfig import write_kubeconfig
from autoscaler.emulator.users import ADMIN
from autoscaler.model.time import SECOND
from tests.daemon.emulated import POLICY, Emulated, emulated, hpa
from tests.daemon.test_rights import ACCOUNT, grant


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Emulated]:
    async with emulated(tmp_path) as made:
        yield made


async def look(cluster: Emulated, clock: AnchoredClock | None = None, **changes: Any) -> list[Diagnosis]:
    return await examine(cluster.settings(**changes), clock or AnchoredClock(), version="test")


def told(found: list[Diagnosis]) -> list[tuple[str, str, str]]:
    """What is not in order, as check, text and fix."""
    return [(one.check, one.what, one.fix) for one in found if one.severity is not None]


def write_policy(cluster: Emulated, before: str, after: str) -> None:
    assert before in POLICY
    (cluster.policies / "web.yaml").write_text(POLICY.replace(before, after))


def deployment_request(cluster: Emulated, requests: dict[str, str]) -> None:
    """Give every pod other requests."""
    names = [pod["metadata"]["name"] for pod in cluster.api.store.items(PODS, "shop")]
    for name in names:
        pod = cluster.api.store.get(PODS, name, "shop")
        pod["spec"]["containers"][0]["resources"] = {"requests": requests}
        cluster.api.store.delete(PODS, name, "shop")
        cluster.api.store.create(
            PODS, {"metadata": {"name": name, "labels": {"app": "web"}}, "spec": pod["spec"]}, "shop"
        )
        status = pod["status"]
        cluster.api.store.change(PODS, name, "shop", lambda obj, s=status: obj | {"status": s}, subresource="status")


async def test_a_sound_cluster_is_in_order_but_for_the_built_in_controllers_object(cluster: Emulated) -> None:
    found = await look(cluster)

    assert told(found) == [
        (
            "two scalers",
            "HPA object shop/web scales Deployment web too, under the policy's own name",
            "where the built-in controller runs, delete the object; where it does not, its status shows ours",
        )
    ]
    assert [one.check for one in found if one.severity is None] == [
        "version",
        "identity",
        "clock",
        "rights",
        "metrics API",
        "policy shop/web",
    ]
    assert found[5].what == "Staying at 2. cpu at 50% is within tolerance of its target 50%."


async def test_a_server_that_is_away_ends_the_examination(cluster: Emulated) -> None:
    await cluster.api.stop()
    [found] = await look(cluster)
    assert (found.check, found.severity) == ("server", Severity.ERROR)
    assert "connection refused" in found.what
    assert found.fix == "check --kubeconfig and --context, and the network"


async def test_a_rejected_token_ends_it_too(cluster: Emulated) -> None:
    cluster.api.faults.add(Fault(kind=Kind.UNAUTHORIZED, hits=lambda _user, _method, path: path != "/version"))
    assert told(await look(cluster)) == [("identity", "Unauthorized", "check the token: has it expired?")]


async def test_clock_skew(cluster: Emulated) -> None:
    import time

    behind = AnchoredClock(start=time.time_ns() - 60 * SECOND)  # noqa: TID251  # a machine whose clock is wrong
    (check, what, fix), *_ = told(await look(cluster, behind))
    assert check == "clock"
    assert what == "the server's clock is about 1m ahead of ours: ages of samples and pods are wrong by as much"
    assert fix == "synchronize this machine's clock (chrony, systemd-timesyncd)"


async def test_a_missing_right_is_named_with_its_rule(tmp_path: Path) -> None:
    """The observer's roles, asked to scale."""
    async with emulated(tmp_path, tokens={ADMIN_TOKEN: ADMIN, "ours": ACCOUNT}) as cluster:
        grant(cluster, "base")
        write_kubeconfig(cluster.kubeconfig, cluster.api.url, "ours")
        found = await look(cluster)

    missing = {what: fix for check, what, fix in told(found) if check == "rights"}
    assert missing == {
        "may not patch deployments/scale.apps web in namespace shop": (
            'add to a Role in namespace shop: {apiGroups: ["apps"], resources: [deployments/scale], '
            "resourceNames: [web], verbs: [patch]}"
        ),
        "may not patch horizontalpodautoscalers/status.autoscaling in namespace shop": (
            'add to a Role in namespace shop: {apiGroups: ["autoscaling"], '
            "resources: [horizontalpodautoscalers/status], verbs: [patch]}"
        ),
        "may not create events in namespace shop": (
            'add to a Role in namespace shop: {apiGroups: [""], resources: [events], verbs: [create]}'
        ),
    }


async def test_pods_without_requests(cluster: Emulated) -> None:
    deployment_request(cluster, {"memory": "1Mi"})
    cluster.use(50)
    found = [one for one in told(await look(cluster)) if one[0] == "policy shop/web"]
    assert [(what, fix) for _, what, fix in found] == [
        (
            "cpu cannot be read: failed to get cpu utilization: missing request for cpu in container app of Pod web-0",
            "set resources.requests on every container of the target's pods",
        )
    ]


async def test_a_metrics_api_that_is_not_there(cluster: Emulated) -> None:
    cluster.api.faults.add(Fault(kind=Kind.UNAVAILABLE, hits=lambda _user, _method, path: "metrics.k8s.io" in path))
    checks = [(check, what) for check, what, _ in told(await look(cluster))]
    assert checks[0][0] == "metrics API"
    assert checks[0][1].startswith("metrics.k8s.io: ")
    assert checks[1][0] == "policy shop/web"
    assert "cpu cannot be read" in checks[1][1]


async def test_a_metric_that_no_adapter_serves(cluster: Emulated) -> None:
    write_policy(
        cluster,
        "  - type: Resource\n    resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}\n",
        "  - type: External\n    external: {metric: {name: depth}, target: {type: Value, value: 30}}\n",
    )
    [(what, fix)] = [one[1:] for one in told(await look(cluster)) if one[0] == "policy shop/web"]
    assert what.startswith("depth cannot be read: unable to get external metric shop/depth/nil: no metrics returned")
    assert fix == "is the name of the metric right, and does its adapter serve it in this namespace?"


async def test_a_target_that_does_not_exist(cluster: Emulated) -> None:
    write_policy(cluster, "kind: Deployment, name: web", "kind: Deployment, name: wbe")
    what = 'failed to query scale subresource for Deployment/shop/wbe: deployments.apps "wbe" not found'
    assert ("policy shop/web", what, "create it, or mend the name in the policy") in told(await look(cluster))


async def test_a_target_whose_kind_is_not_served(cluster: Emulated) -> None:
    write_policy(cluster, "kind: Deployment, name: web", "kind: Deploymnt, name: web")
    found = [one for one in told(await look(cluster)) if one[0] == "policy shop/web"]
    assert found[0][2] == "mend apiVersion and kind of spec.scaleTargetRef"


async def test_a_target_without_pods(cluster: Emulated) -> None:
    for pod in cluster.api.store.items(PODS, "shop"):
        cluster.api.store.delete(PODS, pod["metadata"]["name"], "shop")
    cluster.metrics.pod_usage = []
    assert ("policy shop/web", "the target has no pods", "kubectl -n shop get pods, describe its owner") in told(
        await look(cluster)
    )


async def test_another_scaler_on_the_same_target(cluster: Emulated) -> None:
    other = hpa()
    other["metadata"]["name"] = "other"
    cluster.api.store.create(AUTOSCALERS, other, "shop")
    assert (
        "two scalers",
        "HPA object shop/other scales Deployment web too",
        "kubectl -n shop delete hpa other, or leave this target to it (run --shadow compares both)",
    ) in told(await look(cluster))


async def test_a_broken_policy_file(cluster: Emulated) -> None:
    (cluster.policies / "odd.yaml").write_text(POLICY.replace("maxReplicas", "maxReplica"))
    (check, what, _), *_ = told(await look(cluster))
    assert check == "policy file"
    assert "odd.yaml:7: spec.maxReplica: " in what


async def test_what_the_lint_rules_find_in_the_cluster(cluster: Emulated) -> None:
    cluster.api.store.change(
        DEPLOYMENTS, "web", "shop", lambda obj: obj | {"spec": obj["spec"] | {"template": without_requests(obj)}}
    )
    found = [one for one in told(await look(cluster)) if "[request-missing]" in one[1]]
    assert len(found) == 1


def without_requests(deployment: dict[str, Any]) -> dict[str, Any]:
    template: dict[str, Any] = deployment["spec"]["template"]
    return template | {"spec": template["spec"] | {"containers": [{"name": "app", "image": "web:1"}]}}


def test_rights_grow_with_what_is_asked_for(tmp_path: Path) -> None:
    from autoscaler.config.settings import Settings

    observing = list(rights(Settings(), ()))
    electing = list(rights(Settings(apply=True, leader_election={"enabled": True}), ()))
    assert observing == []
    assert [str(right) for right in electing] == [
        "create leases.coordination.k8s.io in namespace default",
        "get leases.coordination.k8s.io autoscaler in namespace default",
        "update leases.coordination.k8s.io autoscaler in namespace default",
    ]
    assert len(list(rights(Settings(memory={"store": "cluster"}), ()))) == 1 + 16 * 2


async def test_rights_to_look_at_targets_are_worth_a_warning_only(tmp_path: Path) -> None:
    async with emulated(tmp_path, tokens={ADMIN_TOKEN: ADMIN, "ours": ACCOUNT}) as cluster:
        grant(cluster, "base", "overlays/apply")
        cluster.api.store.change(CLUSTER_ROLES, "autoscaler-observe", "", without_sight)
        write_kubeconfig(cluster.kubeconfig, cluster.api.url, "ours")
        found = [one for one in await look(cluster) if one.check == "rights"]

    blind = "so rollouts, refused pods and writers of replicas are not seen"
    assert [(one.severity, one.what, one.fix) for one in found if one.severity is not None] == [
        (
            Severity.WARNING,
            f"may not {verb} deployments.apps in namespace shop, {blind}",
            f'add to a Role in namespace shop: {{apiGroups: ["apps"], resources: [deployments], verbs: [{verb}]}}',
        )
        for verb in ("list", "watch")
    ]


def without_sight(role: dict[str, Any]) -> dict[str, Any]:
    return role | {"rules": [rule for rule in role["rules"] if "deployments" not in rule["resources"]]}
