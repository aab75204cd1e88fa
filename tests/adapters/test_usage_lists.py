"""One list of a namespace for all policies there: the same answers as the server's own selection, for fewer requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes_asyncio.client import Configuration

from autoscaler.adapters.kubernetes.client import Client, Timeouts, open_client
from autoscaler.adapters.kubernetes.discovery import Discovery
from autoscaler.adapters.kubernetes.metrics_apis import MetricsApis, read_labelled, read_resource
from autoscaler.adapters.kubernetes.usage_lists import UsageLists, _Whole
from autoscaler.emulator.api_server import ADMIN_TOKEN, ApiServer
from autoscaler.emulator.metrics_source import PodUsage, StaticMetrics
from autoscaler.model.observation import NoReading, ResourceReading
from tests.scripted_server import RequestLog, ScriptedServer, says

USAGE = "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods"
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
SELECTORS = [
    "app=web",
    "app!=web",
    "app in (web,api)",
    "app notin (web),tier",
    "!tier",
    "tier",
    "app=web,tier=front",
    "app=nobody",
    "pod-template-hash=5d9c,app=web",
]


def item(name: str, **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "shop", "labels": labels},
        "timestamp": "2026-11-24T10:00:00Z",
        "window": "15s",
        "containers": [{"name": "app", "usage": {"cpu": "50m", "memory": "1Mi"}}],
    }


LIST = {"items": [item("web-1", app="web"), item("api-1", app="api"), item("web-2", app="web")]}


@pytest.fixture
async def lists(client: Client) -> AsyncIterator[UsageLists]:
    made = UsageLists(MetricsApis(client, Discovery(client)))
    yield made
    await made.close()


def selectors(server: ScriptedServer) -> list[str | None]:
    return [asked.query.get("labelSelector") for asked in server.asked]


def names(reading: ResourceReading | NoReading) -> list[str]:
    assert isinstance(reading, ResourceReading), reading
    return [pod.pod for pod in reading.pods]


async def test_one_policy_asks_with_its_selector_as_upstream_does(lists, server) -> None:
    server.on("GET", USAGE, LIST)

    for _ in range(3):
        await lists.resource("shop", "app=web", oldest=5.0)

    assert selectors(server) == ["app=web"] * 3


async def test_two_policies_share_a_list_from_then_on(lists, server) -> None:
    server.on("GET", USAGE, LIST)

    await lists.resource("shop", "app=web", oldest=5.0)
    api = await lists.resource("shop", "app=api", oldest=5.0)
    web = await lists.resource("shop", "app=web", oldest=5.0)
    other = await lists.resource("shop", "app=nobody", oldest=5.0)

    assert (names(api), names(web), names(other)) == (["api-1"], ["web-1", "web-2"], [])
    assert selectors(server) == ["app=web", None]


async def test_those_who_ask_together_wait_for_the_same_list(lists, server) -> None:
    server.on("GET", USAGE, LIST)
    await lists.resource("shop", "app=web", oldest=0.0)

    await asyncio.gather(*(lists.resource("shop", f"app=a{number}", oldest=0.0) for number in range(50)))

    assert selectors(server) == ["app=web", None]


async def test_a_list_that_is_too_old_for_the_one_who_asks_is_asked_for_again(lists, server) -> None:
    server.on("GET", USAGE, LIST)
    await lists.resource("shop", "app=web", oldest=5.0)
    await lists.resource("shop", "app=api", oldest=5.0)

    await lists.resource("shop", "app=web", oldest=-1.0)
    await lists.resource("shop", "app=api", oldest=5.0)

    assert selectors(server) == ["app=web", None, None]


async def test_namespaces_are_apart(lists, server) -> None:
    server.on("GET", USAGE, LIST)
    server.on("GET", USAGE.replace("shop", "bank"), {"items": [item("till-1", app="till")]})
    await lists.resource("shop", "app=web", oldest=5.0)

    assert names(await lists.resource("bank", "app=till", oldest=5.0)) == ["till-1"]
    assert selectors(server) == ["app=web", "app=till"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(says(403, "Forbidden", "pods.metrics.k8s.io is forbidden"), id="not-ours-to-see"),
        pytest.param((200, "{", {}), id="garbage"),
        pytest.param({"items": [item("web-1"), item("api-1")]}, id="entries-without-labels"),
        pytest.param({"items": [item(f"other-{number}", app="other") for number in range(1500)]}, id="much-too-long"),
    ],
)
async def test_where_the_whole_list_does_not_do_each_asks_with_its_selector(lists, server, answer) -> None:
    server.on("GET", USAGE, LIST, answer, LIST)
    await lists.resource("shop", "app=web", oldest=5.0)

    first = await lists.resource("shop", "app=api", oldest=5.0)
    await lists.resource("shop", "app=web", oldest=5.0)

    assert isinstance(first, ResourceReading)
    assert selectors(server) == ["app=web", None, "app=api", "app=web"]


async def test_a_long_list_is_shared_where_much_of_it_is_selected(lists, server) -> None:
    long = {"items": [item(f"web-{number}", app="web" if number % 3 else "other") for number in range(1500)]}
    server.on("GET", USAGE, long)
    await lists.resource("shop", "app=web", oldest=5.0)
    await lists.resource("shop", "app=api", oldest=5.0)
    await lists.resource("shop", "app=web", oldest=5.0)

    assert selectors(server) == ["app=web", None]


async def test_a_failure_answers_those_who_ask_within_a_second_in_upstreams_words(lists, server) -> None:
    server.on("GET", USAGE, LIST, (503, "service unavailable\n", {}))
    await lists.resource("shop", "app=web", oldest=5.0)

    answers = [await lists.resource("shop", f"app=a{number}", oldest=5.0) for number in range(5)]

    down = "the server is currently unable to handle the request (get pods.metrics.k8s.io)"
    assert answers == [NoReading(error=down)] * 5
    assert selectors(server) == ["app=web", None]


async def test_a_selector_that_is_none_is_said_by_who_reads_it(lists, server) -> None:
    server.on("GET", USAGE, LIST)
    await lists.resource("shop", "app=web", oldest=5.0)

    assert isinstance(await lists.resource("shop", "app in web", oldest=5.0), NoReading)


labels = st.dictionaries(
    st.sampled_from(["app", "tier", "pod-template-hash"]), st.sampled_from(["web", "api", "front", "5d9c"])
)


@given(st.lists(labels, max_size=12))
def test_every_selection_is_in_the_list_s_order_and_each_entry_is_in_it_or_its_negation(
    pods: list[dict[str, str]],
) -> None:
    import json

    body = json.dumps({"items": [item(f"p-{number}", **each) for number, each in enumerate(pods)]}).encode()
    whole = _Whole(read_labelled(body), 0.0)
    every = [pod.pod for pod in read_resource(body).pods]

    for selector, negation in [("app=web", "app!=web"), ("tier", "!tier"), ("app in (web,api)", "app notin (web,api)")]:
        chosen, rest = (names(whole.select(text)) for text in (selector, negation))
        assert sorted(chosen + rest, key=every.index) == every
        assert chosen == [name for name in every if name in chosen]
    assert names(whole.select("")) == every


async def test_the_selection_is_the_server_s_own() -> None:
    """The emulator selects on the server's side; both ways give the same reading for every selector."""
    metrics = StaticMetrics()
    kinds = [
        {"app": app, **tier, "pod-template-hash": hash_}
        for app in ("web", "api", "db")
        for tier in ({}, {"tier": "front"})
        for hash_ in ("5d9c", "77aa")
    ]
    metrics.pod_usage = [
        PodUsage(
            namespace="shop",
            name=f"pod-{number}",
            containers={"app": {"cpu": f"{number}m"}},
            at=NOW,
            labels=kinds[number % 12],
        )
        for number in range(60)
    ]
    api = ApiServer(clock=lambda: NOW, metrics=metrics)
    await api.start()

    async def credentials(configuration: Configuration) -> None:
        configuration.host = api.url
        configuration.api_key["BearerToken"] = f"Bearer {ADMIN_TOKEN}"

    log = RequestLog()
    async with open_client(credentials, timeouts=Timeouts(), requests=log, user_agent="t") as client:
        apis = MetricsApis(client, Discovery(client))
        lists = UsageLists(apis)
        theirs = {selector: await apis.resource("shop", selector) for selector in SELECTORS}
        await lists.resource("shop", "app=web", oldest=60.0)
        asked = len(log.answers)
        ours = {selector: await lists.resource("shop", selector, oldest=60.0) for selector in SELECTORS[1:]}
    await api.stop()

    assert ours == {selector: theirs[selector] for selector in SELECTORS[1:]}
    assert len(log.answers) - asked == 1
    assert len(names(ours["app in (web,api)"])) == 40
