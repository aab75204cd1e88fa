"""Shadow mode beside a controller in charge: our own, allowed to write, in a process of its own and with its own phase."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml

from autoscaler.adapters.comparison_log import read_comparisons
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.emulator.api_server import ADMIN_TOKEN
from autoscaler.emulator.builtin import AUTOSCALERS, CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES
from autoscaler.emulator.faults import Fault, Kind
from autoscaler.emulator.kubeconfig import write_kubeconfig
from autoscaler.emulator.users import ADMIN, AUTHENTICATED, User
from autoscaler.model.comparison import Verdict
from tests.daemon.emulated import POLICY, Emulated, daemon, emulated

DEPLOY = Path(__file__).parents[2] / "deploy"
ACCOUNT = User(
    name="system:serviceaccount:autoscaler:autoscaler",
    groups=("system:serviceaccounts", "system:serviceaccounts:autoscaler", AUTHENTICATED),
)
#: Without a window down the two need not run for five minutes before they must agree.
MEMORYLESS = POLICY + "  behavior: {scaleDown: {stabilizationWindowSeconds: 0}}\n"
PERIOD = "800ms"
#: A process may take this long [s] to start where many tests run at once.
START = 60


@asynccontextmanager
async def cluster_with_roles(folder: Path) -> AsyncIterator[Emulated]:
    """A cluster in which we have the rights of deploy/overlays/shadow, and its controller those of an administrator."""
    async with emulated(folder, tokens={ADMIN_TOKEN: ADMIN, "ours": ACCOUNT}) as cluster:
        role = yaml.safe_load((DEPLOY / "overlays/shadow/cluster-role.yaml").read_text())
        _, binding = yaml.safe_load_all((DEPLOY / "base/cluster-role.yaml").read_text())
        cluster.api.store.create(CLUSTER_ROLES, role)
        cluster.api.store.create(CLUSTER_ROLE_BINDINGS, binding)
        write_kubeconfig(folder / "ours", cluster.api.url, "ours")
        (cluster.policies / "web.yaml").write_text(MEMORYLESS)
        change_spec(cluster, yaml.safe_load(MEMORYLESS)["spec"])
        yield cluster


def change_spec(cluster: Emulated, changes: dict[str, Any]) -> None:
    cluster.api.store.change(AUTOSCALERS, "web", "shop", lambda obj: obj | {"spec": obj["spec"] | changes})


@asynccontextmanager
async def process(*arguments: object, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `autoscaler run`; leaving the block ends it in order."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("AUTOSCALER_")}
    begun = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "autoscaler", "run", "--listen", "127.0.0.1:0", "--sync-period", PERIOD),
        *map(str, arguments),
        stderr=asyncio.subprocess.DEVNULL,
        env=environment | settings,
    )
    try:
        yield begun
    finally:
        if begun.returncode is None:
            begun.send_signal(signal.SIGTERM)
        await begun.wait()


def in_charge(cluster: Emulated, **settings: str):
    """The controller in charge: what the shadow is compared with."""
    return process("--policies", cluster.policies, "--kubeconfig", cluster.kubeconfig, "--apply", **settings)


@asynccontextmanager
async def shadow(cluster: Emulated, **changes: Any) -> AsyncIterator[None]:
    """The shadow, in this process and in real time, with no more than its shipped role."""
    given = {
        "apply": False,
        "shadow": True,
        "policies": (),
        "hpa": {"sync_period": PERIOD},
        "comparisons": cluster.folder / "comparisons.jsonl",
        "kubernetes": {"kubeconfig": cluster.folder / "ours"},
    }
    async with daemon(cluster, clock=AnchoredClock(), **(given | changes)):
        yield


def verdicts(cluster: Emulated) -> Counter[Verdict]:
    """Passes by verdict, as the log on disk has them."""
    tallies, faults = read_comparisons(cluster.folder / "comparisons.jsonl")
    assert faults == []
    counted: Counter[Verdict] = Counter()
    for tally in tallies:
        counted[tally.verdict] += tally.passes
    return counted


async def test_beside_an_equal_controller_all_agrees_and_nothing_is_written(tmp_path: Path) -> None:
    asked: set[tuple[str, str]] = set()

    def note(user: str, method: str, _path: str) -> bool:
        asked.add((user, method))
        return False

    async with cluster_with_roles(tmp_path) as cluster:
        cluster.api.faults.add(Fault(kind=Kind.UNAVAILABLE, hits=note))
        async with in_charge(cluster):
            await cluster.until(lambda: bool(cluster.hpa_status()), patience=START)
            async with shadow(cluster):
                await cluster.passes(2)
                for millicores, replicas in ((100, 4), (250, 6), (20, 1)):
                    # From 2 to 4, then only to 6: of 4 new pods in 15 s two are used up, by what it did, not we.
                    cluster.use(millicores)
                    await cluster.until(lambda wanted=replicas: cluster.replicas() == wanted)
                    await cluster.passes(3)
                _, metrics = await cluster.probe("/metrics")

    counted = verdicts(cluster)
    assert counted[Verdict.AGREED] >= 6
    assert not {verdict for verdict in counted if not verdict.is_explained}
    assert {method for user, method in asked if user == ACCOUNT.name} == {"GET"}
    requests = [line for line in metrics.splitlines() if line.startswith("autoscaler_api_requests_total")]
    assert not [line for line in requests if 'code="403"' in line or 'code="401"' in line]
    assert 'autoscaler_shadow_agreements_total{policy="web",target_namespace="shop"}' in metrics


async def test_beside_one_with_another_tolerance_the_difference_is_told_with_both_reasons(tmp_path: Path) -> None:
    async with cluster_with_roles(tmp_path) as cluster:
        cluster.use(75)
        async with in_charge(cluster, AUTOSCALER_HPA__TOLERANCE="0.6"):
            await cluster.until(lambda: bool(cluster.hpa_status()), patience=START)
            async with shadow(cluster):
                await cluster.passes(6)
                await cluster.metric('autoscaler_shadow_replicas_difference{policy="web",target_namespace="shop"} 1.0')

    tallies, _ = read_comparisons(cluster.folder / "comparisons.jsonl")
    [differing] = [tally for tally in tallies if tally.verdict is Verdict.REPLICAS]
    assert differing.ours is not None
    assert differing.theirs is not None
    assert (differing.ours.desired, differing.theirs.desired, differing.distance) == (3, 2, 1)
    assert differing.ours.why == "Would grow from 2 to 3 (observing only). cpu asks for 3 (75% against 50%)."
    assert differing.theirs.why == "ReadyForNewScale: recommended size matches current size"
    assert differing.ours.measured == differing.theirs.measured == ("75%",)
    assert cluster.replicas() == 2


async def test_as_a_process_it_keeps_its_counts_when_it_is_told_to_stop(tmp_path: Path) -> None:
    async with cluster_with_roles(tmp_path) as cluster, in_charge(cluster):
        await cluster.until(lambda: bool(cluster.hpa_status()), patience=START)
        log = cluster.folder / "comparisons.jsonl"
        reads: list[str] = []

        def note(user: str, _method: str, path: str) -> bool:
            if user == ACCOUNT.name and path.endswith("/web/scale"):
                reads.append(path)
            return False

        cluster.api.faults.add(Fault(kind=Kind.UNAVAILABLE, hits=note))
        async with process("--shadow", "--kubeconfig", cluster.folder / "ours", "--comparisons", log) as ours:
            await cluster.until(lambda: len(reads) >= 6, patience=START)
            ours.send_signal(signal.SIGTERM)
            code = await ours.wait()

    assert code == 0
    assert verdicts(cluster)[Verdict.AGREED] >= 2


# --- the policies are the cluster's own; nobody in charge is needed to see that ----------------------------------------


def following(cluster: Emulated, **changes: Any):
    return daemon(cluster, apply=False, shadow=True, policies=(), **changes)


async def test_policies_come_change_and_go_with_the_objects(tmp_path: Path) -> None:
    other = {
        "metadata": {"name": "other", "namespace": "shop"},
        "spec": yaml.safe_load(POLICY.replace("name: web}", "name: nobody}"))["spec"],
    }
    async with emulated(tmp_path) as cluster:
        cluster.use(100)
        async with following(cluster):
            [first] = await cluster.passes(1)
            change_spec(cluster, {"maxReplicas": 3})
            await cluster.until(lambda: cluster.records[-1].decision.desired == 3)
            cluster.api.store.create(AUTOSCALERS, other, "shop")
            await cluster.until(lambda: cluster.records[-1].key.name == "other")
            await cluster.metric('autoscaler_policies{state="in_force"} 2.0')
            cluster.api.store.delete(AUTOSCALERS, "web", "shop")
            await cluster.metric('autoscaler_policies{state="in_force"} 1.0')
            left = await cluster.passes(2)

    assert (first.key.name, first.decision.desired) == ("web", 4)
    assert {record.key.name for record in left} == {"other"}


async def test_an_object_that_cannot_be_understood_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    async with emulated(tmp_path) as cluster:
        # Past validation, straight into storage: as a later release might leave it there.
        found = cluster.api.store.get(AUTOSCALERS, "web", "shop")
        strange = found | {"spec": found["spec"] | {"maxReplicas": "many"}}
        async with following(cluster):
            await cluster.passes(1)
            cluster.api.store.create(AUTOSCALERS, {"metadata": {"name": "sound"}, "spec": found["spec"]}, "shop")
            cluster.api.store.storage.put(AUTOSCALERS.collection, "shop/web", strange)
            await cluster.metric('autoscaler_policies{state="refused"} 1.0')
            left = await cluster.passes(2)

    assert {record.key.name for record in left} == {"sound"}


async def test_a_selector_and_namespaces_choose_among_them(tmp_path: Path) -> None:
    async with emulated(tmp_path) as cluster:
        chosen = {"metadata": {"name": "chosen", "labels": {"shadow": "yes"}}, "spec": yaml.safe_load(POLICY)["spec"]}
        cluster.api.store.create(AUTOSCALERS, chosen, "shop")
        async with following(cluster, selector="shadow=yes"):
            by_label = await cluster.passes(3)
        async with following(cluster, namespaces=("elsewhere",)):
            async with asyncio.timeout(20):
                while (await cluster.probe("/readyz"))[0] != 200:  # noqa: ASYNC110  # the list comes over a socket
                    await asyncio.sleep(0.02)
            by_namespace = cluster.records[len(by_label) :]

    assert {record.key.name for record in by_label} == {"chosen"}
    assert by_namespace == []


async def test_it_is_not_ready_until_the_objects_are_known_and_waits_for_a_server_that_is_away(tmp_path: Path) -> None:
    async with emulated(tmp_path) as cluster:
        down = cluster.api.faults.add(
            Fault(kind=Kind.UNAVAILABLE, hits=lambda _user, _method, path: "horizontalpodautoscalers" in path)
        )
        async with following(cluster):
            code, said = await cluster.probe("/readyz")
            down()
            await cluster.passes(1)
            later, _ = await cluster.probe("/readyz")

    assert (code, later) == (503, 200)
    assert "[-]policies failed: HPA objects of the cluster: " in said
