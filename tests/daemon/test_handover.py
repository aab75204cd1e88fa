"""A target goes from an HPA object to a ScalingPolicy and back, with one writer at a time and without a jump."""

from __future__ import annotations

import asyncio
import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from autoscaler.adapters.kubernetes.handover import HandedOver
from autoscaler.config.handover import ANNOTATION
from autoscaler.config.settings import PolicySource
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.handover import Handover, HandoverError
from autoscaler.daemon.one_shot import opened
from autoscaler.emulator.users import ADMIN
from autoscaler.model.policy import PolicyKey
from tests.daemon.emulated import Emulated, daemon, emulated, hpa
from tests.daemon.policy_objects import HPAS, POLICIES, call, create, define, policy, shown, stands

KEY = PolicyKey(namespace="shop", name="web")
CLUSTER = (PolicySource.CLUSTER,)


class Hands:
    """Hands over by fresh connections, as the command does, and keeps what it says."""

    def __init__(self, cluster: Emulated) -> None:
        self._cluster = cluster
        self.said: list[str] = []

    async def adopt(self, *, apply: bool = True, wait: float = 20.0) -> None:
        async with opened(self._cluster.settings(), version="test") as client:
            await Handover(objects=HandedOver(client), key=KEY, say=self.said.append, wait=wait).adopt(apply=apply)

    async def release(self, *, apply: bool = True) -> None:
        async with opened(self._cluster.settings(), version="test") as client:
            await Handover(objects=HandedOver(client), key=KEY, say=self.said.append).release(apply=apply)


async def with_hpa(cluster: Emulated, desired: int = 2) -> None:
    """The kind, and an HPA of the cluster's own controller, which last decided on ``desired``."""
    await define(cluster)
    manifest = hpa()
    manifest["metadata"] |= {"labels": {"team": "a"}}
    await call(cluster, "POST", HPAS, manifest)
    able = {"type": "AbleToScale", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    status = {"status": {"currentReplicas": 2, "desiredReplicas": desired, "conditions": [able]}}
    await call(cluster, "PATCH", f"{HPAS}/web/status", status, "application/merge-patch+json")


def controller(cluster: Emulated) -> AbstractAsyncContextManager[asyncio.Event]:
    """A controller at real speed, so that samples stay as fresh as they are, with short rounds."""
    return daemon(cluster, AnchoredClock(), policies=CLUSTER, hpa={"sync_period": "200ms"})


async def names(cluster: Emulated, path: str) -> list[str]:
    return [item["metadata"]["name"] for item in (await call(cluster, "GET", path))["items"]]


async def read(cluster: Emulated, path: str) -> dict[str, Any]:
    found: dict[str, Any] = await call(cluster, "GET", f"{path}/web")
    return found


async def test_an_hpa_is_taken_over_once_both_decide_the_same_and_then_scaled(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await with_hpa(cluster)
        hands = Hands(cluster)
        async with controller(cluster):
            await hands.adopt()
            taken = await read(cluster, POLICIES)
            await shown(cluster, stands("Ready", "True", "InForce"))
            assert (cluster.replicas(), await names(cluster, HPAS)) == (2, [])
            cluster.use(100)
            await cluster.until(lambda: cluster.replicas() == 4)

    assert hands.said == [
        "created ScalingPolicy shop/web, observing",
        "both decide 2 replicas",
        "deleted HPA shop/web",
        "ScalingPolicy shop/web has the target",
    ]
    assert "mode" not in taken["spec"]
    assert json.loads(taken["metadata"]["annotations"][ANNOTATION])["metadata"] == {"labels": {"team": "a"}}


async def test_without_apply_it_only_says_what_it_would_do(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await with_hpa(cluster)
        hands = Hands(cluster)
        await hands.adopt(apply=False)

        assert (await names(cluster, HPAS), await names(cluster, POLICIES)) == (["web"], [])
    assert hands.said == [
        "would do, with --apply:",
        "  1. create ScalingPolicy shop/web that only observes; it keeps the HPA's manifest",
        "  2. wait until the controller decides on it, and go on only if it decides as the HPA does",
        "  3. delete HPA shop/web; the replicas stay as they are",
        "  4. let ScalingPolicy shop/web scale (`run --policies cluster --apply`)",
    ]


async def test_where_they_decide_differently_the_hpa_keeps_the_target(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await with_hpa(cluster, desired=5)
        async with controller(cluster):
            with pytest.raises(HandoverError, match="the ScalingPolicy decides 2 replicas and the HPA 5"):
                await Hands(cluster).adopt()
            assert await names(cluster, HPAS) == ["web"]
            assert (await read(cluster, POLICIES))["spec"]["mode"] == "Observe"


async def test_without_a_controller_the_hpa_keeps_the_target_and_the_next_run_goes_on(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await with_hpa(cluster)
        with pytest.raises(HandoverError, match="nobody decided on ScalingPolicy shop/web within 0 s"):
            await Hands(cluster).adopt(wait=0.1)
        hands = Hands(cluster)
        async with controller(cluster):
            await hands.adopt()

    assert hands.said == ["both decide 2 replicas", "deleted HPA shop/web", "ScalingPolicy shop/web has the target"]


async def test_a_target_is_given_back_with_the_spec_as_it_is_now(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await with_hpa(cluster)
        hands = Hands(cluster)
        async with controller(cluster):
            await hands.adopt()
            await call(
                cluster, "PATCH", f"{POLICIES}/web", {"spec": {"maxReplicas": 7}}, "application/merge-patch+json"
            )
            await hands.release()
            assert await names(cluster, POLICIES) == []
            back = await read(cluster, HPAS)

    assert back["metadata"]["labels"] == {"team": "a"}
    assert (back["spec"]["maxReplicas"], back["spec"]["metrics"]) == (7, hpa()["spec"]["metrics"])
    assert hands.said[-2:] == [
        "created HPA shop/web",
        "deleted ScalingPolicy shop/web: the cluster's own controller has the target",
    ]


async def test_a_policy_that_took_no_hpas_place_is_not_written_over(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await with_hpa(cluster)
        await create(cluster, policy())
        with pytest.raises(HandoverError, match="there is a ScalingPolicy shop/web already"):
            await Hands(cluster).adopt()


async def test_what_no_hpa_can_have_is_not_given_back(tmp_path: Path) -> None:
    target = {"type": "AverageValue", "averageValue": "1"}
    metric = {"type": "Prometheus", "prometheus": {"name": "rps", "query": "sum(rps)", "target": target}}
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        await create(cluster, policy(metrics=[metric]))
        with pytest.raises(HandoverError, match=r"no HPA can have spec\.metrics\[0\] \(type Prometheus\)"):
            await Hands(cluster).release()
        assert await names(cluster, POLICIES) == ["web"]


async def test_an_hpa_that_nobody_decides_on_is_taken_over(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        await call(cluster, "POST", HPAS, hpa())
        hands = Hands(cluster)
        async with controller(cluster):
            await hands.adopt()

    assert hands.said[1] == "no controller has ever decided on the HPA"


async def test_a_cluster_without_the_kind_is_told_how_to_get_it(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        with pytest.raises(HandoverError, match=r"hint: kubectl apply -f deploy/crds/scalingpolicies\.yaml"):
            await Hands(cluster).adopt()
