"""Rules about who else scales a target, or another one: vertical scaling, schedules, scaled objects, missing targets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autoscaler.config.check import check_files
from autoscaler.config.lint.examples import whole_manifests
from tests.config.lint_findings import REQUESTS, SCALED_OBJECT, found, quota, rules_of, written
from tests.engine.worlds import DEFAULT_BEHAVIOR, Run, external_average, policy, total


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
    (finding,) = check_files([written(tmp_path, example)]).findings

    assert finding.fault.what == "there is no Deployment default/web among the files"
    assert finding.fault.hint.startswith("there is a Deployment shop/web (")


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


def test_a_mistyped_target_gets_the_nearest_name(tmp_path: Path) -> None:
    text = whole_manifests("{}\n") + "---\n" + deployment("wep", f"containers: [{{name: app, {REQUESTS}}}]\n")

    assert [finding.fault.hint for finding in check_files([written(tmp_path, text)]).findings] == [
        "did you mean `wep`?"
    ]


def deployment(name: str, pod: str) -> str:
    written = whole_manifests(pod).replace("name: web", f"name: {name}", 1)
    return written.replace("app: web", f"app: {name}")


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
