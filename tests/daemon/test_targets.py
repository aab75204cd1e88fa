"""What people and others do to a target, with kubectl against the running daemon, and what it says of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autoscaler.emulator.builtin import AUTOSCALERS, CLUSTER_ROLES, DEFINITIONS, DEPLOYMENTS
from autoscaler.emulator.users import ADMIN
from autoscaler.engine.explain import sentence
from autoscaler.model.decision import Reason
from tests.daemon.emulated import Emulated, daemon, deployment, emulated, hpa
from tests.daemon.test_beside_kubectl import kubectl
from tests.daemon.test_rights import ACCOUNT, ADMIN_TOKEN, grant, write_kubeconfig

pytestmark = pytest.mark.service("kubectl")

POLICY = """\
apiVersion: autoscaler.dev/v1alpha1
kind: ScalingPolicy
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 10
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
  behavior: {scaleDown: {stabilizationWindowSeconds: 0}}
  safety: {maxSampleAge: off}
"""
QUOTA = 'pods "web-9" is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2'


def said(cluster: Emulated) -> str:
    return sentence(cluster.records[-1].decision, cluster.records[-1].outcome)


def status(cluster: Emulated, **changes: Any) -> None:
    """Say what the Deployment's controller would."""
    cluster.api.store.change(
        DEPLOYMENTS, "web", "shop", lambda obj: obj | {"status": obj["status"] | changes}, subresource="status"
    )


async def until_said(cluster: Emulated, words: str) -> None:
    seen: Callable[[], bool] = lambda: bool(cluster.records) and words in said(cluster)  # noqa: E731  # a claim
    await cluster.until(seen)


@pytest.fixture
async def cluster(tmp_path: Path) -> Any:
    async with emulated(tmp_path, nobody=ADMIN) as running:
        (running.policies / "web.yaml").write_text(POLICY)
        status(running, updatedReplicas=2, readyReplicas=2, availableReplicas=2)
        yield running


async def test_c77_a_second_hpa_is_named_within_one_cycle_and_nothing_is_written(cluster: Emulated) -> None:
    cluster.use(50)
    words = (
        "HorizontalPodAutoscaler shop/other scales Deployment web too, so nothing is written: one of the two has to go"
    )
    async with daemon(cluster):
        await cluster.passes(2)
        await kubectl(cluster, "autoscale", "deployment", "web", "--name=other", "--max=5")
        await cluster.until(lambda: cluster.records[-1].decision.reason is Reason.AMBIGUOUS)
        cluster.use(100)
        await until_said(cluster, "asks for 4")
        assert said(cluster) == f"Staying at 2. cpu asks for 4 (100% against 50%), but {words}."
        assert cluster.replicas() == 2
        described = await kubectl(cluster, "describe", "hpa", "web")
        assert f"Conflict True OtherAutoscaler {words}" in described
        await cluster.until(lambda: ("ConflictingAutoscaler", words) in cluster.events())

        await kubectl(cluster, "delete", "hpa", "other")
        await cluster.until(lambda: cluster.replicas() == 4)
        described = await kubectl(cluster, "describe", "hpa", "web")
        assert "Conflict False NoConflict nothing else sets the target's replicas" in described


async def test_a_scaled_object_is_named_once_keda_is_there_and_not_the_hpa_that_it_made(cluster: Emulated) -> None:
    cluster.api.store.create(
        AUTOSCALERS,
        hpa()
        | {
            "metadata": {
                "name": "keda-hpa-queue",
                "ownerReferences": [
                    {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "q", "uid": "u"}
                ],
            }
        },
        "shop",
    )
    define_keda(cluster)
    await kubectl_create(cluster, scaled_object(paused=False))
    async with daemon(cluster):
        await until_said(cluster, "scales Deployment web too")
        assert said(cluster) == (
            "Staying at 2. ScaledObject shop/queue scales Deployment web too, so nothing is written: one of the two has to go."
        )
        await kubectl(cluster, "annotate", "scaledobject", "queue", "autoscaling.keda.sh/paused=true")
        await cluster.until(lambda: cluster.records[-1].decision.reason is not Reason.AMBIGUOUS)


def define_keda(cluster: Emulated) -> None:
    """What an installation of KEDA defines, as far as it matters here."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    cluster.api.store.create(
        DEFINITIONS,
        {
            "metadata": {"name": "scaledobjects.keda.sh"},
            "spec": {
                "group": "keda.sh",
                "scope": "Namespaced",
                "names": {"plural": "scaledobjects", "singular": "scaledobject", "kind": "ScaledObject"},
                "versions": [{"name": "v1alpha1", "served": True, "storage": True, "schema": schema}],
            },
        },
    )


def scaled_object(*, paused: bool) -> str:
    return (
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: queue}\n"
        f"spec: {{scaleTargetRef: {{name: web}}, paused: {str(paused).lower()}}}\n"
    )


async def kubectl_create(cluster: Emulated, text: str) -> None:
    file = cluster.folder / "object.yaml"
    file.write_text(text)
    await kubectl(cluster, "create", "-f", str(file))


async def test_c77_a_gitops_controller_is_named_after_three_reverts(cluster: Emulated) -> None:
    cluster.use(100)
    async with daemon(cluster):
        await cluster.until(lambda: cluster.replicas() == 4)
        for _ in range(12):
            if cluster.records[-1].decision.reason is Reason.AMBIGUOUS:
                break
            await kubectl(
                cluster,
                "patch",
                "deployment",
                "web",
                "--field-manager=argocd-controller",
                "-p",
                '{"spec":{"replicas":2}}',
            )
            await cluster.passes(2)
        reverts = [one for one in cluster.records if (one.decision.current, one.decision.desired) == (2, 4)]
        words = "argocd-controller keeps undoing what is written to Deployment web, so it is left alone for a while"
        assert words in said(cluster)
        assert len(reverts) <= 4, "the first growth, and three reverts"
        assert f"Conflict True ForeignWriter {words}" in await kubectl(cluster, "describe", "hpa", "web")


async def test_a_paused_rollout_is_told_and_scaling_goes_on(cluster: Emulated) -> None:
    cluster.use(50)
    async with daemon(cluster):
        await cluster.passes(1)
        await kubectl(cluster, "rollout", "pause", "deployment/web")
        await until_said(cluster, "paused")
        assert said(cluster) == (
            "Staying at 2. cpu at 50% is within tolerance of its target 50%. Its rollout is paused, which stops no scaling."
        )
        cluster.use(100)
        await cluster.until(lambda: cluster.replicas() == 4)


async def test_a_rollout_under_way_holds_what_would_shrink(cluster: Emulated) -> None:
    cluster.use(10)
    status(cluster, replicas=2, updatedReplicas=1)
    async with daemon(cluster):
        await until_said(cluster, "rollout")
        assert said(cluster) == (
            "Staying at 2. cpu asks for 1 (10% against 50%), but a rollout has 1 of 2 pods replaced: nothing shrinks until it "
            "is over."
        )
        status(cluster, updatedReplicas=2)
        await cluster.until(lambda: cluster.replicas() == 1)


async def test_a_persons_zero_is_left_alone_and_names_the_person(cluster: Emulated) -> None:
    cluster.use(100)
    async with daemon(cluster):
        await cluster.until(lambda: cluster.replicas() == 4)
        await kubectl(cluster, "scale", "deployment", "web", "--replicas=0")
        await until_said(cluster, "set to 0")
        assert said(cluster) == (
            "Switched off at 0. A target that stands at 0 replicas is left alone until somebody sets another number. It was "
            "set to 0 by kubectl."
        )
        await cluster.passes(3)
        assert cluster.replicas() == 0


async def test_a_quota_that_binds_is_told_with_the_servers_words(cluster: Emulated) -> None:
    cluster.use(100)
    async with daemon(cluster):
        await cluster.until(lambda: cluster.replicas() == 4)
        refused = {
            "type": "ReplicaFailure",
            "status": "True",
            "reason": "FailedCreate",
            "message": QUOTA,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        status(cluster, conditions=[refused])
        await cluster.until(lambda: cluster.replicas() == 3)
        await until_said(cluster, "Staying at 3")
        assert (
            said(cluster) == f"Staying at 3. cpu asks for 4 (100% against 50%), but only 2 pods were let in: {QUOTA}."
        )
        assert cluster.records[-1].decision.reason is Reason.QUOTA_LIMITED
        assert ("SuccessfulRescale", f"New size: 3; reason: only 2 pods were let in: {QUOTA}") in cluster.events()


async def test_f19_a_target_deleted_and_made_anew_is_missed_seldom_and_met_at_once(cluster: Emulated) -> None:
    cluster.use(50)
    async with daemon(cluster):
        await cluster.passes(2)
        await kubectl(cluster, "delete", "deployment", "web")
        await until_said(cluster, "not found")
        assert said(cluster).startswith(
            "Doing nothing. The target's scale cannot be read: failed to query scale subresource for Deployment/shop/web: "
            'deployments.apps "web" not found; looked for again at '
        )
        looks = [one.decision.at for one in cluster.records if one.decision.reason is Reason.TARGET_MISSING]
        assert all(later - earlier >= 30_000_000_000 for earlier, later in itertools.pairwise(looks))
        cluster.api.store.create(DEPLOYMENTS, deployment(2), "shop")
        await until_said(cluster, "made anew")
        assert said(cluster).endswith("The target was deleted and made anew: windows and rates begin afresh.")


async def test_without_the_right_to_watch_everything_works_and_the_log_says_what_is_blind(tmp_path: Path) -> None:
    async with emulated(tmp_path, tokens={ADMIN_TOKEN: ADMIN, "ours": ACCOUNT}) as cluster:
        grant(cluster, "base", "overlays/apply")

        def without_watches(role: dict[str, Any]) -> dict[str, Any]:
            kept = [
                rule
                for rule in role["rules"]
                if rule["resources"] not in (["deployments", "statefulsets"], ["scaledobjects"])
            ]
            return role | {"rules": kept}

        cluster.api.store.change(CLUSTER_ROLES, "autoscaler-observe", None, without_watches)
        write_kubeconfig(cluster.kubeconfig, cluster.api.url, "ours")
        (cluster.policies / "web.yaml").write_text(POLICY)
        cluster.use(100)
        async with daemon(cluster):
            await cluster.until(lambda: cluster.replicas() == 4)
        seen = cluster.records[0].observation.target
        assert seen is not None
        assert (seen.workload, bool(seen.uid)) == (None, True)
