"""A steady load and a storm of faults: nothing is scaled because of what fails, nothing leaks, and calm comes back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random  # noqa: TID251  # seeded below

import pytest

from autoscaler.emulator.builtin import DEPLOYMENTS
from autoscaler.emulator.faults import Fault, Kind
from tests.daemon.emulated import Emulated, daemon, emulated

ROUNDS = 25


def strike(cluster: Emulated, random: Random) -> None:
    """Put one fault in force, for some requests of some kind."""
    kind = random.choice(list(Kind))
    part = random.choice(["", "/apis/metrics.k8s.io/", "/scale", "/pods", "/status", "/events"])
    cluster.api.faults.add(
        Fault(
            kind=kind,
            hits=lambda _user, _method, path: part in path,
            seconds=0.1,
            times=random.randrange(1, 4),
        )
    )
    if random.random() < 0.2:
        cluster.api.store.storage.expire_history()


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_is_scaled_because_of_what_fails(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    async with emulated(tmp_path, replicas=4) as cluster:
        sizes: list[int] = []
        cluster.api.store.subscribe(DEPLOYMENTS, lambda change: sizes.append(change.new["spec"]["replicas"]))
        async with daemon(cluster, kubernetes={"kubeconfig": cluster.kubeconfig, "request_timeout": "400ms"}):
            await cluster.passes(2)
            tasks = len(asyncio.all_tasks())
            for _ in range(ROUNDS):
                strike(cluster, random)
                await cluster.passes(1)
            cluster.api.faults.clear()
            await cluster.until(lambda: not cluster.records[-1].decision.error)
            await cluster.passes(5)

            assert not any(one.decision.error for one in cluster.records[-5:])
            assert len(asyncio.all_tasks()) <= tasks + 4  # a pass or two and an event may be under way
            assert (await cluster.probe("/livez"))[0] == 200
            assert (await cluster.probe("/readyz"))[0] == 200
            _, metrics = await cluster.probe("/metrics")

    assert sizes == []
    assert any(one.decision.error for one in cluster.records)  # the storm was felt
    assert "autoscaler_pass_failures_total{" not in metrics
