"""Server-side apply through the HTTP server: objects, status and scale."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from autoscaler.emulator.api_server import ADMIN_TOKEN, ApiServer
from autoscaler.model.json_types import JsonObject

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WEB = "/apis/apps/v1/namespaces/default/deployments/web"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


class Client:
    """Sends JSON, gives the status and the body of the answer."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def __call__(self, method: str, path: str, body: Any = None, kind: str = APPLY) -> tuple[int, JsonObject]:
        headers = {"Content-Type": kind, "User-Agent": "hand/1"}
        async with self._session.request(method, self._url + path, json=body, headers=headers) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def send() -> AsyncIterator[Client]:
    api = ApiServer(clock=lambda: NOW)
    url = await api.start()
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {ADMIN_TOKEN}"}) as session:
        yield Client(session, url)
    await api.stop()


def _web(**spec: Any) -> JsonObject:
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": "i:1"}]},
    }
    base = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": base | spec}


def _scale(replicas: int) -> JsonObject:
    return {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": "web"},
        "spec": {"replicas": replicas},
    }


async def test_an_apply_makes_the_object_and_defaults_have_no_owner(send: Client) -> None:
    status, made = await send("PATCH", f"{WEB}?fieldManager=owner", _web(replicas=2))

    assert status == 201
    (entry,) = made["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"], entry["time"]) == ("owner", "Apply", "2026-01-02T03:04:05Z")
    assert set(entry["fieldsV1"]["f:spec"]) == {"f:replicas", "f:selector", "f:template"}
    assert made["spec"]["strategy"]["type"] == "RollingUpdate"


async def test_a_scaler_takes_the_replicas_over_and_the_owner_must_let_go(send: Client) -> None:
    await send("PATCH", f"{WEB}?fieldManager=owner", _web(replicas=2))

    refused, conflict = await send("PATCH", f"{WEB}/scale?fieldManager=scaler", _scale(5))
    forced, scale = await send("PATCH", f"{WEB}/scale?fieldManager=scaler&force=true", _scale(5))
    again, owner_conflict = await send("PATCH", f"{WEB}?fieldManager=owner", _web(replicas=2))
    without, web = await send("PATCH", f"{WEB}?fieldManager=owner", _web())

    assert (refused, forced, again, without) == (409, 200, 409, 200)
    assert conflict["message"] == 'Apply failed with 1 conflict: conflict with "owner": .spec.replicas'
    assert scale["spec"] == {"replicas": 5}
    assert owner_conflict["details"]["causes"][0]["message"] == 'conflict with "scaler" with subresource "scale"'
    assert web["spec"]["replicas"] == 5


async def test_a_merge_patch_on_the_scale_shows_its_version_in_the_next_conflict(send: Client) -> None:
    await send("PATCH", f"{WEB}?fieldManager=owner", _web(replicas=2))
    await send("PATCH", f"{WEB}/scale", {"spec": {"replicas": 7}}, MERGE)

    _, conflict = await send("PATCH", f"{WEB}/scale?fieldManager=scaler", _scale(8))

    assert conflict["message"] == (
        'Apply failed with 1 conflict: conflict with "hand" with subresource "scale" using autoscaling/v1: .spec.replicas'
    )


async def test_the_status_is_applied_apart(send: Client) -> None:
    await send("PATCH", f"{WEB}?fieldManager=owner", _web(replicas=2))
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "status": {"replicas": 2}}

    _, ignored = await send("PATCH", f"{WEB}?fieldManager=other", body)
    _, applied = await send("PATCH", f"{WEB}/status?fieldManager=other", body)

    assert ignored["status"] == {}
    assert applied["status"] == {"replicas": 2}
    owners = {(entry["manager"], entry.get("subresource")) for entry in applied["metadata"]["managedFields"]}
    assert owners == {("owner", None), ("other", "status")}


@pytest.mark.parametrize(
    ("query", "body", "code", "message"),
    [
        ("", {}, 422, 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'),
        ("?fieldManager=x", [], 400, "error decoding YAML: error unmarshaling JSON: while decoding JSON: "
         "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        ("?fieldManager=x", None, 400,
         "Incorrect version specified in apply patch. Specified patch version: , expected: apps/v1"),
        ("?fieldManager=x", {"apiVersion": "v1"}, 400,
         "Incorrect version specified in apply patch. Specified patch version: v1, expected: apps/v1"),
        ("?fieldManager=x", _web() | {"metadata": {"name": "web", "managedFields": [{}]}}, 400,
         "metadata.managedFields must be nil"),
        ("?fieldManager=x", _web() | {"metadata": {"name": "other"}}, 400,
         "the name of the object (other) does not match the name on the URL (web)"),
        ("?fieldManager=x", _web(replica=1), 500,
         "failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema"),
    ],
)  # fmt: skip
async def test_refusals(send: Client, query: str, body: Any, code: int, message: str) -> None:
    status, refusal = await send("PATCH", f"{WEB}{query}", body)

    assert (status, refusal["message"]) == (code, message)


async def test_force_is_for_applies_only(send: Client) -> None:
    status, refusal = await send("PATCH", f"{WEB}?force=true", {}, MERGE)

    assert status == 422
    assert refusal["details"]["causes"][0]["message"] == "Forbidden: may not be specified for non-apply patch"
