"""Rules about room: quotas, nodes, disruption budgets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.lint_findings import REQUESTS, SCALED_OBJECT, quota, rules_of


def capacity(most: int, other: str) -> str:
    pod = "containers: [{name: app, resources: {requests: {cpu: 500m, memory: 256Mi}, limits: {memory: 1Gi}}}]"
    return f"maxReplicas: {most}\n---\n{pod}\n---\n{other}"


SMALL_NODES = "---\n".join(
    f"apiVersion: v1\nkind: Node\nmetadata: {{name: n{index}}}\n"
    "status: {allocatable: {cpu: 940m, memory: 3Gi, pods: 17}}\n"
    for index in range(10)
)


@pytest.mark.parametrize(
    ("most", "other", "expected"),
    [
        pytest.param(20, quota("requests.cpu: 10"), [], id="20-times-half-a-core-are-10-cores"),
        pytest.param(21, quota("requests.cpu: 10"), ["beyond-quota"], id="one-pod-too-many"),
        pytest.param(21, quota("cpu: 10"), ["beyond-quota"], id="cpu-means-requests"),
        pytest.param(9, quota("requests.memory: 2Gi"), ["beyond-quota"], id="memory"),
        pytest.param(8, quota("requests.memory: 2Gi"), [], id="memory-that-fits"),
        pytest.param(9, quota("limits.memory: 8Gi"), ["beyond-quota"], id="limits"),
        pytest.param(9, quota("pods: 8"), ["beyond-quota"], id="pods"),
        pytest.param(9, quota("pods: 8", ", scopes: [BestEffort]"), [], id="a-quota-for-other-pods"),
        pytest.param(9, quota("pods: 8").replace("name: q", "name: q, namespace: other"), [], id="another-namespace"),
        pytest.param(20, SMALL_NODES, ["beyond-nodes"], id="c80-20-times-500m-against-10-small-nodes"),
        pytest.param(10, SMALL_NODES, [], id="one-for-each-node"),
    ],
)
def test_c80_the_maximum_is_held_against_quota_and_nodes(
    most: int, other: str, expected: list[str], tmp_path: Path
) -> None:
    assert rules_of(tmp_path, capacity(most, other)) == expected


@pytest.mark.parametrize(
    ("budget", "blocks"),
    [
        ("minAvailable: 1", False),
        ("minAvailable: 2", True),
        ("minAvailable: 50%", False),
        ("minAvailable: 51%", True),
        ("minAvailable: 100%", True),
        ("maxUnavailable: 0", True),
        ("maxUnavailable: 0%", True),
        ("maxUnavailable: 1%", False),
        ("maxUnavailable: 1", False),
        ("minAvailable: x", False),
    ],
)
def test_a_budget_is_held_against_the_minimum(budget: str, blocks: bool, tmp_path: Path) -> None:
    example = (
        "minReplicas: 2\n---\ncontainers: [{name: app, resources: {requests: {cpu: 1}}}]\n---\n"
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"
        f"spec: {{{budget}, selector: {{matchLabels: {{app: web}}}}}}\n"
    )

    assert rules_of(tmp_path, example) == (["budget-blocks-eviction"] if blocks else [])


@pytest.mark.parametrize(
    ("selector", "blocks"),
    [
        ("{matchLabels: {app: web}}", True),
        ("{matchLabels: {app: other}}", False),
        ("{matchLabels: {app: web}, matchExpressions: [{key: a, operator: Exists}]}", False),
        ("{}", False),
    ],
)
def test_only_budgets_that_surely_select_the_pods_are_looked_at(selector: str, blocks: bool, tmp_path: Path) -> None:
    example = (
        f"{{}}\n---\ncontainers: [{{name: app, {REQUESTS}}}]\n---\n"
        f"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b}}\n"
        f"spec: {{maxUnavailable: 0, selector: {selector}}}\n"
    )

    assert rules_of(tmp_path, example) == (["budget-blocks-eviction"] if blocks else [])


@pytest.mark.parametrize(("least", "available", "blocks"), [(5, 4, False), (4, 4, True), (0, 1, True)])
def test_a_scaled_objects_minimum_is_at_least_one_pod(least: int, available: int, blocks: bool, tmp_path: Path) -> None:
    example = (
        f"{SCALED_OBJECT}metadata: {{name: web}}\nspec: {{minReplicaCount: {least}, scaleTargetRef: {{name: web}}}}\n---\n"
        f"containers: [{{name: app, {REQUESTS}}}]\n---\napiVersion: policy/v1\nkind: PodDisruptionBudget\n"
        f"metadata: {{name: b}}\nspec: {{minAvailable: {available}, selector: {{matchLabels: {{app: web}}}}}}\n"
    )

    assert rules_of(tmp_path, example) == (["budget-blocks-eviction"] if blocks else [])
