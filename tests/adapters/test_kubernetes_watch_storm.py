"""A watch under a storm of faults: whatever happened on the way, the copy equals the server's soon after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from random import Random  # noqa: TID251  # seeded below

import pytest
from kubernetes_asyncio.client import Configuration

from autoscaler.adapters.kubernetes.client import Client, Timeouts, open_client
from autoscaler.adapters.kubernetes.pod_cache import PodCache
from autoscaler.adapters.kubernetes.pods import pods_of
from autoscaler.adapters.kubernetes.watch import Pace, Reflector
from autoscaler.emulator.api_server import ADMIN_TOKEN, ApiServer
from autoscaler.emulator.builtin import NAMESPACES, PODS
from autoscaler.emulator.faults import Fault, Kind
from tests.scripted_server import RequestLog

PACE = Pace(watch_shortest=1, watch_longest=2, silence_margin=0.5, backoff_first=0.01, backoff_longest=0.05)
STEPS = 300


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # the emulated server's clock


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    server = ApiServer(clock=now)
    await server.start()
    server.store.create(NAMESPACES, {"metadata": {"name": "shop"}})
    yield server
    await server.stop()


@pytest.fixture
async def client(api: ApiServer) -> AsyncIterator[Client]:
    async def credentials(configuration: Configuration) -> None:
        configuration.host = api.url
        configuration.api_key["BearerToken"] = f"Bearer {ADMIN_TOKEN}"

    async with open_client(
        credentials, timeouts=Timeouts(connect=0.5, total=0.5), requests=RequestLog(), user_agent="test"
    ) as opened:
        yield opened


async def step(api: ApiServer, random: Random) -> None:
    """One write, and now and then something that goes wrong."""
    name = f"web-{random.randrange(30)}"
    if api.store.find(PODS, name, "shop") is None:
        spec = {"containers": [{"name": "app", "image": "web:1"}]}
        api.store.create(PODS, {"metadata": {"name": name, "labels": {"app": "web"}}, "spec": spec}, "shop")
    elif random.random() < 0.4:
        api.store.storage.remove(PODS.collection, PODS.key("shop", name))
    else:
        label = str(random.randrange(1000))
        api.store.change(
            PODS, name, "shop", lambda pod: pod | {"metadata": pod["metadata"] | {"labels": {"app": label}}}
        )
    chance = random.random()
    if chance < 0.1:
        kinds = [Kind.CUT, Kind.INTERNAL, Kind.UNAVAILABLE, Kind.UNAUTHORIZED, Kind.HANG, Kind.DELAY]
        api.faults.add(Fault(kind=random.choice(kinds), seconds=0.05, times=random.randrange(1, 3)))
    elif chance < 0.13:
        api.store.storage.expire_history()
    elif chance < 0.16:
        port = int(api.url.rpartition(":")[2])
        await api.stop()
        await api.start("127.0.0.1", port)
    await asyncio.sleep(0.004)  # the pace of the storm: slow enough that each fault meets a request


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_after_a_storm_the_copy_equals_the_server_s(api, client, seed: int) -> None:
    random, cache = Random(seed), PodCache()
    reflector = Reflector(client, pods_of("shop"), cache, jitter=Random(seed).random, pace=PACE)
    task = asyncio.create_task(reflector.run())

    for _ in range(STEPS):
        await step(api, random)
    api.faults.clear()

    def held() -> dict[str, str]:
        return {pod.name: dict(pod.labels)["app"] for pod in cache.select("")}

    def there() -> dict[str, str]:
        return {pod["metadata"]["name"]: pod["metadata"]["labels"]["app"] for pod in api.store.items(PODS, "shop")}

    try:
        async with asyncio.timeout(5):
            while held() != there():  # noqa: ASYNC110  # real sockets: what is awaited happens on the other side
                await asyncio.sleep(0.02)
        assert not task.done()
        assert reflector.relists > 1
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
