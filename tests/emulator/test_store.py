"""Objects with the API server's semantics, in process."""

from datetime import UTC, datetime

import pytest

from autoscaler.emulator.builtin import CONFIG_MAPS, DEPLOYMENTS, LEASES, NAMESPACES, NODES, PODS, builtin_registry
from autoscaler.emulator.deletion import DeleteOptions
from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.storage import Change
from autoscaler.emulator.store import ObjectStore, WriteOptions
from autoscaler.model.json_types import JsonObject

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def store() -> ObjectStore:
    """A store with the namespace ``default``."""
    made = ObjectStore(builtin_registry(), lambda: NOW)
    made.create(NAMESPACES, {"metadata": {"name": "default"}})
    return made


def deployment(name: str = "web", replicas: int = 2) -> JsonObject:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"metadata": {"name": name, "namespace": "default"}, "spec": spec}


def pod(name: str, **spec: str) -> JsonObject:
    containers = [{"name": "c", "image": "nginx"}]
    return {"metadata": {"name": name, "namespace": "default"}, "spec": {"containers": containers, **spec}}


def test_a_new_object_gets_identity_defaults_and_its_first_generation(store: ObjectStore) -> None:
    stored = store.create(DEPLOYMENTS, deployment())

    assert stored["metadata"]["generation"] == 1
    assert stored["metadata"]["creationTimestamp"] == "2026-11-24T12:00:00Z"
    assert stored["spec"]["strategy"]["type"] == "RollingUpdate"
    assert stored["status"] == {}
    assert store.get(DEPLOYMENTS, "web", "default") is stored


def test_generate_name_adds_five_characters(store: ObjectStore) -> None:
    stored = store.create(CONFIG_MAPS, {"metadata": {"generateName": "web-", "namespace": "default"}})

    assert stored["metadata"]["name"].startswith("web-")
    assert len(stored["metadata"]["name"]) == len("web-") + 5


def test_an_update_must_name_the_current_version_if_it_names_one(store: ObjectStore) -> None:
    first = store.create(DEPLOYMENTS, deployment())
    store.update(DEPLOYMENTS, first | {"spec": first["spec"] | {"replicas": 3}})

    with pytest.raises(ApiError, match="the object has been modified") as refusal:
        store.update(DEPLOYMENTS, first | {"spec": first["spec"] | {"replicas": 4}})
    assert (refusal.value.code, refusal.value.reason) == (409, "Conflict")


def test_a_write_that_changes_nothing_is_no_write(store: ObjectStore) -> None:
    first = store.create(DEPLOYMENTS, deployment())

    again = store.change(DEPLOYMENTS, "web", "default", lambda live: live)

    assert again["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_status_and_spec_are_written_apart(store: ObjectStore) -> None:
    store.create(DEPLOYMENTS, deployment())

    def both(live: JsonObject) -> JsonObject:
        return live | {"spec": live["spec"] | {"replicas": 9}, "status": {"replicas": 7}}

    by_status = store.change(DEPLOYMENTS, "web", "default", both, subresource="status")
    by_spec = store.change(DEPLOYMENTS, "web", "default", lambda live: both(live) | {"status": {"replicas": 1}})

    assert (by_status["spec"]["replicas"], by_status["status"], by_status["metadata"]["generation"]) == (
        2,
        {"replicas": 7},
        1,
    )
    assert (by_spec["spec"]["replicas"], by_spec["status"], by_spec["metadata"]["generation"]) == (
        9,
        {"replicas": 7},
        2,
    )


def test_a_dry_run_stores_nothing(store: ObjectStore) -> None:
    before = store.storage.revision

    tried = store.create(DEPLOYMENTS, deployment(), options=WriteOptions(dry_run=True))

    assert tried["spec"]["replicas"] == 2
    assert store.find(DEPLOYMENTS, "web", "default") is None
    assert store.storage.revision == before


def test_a_bound_pod_dies_in_its_grace_period_and_an_unbound_one_at_once(store: ObjectStore) -> None:
    store.create(PODS, pod("bound", nodeName="n1"))
    store.create(PODS, pod("free"))

    dying = store.delete(PODS, "bound", "default")
    gone = store.delete(PODS, "free", "default")

    assert not dying.gone
    assert dying.obj["metadata"]["deletionGracePeriodSeconds"] == 30
    assert dying.obj["metadata"]["deletionTimestamp"] == "2026-11-24T12:00:30Z"
    assert gone.gone
    assert store.delete(PODS, "bound", "default", DeleteOptions(grace_period_seconds=0)).gone


def test_finalizers_hold_a_deleted_object_until_they_are_gone(store: ObjectStore) -> None:
    made = deployment()
    made["metadata"]["finalizers"] = ["example.com/hold"]
    store.create(DEPLOYMENTS, made)

    held = store.delete(DEPLOYMENTS, "web", "default")
    store.change(DEPLOYMENTS, "web", "default", lambda live: live | {"metadata": live["metadata"] | {"finalizers": []}})

    assert not held.gone
    assert store.find(DEPLOYMENTS, "web", "default") is None


def test_nothing_new_comes_into_a_missing_or_dying_namespace(store: ObjectStore) -> None:
    store.create(NAMESPACES, {"metadata": {"name": "old"}})
    store.delete(NAMESPACES, "old")

    for namespace, code in (("none", 404), ("old", 403)):
        with pytest.raises(ApiError) as refusal:
            store.create(CONFIG_MAPS, {"metadata": {"name": "x"}}, namespace)
        assert refusal.value.code == code


def test_leases_must_be_replaced_with_their_version(store: ObjectStore) -> None:
    store.create(LEASES, {"metadata": {"name": "l", "namespace": "default"}, "spec": {"holderIdentity": "a"}})

    with pytest.raises(ApiError, match="must be specified for an update"):
        store.update(LEASES, {"metadata": {"name": "l", "namespace": "default"}, "spec": {"holderIdentity": "b"}})


def test_listeners_see_the_object_before_and_after(store: ObjectStore) -> None:
    seen: list[Change] = []
    stop = store.subscribe(NODES, seen.append)
    store.create(NODES, {"metadata": {"name": "n"}})
    store.change(NODES, "n", "", lambda live: live | {"spec": {"unschedulable": True}})
    store.delete(NODES, "n")
    stop()
    store.create(NODES, {"metadata": {"name": "m"}})

    shapes = [(change.old is not None, change.new is not None) for change in seen]
    assert shapes == [(False, True), (True, True), (True, False)]


def test_invalid_objects_are_refused_with_every_fault(store: ObjectStore) -> None:
    with pytest.raises(ApiError) as refusal:
        store.create(DEPLOYMENTS, deployment(replicas=-1) | {"metadata": {"name": "B", "namespace": "default"}})

    assert refusal.value.details is not None
    fields = [cause["field"] for cause in refusal.value.details["causes"]]
    assert fields == ["metadata.name", "spec.replicas"]
