"""Objects are read as Go reads them: what is kept, what is told, what fails."""

import pytest

from autoscaler.config.api_types import type_of_kind
from autoscaler.config.decoding import DecodeError, decode
from autoscaler.model.json_types import JsonObject


def _decode(group: str, version: str, obj: JsonObject) -> JsonObject:
    kind = type_of_kind(group, version, obj["kind"])
    assert kind is not None
    return decode(obj, kind).obj


def test_empty_optional_fields_go_and_pointers_keep_their_zero() -> None:
    spec = {
        "replicas": 0,
        "minReadySeconds": 0,
        "paused": False,
        "template": {"spec": {"hostname": "", "containers": [], "volumes": []}},
    }

    decoded = _decode("apps", "v1", {"kind": "Deployment", "metadata": {"labels": None}, "spec": spec})

    assert decoded["spec"] == {
        "replicas": 0,
        "strategy": {},
        "template": {"metadata": {}, "spec": {"containers": None}},
    }
    assert decoded["metadata"] == {}
    assert decoded["status"] == {}


def test_quantities_and_times_become_canonical() -> None:
    resources = {"requests": {"cpu": "0.5", "memory": "1024Mi"}}
    pod = _decode("", "v1", {"kind": "Pod", "spec": {"containers": [{"name": "c", "resources": resources}]}})
    lease = _decode(
        "coordination.k8s.io", "v1", {"kind": "Lease", "spec": {"renewTime": "2026-01-02T04:04:05.123456+01:00"}}
    )

    assert pod["spec"]["containers"][0]["resources"] == {"requests": {"cpu": "500m", "memory": "1Gi"}}
    assert lease["spec"]["renewTime"] == "2026-01-02T03:04:05.123456Z"


def test_unknown_fields_are_dropped_and_told() -> None:
    kind = type_of_kind("", "v1", "Pod")
    assert kind is not None

    decoded = decode({"kind": "Pod", "spec": {"containers": [{"name": "c", "colour": "red"}], "zzz": 1}}, kind)

    assert decoded.strict_errors == ('unknown field "spec.containers[0].colour"', 'unknown field "spec.zzz"')
    assert decoded.obj["spec"] == {"containers": [{"name": "c", "resources": {}}]}


@pytest.mark.parametrize(
    ("group", "obj", "text"),
    [
        pytest.param(
            "apps",
            {"kind": "Deployment", "spec": {"replicas": "3"}},
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
            id="text-for-number",
        ),
        pytest.param(
            "apps",
            {"kind": "Deployment", "spec": {"replicas": 2.5}},
            "json: cannot unmarshal number 2.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
            id="fraction",
        ),
        pytest.param(
            "apps",
            {"kind": "Deployment", "spec": {"replicas": 2147483648}},
            "json: cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32",
            id="too-big",
        ),
        pytest.param(
            "apps",
            {"kind": "Deployment", "metadata": {"labels": ["a"]}},
            "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string",
            id="list-for-map",
        ),
        pytest.param(
            "apps",
            {"kind": "Deployment", "spec": {"template": {"spec": {"containers": "c"}}}},
            "json: cannot unmarshal string into Go struct field PodSpec.spec.template.spec.containers "
            "of type []v1.Container",
            id="text-for-list",
        ),
        pytest.param(
            "apps",
            {"kind": "Deployment", "spec": {"strategy": {"rollingUpdate": {"maxSurge": True}}}},
            "json: cannot unmarshal bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge "
            "of type int32",
            id="int-or-string",
        ),
        pytest.param(
            "",
            {"kind": "Pod", "spec": {"containers": [{"resources": {"requests": {"cpu": "two"}}}]}},
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            id="quantity",
        ),
        pytest.param(
            "coordination.k8s.io",
            {"kind": "Lease", "spec": {"renewTime": 1767323045}},
            "json: cannot unmarshal number into Go struct field LeaseSpec.spec.renewTime of type string",
            id="number-for-time",
        ),
    ],
)
def test_wrong_types(group: str, obj: JsonObject, text: str) -> None:
    with pytest.raises(DecodeError) as raised:
        _decode(group, "v1", obj)
    assert str(raised.value) == text


def test_a_list_is_no_object() -> None:
    kind = type_of_kind("apps", "v1", "Deployment")
    assert kind is not None
    with pytest.raises(DecodeError, match=r"^json: cannot unmarshal array into Go value of type v1\.Deployment$"):
        decode([], kind)
