"""The lint rules: every example of the documentation, and the edges that examples do not show."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoscaler.config.check import check_files
from autoscaler.config.lint.documentation import all_rules
from autoscaler.config.lint.examples import whole_manifests
from autoscaler.config.lint.rule import Rule
from autoscaler.config.lint.rules import RULES
from tests.engine.worlds import DEFAULT_BEHAVIOR, Run, external_average, policy, total

ROOT = Path(__file__).parents[2]


def found(tmp_path: Path, text: str) -> list[str]:
    """The findings of one file: line, rule and what, in order."""
    file = tmp_path / "f.yaml"
    file.write_text(text)
    place = f"{file}:"
    return [
        f"{finding.fault.line}: {finding.rule}: {finding.fault.what}".replace(place, "f:")
        for finding in check_files([file]).findings
    ]


def rules_of(tmp_path: Path, example: str) -> list[str]:
    """Names of the rules that an example in short form offends."""
    return [line.split(": ")[1] for line in found(tmp_path, whole_manifests(example))]


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_the_bad_example_is_found_and_the_good_one_is_fine(rule: Rule, tmp_path: Path) -> None:
    assert rule.name in rules_of(tmp_path, rule.bad)
    assert found(tmp_path, whole_manifests(rule.good)) == []


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_every_rule_is_documented(rule: Rule) -> None:
    assert all((rule.summary, rule.why, rule.fix, rule.bad, rule.good))
    assert rule.summary.endswith(".")
    assert rule.why.endswith(".")


def test_the_documentation_is_that_of_the_rules() -> None:
    assert (ROOT / "docs" / "lint.md").read_text() == all_rules(), "write it anew: autoscaler check --explain all"


def test_rules_have_names_of_their_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        pytest.param(
            "metrics:\n- {type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 100}}}\n",
            ["9: cpu-in-whole-cores: 100 of cpu is 100 whole cores for each pod"],
            id="cores",
        ),
        pytest.param(
            "metrics:\n- type: ContainerResource\n  containerResource:\n"
            "    {name: cpu, container: app, target: {type: AverageValue, averageValue: '64'}}\n",
            ["11: cpu-in-whole-cores: 64 of cpu is 64 whole cores for each pod"],
            id="cores-of-one-container",
        ),
        pytest.param(
            "metrics:\n- {type: Pods, pods: {metric: {name: busy_ratio}, target: {type: AverageValue, averageValue: 70}}}\n",
            ["9: share-in-percent: 70 is 7000 %"],
            id="ratio",
        ),
        pytest.param(
            "metrics:\n- {type: Pods, pods: {metric: {name: latency_milliseconds}, "
            "target: {type: AverageValue, averageValue: 200m}}}\n",
            ["9: latency-in-milliseconds: 200m is 0.2 milliseconds"],
            id="milliseconds-in-seconds",
        ),
        pytest.param(
            "behavior: {scaleDown: {stabilizationWindowSeconds: 60}}\n"
            "metrics:\n- {type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: 100}}}\n",
            ["8: scale-down-window-too-short: a window of 60 s holds no second sample: the metrics bring one in 60 s"],
            id="a-custom-metric-comes-once-a-minute",
        ),
        pytest.param(
            "behavior: {scaleUp: {selectPolicy: Min, policies: [{type: Pods, value: 4, periodSeconds: 60}, "
            "{type: Pods, value: 2, periodSeconds: 60}, {type: Pods, value: 2, periodSeconds: 60}]}}\n",
            [
                "11: rate-rule-without-effect: never acts: policies[1] always allows as little or less in 60 s",
                "11: rate-rule-without-effect: never acts: policies[1] always allows as little or less in 60 s",
            ],
            id="of-two-equal-rules-the-first-acts",
        ),
        pytest.param(
            "behavior: {scaleDown: {selectPolicy: Disabled, policies: [{type: Pods, value: 1, periodSeconds: 60}]}}\n",
            [
                "11: direction-disabled: Disabled: the workload can never shrink",
                "11: rate-rule-without-effect: never acts: selectPolicy is Disabled",
            ],
            id="rules-of-a-closed-direction",
        ),
        pytest.param(
            "metrics:\n"
            + 2 * "- {type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: 100}}}\n"
            + 2 * "- {type: External, external: {metric: {name: q}, target: {type: AverageValue, averageValue: 10}}}\n"
            + "- {type: External, external: {metric: {name: q, selector: {matchLabels: {a: b}}}, "
            "target: {type: AverageValue, averageValue: 10}}}\n"
            + "- {type: External, external: {metric: {name: q}, target: {type: Value, value: 10}}}\n",
            [
                "10: metric-twice: the same metric, measured in the same way, as spec.metrics[0]",
                "12: metric-twice: the same metric, measured in the same way, as spec.metrics[2]",
            ],
            id="the-same-metric-is-one-of-equal-selector-and-target-field",
        ),
        pytest.param(
            "metrics:\n- type: Object\n  object:\n    describedObject: {kind: Service, name: a}\n"
            "    metric: {name: requests_total}\n    target: {type: Value, value: 100}\n",
            ["12: counter-as-metric: requests_total is named like a counter, which only grows"],
            id="a-counter-of-an-object",
        ),
        pytest.param(
            "behavior: {scaleUp: {tolerance: 1m}, scaleDown: {tolerance: 10m}}\n",
            ["11: odd-tolerance: a tolerance of 1m is 0.1 % of the target"],
            id="tolerance-below-a-percent",
        ),
    ],
)
def test_what_is_found_and_where(example: str, expected: list[str], tmp_path: Path) -> None:
    assert found(tmp_path, whole_manifests(example)) == expected


QUIET = [
    pytest.param("{}\n", id="the-frame"),
    pytest.param("behavior: {}\n", id="the-api-servers-own-behavior"),
    pytest.param("behavior: {scaleUp: {policies: [{type: Pods, value: 2, periodSeconds: 15}, "
                 "{type: Percent, value: 50, periodSeconds: 60}]}}\n", id="rules-of-different-periods"),
    pytest.param("metrics:\n- {type: Pods, pods: {metric: {name: cpu_saturation}, "
                 "target: {type: AverageValue, averageValue: 500m}}}\n", id="thousandths-of-a-share"),
    pytest.param("metrics:\n- {type: Pods, pods: {metric: {name: open_session_count}, "
                 "target: {type: AverageValue, averageValue: 30}}}\n", id="a-count-that-falls-again"),
    pytest.param("metrics:\n- {type: Pods, pods: {metric: {name: queue_age_seconds}, "
                 "target: {type: AverageValue, averageValue: 300}}}\n", id="an-age-in-seconds"),
    pytest.param("{}\n---\ncontainers: [{name: app, resources: {limits: {cpu: 2, memory: 1Gi}}}]\n",
                 id="a-limit-is-a-request-too"),
    pytest.param("{}\n---\ncontainers: [{name: app}]\nresources: {requests: {cpu: 1}}\n", id="requests-of-the-pod"),
    pytest.param("{}\n---\ncontainers: [{name: app}]\n---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: d}\n"
                 "spec: {limits: [{type: Container, defaultRequest: {cpu: 100m}}]}\n", id="requests-by-default"),
    pytest.param("{}\n---\ncontainers: [{name: app, resources: {requests: {cpu: 1}}}]\n"
                 "initContainers: [{name: migrate}]\n", id="an-init-container-ends"),
    pytest.param("metrics:\n- {type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 1}}}\n"
                 "---\ncontainers: [{name: app}]\n", id="an-absolute-target-needs-no-request"),
    pytest.param("{}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n", id="a-kind-nobody-looks-at"),
]  # fmt: skip


@pytest.mark.parametrize("example", QUIET)
def test_what_is_fine(example: str, tmp_path: Path) -> None:
    assert found(tmp_path, whole_manifests(example)) == []


def vertical(spec: str) -> str:
    target = "targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}"
    return (
        "{}\n---\ncontainers:\n- {name: app, resources: {requests: {cpu: 1}}}\n"
        "- {name: proxy, resources: {requests: {cpu: 1}}}\n---\n"
        f"apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {{name: web}}\n"
        f"spec: {{{target}{spec}}}\n"
    )


@pytest.mark.parametrize(
    ("spec", "conflict"),
    [
        ("", True),
        (", updatePolicy: {updateMode: Auto}", True),
        (", updatePolicy: {updateMode: Recreate}", True),
        (", updatePolicy: {updateMode: InPlaceOrRecreate}", True),
        (', updatePolicy: {updateMode: "Off"}', False),
        (", updatePolicy: {updateMode: Off}", False),
        (", updatePolicy: {updateMode: Initial}", False),
        (', resourcePolicy: {containerPolicies: [{containerName: "*", mode: "Off"}]}', False),
        (', resourcePolicy: {containerPolicies: [{containerName: proxy, mode: "Off"}]}', True),
        (', resourcePolicy: {containerPolicies: [{containerName: "*", controlledResources: [memory]}]}', False),
        (
            ', resourcePolicy: {containerPolicies: [{containerName: "*", mode: "Off"}, {containerName: app}]}',
            True,
        ),
    ],
)
def test_vertical_scaling_conflicts_where_it_changes_the_same_request(
    spec: str, conflict: bool, tmp_path: Path
) -> None:
    assert ("vertical-on-same-resource" in rules_of(tmp_path, vertical(spec))) is conflict


def cron(*commands: str) -> str:
    jobs = [
        f"apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: job{index}}}\nspec:\n"
        f"  jobTemplate: {{spec: {{template: {{spec: {{containers: [{{name: a, {command}}}]}}}}}}}}\n"
        for index, command in enumerate(commands)
    ]
    return "---\n".join(["{}\n", *jobs])


@pytest.mark.parametrize(
    ("commands", "conflict"),
    [
        (["command: [kubectl, scale, deployment/web, --replicas=20]"], True),
        (['command: [sh, -c, "kubectl -n default scale deploy web --replicas 5 && echo done"]'], True),
        (["command: [kubectl], args: [scale, deployments.apps/web, --replicas, '20']"], True),
        (["command: [/bin/sh, -c, 'set -e; kubectl scale --replicas=3 deployment web']"], True),
        (["command: [kubectl, scale, deployment/web2, --replicas=20]"], False),
        (["command: [kubectl, scale, statefulset/web, --replicas=20]"], False),
        (["command: [kubectl, -n, other, scale, deployment/web, --replicas=20]"], False),
        (["command: [kubectl, get, deployment/web]"], False),
        (["command: [kubectl, scale, deployment, --replicas=0, -l, app=web]"], False),
        (["command: [/snap/bin/kubectl, scale, deployment.v1.apps/web, --replicas=$NODES]"], True),
        (["command: kubectl scale deployment/web"], False),
        (
            [
                "command: [kubectl, scale, deployment/web, --replicas=0]",
                "command: [kubectl, scale, deployment/web, --replicas=2]",
            ],
            False,
        ),
    ],
)
def test_a_schedule_conflicts_where_it_sets_the_targets_replicas(
    commands: list[str], conflict: bool, tmp_path: Path
) -> None:
    assert ("schedule-sets-replicas" in rules_of(tmp_path, cron(*commands))) is conflict


SCALED_OBJECT = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n"


@pytest.mark.parametrize(
    ("rest", "conflict"),
    [
        ("metadata: {name: queue}\nspec: {scaleTargetRef: {name: web}}\n", True),
        ("metadata: {name: queue}\nspec: {scaleTargetRef: {name: web, kind: StatefulSet}}\n", False),
        ("metadata: {name: queue, namespace: other}\nspec: {scaleTargetRef: {name: web}}\n", False),
        (
            'metadata: {name: queue, annotations: {autoscaling.keda.sh/paused: "true"}}\n'
            "spec: {scaleTargetRef: {name: web}}\n",
            False,
        ),
        (
            "metadata: {name: queue}\nspec: {scaleTargetRef: {name: web}, "
            "advanced: {horizontalPodAutoscalerConfig: {name: web}}}\n",
            False,
        ),
        (
            'metadata: {name: queue, annotations: {scaledobject.keda.sh/transfer-hpa-ownership: "true"}}\n'
            "spec: {scaleTargetRef: {name: web}}\n",
            False,
        ),
    ],
)
def test_a_scaled_object_is_a_second_scaler_unless_it_owns_the_hpa(rest: str, conflict: bool, tmp_path: Path) -> None:
    assert ("two-scalers" in rules_of(tmp_path, f"{{}}\n---\n{SCALED_OBJECT}{rest}")) is conflict


def test_rules_hold_for_scaled_objects_too(tmp_path: Path) -> None:
    triggers = "[{type: cpu, metricType: Utilization, metadata: {value: '70'}}, {type: redis, metadata: {}}]"
    example = (
        f"{SCALED_OBJECT}metadata: {{name: web}}\nspec:\n  scaleTargetRef: {{name: web}}\n  maxReplicaCount: 9\n"
        f"  triggers: {triggers}\n---\ncontainers: [{{name: app}}]\n---\n"
    ) + quota("pods: 8")

    assert found(tmp_path, whole_manifests(example)) == [
        "6: beyond-quota: 9 replicas are beyond the quota: ResourceQuota default/q (f:19) has room for 8 pods by pods: 8",
        "17: request-missing: container app requests no cpu, and ScaledObject default/web scales on its share",
    ]


def test_a_target_kept_elsewhere_is_not_missed(tmp_path: Path) -> None:
    pod = "containers: [{name: app, resources: {requests: {cpu: 1}}}]\n"
    other = whole_manifests(f"{{}}\n---\n{pod}").replace(
        "Deployment\nmetadata: {name: web}", "Deployment\nmetadata: {name: own, namespace: system}"
    )

    assert found(tmp_path, other) == []


def test_a_target_in_another_namespace_is_pointed_out(tmp_path: Path) -> None:
    pod = "containers: [{name: app, resources: {requests: {cpu: 1}}}]\n"
    example = whole_manifests(f"{{}}\n---\n{pod}").replace(
        "kind: Deployment\nmetadata: {name: web}", "kind: Deployment\nmetadata: {name: web, namespace: shop}"
    )
    (finding,) = check_files([_write(tmp_path, example)]).findings

    assert finding.fault.what == "there is no Deployment default/web among the files"
    assert finding.fault.hint.startswith("there is a Deployment shop/web (")


def _write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "f.yaml"
    file.write_text(text)
    return file


def capacity(most: int, other: str) -> str:
    pod = "containers: [{name: app, resources: {requests: {cpu: 500m, memory: 256Mi}, limits: {memory: 1Gi}}}]"
    return f"maxReplicas: {most}\n---\n{pod}\n---\n{other}"


def quota(hard: str, more: str = "") -> str:
    return f"apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: q}}\nspec: {{hard: {{{hard}}}{more}}}\n"


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


def test_the_sets_of_manifests_that_users_put_on_one_deployment_are_refused(tmp_path: Path) -> None:
    """HPA, VPA in mode Auto and a CronJob on one target: each is fine alone."""
    job = cron("command: [kubectl, scale, deployment/web, --replicas=20]").split("---\n", 1)[1]
    names = rules_of(tmp_path, vertical(", updatePolicy: {updateMode: Auto}") + "---\n" + job)

    assert names == ["vertical-on-same-resource", "schedule-sets-replicas"]


def test_what_is_said_of_schedules_is_what_the_engine_does() -> None:
    """A count set from outside is gone at the next pass: the window holds recommendations, and those were low."""
    run = Run(replace(policy(external_average("jobs", "1k"), low=2), behavior=DEFAULT_BEHAVIOR), 5)
    for second in range(0, 600, 15):
        run.tick(second, total(5_000_000), among=())
    run.replicas = 20

    assert run.tick(600, total(5_000_000), among=()).desired == 5


def test_version_v1_is_looked_at_as_far_as_it_has_fields(tmp_path: Path) -> None:
    text = (
        "apiVersion: v1\nkind: List\nitems:\n"
        "- apiVersion: autoscaling/v1\n  kind: HorizontalPodAutoscaler\n  metadata: {name: old}\n"
        "  spec:\n    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"
        "    minReplicas: 3\n    maxReplicas: 3\n    targetCPUUtilizationPercentage: 5\n"
        "- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: web}\n"
        "  spec: {template: {spec: {containers: [{name: app}]}}}\n"
    )

    assert found(tmp_path, text) == [
        "7: odd-utilization: 5 % of the request is a low target",
        "10: equal-bounds: minReplicas and maxReplicas are both 3: nothing can scale",
        "15: request-missing: container app requests no cpu, and HorizontalPodAutoscaler default/old scales on its share",
    ]


@pytest.mark.parametrize(("tolerance", "reaches"), [("", False), ("0.05", True), ("0.1", False)])
def test_a_target_within_the_limits_but_not_beyond_the_tolerance_is_out_of_reach(
    tolerance: str, reaches: bool, tmp_path: Path
) -> None:
    behavior = f"behavior: {{scaleUp: {{tolerance: {tolerance}}}}}\n" if tolerance else ""
    example = (
        f"{behavior}metrics:\n- type: Resource\n"
        "  resource: {name: cpu, target: {type: Utilization, averageUtilization: 92}}\n"
        "---\ncontainers: [{name: app, resources: {limits: {cpu: 500m}}}]\n"
    )

    assert rules_of(tmp_path, example) == ([] if reaches else ["target-out-of-reach"])


def test_an_annotation_switches_a_rule_off_where_it_stands(tmp_path: Path) -> None:
    text = whole_manifests("minReplicas: 10\n")
    ignoring = "metadata: {name: web, annotations: {autoscaler.dev/ignore: 'odd-utilization, equal-bounds'}}"

    assert found(tmp_path, text) == ["6: equal-bounds: minReplicas and maxReplicas are both 10: nothing can scale"]
    assert found(tmp_path, text.replace("metadata: {name: web}", ignoring)) == []


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.sampled_from(["", "x", "web", "Auto", "50%", "1Ki", "kubectl scale"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["spec", "template", "containers", "initContainers", "name", "resources", "requests", "cpu", "selector",
             "matchLabels", "hard", "targetRef", "resourcePolicy", "containerPolicies", "scaleTargetRef", "triggers",
             "jobTemplate", "command", "minAvailable", "status", "allocatable", "limits", "type", "metadata", "value"]
        ), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(
    kind=st.sampled_from(
        ["Deployment", "CronJob", "ScaledObject", "VerticalPodAutoscaler", "ResourceQuota", "Node", "LimitRange",
         "PodDisruptionBudget"]
    ),
    group=st.sampled_from(["apps/v1", "batch/v1", "keda.sh/v1alpha1", "autoscaling.k8s.io/v1", "v1", "policy/v1"]),
    body=st.dictionaries(st.sampled_from(["spec", "status"]), JUNK, max_size=2),
)  # fmt: skip
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_manifests_of_any_content_never_break_the_check(kind: str, group: str, body: object, tmp_path: Path) -> None:
    junk = json.dumps({"apiVersion": group, "kind": kind, "metadata": {"name": "web"}, **body})  # type: ignore[dict-item]
    pod = "containers: [{name: app, resources: {requests: {cpu: 1}}}]\n"

    assert check_files([_write(tmp_path, whole_manifests(f"{{}}\n---\n{pod}---\n") + junk)]).files == 1


def resource_target(resource: str, target: str) -> str:
    return f"metrics:\n- {{type: Resource, resource: {{name: {resource}, target: {{{target}}}}}}}\n"


def pods_target(name: str, amount: str) -> str:
    target = f"{{type: AverageValue, averageValue: {amount}}}"
    return f"metrics:\n- {{type: Pods, pods: {{metric: {{name: {name}}}, target: {target}}}}}\n"


UTILIZATION, AVERAGE = "type: Utilization, averageUtilization: ", "type: AverageValue, averageValue: "


@pytest.mark.parametrize(
    ("rule", "found_in", "fine"),
    [
        ("odd-utilization", resource_target("cpu", UTILIZATION + "9"), resource_target("cpu", UTILIZATION + "10")),
        ("odd-utilization", resource_target("cpu", UTILIZATION + "201"), resource_target("cpu", UTILIZATION + "200")),
        ("cpu-in-whole-cores", resource_target("cpu", AVERAGE + "32"), resource_target("cpu", AVERAGE + "31999m")),
        ("hardly-any-cpu", resource_target("cpu", AVERAGE + "9m"), resource_target("cpu", AVERAGE + "10m")),
        ("hardly-any-requests", pods_target("rps", "4"), pods_target("rps", "5")),
        ("share-in-percent", pods_target("hit_ratio", "5"), pods_target("hit_ratio", "4900m")),
        ("hardly-any-bytes", pods_target("backlog_bytes", "1023"), pods_target("backlog_bytes", "1Ki")),
        ("latency-in-milliseconds", pods_target("latency_seconds", "30"), pods_target("latency_seconds", "29")),
        (
            "scale-down-window-too-short",
            "behavior: {scaleDown: {stabilizationWindowSeconds: 15}}\n",
            "behavior: {scaleDown: {stabilizationWindowSeconds: 16}}\n",
        ),
        (
            "scale-up-window-without-effect",
            "behavior: {scaleUp: {stabilizationWindowSeconds: 15}}\n",
            "behavior: {scaleUp: {stabilizationWindowSeconds: 16}}\n",
        ),
        (
            "period-shorter-than-a-pass",
            "behavior: {scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 14}]}}\n",
            "behavior: {scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 15}]}}\n",
        ),
        (
            "odd-tolerance",
            'behavior: {scaleUp: {tolerance: "1"}}\n',
            'behavior: {scaleUp: {tolerance: "0.99"}, scaleDown: {tolerance: "0.01"}}\n',
        ),
        (  # 2 to 10: one pod at 0, 60, ... 420 s; down all at once, when the window has passed
            "shrinks-faster-than-it-grows",
            "behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}, "
            "scaleDown: {stabilizationWindowSeconds: 419}}\n",
            "behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}, "
            "scaleDown: {stabilizationWindowSeconds: 420}}\n",
        ),
    ],
)
def test_where_each_threshold_lies(rule: str, found_in: str, fine: str, tmp_path: Path) -> None:
    assert rule in rules_of(tmp_path, found_in)
    assert rule not in rules_of(tmp_path, fine)


def deployment(name: str, pod: str) -> str:
    written = whole_manifests(pod).replace("name: web", f"name: {name}", 1)
    return written.replace("app: web", f"app: {name}")


REQUESTS = "resources: {requests: {cpu: 1}}"


def test_a_mistyped_target_gets_the_nearest_name(tmp_path: Path) -> None:
    text = whole_manifests("{}\n") + "---\n" + deployment("wep", f"containers: [{{name: app, {REQUESTS}}}]\n")

    assert [finding.fault.hint for finding in check_files([_write(tmp_path, text)]).findings] == ["did you mean `wep`?"]


def test_a_metric_of_one_container_needs_that_containers_request_only(tmp_path: Path) -> None:
    metric = (
        "metrics:\n- type: ContainerResource\n"
        "  containerResource: {name: cpu, container: app, target: {type: Utilization, averageUtilization: 70}}\n---\n"
    )

    assert rules_of(tmp_path, f"{metric}containers: [{{name: app, {REQUESTS}}}, {{name: proxy}}]\n") == []
    assert rules_of(tmp_path, f"{metric}containers: [{{name: app}}, {{name: proxy, {REQUESTS}}}]\n") == [
        "request-missing"
    ]


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


DEPLOYMENT_WITH_HPA_VPA_AND_CRON_JOB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "web:1", resources: {requests: {cpu: 100m, memory: 64Mi}}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 10
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}
---
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  updatePolicy: {updateMode: Auto}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: night, namespace: shop}
spec:
  schedule: "0 20 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
          - {name: scale, image: kubectl, command: [kubectl, -n, shop, scale, deployment/web, --replicas=1]}
"""


def test_c76_hpa_vpa_and_cron_job_on_one_deployment_are_refused_each_pair_with_its_repair(tmp_path: Path) -> None:
    file = tmp_path / "set.yaml"
    file.write_text(DEPLOYMENT_WITH_HPA_VPA_AND_CRON_JOB)

    findings = check_files([file]).findings

    assert [(finding.rule, finding.fault.line) for finding in findings] == [
        ("vertical-on-same-resource", 18),
        ("schedule-sets-replicas", 38),
    ]
    vertical, schedule = (finding.fault for finding in findings)
    assert vertical.what == (
        f"VerticalPodAutoscaler shop/web ({file}:20, updateMode Auto) changes the cpu requests that this utilization is "
        "measured against"
    )
    assert vertical.hint == (
        "use an absolute target (averageValue), or let the VerticalPodAutoscaler control the other resource only "
        '(controlledResources), or set its updateMode to "Off"'
    )
    assert schedule.what == (
        "`kubectl -n shop scale deployment/web --replicas=1` sets the replicas of Deployment shop/web, which "
        "HorizontalPodAutoscaler shop/web scales"
    )
    assert schedule.hint == (
        'let it change the policy: kubectl -n shop patch hpa web -p \'{"spec":{"minReplicas":1}}\''
    )
