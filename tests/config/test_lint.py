"""The lint rules: every example of the documentation, and what is found, or fine, whatever the rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoscaler.config.check import check_files
from autoscaler.config.lint.documentation import all_rules
from autoscaler.config.lint.examples import whole_manifests
from autoscaler.config.lint.rule import Rule
from autoscaler.config.lint.rules import RULES
from tests.config.lint_findings import found, rules_of, written

ROOT = Path(__file__).parents[2]


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

    assert check_files([written(tmp_path, whole_manifests(f"{{}}\n---\n{pod}---\n") + junk)]).files == 1
