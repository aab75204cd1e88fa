"""A person with kubectl beside the running daemon: sees what it did and why, scales, and is answered."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from autoscaler.emulator.users import ADMIN
from autoscaler.model.decision import WriteResult
from tests.daemon.emulated import Emulated, daemon, emulated

pytestmark = pytest.mark.service("kubectl")


async def kubectl(cluster: Emulated, *arguments: str) -> str:
    """Run kubectl against the cluster and give what it prints; it must succeed."""
    program = shutil.which("kubectl")
    assert program is not None
    process = await asyncio.create_subprocess_exec(
        *(program, "--kubeconfig", str(cluster.kubeconfig), "--cache-dir", str(cluster.folder / "cache"), "-n", "shop"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return " ".join(out.decode().split())


async def test_a_person_sees_what_was_done_and_why(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        cluster.use(100)
        async with daemon(cluster):
            await cluster.until(lambda: cluster.hpa_status().get("currentReplicas") == 4)

            assert "Deployment/web" in await kubectl(cluster, "get", "hpa", "web")
            assert "100%" in await kubectl(cluster, "get", "hpa", "web")
            events = await kubectl(cluster, "get", "events")
            assert "SuccessfulRescale" in events
            assert "New size: 4; reason: cpu resource utilization" in events
            described = await kubectl(cluster, "describe", "hpa", "web")
            assert "ScalingActive True ValidMetricFound" in described
            assert "horizontal-pod-autoscaler New size: 4" in described


async def test_a_person_who_scales_by_hand_is_answered_in_the_next_pass(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        async with daemon(cluster):
            await cluster.passes(1)
            await kubectl(cluster, "scale", "deployment", "web", "--replicas=7")
            await cluster.until(lambda: any(one.decision.current == 7 for one in cluster.records))
            seen = next(one for one in cluster.records if one.decision.current == 7)
            await kubectl(cluster, "scale", "deployment", "web", "--replicas=0")
            await cluster.until(lambda: cluster.records[-1].decision.current == 0)
            await cluster.passes(2)

    # The pods are at their target, within tolerance: the person's number stands.
    assert (seen.decision.desired, seen.outcome.result) == (7, WriteResult.NOT_NEEDED)
    # A human's zero switches the policy off.
    assert cluster.replicas() == 0
    assert cluster.hpa_status()["conditions"][1]["reason"] == "ScalingDisabled"


async def test_describe_shows_the_whole_status_as_people_know_it(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        cluster.use(100)
        async with daemon(cluster):
            await cluster.until(lambda: cluster.hpa_status().get("currentReplicas") == 4 and len(cluster.events()) == 1)
            described = await kubectl(cluster, "describe", "hpa", "web")

    told = re.sub(r"CreationTimestamp: .*? \+0000 ", "", described)
    assert re.sub(
        r" (\d+s|<unknown>|<invalid>) horizontal-pod-autoscaler ", " AGE horizontal-pod-autoscaler ", told
    ) == (
        "Name: web Namespace: shop Labels: <none> Annotations: <none> Reference: Deployment/web "
        "Metrics: ( current / target ) resource cpu on pods (as a percentage of request): 100% (100m) / 50% "
        "Min replicas: 1 Max replicas: 10 "
        "Deployment pods: 4 current / 4 desired "
        "Conditions: Type Status Reason Message ---- ------ ------ ------- "
        "AbleToScale True ReadyForNewScale recommended size matches current size "
        "ScalingActive True ValidMetricFound the HPA was able to successfully calculate a replica count from "
        "cpu resource utilization (percentage of request) "
        "ScalingLimited False DesiredWithinRange the desired count is within the acceptable range "
        "Events: Type Reason Age From Message ---- ------ ---- ---- ------- "
        "Normal SuccessfulRescale AGE horizontal-pod-autoscaler "
        "New size: 4; reason: cpu resource utilization (percentage of request) above target"
    )


def no_metrics(cluster: Emulated) -> None:
    cluster.metrics.pod_usage = []


@pytest.mark.parametrize(
    ("happens", "shown"),
    [
        pytest.param(
            no_metrics,
            "resource cpu on pods (as a percentage of request): <unknown> / 50%",
            id="an-unread-metric-has-no-value",
        ),
        pytest.param(
            no_metrics,
            "ScalingActive False FailedGetResourceMetric the HPA was unable to compute the replica count: "
            "failed to get cpu utilization: unable to get metrics for resource cpu: "
            "no metrics returned from resource metrics API",
            id="an-unread-metric-is-a-failed-condition",
        ),
        pytest.param(
            no_metrics,
            "Warning FailedComputeMetricsReplicas",
            id="an-unread-metric-is-an-event",
        ),
        pytest.param(
            lambda cluster: cluster.use(900),
            "ScalingLimited True TooManyReplicas the desired replica count is more than the maximum replica count",
            id="the-maximum-is-a-limit",
        ),
        pytest.param(
            lambda cluster: cluster.set_replicas(0),
            "ScalingActive False ScalingDisabled scaling is disabled since the replica count of the target is zero",
            id="a-target-at-zero-is-switched-off",
        ),
    ],
)
async def test_describe_names_what_holds_a_policy(
    tmp_path: Path, happens: Callable[[Emulated], None], shown: str
) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        happens(cluster)
        async with daemon(cluster):
            await cluster.passes(3)
            described = ""
            async with asyncio.timeout(20):
                while shown not in described:
                    described = await kubectl(cluster, "describe", "hpa", "web")

    assert shown in described
