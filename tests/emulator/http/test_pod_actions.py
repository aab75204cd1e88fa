"""Binding and eviction over HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import aiohttp
import pytest

from autoscaler.emulator.api_server import ApiServer
from autoscaler.emulator.builtin import DISRUPTION_BUDGETS, PODS
from autoscaler.emulator.users import ADMIN
from autoscaler.model.json_types import JsonObject

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
Post = Callable[[str, JsonObject], Awaitable[tuple[int, JsonObject, str | None]]]


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    """A running emulator with a ready pod ``a`` in ``default``."""
    server = ApiServer(clock=lambda: NOW, nobody=ADMIN)
    await server.start()
    spec = {"containers": [{"name": "c", "image": "nginx"}], "nodeName": "n1"}
    metadata = {"name": "a", "namespace": "default", "labels": {"app": "web"}}
    server.store.create(PODS, {"metadata": metadata, "spec": spec})
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    server.store.change(PODS, "a", "default", lambda live: live | {"status": status}, subresource="status")
    yield server
    await server.stop()


@pytest.fixture
async def post(api: ApiServer) -> AsyncIterator[Post]:
    """POSTs below the namespace; gives status, body and Retry-After."""
    async with aiohttp.ClientSession() as session:

        async def send(path: str, body: JsonObject) -> tuple[int, JsonObject, str | None]:
            async with session.post(f"{api.url}/api/v1/namespaces/default/{path}", json=body) as response:
                return response.status, await response.json(), response.headers.get("Retry-After")

        yield send


def budget(api: ApiServer, allowed: int, observed: int = 1) -> None:
    """A budget that covers the pod and allows so many disruptions."""
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    api.store.create(DISRUPTION_BUDGETS, {"metadata": {"name": "b", "namespace": "default"}, "spec": spec})
    status = {
        "observedGeneration": observed,
        "disruptionsAllowed": allowed,
        "currentHealthy": 1,
        "desiredHealthy": 1,
        "expectedPods": 1,
    }
    change = {"status": status}
    api.store.change(DISRUPTION_BUDGETS, "b", "default", lambda live: live | change, subresource="status")


EVICTION = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "a", "namespace": "default"}}


async def test_a_full_budget_refuses_an_eviction_without_a_time_to_try_again(api: ApiServer, post: Post) -> None:
    budget(api, allowed=0)

    code, status, retry_after = await post("pods/a/eviction", EVICTION)

    assert (code, status["reason"], retry_after) == (429, "TooManyRequests", None)
    assert status["details"]["causes"] == [
        {"reason": "DisruptionBudget", "message": "The disruption budget b needs 1 healthy pods and has 1 currently"}
    ]
    assert "deletionTimestamp" not in api.store.get(PODS, "a", "default")["metadata"]


async def test_a_budget_not_yet_looked_at_says_when_to_try_again(api: ApiServer, post: Post) -> None:
    budget(api, allowed=1, observed=0)

    code, status, retry_after = await post("pods/a/eviction", EVICTION)

    assert (code, retry_after, status["details"]["retryAfterSeconds"]) == (429, "10", 10)


async def test_an_eviction_spends_the_budget_and_lets_the_pod_end_in_its_time(api: ApiServer, post: Post) -> None:
    budget(api, allowed=1)

    code, status, _ = await post("pods/a/eviction", EVICTION)

    assert (code, status["status"]) == (201, "Success")
    assert api.store.get(PODS, "a", "default")["metadata"]["deletionGracePeriodSeconds"] == 30
    spent = api.store.get(DISRUPTION_BUDGETS, "b", "default")["status"]
    assert (spent["disruptionsAllowed"], spent["disruptedPods"]) == (0, {"a": "2026-11-24T12:00:00Z"})


async def test_a_pod_is_bound_once(api: ApiServer, post: Post) -> None:
    free = {"metadata": {"name": "free", "namespace": "default"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    api.store.create(PODS, free)
    binding = {"metadata": {"name": "free"}, "target": {"kind": "Node", "name": "n2"}}

    first = await post("pods/free/binding", binding)
    again = await post("bindings", binding)

    assert first[0] == 201
    assert api.store.get(PODS, "free", "default")["spec"]["nodeName"] == "n2"
    assert (again[0], again[1]["message"]) == (
        409,
        'Operation cannot be fulfilled on pods/binding "free": pod free is already assigned to node "n2"',
    )
