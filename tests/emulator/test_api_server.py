"""The emulated API server as clients see it: kubernetes-asyncio's typed client over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from kubernetes_asyncio import client, watch

from autoscaler.emulator.api_server import ADMIN_TOKEN, ApiServer
from autoscaler.emulator.builtin import DEPLOYMENTS, PODS
from autoscaler.emulator.faults import Fault, Kind
from autoscaler.emulator.metrics_source import NodeUsage, PodUsage, StaticMetrics
from autoscaler.model.json_types import JsonObject

NOW = datetime(2026, 11, 24, 12, 0, 0, 250000, tzinfo=UTC)


def deployment(name: str = "web", replicas: int = 2) -> JsonObject:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"metadata": {"name": name, "namespace": "default"}, "spec": spec}


def pod(name: str, app: str = "web") -> JsonObject:
    metadata = {"name": name, "namespace": "default", "labels": {"app": app}}
    return {"metadata": metadata, "spec": {"containers": [{"name": "c", "image": "nginx"}], "nodeName": "n1"}}


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    """A running emulator on a free port."""
    server = ApiServer(clock=lambda: NOW)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def kubernetes(api: ApiServer) -> AsyncIterator[client.ApiClient]:
    """The client a controller uses, with the administrator's token."""
    settings = client.Configuration(host=api.url)
    settings.api_key = {"BearerToken": f"Bearer {ADMIN_TOKEN}"}
    async with client.ApiClient(settings) as made:
        yield made


async def status_of(api: ApiServer, path: str, *, token: str | None = ADMIN_TOKEN) -> tuple[int, str | None]:
    """Status and Retry-After of a GET, on a connection of its own."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(f"{api.url}{path}") as response:
        await response.read()
        return response.status, response.headers.get("Retry-After")


async def test_the_typed_client_lists_patches_scale_and_reads_it_back(
    api: ApiServer, kubernetes: client.ApiClient
) -> None:
    api.store.create(DEPLOYMENTS, deployment())
    apps = client.AppsV1Api(kubernetes)

    before = await apps.read_namespaced_deployment_scale("web", "default")
    await apps.patch_namespaced_deployment_scale(
        "web", "default", {"metadata": {"resourceVersion": before.metadata.resource_version}, "spec": {"replicas": 5}}
    )
    listed = await apps.list_deployment_for_all_namespaces()

    assert (before.spec.replicas, before.status.selector) == (2, "app=web")
    assert [item.spec.replicas for item in listed.items] == [5]


async def test_a_stale_scale_patch_is_a_conflict(api: ApiServer, kubernetes: client.ApiClient) -> None:
    api.store.create(DEPLOYMENTS, deployment())
    apps = client.AppsV1Api(kubernetes)
    await apps.patch_namespaced_deployment_scale("web", "default", {"spec": {"replicas": 3}})

    with pytest.raises(client.ApiException) as refusal:
        await apps.patch_namespaced_deployment_scale(
            "web", "default", {"metadata": {"resourceVersion": "1001"}, "spec": {"replicas": 4}}
        )

    assert refusal.value.status == 409
    assert json.loads(refusal.value.body)["reason"] == "Conflict"


async def test_a_watch_tells_what_happens_after_a_list(api: ApiServer, kubernetes: client.ApiClient) -> None:
    core = client.CoreV1Api(kubernetes)
    api.store.create(PODS, pod("a"))
    listed = await core.list_namespaced_pod("default")
    seen: list[tuple[str, str]] = []

    async def follow() -> None:
        async with watch.Watch().stream(
            core.list_namespaced_pod,
            "default",
            resource_version=listed.metadata.resource_version,
            label_selector="app=web",
            timeout_seconds=5,
        ) as stream:
            async for event in stream:
                seen.append((event["type"], event["object"].metadata.name))
                if len(seen) == 3:
                    return

    follower = asyncio.create_task(follow())
    api.store.create(PODS, pod("b"))
    api.store.create(PODS, pod("c", app="other"))
    api.store.change(
        PODS, "c", "default", lambda live: live | {"metadata": live["metadata"] | {"labels": {"app": "web"}}}
    )
    api.store.change(PODS, "a", "default", lambda live: live | {"metadata": live["metadata"] | {"labels": {}}})
    await follower

    assert seen == [("ADDED", "b"), ("ADDED", "c"), ("DELETED", "a")]


async def test_nothing_is_lost_between_the_pages_of_a_list_and_the_watch_after_it(
    api: ApiServer, kubernetes: client.ApiClient
) -> None:
    core = client.CoreV1Api(kubernetes)
    for name in ("a", "b", "c"):
        api.store.create(PODS, pod(name))
    first = await core.list_namespaced_pod("default", limit=2)
    api.store.create(PODS, pod("between"))
    second = await core.list_namespaced_pod("default", limit=2, _continue=first.metadata._continue)

    async with watch.Watch().stream(
        core.list_namespaced_pod, "default", resource_version=second.metadata.resource_version, timeout_seconds=5
    ) as stream:
        event = await anext(aiter(stream))

    assert [item.metadata.name for item in (*first.items, *second.items)] == ["a", "b", "c"]
    assert (event["type"], event["object"].metadata.name) == ("ADDED", "between")
    assert int(second.metadata.resource_version) > int(event["object"].metadata.resource_version)


async def test_leases_and_events_are_written_by_the_typed_client(kubernetes: client.ApiClient) -> None:
    leases = client.CoordinationV1Api(kubernetes)
    lease = client.V1Lease(
        metadata=client.V1ObjectMeta(name="leader"), spec=client.V1LeaseSpec(holder_identity="a", renew_time=NOW)
    )
    made = await leases.create_namespaced_lease("default", lease)
    made.spec.holder_identity = "b"
    taken = await leases.replace_namespaced_lease("leader", "default", made)
    event = client.CoreV1Event(
        metadata=client.V1ObjectMeta(name="e"),
        involved_object=client.V1ObjectReference(kind="Deployment", name="web", namespace="default"),
        reason="Rescaled",
        message="from 2 to 5",
        type="Normal",
    )
    core = client.CoreV1Api(kubernetes)
    await core.create_namespaced_event("default", event)
    listed = await core.list_namespaced_event("default", field_selector="involvedObject.name=web")

    assert taken.spec.holder_identity == "b"
    assert [(item.reason, item.message) for item in listed.items] == [("Rescaled", "from 2 to 5")]
    with pytest.raises(client.ApiException) as refusal:
        await leases.replace_namespaced_lease("leader", "default", made)
    assert refusal.value.status == 409


async def test_the_metrics_apis_serve_what_the_source_holds(api: ApiServer, kubernetes: client.ApiClient) -> None:
    api.metrics.source = StaticMetrics(
        node_usage=[NodeUsage(name="n1", usage={"cpu": "250m", "memory": "1Gi"}, at=NOW)],
        pod_usage=[PodUsage(namespace="default", name="a", containers={"c": {"cpu": "100m"}}, at=NOW)],
    )
    custom = client.CustomObjectsApi(kubernetes)

    nodes: Any = await custom.list_cluster_custom_object("metrics.k8s.io", "v1beta1", "nodes")
    pods: Any = await custom.list_namespaced_custom_object("metrics.k8s.io", "v1beta1", "default", "pods")

    assert [(item["metadata"]["name"], item["usage"]["cpu"]) for item in nodes["items"]] == [("n1", "250m")]
    assert pods["items"][0]["containers"] == [{"name": "c", "usage": {"cpu": "100m"}}]
    assert pods["items"][0]["window"] == "30s"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        pytest.param(Kind.UNAUTHORIZED, 401, id="token-refused"),
        pytest.param(Kind.FORBIDDEN, 403, id="no-rights"),
        pytest.param(Kind.CONFLICT, 409, id="modified-meanwhile"),
        pytest.param(Kind.THROTTLE, 429, id="overloaded"),
        pytest.param(Kind.INTERNAL, 500, id="broken"),
        pytest.param(Kind.UNAVAILABLE, 503, id="away"),
    ],
)
async def test_a_fault_hits_the_requests_it_is_for_until_removed(api: ApiServer, kind: Kind, status: int) -> None:
    remove = api.faults.add(Fault(kind=kind, seconds=2, hits=lambda _user, _method, path: path.endswith("/pods")))

    hit = await status_of(api, "/api/v1/pods")
    spared = await status_of(api, "/api/v1/nodes")
    remove()
    after = await status_of(api, "/api/v1/pods")

    assert hit == (status, "2" if kind is Kind.THROTTLE else None)
    assert (spared, after) == ((200, None), (200, None))


async def test_a_cut_connection_gives_no_answer_and_a_fault_may_hit_a_limited_number_of_times(api: ApiServer) -> None:
    api.faults.add(Fault(kind=Kind.CUT, times=2))  # twice: the client tries a GET again

    with pytest.raises(aiohttp.ClientError):
        await status_of(api, "/version")

    assert await status_of(api, "/version") == (200, None)


async def test_nobody_known_may_only_look_at_health_and_version(api: ApiServer) -> None:
    statuses = [(await status_of(api, path, token=None))[0] for path in ("/readyz", "/version", "/api/v1/pods")]

    assert statuses == [200, 200, 403]


async def test_an_administrator_may_act_as_somebody_else_who_then_has_only_his_own_rights(api: ApiServer) -> None:
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}", "Impersonate-User": "jane"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{api.url}/api/v1/pods") as response,
    ):
        status = await response.json()

    assert status["message"] == (
        'pods is forbidden: User "jane" cannot list resource "pods" in API group "" at the cluster scope'
    )


async def test_stopping_ends_open_watches_and_refuses_new_connections(api: ApiServer) -> None:
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    url = api.url
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{url}/api/v1/pods?watch=1") as response,
    ):
        await api.stop()
        with pytest.raises(aiohttp.ClientError):
            await response.read()
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"{url}/version")
