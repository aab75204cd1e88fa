"""What many policies of one namespace ask of the API server in a period, with nothing to scale."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from autoscaler.daemon.clock import AnchoredClock
from autoscaler.emulator.builtin import AUTOSCALERS, DEPLOYMENTS, PODS
from autoscaler.emulator.metrics_source import PodUsage
from tests.daemon.emulated import POLICY, Emulated, add_pod, daemon, deployment, emulated, now

COUNT = 30
#: Fifteen times as fast as time: a period is a second.
SPEED = 15.0


def add_services(cluster: Emulated) -> None:
    """Thirty Deployments of one pod each, all half used, each under a policy from a file and without an HPA object."""
    store = cluster.api.store
    store.delete(AUTOSCALERS, "web", "shop")
    (cluster.policies / "web.yaml").unlink()
    for number in range(COUNT):
        name = f"web-{number}"
        made = deployment(1)
        made["metadata"] = {"name": name}
        made["spec"]["selector"] = {"matchLabels": {"app": name}}
        made["spec"]["template"]["metadata"] = {"labels": {"app": name}}
        store.create(DEPLOYMENTS, made, "shop")
        store.change(DEPLOYMENTS, name, "shop", lambda obj: obj | {"status": {"replicas": 1}}, subresource="status")
        add_pod(cluster.api, f"{name}-pod")
        label = {"app": name}
        store.change(
            PODS,
            f"{name}-pod",
            "shop",
            lambda obj, label=label: obj | {"metadata": obj["metadata"] | {"labels": label}},
        )
        policy = POLICY.replace("name: web,", f"name: {name},").replace("name: web}", f"name: {name}}}")
        (cluster.policies / f"{name}.yaml").write_text(policy)
    cluster.metrics.pod_usage = [
        PodUsage(
            namespace="shop",
            name=f"web-{number}-pod",
            containers={"app": {"cpu": "50m"}},
            at=now(),
            labels={"app": f"web-{number}"},
        )
        for number in range(COUNT)
    ]


async def requests(cluster: Emulated) -> Counter[str]:
    """Requests so far, by verb and resource."""
    _, text = await cluster.probe("/metrics")
    line = re.compile(r'autoscaler_api_requests_total\{code="\d+",resource="([^"]+)",verb="([^"]+)"\} (\S+)')
    counts: Counter[str] = Counter()
    for resource, verb, count in line.findall(text):
        counts[f"{verb} {resource}"] += round(float(count))
    return counts


async def test_thirty_policies_read_their_scales_and_share_all_the_rest(tmp_path: Path) -> None:
    async with emulated(tmp_path) as cluster:
        add_services(cluster)
        async with daemon(cluster, AnchoredClock(speed=SPEED)):
            await cluster.passes(3 * COUNT)  # each at least once, its status tried, its kind discovered
            before, passes_before = await requests(cluster), len(cluster.records)
            await cluster.passes(5 * COUNT)
            after, passes = await requests(cluster), len(cluster.records) - passes_before
        assert {one.decision.reason.value for one in cluster.records[-COUNT:]} == {"WithinTolerance"}

    periods = passes / COUNT
    asked = {what: count / periods for what, count in (after - before).items() if count / periods >= 1}
    scales = asked.pop("get deployments.apps/scale")
    usage = asked.pop("list pods.metrics.k8s.io")
    assert 0.9 * COUNT <= scales <= 1.1 * COUNT, "one read of its scale for each policy"
    assert usage <= 4.5, "a list each third of a period, not one for each policy"
    assert asked == {}, "nothing else comes with every period"
