"""The reflector: complete lists, every change, and a way back from each fault."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from autoscaler.adapters.kubernetes.pod_cache import PodCache
from autoscaler.adapters.kubernetes.pods import pods_of
from autoscaler.adapters.kubernetes.watch import Pace, Reflector

PODS = "/api/v1/namespaces/shop/pods"
#: Everything a reflector waits for, shrunk to what loopback needs.
QUICK = Pace(watch_shortest=30, watch_longest=30, silence_margin=-29.8, backoff_first=0.01, backoff_longest=0.02)


def pod(name: str, version: int = 1, **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "shop", "resourceVersion": str(version), "labels": labels or None},
        "status": {"phase": "Running"},
    }


def pod_list(version: int, *pods: dict[str, Any], token: str = "") -> dict[str, Any]:
    return {"metadata": {"resourceVersion": str(version), "continue": token}, "items": list(pods)}


def expired() -> dict[str, Any]:
    return {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version: 1 (9)"}


@asynccontextmanager
async def reflecting(client, pace: Pace = QUICK) -> AsyncIterator[tuple[Reflector[Any], PodCache]]:
    cache = PodCache()
    reflector = Reflector(client, pods_of("shop"), cache, jitter=lambda: 0.5, pace=pace)
    task = asyncio.create_task(reflector.run())
    yield reflector, cache
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(claim: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not claim():  # noqa: ASYNC110  # real sockets: what is awaited happens on the other side
            await asyncio.sleep(0.005)


def names(cache: PodCache) -> list[str]:
    return [found.name for found in cache.select("")]


async def test_a_list_in_pages_then_every_change(client, server) -> None:
    server.on("GET", PODS, pod_list(7, pod("a"), token="more"), pod_list(7, pod("b")))
    changes = [("ADDED", pod("c", 8)), ("DELETED", pod("a", 9)), ("BOOKMARK", pod("", 12))]
    server.routes["GET", PODS].append(server.watch(*changes, then="hang"))

    async with reflecting(client) as (reflector, cache):
        await until(lambda: names(cache) == ["b", "c"])
        assert reflector.is_synced
        assert reflector.age < 1

    first, second, watch = server.asked[:3]
    assert first.query == {"limit": "500"}
    assert second.query == {"limit": "500", "continue": "more"}
    assert watch.query == {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": "7",
        "timeoutSeconds": "30",
    }


async def test_an_expired_version_is_listed_again_not_asked_again(client, server) -> None:
    server.on(
        "GET",
        PODS,
        pod_list(1, pod("a"), pod("gone-meanwhile")),
        server.watch(("ERROR", expired())),
        pod_list(9, pod("a")),
        server.watch(("ADDED", pod("b", 10)), then="hang"),
    )

    async with reflecting(client) as (reflector, cache):
        await until(lambda: names(cache) == ["a", "b"])

    assert reflector.relists == 2
    assert [asked.query.get("resourceVersion") for asked in server.asked[:4]] == [None, "1", None, "9"]


async def test_a_cut_watch_goes_on_from_the_last_version_seen(client, server) -> None:
    server.on(
        "GET",
        PODS,
        pod_list(1),
        server.watch(("ADDED", pod("a", 5)), ("BOOKMARK", pod("", 8)), then="cut"),
        server.watch(("ADDED", pod("b", 9)), then="hang"),
    )

    async with reflecting(client) as (reflector, cache):
        await until(lambda: names(cache) == ["a", "b"])

    assert reflector.relists == 1
    assert server.asked[2].query["resourceVersion"] == "8"


async def test_a_silent_connection_is_given_up(client, server) -> None:
    server.on("GET", PODS, pod_list(1), server.watch(then="hang"), server.watch(("ADDED", pod("a", 2)), then="hang"))

    async with reflecting(client) as (reflector, cache):
        await until(lambda: names(cache) == ["a"])
        assert reflector.trouble == ""


async def test_a_watch_that_is_never_answered_is_given_up_like_any_request(client, server) -> None:
    server.on("GET", PODS, pod_list(1), server.hang, server.watch(("ADDED", pod("a", 2)), then="hang"))
    patient = Pace(watch_shortest=30, watch_longest=30, silence_margin=10, backoff_first=0.01, backoff_longest=0.02)

    async with reflecting(client, patient) as (_, cache):
        await until(lambda: names(cache) == ["a"])  # after the client's half second, not after 40 s of silence


async def test_what_a_watch_never_told_is_in_the_next_list(client, server) -> None:
    server.on(
        "GET",
        PODS,
        pod_list(1, pod("gone"), pod("kept"), pod("changed", app="old")),
        server.watch(("BOOKMARK", pod("", 5))),  # the connection works, and tells nothing of what happened
        pod_list(9, pod("kept"), pod("changed", app="new"), pod("new")),
        server.watch(then="hang"),
    )
    often = Pace(watch_shortest=30, watch_longest=30, relist=0.0, backoff_first=0.01, backoff_longest=0.02)

    async with reflecting(client, often) as (reflector, cache):
        await until(lambda: sorted(names(cache)) == ["changed", "kept", "new"])
        await until(lambda: len(server.asked) == 4)

    assert reflector.relists == 2
    assert [asked.query.get("resourceVersion") for asked in server.asked[:4]] == [None, "1", None, "9"]
    assert dict(cache.select("app=new")[0].labels) == {"app": "new"}
    assert cache.select("app=old") == ()


async def test_a_list_out_of_turn_that_fails_leaves_the_watch_to_go_on(client, server) -> None:
    server.on(
        "GET",
        PODS,
        pod_list(1, pod("a")),
        server.watch(("BOOKMARK", pod("", 5))),
        (500, "etcd leader changed", {}),
        server.watch(("ADDED", pod("b", 6)), then="hang"),
    )
    often = Pace(watch_shortest=30, watch_longest=30, relist=0.0, backoff_first=0.01, backoff_longest=0.02)

    async with reflecting(client, often) as (reflector, cache):
        await until(lambda: names(cache) == ["a", "b"])

    assert reflector.relists == 1
    assert server.asked[3].query["resourceVersion"] == "5"


async def test_a_server_that_is_away_is_asked_again_with_growing_patience(client, server) -> None:
    async def busy(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500, text="etcd leader changed")

    server.on("GET", PODS, busy, busy, busy, pod_list(3, pod("a")), server.watch(then="hang"))

    async with reflecting(client) as (reflector, cache):
        await until(lambda: "etcd leader changed" in reflector.trouble)
        assert not reflector.is_synced
        assert reflector.age == float("inf")
        await until(lambda: names(cache) == ["a"])
        await until(lambda: reflector.trouble == "")


async def test_a_watch_that_ends_at_once_every_time_is_not_a_storm(client, server) -> None:
    server.on("GET", PODS, pod_list(1, pod("a")), server.watch())
    slow = Pace(watch_shortest=30, watch_longest=30, backoff_first=10, backoff_longest=10)

    async with reflecting(client, slow) as (reflector, cache):
        await until(lambda: "ended at once" in reflector.trouble)

    assert names(cache) == ["a"]
    assert len(server.asked) == 2


async def test_garbage_in_a_watch_is_trouble_not_a_crash(client, server) -> None:
    async def garbage(request: web.Request) -> web.StreamResponse:
        return web.Response(text='{"type": "ADDED", "object": {"metadata": {"na\n')

    server.on("GET", PODS, pod_list(1), garbage, server.watch(("ADDED", pod("a", 2)), then="hang"))

    async with reflecting(client) as (_, cache):
        await until(lambda: names(cache) == ["a"])


async def test_a_pod_nobody_can_read_stops_nothing_but_is_told(client, server) -> None:
    broken = pod("broken") | {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "a lot"}}}]}}
    server.on("GET", PODS, pod_list(1, broken))

    async with reflecting(client) as (reflector, _):
        await until(lambda: "unreadable pod shop/broken" in reflector.trouble)
        assert not reflector.is_synced
