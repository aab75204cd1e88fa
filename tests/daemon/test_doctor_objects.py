"""The doctor's look at policies that are objects: one planted fault at a time, each named with its fix."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from autoscaler.config.settings import PolicySource
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.doctor import Diagnosis
from autoscaler.daemon.examine import examine
from autoscaler.emulator.users import ADMIN
from tests.daemon.emulated import Emulated, emulated
from tests.daemon.policy_objects import create, define, policy


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Emulated]:
    async with emulated(tmp_path, nobody=ADMIN) as made:
        yield made


async def look(cluster: Emulated, **changes: Any) -> list[Diagnosis]:
    settings = cluster.settings(**({"policies": (PolicySource.CLUSTER,)} | changes))
    return await examine(settings, AnchoredClock(), version="test")


def told(found: list[Diagnosis]) -> list[tuple[str, str, str]]:
    return [(one.check, one.what, one.fix) for one in found if one.severity is not None]


async def test_objects_are_looked_at_as_files_are(cluster: Emulated) -> None:
    await define(cluster)
    await create(cluster, policy())

    found = await look(cluster)

    assert told(found) == []
    said = {one.check: one.what for one in found}
    assert said["policy objects"] == "all 1 read well"
    assert said["policy shop/web"].startswith("Staying at 2.")


async def test_a_server_without_the_kind_is_told_how_to_get_it(cluster: Emulated) -> None:
    fault = (
        "policy objects",
        "the server does not know the kind ScalingPolicy",
        "kubectl apply -f deploy/crds/scalingpolicies.yaml",
    )
    assert told(await look(cluster)) == [fault]


async def test_an_object_that_cannot_be_read_is_named_with_its_field(cluster: Emulated) -> None:
    target = {"type": "AverageValue", "averageValue": "1"}
    metric = {"type": "Prometheus", "prometheus": {"name": "rps", "query": "sum(", "target": target}}
    await define(cluster)
    await create(cluster, policy(metrics=[metric]))

    [(check, what, _)] = told(await look(cluster))

    assert check == "policy objects"
    assert what.startswith("ScalingPolicy shop/web: spec.metrics[0].prometheus.query: ")


async def test_an_object_that_a_file_keeps_out_is_pointed_out(cluster: Emulated) -> None:
    file = cluster.policies / "web.yaml"
    text = file.read_text()
    await define(cluster)
    file.write_text(text)
    await create(cluster, policy())

    found = told(await look(cluster, policies=(cluster.policies, PolicySource.CLUSTER)))

    assert found == [
        (
            "policy objects",
            f"ScalingPolicy shop/web is kept out: {file}:1 has a policy of this name, and goes first",
            "remove one of the two",
        )
    ]
