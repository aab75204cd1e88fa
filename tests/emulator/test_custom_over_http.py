"""A custom resource from its definition to its end, over HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from autoscaler.emulator.api_server import ADMIN_TOKEN, ApiServer
from autoscaler.model.json_types import JsonObject

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
POLICIES = "/apis/example.com/v1/namespaces/default/policies"
MERGE = "application/merge-patch+json"
COUNT = {"type": "integer"}
SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {"replicas": COUNT | {"default": 1}, "share": {"type": "number"}},
            "x-kubernetes-validations": [
                {"rule": "self.replicas < 100", "messageExpression": "'at most 99, not ' + string(self.replicas)"}
            ],
        },
        "status": {"type": "object", "properties": {"replicas": COUNT, "selector": {"type": "string"}}},
    },
}
SCALE = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.replicas",
    "labelSelectorPath": ".status.selector",
}


def _version(name: str, *, storage: bool) -> JsonObject:
    return {
        "name": name,
        "served": True,
        "storage": storage,
        "schema": {"openAPIV3Schema": SCHEMA},
        "subresources": {"status": {}, "scale": SCALE},
    }


DEFINITION: JsonObject = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "policies.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "policies", "kind": "Policy"},
        "versions": [_version("v1", storage=True), _version("v2", storage=False)],
    },
}


class Client:
    """Sends JSON, gives the status and the body of the answer."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def __call__(
        self, method: str, path: str, body: Any = None, kind: str = "application/json"
    ) -> tuple[int, JsonObject]:
        headers = {"Content-Type": kind}
        async with self._session.request(method, self._url + path, json=body, headers=headers) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await answer.json() if is_json else {"text": await answer.text()}


@pytest.fixture
async def send() -> AsyncIterator[Client]:
    api = ApiServer(clock=lambda: NOW)
    url = await api.start()
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {ADMIN_TOKEN}"}) as session:
        client = Client(session, url)
        assert (await client("POST", DEFINITIONS, DEFINITION))[0] == 201
        yield client
    await api.stop()


def _policy(name: str = "a", **spec: Any) -> JsonObject:
    return {"apiVersion": "example.com/v1", "kind": "Policy", "metadata": {"name": name}, "spec": spec}


async def test_a_definition_is_established_and_its_names_are_accepted(send: Client) -> None:
    _, stored = await send("GET", f"{DEFINITIONS}/policies.example.com")

    conditions = {condition["type"]: condition["status"] for condition in stored["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}
    assert stored["status"]["acceptedNames"]["listKind"] == "PolicyList"
    assert stored["status"]["storedVersions"] == ["v1"]


async def test_objects_are_filled_in_and_judged(send: Client) -> None:
    _, made = await send("POST", POLICIES, _policy(share=1.0) | {"status": {"replicas": 3}})
    status, refused = await send("POST", POLICIES, _policy("b", replicas=100))

    assert made["spec"] == {"share": 1, "replicas": 1}
    assert "status" not in made
    assert status == 422
    assert refused["message"] == 'Policy.example.com "b" is invalid: spec: Invalid value: at most 99, not 100'


async def test_every_served_version_shows_the_same_object(send: Client) -> None:
    await send("POST", POLICIES, _policy())

    _, other = await send("GET", POLICIES.replace("v1", "v2") + "/a")

    assert other["apiVersion"] == "example.com/v2"
    assert other["spec"] == {"replicas": 1}


async def test_status_and_scale_are_written_apart(send: Client) -> None:
    await send("POST", POLICIES, _policy())
    await send(
        "PATCH",
        f"{POLICIES}/a/status",
        {"status": {"replicas": 2, "selector": "app=a"}, "spec": {"replicas": 9}},
        MERGE,
    )

    _, scaled = await send("PATCH", f"{POLICIES}/a/scale", {"spec": {"replicas": 5}}, MERGE)
    _, policy = await send("GET", f"{POLICIES}/a")

    assert scaled["spec"] == {"replicas": 5}
    assert scaled["status"] == {"replicas": 2, "selector": "app=a"}
    assert policy["spec"] == {"replicas": 5}
    assert policy["metadata"]["generation"] == 2


async def test_a_wrong_count_in_the_status_is_told_with_its_path(send: Client) -> None:
    await send("POST", POLICIES, _policy())

    _, refused = await send("PATCH", f"{POLICIES}/a/status", {"status": {"replicas": -1, "selector": 5}}, MERGE)

    fields = [cause["field"] for cause in refused["details"]["causes"]]
    assert fields == ["status.selector", ".status.replicas", ".status.selector", "<nil>"]


async def test_a_changed_definition_serves_the_new_schema(send: Client) -> None:
    _, stored = await send("GET", f"{DEFINITIONS}/policies.example.com")
    stored["spec"]["versions"][1]["served"] = False
    await send("PUT", f"{DEFINITIONS}/policies.example.com", stored)

    assert (await send("GET", POLICIES))[0] == 200
    assert (await send("GET", POLICIES.replace("v1", "v2")))[0] == 404


async def test_a_deleted_definition_takes_its_objects_along(send: Client) -> None:
    await send("POST", POLICIES, _policy())

    _, dying = await send("DELETE", f"{DEFINITIONS}/policies.example.com")

    assert dying["metadata"]["finalizers"] == ["customresourcecleanup.apiextensions.k8s.io"]
    assert (await send("GET", f"{DEFINITIONS}/policies.example.com"))[0] == 404
    assert (await send("GET", POLICIES))[0] == 404
    await send("POST", DEFINITIONS, DEFINITION)
    assert (await send("GET", POLICIES))[1]["items"] == []


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"apiVersion": "example.com/v1", "metadata": {"name": "b"}}, 400,
         "the object provided is unrecognized (must be of type Policy): Object 'Kind' is missing in "),
        (_policy() | {"apiVersion": "example.com/v3"}, 400,
         "the API version in the data (example.com/v3) does not match the expected API version (example.com/v1)"),
        (_policy() | {"kind": "Other"}, 422, 'Other.example.com "a" is invalid: [kind: Invalid value: "Other": must be Policy, '),
        (_policy() | {"metadata": {"name": "a", "labels": {"a": 1}}}, 400,
         'Policy in version "v1" cannot be handled as a Policy: json: cannot unmarshal number into Go struct field '),
    ],
)  # fmt: skip
async def test_bodies_of_another_sort(send: Client, body: JsonObject, code: int, message: str) -> None:
    status, refused = await send("POST", POLICIES, body)

    assert status == code
    assert refused["message"].startswith(message)
