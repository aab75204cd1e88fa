"""C81: rights in one namespace are enough, rights to read are enough to observe, and a missing verb is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from autoscaler.emulator.api_server import ADMIN_TOKEN
from autoscaler.emulator.builtin import ROLE_BINDINGS, ROLES
from autoscaler.emulator.kubeconfig import write_kubeconfig
from autoscaler.emulator.users import ADMIN, AUTHENTICATED, User
from tests.daemon.emulated import Emulated, daemon, emulated

DEPLOY = Path(__file__).parents[2] / "deploy"
TENANT = User(name="tenant", groups=(AUTHENTICATED,))
TOKENS = {ADMIN_TOKEN: ADMIN, "tenant": TENANT}


def shipped_rules(*folders: str) -> list[dict[str, Any]]:
    """The rules of the cluster roles that are shipped."""
    documents = (
        document
        for folder in folders
        for file in sorted((DEPLOY / folder).glob("*-role.yaml"))
        for document in yaml.safe_load_all(file.read_text())
    )
    return [rule for document in documents if document["kind"] == "ClusterRole" for rule in document["rules"]]


def without(rules: list[dict[str, Any]], verb: str, group: str, resource: str) -> Iterator[dict[str, Any]]:
    """The rules, less one verb on one resource."""
    for rule in rules:
        hit = group in rule["apiGroups"] and resource in rule["resources"] and verb in rule["verbs"]
        if not hit:
            yield rule
            continue
        yield rule | {"resources": [each for each in rule["resources"] if each != resource]}
        yield rule | {"resources": [resource], "verbs": [each for each in rule["verbs"] if each != verb]}


def grant_in_shop(cluster: Emulated, rules: list[dict[str, Any]]) -> None:
    """Give the tenant a Role in namespace shop, and nothing anywhere else."""
    useful = [rule for rule in rules if rule["verbs"] and rule["resources"]]
    cluster.api.store.create(ROLES, {"metadata": {"name": "tenant"}, "rules": useful}, "shop")
    binding = {
        "metadata": {"name": "tenant"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tenant"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": TENANT.name}],
    }
    cluster.api.store.create(ROLE_BINDINGS, binding, "shop")
    write_kubeconfig(cluster.kubeconfig, cluster.api.url, "tenant")


async def refusals(cluster: Emulated) -> list[str]:
    """Requests that were answered 401 or 403, as the metrics tell them."""
    _, metrics = await cluster.probe("/metrics")
    lines = (line for line in metrics.splitlines() if line.startswith("autoscaler_api_requests_total"))
    return [line for line in lines if 'code="403"' in line or 'code="401"' in line]


async def test_c81_a_role_in_one_namespace_is_enough_to_scale_there(tmp_path: Path) -> None:
    async with emulated(tmp_path, tokens=TOKENS) as cluster:
        grant_in_shop(cluster, shipped_rules("base", "overlays/apply"))
        cluster.use(100)
        async with daemon(cluster, namespaces=("shop",)):
            await cluster.until(lambda: cluster.replicas() == 4)
            await cluster.until(lambda: cluster.hpa_status().get("desiredReplicas") == 4 and bool(cluster.events()))
            assert await refusals(cluster) == []
            assert (await cluster.probe("/readyz"))[0] == 200


async def test_c81_rights_to_read_are_enough_to_observe(tmp_path: Path) -> None:
    async with emulated(tmp_path, tokens=TOKENS) as cluster:
        grant_in_shop(cluster, shipped_rules("base"))
        cluster.use(100)
        async with daemon(cluster, apply=False, namespaces=("shop",)):
            passes = await cluster.passes(3)
            assert await refusals(cluster) == []
        assert {one.decision.desired for one in passes} == {4}
        assert cluster.replicas() == 2
        assert cluster.hpa_status() == {"currentMetrics": None, "desiredReplicas": 0}  # as it was created
        assert cluster.events() == []


@pytest.mark.parametrize(
    ("verb", "group", "resource"),
    [
        pytest.param("patch", "apps", "deployments/scale", id="to-write-replicas"),
        pytest.param("get", "apps", "deployments/scale", id="to-read-them"),
        pytest.param("list", "metrics.k8s.io", "pods", id="to-read-usage"),
        pytest.param("list", "", "pods", id="to-list-pods"),
        pytest.param("watch", "", "pods", id="to-watch-them"),
        pytest.param("patch", "autoscaling", "horizontalpodautoscalers/status", id="to-show-the-status"),
    ],
)
async def test_c81_a_missing_verb_is_named(tmp_path: Path, verb: str, group: str, resource: str) -> None:
    said = f'User "tenant" cannot {verb} resource "{resource}" in API group "{group}" in the namespace "shop"'

    async with emulated(tmp_path, tokens=TOKENS) as cluster:
        grant_in_shop(cluster, list(without(shipped_rules("base", "overlays/apply"), verb, group, resource)))
        cluster.use(100)
        async with daemon(cluster, namespaces=("shop",)):
            await cluster.passes(2)

            def is_said() -> bool:
                conditions = cluster.hpa_status().get("conditions", [])
                shown = [message for _, message in cluster.events()] + [each["message"] for each in conditions]
                return any(said in message for message in shown)

            if verb == "watch":  # decisions go on from the list until it is too old; probes say it at once
                await cluster.until(lambda: len(cluster.records) > 3)
                _, metrics = await cluster.probe("/metrics")
                assert 'autoscaler_api_requests_total{code="403",resource="pods",verb="watch"}' in metrics
            else:
                await cluster.until(is_said)
