"""A version of a custom resource: reading, rules, scale."""

from datetime import UTC, datetime
from typing import Any

import pytest

from autoscaler.emulator.custom.scaling import ScaleMissingError, counts_of, replicas_only, with_replicas
from autoscaler.emulator.custom.version import CustomVersion, ScalePaths, custom_version
from autoscaler.emulator.kinds.definition import DEFINITION, established, is_established, terminating
from autoscaler.model.json_types import JsonObject

SPEC_SCHEMA = {
    "type": "object",
    "required": ["max"],
    "properties": {
        "min": {"type": "integer", "default": 1},
        "max": {"type": "integer", "minimum": 1},
        "target": {"type": "string"},
        "replicas": {"type": "integer"},
    },
    "x-kubernetes-validations": [
        {"rule": "self.min <= self.max", "message": "min must not exceed max"},
        {"rule": "!has(self.target) || oldSelf.target == self.target", "message": "target is immutable"},
    ],
}
DEFINED: JsonObject = {
    "name": "v1",
    "served": True,
    "storage": True,
    "schema": {
        "openAPIV3Schema": {
            "type": "object",
            "properties": {
                "spec": SPEC_SCHEMA,
                "status": {"type": "object", "properties": {"replicas": {"type": "integer"}}},
            },
        }
    },
    "subresources": {
        "status": {},
        "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
    },
}
PATHS = ScalePaths(".spec.replicas", ".status.replicas", ".status.selector")
UNCHECKED = (
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)


@pytest.fixture
def version() -> CustomVersion:
    return custom_version("Policy", DEFINED)


def _obj(**spec: Any) -> JsonObject:
    return {"kind": "Policy", "metadata": {"name": "a"}, "spec": spec}


def test_reading_fills_in_and_drops(version: CustomVersion) -> None:
    raw = _obj(max=3, zzz=1) | {"metadata": {"name": "a", "colour": "red"}}

    obj, complaints = version.read(raw)

    assert obj == _obj(max=3, min=1)
    assert complaints == ('unknown field "metadata.colour"', 'unknown field "spec.zzz"')


@pytest.mark.parametrize(
    ("spec", "faults"),
    [
        ({"min": 1, "max": 5}, []),
        ({"min": 9, "max": 5}, ["spec: Invalid value: min must not exceed max"]),
        ({"min": 1}, ["spec.max: Required value", UNCHECKED]),
        ({"min": 1, "max": 0}, [
            "spec.max: Invalid value: 0: spec.max in body should be greater than or equal to 1",
            "spec: Invalid value: min must not exceed max",
        ]),
        ({"max": 5}, ['spec: Invalid value: "object": no such key: min evaluating rule: min must not exceed max']),
        ({"min": 1, "max": 5, "replicas": -1}, [
            ".spec.replicas: Invalid value: -1: should be a non-negative integer",
        ]),
    ],
)  # fmt: skip
def test_new_objects(version: CustomVersion, spec: JsonObject, faults: list[str]) -> None:
    assert [str(fault) for fault in version.faults_of_new(_obj(**spec))] == faults


def test_rules_on_what_was_before(version: CustomVersion) -> None:
    old, new = _obj(min=1, max=5, target="a"), _obj(min=1, max=5, target="b")

    assert [str(fault) for fault in version.faults_of_update(new, old)] == ["spec: Invalid value: target is immutable"]
    assert version.faults_of_new(new) == []


def test_a_status_is_judged_alone(version: CustomVersion) -> None:
    obj = _obj(min=1, max=5)

    faults = version.faults_of_status(obj | {"status": {"replicas": "x"}}, obj)

    assert [str(fault) for fault in faults] == [
        'status.replicas: Invalid value: "string": replicas in body must be of type integer: "string"',
        ".status.replicas: Invalid value: 0: .status.replicas accessor error: x is of the type string, expected int64",
        UNCHECKED,
    ]


def test_another_kind(version: CustomVersion) -> None:
    assert [str(fault) for fault in version.faults_of_other_kind(_obj(min=1, max=5) | {"kind": "Other"})] == [
        'kind: Invalid value: "Other": must be Policy'
    ]


def test_scale() -> None:
    obj = _obj(replicas=3) | {"status": {"replicas": 2, "selector": "app=a"}}

    assert counts_of(obj, PATHS) == (3, 2, "app=a")
    assert with_replicas(obj, 7, PATHS)["spec"] == {"replicas": 7}
    assert replicas_only(7, PATHS) == {"spec": {"replicas": 7}}
    with pytest.raises(ScaleMissingError, match=r'^the spec replicas field "\.spec\.replicas" does not exist$'):
        counts_of(_obj(), PATHS)


def _definition(**spec: Any) -> JsonObject:
    base = {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "policies", "kind": "Policy"},
        "versions": [DEFINED],
    }
    return DEFINITION.with_defaults({"metadata": {"name": "policies.example.com"}, "spec": base | spec})


def test_a_definition_gets_its_other_names() -> None:
    names = _definition()["spec"]["names"]

    assert (names["singular"], names["listKind"]) == ("policy", "PolicyList")
    assert DEFINITION.validate(_definition()) == []


def test_faulty_definitions() -> None:
    open_field = {"type": "object", "properties": {"spec": {}, "list": {"type": "array"}}}
    rule = {"type": "object", "x-kubernetes-validations": [{"rule": "self."}]}

    def texts(**spec: Any) -> list[str]:
        return [str(fault) for fault in DEFINITION.validate(_definition(**spec))]

    def with_schema(schema: JsonObject) -> list[JsonObject]:
        return [DEFINED | {"schema": {"openAPIV3Schema": schema}}]

    place = "spec.versions[0].schema.openAPIV3Schema"
    assert texts(group="other.com") == [
        'metadata.name: Invalid value: "policies.example.com": must be spec.names.plural+"."+spec.group'
    ]
    assert texts(scope="World") == ['spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"']
    assert texts(versions=with_schema(open_field)) == [
        f"{place}.properties[spec].type: Required value: must not be empty for specified object fields",
        f"{place}.properties[list].items: Required value: must be specified",
    ]
    assert texts(versions=with_schema(rule))[0].startswith(f"{place}.x-kubernetes-validations[0].rule: Invalid value: ")
    assert texts(versions=[DEFINED | {"storage": False}]) == [
        'spec.versions: Invalid value: ["v1"]: must have exactly one version marked as storage version'
    ]


def test_the_life_of_a_definition() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    served = established(_definition(), now)
    dying = terminating(served, now)

    assert is_established(served)
    assert not is_established(_definition())
    assert dying["metadata"]["finalizers"] == ["customresourcecleanup.apiextensions.k8s.io"]
    assert dying["metadata"]["deletionTimestamp"] == "2026-01-02T03:04:05Z"
