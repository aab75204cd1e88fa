"""The scale subresource: found through discovery, worded as upstream words it, written without overwriting anybody."""

from __future__ import annotations

import pytest

from autoscaler.adapters.kubernetes.discovery import Discovery, Mapping
from autoscaler.adapters.kubernetes.errors import RefusedError
from autoscaler.adapters.kubernetes.scale import ScaleFound, Scales
from autoscaler.model.observation import Scale, ScaleUnavailable
from autoscaler.model.policy import ObjectRef

WEB = ObjectRef(api_version="apps/v1", kind="Deployment", name="web")
SCALE = "/apis/apps/v1/namespaces/shop/deployments/web/scale"
MAPPING = Mapping(group="apps", version="v1", resource="deployments")


@pytest.fixture
async def scales(client, server) -> Scales:
    server.on("GET", "/apis/apps", {"preferredVersion": {"version": "v1"}, "versions": [{"version": "v1"}]})
    resources = [
        {"name": "deployments", "kind": "Deployment"},
        {"name": "deployments/status", "kind": "Deployment"},
        {"name": "deployments/scale", "kind": "Scale"},
    ]
    server.on("GET", "/apis/apps/v1", {"resources": resources})
    return Scales(client, Discovery(client))


async def test_a_scale_is_read_and_what_was_discovered_is_remembered(scales, server) -> None:
    document = {
        "metadata": {"name": "web", "uid": "u-1", "resourceVersion": "41"},
        "spec": {"replicas": 3},
        "status": {"replicas": 2, "selector": "app=web"},
    }
    server.on("GET", SCALE, document)

    found = await scales.read("shop", WEB)
    await scales.read("shop", WEB)

    scale = Scale(spec_replicas=3, status_replicas=2, selector="app=web", resource_version="41")
    assert found == ScaleFound(scale=scale, mapping=MAPPING, uid="u-1")
    assert [asked.path for asked in server.asked] == ["/apis/apps", "/apis/apps/v1", SCALE, SCALE]


async def test_replicas_that_are_left_out_are_zero(scales, server) -> None:
    server.on("GET", SCALE, {"metadata": {"resourceVersion": "1"}, "spec": {}, "status": {"replicas": 0}})

    found = await scales.read("shop", WEB)

    assert isinstance(found, ScaleFound)
    assert found.scale.spec_replicas == 0


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        pytest.param(
            ObjectRef(api_version="a/b/c", kind="Deployment", name="web"),
            ScaleUnavailable(
                error="unexpected GroupVersion string: a/b/c",
                message="invalid API version in scale target reference: unexpected GroupVersion string: a/b/c",
                blames_policy=True,
            ),
            id="bad-api-version",
        ),
        pytest.param(
            ObjectRef(api_version="apps/v1", kind="Deploymnet", name="web"),
            ScaleUnavailable(
                error='no matches for kind "Deploymnet" in group "apps"',
                message="unable to determine resource for scale target reference: "
                'no matches for kind "Deploymnet" in group "apps"',
                absent=True,
            ),
            id="unknown-kind",
        ),
        pytest.param(
            ObjectRef(api_version="example.com/v1", kind="Thing", name="web"),
            ScaleUnavailable(
                error='no matches for kind "Thing" in group "example.com"',
                message="unable to determine resource for scale target reference: "
                'no matches for kind "Thing" in group "example.com"',
                absent=True,
            ),
            id="unknown-group",
        ),
        pytest.param(
            WEB,
            ScaleUnavailable(
                error=f"{SCALE} not found",
                message=f"failed to query scale subresource for Deployment/shop/web: {SCALE} not found",
                absent=True,
            ),
            id="no-such-object",
        ),
    ],
)
async def test_a_scale_that_cannot_be_read_is_a_value_in_upstreams_words(scales, target, expected) -> None:
    assert await scales.read("shop", target) == expected


async def test_a_write_names_the_version_it_decided_on(scales, server) -> None:
    server.on("PATCH", SCALE, {})

    await scales.write("shop", "web", MAPPING, replicas=5, resource_version="41")
    await scales.write("shop", "web", MAPPING, replicas=6, resource_version="")

    assert [asked.body for asked in server.asked] == [
        {"metadata": {"resourceVersion": "41"}, "spec": {"replicas": 5}},
        {"metadata": {}, "spec": {"replicas": 6}},
    ]


async def test_a_conflict_is_told_from_other_refusals(scales, server) -> None:
    body = '{"kind": "Status", "reason": "Conflict", "code": 409, "message": "the object has been modified"}'
    server.on("PATCH", SCALE, (409, body, {}), (403, body.replace("Conflict", "Forbidden").replace("409", "403"), {}))

    with pytest.raises(RefusedError, match="has been modified") as conflict:
        await scales.write("shop", "web", MAPPING, replicas=5, resource_version="41")
    with pytest.raises(RefusedError) as forbidden:
        await scales.write("shop", "web", MAPPING, replicas=5, resource_version="41")

    assert (conflict.value.is_conflict, forbidden.value.is_conflict) == (True, False)
