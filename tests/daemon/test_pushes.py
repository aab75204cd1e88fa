"""POST /evaluate: a policy is evaluated within a second, once however often it is asked for, and only for who may ask."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest

from autoscaler.config.settings_load import load_settings
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.emulator.builtin import LEASES
from autoscaler.model.errors import InvalidSettingsError
from autoscaler.model.time import SECOND
from tests.daemon.emulated import Emulated, daemon, emulated

SLOW = {"hpa": {"sync_period": "1h"}}  # nothing is evaluated by itself while a test lasts
LISTENING = {"listen": "127.0.0.1:0", "explain": "off", "push": "127.0.0.1:0"}
TOKEN = "0123456789abcdef-a-secret"


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Emulated]:
    async with emulated(tmp_path) as made:
        yield made


async def push(cluster: Emulated, policy: str, **headers: str) -> tuple[int, str]:
    assert cluster.running is not None
    url = f"http://127.0.0.1:{cluster.running.push}/evaluate/{policy}"
    async with aiohttp.ClientSession() as session, session.post(url, headers=headers) as response:
        return response.status, await response.text()


async def in_force(cluster: Emulated) -> None:
    async with asyncio.timeout(10):
        while (await push(cluster, "shop/web"))[0] != 202:  # until the policy's HPA object was looked at
            pass


async def test_c31_a_push_is_evaluated_within_a_second(cluster: Emulated) -> None:
    loop = asyncio.get_running_loop()
    async with daemon(cluster, AnchoredClock(), http=LISTENING, **SLOW):
        await in_force(cluster)
        await cluster.until(lambda: bool(cluster.records))
        cluster.use(100)

        asked = loop.time()
        assert await push(cluster, "shop/web") == (202, '{"policy": "shop/web", "evaluated": "within 1s"}')
        await cluster.until(lambda: cluster.replicas() == 4)
        assert loop.time() - asked < 1.5  # a second at most, and the pass itself
        times = [record.decision.at for record in cluster.records]
        assert all(later - earlier >= 0.99 * SECOND for earlier, later in pairwise(times))
        _, metrics = await cluster.probe("/metrics")
    assert 'autoscaler_evaluations_asked_total{result="accepted"}' in metrics


async def test_a_policy_that_is_not_in_force_is_404_with_the_nearest_name(cluster: Emulated) -> None:
    async with daemon(cluster, AnchoredClock(), http=LISTENING, **SLOW):
        await in_force(cluster)
        code, text = await push(cluster, "shop/wep")

    assert (code, json.loads(text)) == (404, {"error": "no policy shop/wep is in force; did you mean shop/web?"})


async def test_a_replica_that_stands_by_names_the_one_to_ask(cluster: Emulated) -> None:
    lease = {
        "metadata": {"name": "autoscaler"},
        "spec": {"holderIdentity": "other", "leaseDurationSeconds": 600, "leaseTransitions": 1},
    }
    cluster.api.store.create(LEASES, lease, "shop")
    election = {"enabled": True, "namespace": "shop"}
    async with daemon(cluster, AnchoredClock(), http=LISTENING, leader_election=election):
        async with asyncio.timeout(10):
            while "other" not in (answer := await push(cluster, "shop/web"))[1]:
                pass

    assert answer == (503, '{"error": "this replica does not evaluate; the one that leads: other"}')


async def test_only_the_bearer_of_the_token_may_ask(cluster: Emulated) -> None:
    token = cluster.folder / "token"
    token.write_text(TOKEN)
    async with daemon(cluster, AnchoredClock(), http=LISTENING | {"push_token": token}, **SLOW):
        assert (await push(cluster, "shop/web"))[0] == 401
        assert (await push(cluster, "shop/web", Authorization="Bearer wrong"))[0] == 401
        async with asyncio.timeout(10):
            while (await push(cluster, "shop/web", Authorization=f"Bearer {TOKEN}"))[0] != 202:
                pass


async def test_a_page_of_another_name_cannot_ask(cluster: Emulated) -> None:
    async with daemon(cluster, AnchoredClock(), http=LISTENING, **SLOW):
        assert (await push(cluster, "shop/web", Host="evil.example"))[0] == 403


def test_it_is_off_unless_asked_for_and_takes_a_token_beyond_this_machine() -> None:
    assert load_settings({}, environment={}).settings.http.push is None
    with pytest.raises(InvalidSettingsError, match="everybody could ask for evaluations there"):
        load_settings({"http.push": "0.0.0.0:8082"}, environment={})
