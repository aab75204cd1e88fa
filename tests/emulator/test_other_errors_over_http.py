"""Refusals of the API server that no recorded sequence holds, over HTTP: literal status codes and messages."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from autoscaler.emulator.api_server import ADMIN_TOKEN, ApiServer
from autoscaler.emulator.users import AUTHENTICATED, MASTERS, User

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
UID = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
APPS, CORE = "/apis/apps/v1/namespaces/default", "/api/v1/namespaces/default"
HPAS = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
JSON, YAML, MERGE = "application/json", "application/yaml", "application/merge-patch+json"
Send = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
async def send() -> AsyncIterator[Send]:
    """Sends a request to a fresh emulator, as the administrator or as ``limited``; gives status and body."""
    users = {
        ADMIN_TOKEN: User(name="admin", groups=(MASTERS, AUTHENTICATED)),
        "limited": User(name="limited", groups=(AUTHENTICATED,)),
    }
    server = ApiServer(clock=lambda: NOW, tokens=users)
    await server.start()
    async with aiohttp.ClientSession() as session:

        async def request(
            method: str, path: str, body: Any = None, kind: str = JSON, token: str = ADMIN_TOKEN
        ) -> tuple[int, Any]:
            data = body if isinstance(body, str) else json.dumps(body)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
            async with session.request(method, server.url + path, data=data, headers=headers) as response:
                content = await response.text()
                return response.status, json.loads(content) if response.content_type == JSON else content

        yield request
    await server.stop()


def deployment(name: str = "web", api_version: str = "apps/v1", **metadata: str) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": api_version, "kind": "Deployment", "metadata": {"name": name, **metadata}, "spec": spec}


def autoscaler(api_version: str) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"}}


UNRECOGNIZED = "the object provided is unrecognized (must be of type Pod): "


@pytest.mark.parametrize(
    ("path", "body", "kind", "message"),
    [
        (f"{APPS}/deployments", deployment(api_version="apps/v1beta2"), JSON,
         "the API version in the data (apps/v1beta2) does not match the expected API version (apps/v1)"),
        (HPAS, autoscaler("autoscaling/v1"), JSON,
         "the API version in the data (autoscaling/v1) does not match the expected API version (autoscaling/v2)"),
        (HPAS, autoscaler("v1"), JSON,
         'HorizontalPodAutoscaler in version "v1" cannot be handled as a HorizontalPodAutoscaler: no kind '
         '"HorizontalPodAutoscaler" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"'),
        (f"{CORE}/pods", {"kind": 5}, JSON,
         f"{UNRECOGNIZED}couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct "
         'field .kind of type string ({"kind": 5})'),
        (f"{CORE}/pods", "a: [", YAML, f"{UNRECOGNIZED}yaml: did not find expected node content (613a205b)"),
        (f"{CORE}/pods", "a: b\nc\n", YAML, f"{UNRECOGNIZED}yaml: line 3: could not find expected ':' (613a20620a630a)"),
        (f"{CORE}/pods?fieldValidation=Strict",
         '{"metadata":{"name":"a","name":"a"},"spec":{"x":1,"containers":[{"name":"c","name":"c","y":1}]}}', JSON,
         'Pod in version "v1" cannot be handled as a Pod: strict decoding error: duplicate field "metadata.name", '
         'unknown field "spec.x", duplicate field "spec.containers[0].name", unknown field "spec.containers[0].y"'),
    ],
)  # fmt: skip
async def test_bodies_that_cannot_be_taken(send: Send, path: str, body: Any, kind: str, message: str) -> None:
    status, refusal = await send("POST", path, body, kind)

    assert (status, refusal["message"]) == (400, message)


async def test_a_put_under_a_uid_to_a_missing_object_is_a_conflict(send: Send) -> None:
    status, refusal = await send("PUT", f"{APPS}/deployments/web", deployment(uid=UID))

    assert (status, refusal["message"]) == (
        409,
        'Operation cannot be fulfilled on deployments.apps "web": StorageError: invalid object, Code: 4, '
        "Key: /registry/deployments/default/web, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: "
        f"UID in precondition: {UID}, UID in object meta: ",
    )


async def test_a_lease_that_is_gone_is_made_anew_whatever_version_is_sent(send: Send) -> None:
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "a", "resourceVersion": "5"}}
    status, made = await send("PUT", "/apis/coordination.k8s.io/v1/namespaces/default/leases/a", lease)

    assert status == 201
    assert made["metadata"]["resourceVersion"] != "5"


async def test_finalizers_of_a_namespace(send: Send) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}, "spec": {"finalizers": ["x.y/z"]}}
    _, made = await send("POST", "/api/v1/namespaces", body)
    status, refusal = await send("PUT", "/api/v1/namespaces/a/finalize", body | {"spec": {"finalizers": ["bad"]}})
    deleted, _ = await send("DELETE", "/api/v1/namespaces/kube-node-lease")

    assert made["spec"] == {"finalizers": ["x.y/z", "kubernetes"]}
    assert (status, refusal["message"]) == (
        422,
        'Namespace "a" is invalid: spec.finalizers[0]: Invalid value: "bad": '
        "name is neither a standard finalizer name nor is it fully qualified",
    )
    assert deleted == 200


async def test_a_patch_to_another_kind_names_the_versioned_type(send: Send) -> None:
    await send("POST", f"{APPS}/deployments", deployment())
    _, refusal = await send("PATCH", f"{APPS}/deployments/web", {"kind": "ReplicaSet"}, MERGE)

    assert refusal["message"].endswith(": converting (v1.ReplicaSet) to (v1.Deployment): unknown conversion")


async def test_field_managers_have_printable_names(send: Send) -> None:
    status, refusal = await send("POST", f"{APPS}/deployments?fieldManager=a%07", deployment())

    assert status == 422
    assert refusal["message"].endswith("invalid character U+0007 (at position 1)")


async def test_a_limit_out_of_range(send: Send) -> None:
    status, refusal = await send("GET", f"{CORE}/pods?limit=99999999999999999999")

    assert (status, refusal["message"]) == (
        400,
        'strconv.ParseInt: parsing "99999999999999999999": value out of range',
    )


async def test_logs_need_a_container_and_a_node(send: Send) -> None:
    containers = [{"name": "a", "image": "x"}, {"name": "b", "image": "x"}]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": containers}}
    await send("POST", f"{CORE}/pods", pod)
    answers = [await send("GET", f"{CORE}/pods/p/log{query}") for query in ("", "?container=z", "?container=a")]
    await send("POST", f"{CORE}/pods/p/binding", {"metadata": {"name": "p"}, "target": {"name": "n1"}})
    lost = await send("GET", f"{CORE}/pods/p/log?container=a")

    assert [answers[0][1]["message"], answers[1][1]["message"], answers[2][0]] == [
        "a container name must be specified for pod p, choose one of: [a b]",
        "container z is not valid for pod p",
        204,
    ]
    assert (lost[0], lost[1]["message"]) == (404, 'nodes "n1" not found')


async def test_a_list_of_one_name_is_judged_as_that_object(send: Send) -> None:
    rule = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"], "resourceNames": ["web"]}
    subject = {"kind": "User", "name": "limited", "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"kind": "Role", "name": "one", "apiGroup": "rbac.authorization.k8s.io"}
    await send("POST", f"{RBAC}/rolebindings", {"metadata": {"name": "b"}, "subjects": [subject], "roleRef": reference})
    before = await send("GET", f"{APPS}/deployments", token="limited")
    await send("POST", f"{RBAC}/roles", {"metadata": {"name": "one"}, "rules": [rule]})
    one = await send("GET", f"{APPS}/deployments?fieldSelector=metadata.name%3Dweb", token="limited")
    other = await send("GET", f"{APPS}/deployments?fieldSelector=metadata.name%3Dapi", token="limited")

    forbidden = 'User "limited" cannot list resource "deployments" in API group "apps" in the namespace "default"'
    missing = 'RBAC: role.rbac.authorization.k8s.io "one" not found'
    assert before[1]["message"] == f"deployments.apps is forbidden: {forbidden}: {missing}"
    assert one[0] == 200
    assert other[1]["message"] == f'deployments.apps "api" is forbidden: {forbidden}'


async def test_the_default_cluster_roles_can_be_bound(send: Send) -> None:
    subject = {"kind": "User", "name": "limited", "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"}
    await send("POST", f"{RBAC}/rolebindings", {"metadata": {"name": "b"}, "subjects": [subject], "roleRef": reference})
    codes = [
        (await send(method, f"{CORE}/{path}", {}, token="limited"))[0]
        for method, path in (("GET", "pods"), ("POST", "pods"), ("GET", "secrets"))
    ]

    assert codes == [200, 403, 403]


async def test_access_reviews_are_about_one_thing(send: Send) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    status, refusal = await send("POST", path, {"spec": {}})

    assert (status, refusal["message"]) == (
        422,
        '.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: null: '
        "exactly one of nonResourceAttributes or resourceAttributes must be specified",
    )


async def test_custom_groups_answer_what_they_do_not_serve_in_plain_text(send: Send) -> None:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    scale = {"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema, "subresources": {"scale": scale}}
    names = {"plural": "foos", "kind": "Foo"}
    spec = {"group": "x.io", "names": names, "scope": "Namespaced", "versions": [version]}
    definition = {"metadata": {"name": "foos.x.io"}, "spec": spec}
    await send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
    foos = "/apis/x.io/v1/namespaces/default/foos"
    await send("POST", foos, {"apiVersion": "x.io/v1", "kind": "Foo", "metadata": {"name": "a"}, "spec": {"n": 1}})
    size = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "a", "namespace": "default"}}

    assert await send("GET", "/apis/x.io/v2") == (404, "404 page not found\n")
    assert await send("GET", "/apis/x.io/v1/namespaces/default/bars") == (404, "404 page not found\n")
    assert (await send("GET", f"{foos}/a/zzz"))[1]["message"] == 'foos.x.io "a" not found'
    assert (await send("PUT", f"{foos}/a/scale", size | {"spec": {"replicas": 3}}))[1]["spec"] == {"replicas": 3}


async def test_a_delete_with_options_that_make_no_sense_deletes_nothing(send: Send) -> None:
    await send("POST", f"{APPS}/deployments", deployment())
    status, refusal = await send("DELETE", f"{APPS}/deployments/web?dryRun=Foo")
    malformed = await send("DELETE", f"{APPS}/deployments/web", "{bad")

    assert (status, refusal["message"]) == (
        422,
        'DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: "Foo": supported values: "All"',
    )
    assert (malformed[0], malformed[1]["message"]) == (
        500,
        "couldn't get version/kind; json parse error: invalid character 'b' looking for beginning of object key string",
    )
    assert (await send("GET", f"{APPS}/deployments/web"))[0] == 200


async def test_patches_must_keep_the_object_in_its_place(send: Send) -> None:
    await send("POST", f"{APPS}/deployments", deployment())
    web, apply = f"{APPS}/deployments/web", "application/apply-patch+yaml"
    nameless = {"apiVersion": "v1", "kind": "ConfigMap"}
    answers = [
        await send("PATCH", web, {"metadata": None}, MERGE),
        await send("PATCH", f"{web}?fieldManager=m", deployment(namespace="other"), apply),
        await send("PATCH", f"{CORE}/configmaps/c?fieldManager=m", nameless, apply),
    ]

    assert [(code, refusal["message"]) for code, refusal in answers] == [
        (400, "the name of the object (web based on URL) was undeterminable: name must be provided"),
        (400, "the namespace of the object (other) does not match the namespace on the request (default)"),
        (400, "the name of the object (c based on URL) was undeterminable: name must be provided"),
    ]


async def test_a_pod_of_an_unknown_priority_class_is_forbidden(send: Send) -> None:
    spec = {"containers": [{"name": "c", "image": "x"}], "priorityClassName": "gold"}
    status, refusal = await send("POST", f"{CORE}/pods", {"metadata": {"name": "p"}, "spec": spec})

    assert (status, refusal["message"]) == (403, 'pods "p" is forbidden: no PriorityClass with name gold was found')
