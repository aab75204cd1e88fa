"""Metadata rules that every kind shares."""

from autoscaler.config.object_meta import validate_metadata, validate_metadata_update
from autoscaler.model.json_types import JsonObject


def _texts(meta: JsonObject, *, namespaced: bool = True) -> list[str]:
    return [str(fault) for fault in validate_metadata(meta, namespaced=namespaced)]


def test_names_and_namespaces() -> None:
    assert _texts({"namespace": "n"}) == ["metadata.name: Required value: name or generateName is required"]
    assert _texts({"name": "a"}) == ["metadata.namespace: Required value"]
    assert _texts({"name": "a", "namespace": "n"}, namespaced=False) == [
        "metadata.namespace: Forbidden: not allowed on this type"
    ]
    assert _texts({"name": "a", "generateName": "a-", "namespace": "n"}) == []


def test_owners() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "a", "uid": "1", "controller": True}

    two = _texts({"name": "x", "namespace": "n", "ownerReferences": [owner, owner | {"name": "b"}]})

    assert two[0].endswith('Found "true" in references for ReplicaSet/a and ReplicaSet/b')
    assert '[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"a","uid":"1","controller":true},' in two[0]
    assert _texts({"name": "x", "namespace": "n", "ownerReferences": [owner | {"uid": ""}]}) == [
        'metadata.ownerReferences.uid: Invalid value: "": must not be empty'
    ]


def test_finalizers() -> None:
    assert _texts({"name": "x", "namespace": "n", "finalizers": ["hold", "orphan", "a.b/c"]}) == [
        'metadata.finalizers[0]: Invalid value: "hold": name is neither a standard finalizer name nor is it fully qualified'
    ]


def test_updates() -> None:
    old = {"name": "x", "resourceVersion": "1", "uid": "1", "deletionTimestamp": "t", "finalizers": ["a.b/c"]}
    new = old | {"uid": "2", "resourceVersion": "", "finalizers": ["a.b/c", "a.b/d"]}

    assert [str(fault) for fault in validate_metadata_update(new, old)] == [
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, "
        'found new finalizers []string{"a.b/d"}',
        'metadata.resourceVersion: Invalid value: "": must be specified for an update',
        'metadata.uid: Invalid value: "2": field is immutable',
    ]
