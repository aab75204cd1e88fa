"""A person with kubectl and the kind ScalingPolicy: what the manual says, what a bad object is told, what a good one shows."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
import yaml

from autoscaler.config.settings import PolicySource
from autoscaler.emulator.users import ADMIN
from tests.daemon.emulated import Emulated, daemon, emulated
from tests.daemon.policy_objects import create, define, policy, shown, stands

pytestmark = pytest.mark.service("kubectl")


async def kubectl(cluster: Emulated, *arguments: str, says: str = "") -> tuple[int, str]:
    """Run kubectl against the cluster; gives its exit code and all it prints, white space aside."""
    program = shutil.which("kubectl")
    assert program is not None
    process = await asyncio.create_subprocess_exec(
        *(program, "--kubeconfig", str(cluster.kubeconfig), "--cache-dir", str(cluster.folder / "cache"), "-n", "shop"),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate(says.encode())
    return process.returncode or 0, " ".join(out.decode().split())


async def test_explain_reads_as_a_manual(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        code, text = await kubectl(cluster, "explain", "scalingpolicy.spec.safety")
        _, short = await kubectl(cluster, "explain", "scp.spec.metrics.resource.target.averageUtilization")

    assert code == 0
    assert "A sample older than this is missing, and nothing shrinks because of it. Default 90s." in text
    assert "Average over the pods, in percent of what they request. More than 0." in short


async def test_a_bad_object_is_told_every_fault_with_its_field(tmp_path: Path) -> None:
    bad = policy(minReplicas=12, safety={"minCoverage": "120%"})
    bad["spec"]["scaleTargetRef"].pop("apiVersion")
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        code, text = await kubectl(cluster, "apply", "-f", "-", says=yaml.safe_dump(bad))
        misspelt, other = await kubectl(cluster, "apply", "-f", "-", says=yaml.safe_dump(policy(mod="Apply")))

    assert (code, misspelt) == (1, 1)
    assert text == (
        'The ScalingPolicy "web" is invalid: '
        "* spec.maxReplicas: Invalid value: must not be below minReplicas "
        "* spec.safety.minCoverage: Invalid value: must be at most 100% "
        "* spec.scaleTargetRef.apiVersion: Invalid value: must name the API group, such as apps/v1"
    )
    assert 'strict decoding error: unknown field "spec.mod"' in other


async def test_get_and_describe_show_what_is_decided(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        await create(cluster, policy())
        async with daemon(cluster, policies=(PolicySource.CLUSTER,)):
            await shown(cluster, stands("Ready", "True", "InForce"))
            _, listed = await kubectl(cluster, "get", "scp")
            _, wide = await kubectl(cluster, "get", "autoscaler", "-o", "wide")
            _, described = await kubectl(cluster, "describe", "scalingpolicy", "web")

    assert listed.startswith(
        "NAME TARGET METRIC MIN MAX CURRENT DESIRED READY WHY AGE web web cpu 50%/50% 1 10 2 2 True"
    )
    assert "MESSAGE LAST-SCALE SOURCE" in wide
    assert "this object" in wide
    told = "Message: every metric was read Observed Generation: 1 Reason: AllRead Status: True Type: MetricsHealthy"
    assert told in described
