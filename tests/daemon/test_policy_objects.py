"""The daemon scales by ScalingPolicy objects, and each object shows how it fares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autoscaler.config.settings import PolicySource
from autoscaler.emulator.users import ADMIN
from tests.daemon.emulated import Emulated, daemon, emulated
from tests.daemon.policy_objects import HPAS, POLICIES, call, change, condition, create, define, policy, shown, stands

CLUSTER = (PolicySource.CLUSTER,)


def both(cluster: Emulated) -> tuple[Any, ...]:
    return (cluster.policies, PolicySource.CLUSTER)


async def test_an_object_scales_its_target_and_shows_the_decision(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        await create(cluster, policy())
        cluster.use(100)
        async with daemon(cluster, policies=CLUSTER):
            status = await shown(cluster, lambda status: status.get("currentReplicas") == 4)
            events = cluster.events()

    assert cluster.replicas() == 4
    assert status["metric"] == "cpu 100%/50%"
    assert (status["observedGeneration"], status["desiredReplicas"], status["source"]) == (1, 4, "this object")
    assert status["currentMetrics"][0]["name"] == "cpu"
    assert (
        status["lastDecision"]["verdict"].startswith("Staying at 4.") or status["lastDecision"]["reason"] == "ScaledUp"
    )
    assert condition(status, "Ready")["reason"] == "InForce"
    types = ["AbleToScale", "ScalingActive", "ScalingLimited", "Ready", "MetricsHealthy", "Paused", "Degraded"]
    assert sorted(one["type"] for one in status["conditions"]) == sorted(types)
    assert all(one["observedGeneration"] == 1 for one in status["conditions"])
    assert (
        "SuccessfulRescale",
        "New size: 4; reason: cpu resource utilization (percentage of request) above target",
    ) in events


async def test_events_are_about_the_object(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        await create(cluster, policy())
        cluster.use(100)
        async with daemon(cluster, policies=CLUSTER):
            await cluster.until(lambda: bool(cluster.events()))
        event = (await call(cluster, "GET", "/api/v1/namespaces/shop/events"))["items"][0]
        obj = await call(cluster, "GET", f"{POLICIES}/web")

    about = event["involvedObject"]
    assert (about["kind"], about["name"], about["uid"]) == ("ScalingPolicy", "web", obj["metadata"]["uid"])


async def test_a_change_that_breaks_keeps_the_last_good_version(tmp_path: Path) -> None:
    # PromQL without a selector passes the definition, which cannot read it, and is refused by the reader.
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        await create(cluster, policy())
        async with daemon(cluster, policies=CLUSTER):
            await shown(cluster, stands("Ready", "True", "InForce"))
            await change(cluster, {"metrics": [promql("sum(")]})
            broken = await shown(cluster, stands("Ready", "False", "InvalidSpec"))
            cluster.use(100)
            await cluster.until(lambda: cluster.replicas() == 4)
            await change(cluster, policy()["spec"])
            mended = await shown(cluster, stands("Ready", "True", "InForce"))

    assert condition(broken, "Ready")["message"].startswith("spec.metrics[0].prometheus.query: ")
    assert "hint: " in condition(broken, "Ready")["message"]
    assert condition(broken, "Degraded")["reason"] == "OlderVersionInForce"
    assert (broken["observedGeneration"], broken["source"]) == (2, "this object, generation 1")
    assert (mended["observedGeneration"], condition(mended, "Degraded")["status"]) == (3, "False")


async def test_an_object_that_never_was_sound_is_refused_alone(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        await create(cluster, policy())
        await create(cluster, policy("bad", metrics=[promql("sum(")]))
        async with daemon(cluster, policies=CLUSTER):
            bad = await shown(cluster, name="bad")
            await shown(cluster, stands("Ready", "True", "InForce"))
            await cluster.metric('autoscaler_policies{state="refused"} 1.0')
            await cluster.metric('autoscaler_policies{state="in_force"} 1.0')

    assert (condition(bad, "Ready")["reason"], bad["source"]) == ("InvalidSpec", "nothing yet")


async def test_an_object_that_is_deleted_scales_no_more(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        await create(cluster, policy())
        async with daemon(cluster, policies=CLUSTER):
            await shown(cluster, stands("Ready", "True", "InForce"))
            await call(cluster, "DELETE", f"{POLICIES}/web")
            await cluster.metric('autoscaler_policies{state="in_force"} 0.0')


async def test_a_file_goes_before_an_object_of_its_name(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        text = (cluster.policies / "web.yaml").read_text()
        await define(cluster)
        await create(cluster, policy(maxReplicas=3))
        (cluster.policies / "web.yaml").write_text(text)
        (cluster.policies / "api.yaml").write_text(text.replace("name: web", "name: api"))  # an empty folder is a fault
        cluster.use(100)
        async with daemon(cluster, policies=both(cluster)):
            conflict = await shown(cluster, stands("Ready", "False", "Conflict"))
            await cluster.until(lambda: cluster.replicas() == 4)  # the file's maximum is 10
            (cluster.policies / "web.yaml").unlink()
            back = await shown(cluster, stands("Ready", "True", "InForce"))

    assert condition(conflict, "Ready")["message"] == (
        "a file has a policy of this name too, and it goes first: remove one of the two"
    )
    assert conflict["source"] == "another source"
    assert back["source"] == "this object"


async def test_of_two_objects_on_one_target_the_second_waits(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        await create(cluster, policy())
        async with daemon(cluster, policies=CLUSTER):
            await shown(cluster, stands("Ready", "True", "InForce"))
            await create(cluster, policy("other"))
            second = await shown(cluster, stands("Ready", "False", "Conflict"), name="other")
            await call(cluster, "DELETE", f"{POLICIES}/web")
            await shown(cluster, stands("Ready", "True", "InForce"), name="other")

    assert condition(second, "Ready")["message"] == (
        "Deployment web is already scaled by policy shop/web (a ScalingPolicy object): two policies on one target fight "
        "each other, so join their metrics in one"
    )


@pytest.mark.parametrize(
    ("spec", "kind", "reason"),
    [
        ({"mode": "Paused"}, "Paused", "Paused"),
        ({"pauseScaleUp": True}, "Paused", "ScaleUpPaused"),
        ({"pauseScaleUp": True, "pauseScaleDown": True}, "Paused", "BothDirectionsPaused"),
    ],
)
async def test_a_pause_is_shown(tmp_path: Path, spec: dict[str, Any], kind: str, reason: str) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        await create(cluster, policy(**spec))
        async with daemon(cluster, policies=CLUSTER):
            status = await shown(cluster, stands(kind, "True", reason))

    assert condition(status, "Ready")["status"] == "True"


async def test_a_policy_that_observes_shows_what_it_would_do_and_writes_no_size(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        await create(cluster, policy(mode="Observe"))
        cluster.use(100)
        async with daemon(cluster, policies=CLUSTER):
            status = await shown(cluster, lambda status: status.get("desiredReplicas") == 4)

    assert condition(status, "Ready")["reason"] == "Observing"
    assert status["lastDecision"]["verdict"].startswith("Would grow from 2 to 4 (observing only).")
    assert cluster.replicas() == 2


async def test_without_apply_nothing_is_written_on_the_object(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        await create(cluster, policy())
        async with daemon(cluster, policies=CLUSTER, apply=False):
            await cluster.passes(3)
        obj = await call(cluster, "GET", f"{POLICIES}/web")

    assert "status" not in obj


async def test_a_status_without_news_is_not_written_again_not_even_after_a_restart(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        await create(cluster, policy())
        async with daemon(cluster, policies=CLUSTER):
            await shown(cluster, stands("Ready", "True", "InForce"))
            await cluster.passes(8)
            before = await call(cluster, "GET", f"{POLICIES}/web")
        async with daemon(cluster, policies=CLUSTER):
            await cluster.passes(3)
            after = await call(cluster, "GET", f"{POLICIES}/web")

    moved = [one["lastTransitionTime"] for one in after["status"]["conditions"]]
    assert moved == [one["lastTransitionTime"] for one in before["status"]["conditions"]]
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


async def test_hpa_objects_are_policies_where_the_cluster_has_nobody_else_for_them(tmp_path: Path) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        (cluster.policies / "web.yaml").unlink()
        cluster.use(100)
        async with daemon(cluster, policies=(PolicySource.HPA,)):
            await cluster.until(lambda: cluster.replicas() == 4)
            await cluster.until(lambda: cluster.hpa_status().get("currentReplicas") == 4)
            await call(cluster, "DELETE", f"{HPAS}/web")
            await cluster.metric('autoscaler_policies{state="in_force"} 0.0')


def promql(query: str) -> dict[str, Any]:
    target = {"type": "AverageValue", "averageValue": "1"}
    return {"type": "Prometheus", "prometheus": {"name": "rps", "query": query, "target": target}}
