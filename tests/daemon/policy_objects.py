"""ScalingPolicy objects in an emulated cluster, by HTTP as kubectl does: the kind, objects of it, and what they show."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp

from autoscaler.config.crd.definition import scaling_policy_definition
from autoscaler.emulator.api_server import ADMIN_TOKEN
from tests.daemon.emulated import Emulated

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
POLICIES = "/apis/autoscaler.dev/v1alpha1/namespaces/shop/scalingpolicies"
HPAS = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"
MERGE = "application/merge-patch+json"


async def call(cluster: Emulated, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
    """Send a request as an administrator; it must succeed."""
    head = {"Authorization": f"Bearer {ADMIN_TOKEN}", "Content-Type": kind}
    async with (
        aiohttp.ClientSession(headers=head) as session,
        session.request(method, cluster.api.url + path, json=body) as answer,
    ):
        read = await answer.json()
        assert answer.status < 300, read
        return read


async def define(cluster: Emulated) -> None:
    """Let the cluster know the kind, and the deployment have no HPA."""
    await call(cluster, "DELETE", f"{HPAS}/web")
    (cluster.policies / "web.yaml").unlink()
    await call(cluster, "POST", DEFINITIONS, scaling_policy_definition())
    async with asyncio.timeout(5):
        while True:
            try:
                await call(cluster, "GET", POLICIES)
            except (AssertionError, aiohttp.ContentTypeError):
                await asyncio.sleep(0.05)  # until the server serves it
            else:
                return


def policy(name: str = "web", **spec: Any) -> dict[str, Any]:
    """A ScalingPolicy of the deployment, 1 to 10 replicas at 50% cpu."""
    target = {"type": "Utilization", "averageUtilization": 50}
    whole = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 10,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        "safety": {"maxSampleAge": "off"},  # samples of a test are as old as the test, at a hundred times the speed
    } | spec
    return {"apiVersion": "autoscaler.dev/v1alpha1", "kind": "ScalingPolicy", "metadata": {"name": name}, "spec": whole}


async def create(cluster: Emulated, body: dict[str, Any]) -> None:
    await call(cluster, "POST", POLICIES, body)


async def change(cluster: Emulated, spec: dict[str, Any], name: str = "web") -> None:
    await call(cluster, "PATCH", f"{POLICIES}/{name}", {"spec": spec}, MERGE)


async def shown(
    cluster: Emulated, claim: Callable[[dict[str, Any]], bool] = lambda _: True, name: str = "web"
) -> dict[str, Any]:
    """Wait until the object's status is as claimed, and give it."""
    async with asyncio.timeout(20):
        while True:
            status: dict[str, Any] = (await call(cluster, "GET", f"{POLICIES}/{name}")).get("status") or {}
            if status and claim(status):
                return status
            await asyncio.sleep(0.05)


def condition(status: dict[str, Any], kind: str) -> dict[str, Any]:
    """Give one condition; empty where it is not shown."""
    return next((one for one in status.get("conditions", ()) if one["type"] == kind), {})


def stands(kind: str, value: str, reason: str) -> Callable[[dict[str, Any]], bool]:
    """Claim that a condition has this status and reason."""

    def claim(status: dict[str, Any]) -> bool:
        found = condition(status, kind)
        return (found.get("status"), found.get("reason")) == (value, reason)

    return claim
