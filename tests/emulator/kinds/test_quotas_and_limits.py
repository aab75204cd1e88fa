"""Quotas and limit ranges: what they add to pods, what they refuse, in which words."""

import pytest

from autoscaler.emulator.kinds.limit_range import LIMIT_RANGE, limit_refusals, limited_pod, refusal_text
from autoscaler.emulator.kinds.pod import POD
from autoscaler.emulator.kinds.quota import QUOTA, charged, quota_refusal
from autoscaler.model.json_types import JsonObject

LIMITS = LIMIT_RANGE.with_defaults(
    {
        "metadata": {"name": "l"},
        "spec": {
            "limits": [
                {
                    "type": "Container",
                    "default": {"cpu": "200m", "memory": "128Mi"},
                    "defaultRequest": {"cpu": "100m"},
                    "max": {"cpu": "1"},
                    "min": {"cpu": "50m"},
                    "maxLimitRequestRatio": {"cpu": "4"},
                }
            ]
        },
    }
)


def _pod(requests: JsonObject | None = None, limits: JsonObject | None = None) -> JsonObject:
    resources = {"requests": requests or {}, "limits": limits or {}}
    container = {"name": "c", "image": "i", "resources": {side: each for side, each in resources.items() if each}}
    return POD.with_defaults({"metadata": {"name": "p"}, "spec": {"containers": [container]}})


def test_the_default_request_follows_the_default_limit() -> None:
    (item,) = LIMITS["spec"]["limits"]
    assert item["defaultRequest"] == {"cpu": "100m", "memory": "128Mi"}


@pytest.mark.parametrize(
    ("given", "requests", "limits", "note"),
    [
        ({}, {"cpu": "100m", "memory": "128Mi"}, {"cpu": "200m", "memory": "128Mi"},
         "cpu, memory request for container c; cpu, memory limit for container c"),
        ({"limits": {"cpu": "300m"}}, {"cpu": "300m", "memory": "128Mi"}, {"cpu": "300m", "memory": "128Mi"},
         "memory request for container c; memory limit for container c"),
    ],
)  # fmt: skip
def test_defaults_are_noted(given: JsonObject, requests: JsonObject, limits: JsonObject, note: str) -> None:
    pod = limited_pod([LIMITS], _pod(**given))

    assert pod["spec"]["containers"][0]["resources"] == {"requests": requests, "limits": limits}
    assert pod["metadata"]["annotations"] == {"kubernetes.io/limit-ranger": f"LimitRanger plugin set: {note}"}


@pytest.mark.parametrize(
    ("requests", "limits", "text"),
    [
        ({"cpu": "2"}, {"cpu": "2"}, "maximum cpu usage per Container is 1, but limit is 2"),
        ({"cpu": "10m"}, {"cpu": "200m"},
         "[minimum cpu usage per Container is 50m, but request is 10m, "
         "cpu max limit to request ratio per Container is 4, but provided ratio is 20.000000]"),
        ({"cpu": "100m"}, {"cpu": "400m"}, None),
    ],
)  # fmt: skip
def test_refusals(requests: JsonObject, limits: JsonObject, text: str | None) -> None:
    refusals = limit_refusals(LIMITS, _pod(requests, limits))
    assert (refusal_text(refusals) if refusals else None) == text


def test_a_limit_range_must_be_in_order() -> None:
    item = {"type": "Container", "min": {"cpu": "2"}, "max": {"cpu": "1"}}
    wrong = LIMIT_RANGE.with_defaults({"metadata": {}, "spec": {"limits": [item]}})

    assert [str(fault) for fault in LIMIT_RANGE.validate(wrong)] == [
        'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
        'spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1',
        'spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1',
    ]


def _quota(**used: str) -> JsonObject:
    hard = {"pods": "2", "requests.cpu": "500m", "requests.memory": "1Gi"}
    spent = {"pods": "0", "requests.cpu": "0", "requests.memory": "0"} | {
        name.replace("_", "."): amount for name, amount in used.items()
    }
    return {"metadata": {"name": "q"}, "spec": {"hard": hard}, "status": {"hard": hard, "used": spent}}


SMALL = {"cpu": "200m", "memory": "64Mi"}


def _refusal(quota: JsonObject, pod: JsonObject) -> str:
    return quota_refusal(quota, "", "pods", pod)


def _charged(quota: JsonObject, pod: JsonObject) -> JsonObject:
    return charged(quota, "", "pods", pod)


def test_a_pod_that_fits_is_charged() -> None:
    quota = _quota()

    assert _refusal(quota, _pod(SMALL)) == ""
    assert _charged(quota, _pod(SMALL))["status"]["used"] == {
        "pods": "1",
        "requests.cpu": "200m",
        "requests.memory": "64Mi",
    }


def test_refusals_name_only_what_is_exceeded() -> None:
    spent = _quota(pods="2", requests_cpu="300m", requests_memory="128Mi")

    assert _refusal(_quota(requests_cpu="200m"), _pod(SMALL | {"cpu": "400m"})) == (
        "exceeded quota: q, requested: requests.cpu=400m, used: requests.cpu=200m, limited: requests.cpu=500m"
    )
    assert _refusal(spent, _pod(SMALL | {"cpu": "900m"})) == (
        "exceeded quota: q, requested: pods=1,requests.cpu=900m, used: pods=2,requests.cpu=300m, "
        "limited: pods=2,requests.cpu=500m"
    )


def test_a_container_must_say_what_the_quota_counts() -> None:
    assert _refusal(_quota(), _pod()) == "failed quota: q: must specify requests.cpu for: c; requests.memory for: c"


def test_a_finished_pod_costs_nothing() -> None:
    assert _charged(_quota(), _pod(SMALL) | {"status": {"phase": "Failed"}}) == _quota()


def test_other_objects_are_counted_by_name() -> None:
    hard = {"configmaps": "1", "count/deployments.apps": "1"}
    quota = {
        "metadata": {"name": "q"},
        "status": {"hard": hard, "used": {"configmaps": "1", "count/deployments.apps": "0"}},
    }

    assert quota_refusal(quota, "", "configmaps", {}) == (
        "exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1"
    )
    assert quota_refusal(quota, "apps", "deployments", {}) == ""
    assert charged(quota, "apps", "deployments", {})["status"]["used"]["count/deployments.apps"] == "1"
    assert charged(quota, "", "secrets", {}) is quota


def test_a_quota_whose_usage_is_not_known_yet_lets_nothing_in() -> None:
    quota = {"metadata": {"name": "q"}, "status": {"hard": {"pods": "2"}}}

    assert _refusal(quota, _pod()) == "status unknown for quota: q, resources: pods"
    assert _refusal({"metadata": {"name": "q"}, "spec": {"hard": {"pods": "0"}}}, _pod()) == ""


def test_scopes() -> None:
    status = {"hard": {"pods": "0"}, "used": {"pods": "0"}}
    best = {"metadata": {"name": "q"}, "spec": {"scopes": ["BestEffort"]}, "status": status}
    ending = {"metadata": {"name": "q"}, "spec": {"scopes": ["Terminating"]}, "status": status}

    assert _refusal(best, _pod()).startswith("exceeded quota: q")
    assert _refusal(best, _pod(SMALL)) == ""
    assert _refusal(ending, _pod()) == ""
    wrong = {"spec": {"hard": {"configmaps": "1"}, "scopes": ["BestEffort", "NotBestEffort", "Odd"]}}
    assert [fault.detail for fault in QUOTA.validate(wrong)] == [
        "unsupported scope applied to resource",
        "unsupported scope applied to resource",
        "unsupported scope",
        "unsupported scope applied to resource",
        "conflicting scopes",
    ]


def test_quota_names() -> None:
    quota = {"spec": {"hard": {"pods": "-1", "nonsense": "1", "requests.cpu": "1"}}}

    assert [str(fault) for fault in QUOTA.validate(quota)] == [
        'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0',
        'spec.hard[nonsense]: Invalid value: "nonsense": must be a standard resource type or fully qualified',
        'spec.hard[nonsense]: Invalid value: "nonsense": must be a standard resource for quota',
    ]
