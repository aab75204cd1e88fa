"""A person with kubectl beside the running daemon: sees what it did and why, scales, and is answered."""

from __future__ import annotations

import asyncio
import shutil
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
