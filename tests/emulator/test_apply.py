"""Server-side apply: ownership, conflicts, force, and what becomes of fields no longer applied."""

from typing import Any

import pytest

from autoscaler.config.api_types import ApiType, type_of_kind
from autoscaler.emulator.apply import APPLY, ApplyConflictError, Manager, UntypedObjectError, apply, track_update
from autoscaler.model.json_types import JsonObject

AT, LATER = "2026-01-02T03:04:05Z", "2026-01-02T03:05:05Z"


def _kind() -> ApiType:
    kind = type_of_kind("apps", "v1", "Deployment")
    assert kind is not None
    return kind


def _applier(name: str, subresource: str = "") -> Manager:
    return Manager(name=name, operation=APPLY, api_version="apps/v1", subresource=subresource)


def _updater(name: str, subresource: str = "") -> Manager:
    return Manager(name=name, api_version="apps/v1", subresource=subresource)


def _config(containers: list[JsonObject] | None = None, **spec: Any) -> JsonObject:
    if containers is not None:
        spec["template"] = {"spec": {"containers": containers}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def _apply(live: JsonObject, config: JsonObject, name: str, **options: Any) -> JsonObject:
    return apply(live, config, _kind(), _applier(name), AT, **options)


def _owned(obj: JsonObject) -> dict[tuple[str, str], JsonObject]:
    return {
        (entry["manager"], entry["operation"]): entry["fieldsV1"] for entry in obj["metadata"].get("managedFields", ())
    }


def test_an_applier_owns_leaves_and_list_items() -> None:
    containers = [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "1"}}}]

    made = _apply({}, _config(containers, replicas=2, selector={"matchLabels": {"app": "a"}}), "owner")

    assert _owned(made) == {
        ("owner", "Apply"): {
            "f:spec": {
                "f:replicas": {},
                "f:selector": {},
                "f:template": {
                    "f:spec": {
                        "f:containers": {
                            'k:{"name":"c"}': {
                                ".": {},
                                "f:name": {},
                                "f:image": {},
                                "f:resources": {"f:requests": {"f:cpu": {}}},
                            }
                        }
                    }
                },
            }
        }
    }


def test_an_update_takes_fields_over() -> None:
    made = _apply({}, _config(replicas=2, paused=True), "owner")
    scaled = {**made, "spec": made["spec"] | {"replicas": 5}}

    written = track_update(made, scaled, _kind(), _updater("hand", "scale"), LATER)

    assert _owned(written) == {
        ("owner", "Apply"): {"f:spec": {"f:paused": {}}},
        ("hand", "Update"): {"f:spec": {"f:replicas": {}}},
    }
    assert written["metadata"]["managedFields"][1]["subresource"] == "scale"


def test_a_creator_owns_new_objects_on_the_way() -> None:
    new = {"metadata": {"name": "web", "uid": "1", "labels": {"a": "b"}}, "spec": {"replicas": 1}}

    written = track_update({"metadata": {}, "spec": {}}, new, _kind(), _updater("golden"), AT)

    assert _owned(written) == {
        ("golden", "Update"): {"f:metadata": {"f:labels": {".": {}, "f:a": {}}}, "f:spec": {"f:replicas": {}}}
    }


@pytest.mark.parametrize(
    ("manager", "described"),
    [
        (_updater("golden"), '"golden" using apps/v1'),
        (_updater("hand", "scale"), '"hand" with subresource "scale" using apps/v1'),
        (_applier("owner"), '"owner"'),
        (_applier("scaler", "scale"), '"scaler" with subresource "scale"'),
    ],
)
def test_a_conflict_names_the_owner(manager: Manager, described: str) -> None:
    if manager.operation == APPLY:
        live = apply({}, _config(replicas=2), _kind(), manager, AT)
    else:
        live = track_update({}, _config(replicas=2), _kind(), manager, AT)

    with pytest.raises(ApplyConflictError) as raised:
        _apply(live, _config(replicas=9), "other")

    assert str(raised.value) == f"Apply failed with 1 conflict: conflict with {described}: .spec.replicas"
    assert raised.value.causes == [
        {"reason": "FieldManagerConflict", "message": f"conflict with {described}", "field": ".spec.replicas"}
    ]


def test_a_scale_shows_updaters_in_its_own_version() -> None:
    live = track_update({}, _config(replicas=2), _kind(), _updater("hand", "scale"), AT)

    with pytest.raises(ApplyConflictError, match='"hand" with subresource "scale" using autoscaling/v1'):
        _apply(live, _config(replicas=9), "other", shown_version="autoscaling/v1")


def test_several_conflicts_are_listed_by_manager() -> None:
    live = _apply({}, _config([{"name": "c", "image": "1"}], replicas=2), "one")
    live = _apply(live, _config(minReadySeconds=3), "two")

    with pytest.raises(ApplyConflictError) as raised:
        _apply(live, _config([{"name": "c", "image": "2"}], replicas=9, minReadySeconds=4), "other")

    assert str(raised.value) == (
        'Apply failed with 3 conflicts: conflicts with "one":\n- .spec.replicas\n'
        '- .spec.template.spec.containers[name="c"].image\nconflicts with "two":\n- .spec.minReadySeconds'
    )


def test_force_takes_the_field_and_equal_values_are_shared() -> None:
    live = _apply({}, _config(replicas=2), "one")

    forced = _apply(live, _config(replicas=9), "two", force=True)
    shared = _apply(forced, _config(replicas=9), "three")

    assert forced["spec"]["replicas"] == 9
    assert list(_owned(forced)) == [("two", "Apply")]
    assert list(_owned(shared)) == [("three", "Apply"), ("two", "Apply")]


def test_a_field_no_longer_applied_goes_unless_another_owns_it() -> None:
    live = _apply(
        {}, _config([{"name": "c", "image": "1"}, {"name": "d", "image": "1"}], replicas=2, paused=True), "one"
    )
    live = _apply(live, _config(replicas=2), "two")

    less = _apply(live, _config([{"name": "c", "image": "1"}]), "one")

    assert less["spec"] == {"template": {"spec": {"containers": [{"name": "c", "image": "1"}]}}, "replicas": 2}


def test_what_others_added_to_a_map_stays() -> None:
    config = _config()
    config["metadata"]["labels"] = {"a": "1"}
    live = _apply({}, config, "one")
    labelled = {**live, "metadata": live["metadata"] | {"labels": {"a": "1", "b": "2"}}}
    live = track_update(live, labelled, _kind(), _updater("hand"), LATER)

    assert _apply(live, _config(), "one")["metadata"]["labels"] == {"b": "2"}


def test_keyed_lists_merge_item_by_item_with_defaulted_keys() -> None:
    ports = [{"containerPort": 80, "protocol": "TCP", "name": "http"}]
    live = track_update({}, _config([{"name": "c", "ports": ports}]), _kind(), _updater("hand"), AT)

    merged = _apply(live, _config([{"name": "c", "ports": [{"containerPort": 80, "hostPort": 8080}]}]), "one")

    (container,) = merged["spec"]["template"]["spec"]["containers"]
    assert container["ports"] == [ports[0] | {"hostPort": 8080}]


def test_applying_the_same_again_changes_nothing() -> None:
    made = _apply({}, _config(replicas=2), "one")

    assert apply(made, _config(replicas=2), _kind(), _applier("one"), LATER) == made


def test_the_status_is_ignored_on_the_main_object() -> None:
    made = _apply({}, _config(replicas=2) | {"status": {"replicas": 5}}, "one", ignored=["status"])

    assert "status" not in made
    assert "f:status" not in _owned(made)["one", "Apply"]


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"replica": 1}, ".spec.replica: field not declared in schema"),
        ({"replicas": "two"}, ".spec.replicas: expected numeric (int or float), got string"),
        ({"template": {"spec": {"containers": [{"image": "i"}]}}},
         ".spec.template.spec.containers: element 0: associative list with keys has an element that omits key field "
         '"name" (and doesn\'t have default value)'),
        ({"template": {"spec": {"containers": [{"name": "c"}, {"name": "c"}]}}},
         '.spec.template.spec.containers: duplicate entries for key [name="c"]'),
    ],
)  # fmt: skip
def test_objects_that_do_not_fit_their_type(spec: JsonObject, text: str) -> None:
    with pytest.raises(UntypedObjectError) as raised:
        _apply({}, _config(**spec), "one")
    assert str(raised.value) == f"failed to create typed patch object (/web; apps/v1, Kind=Deployment): {text}"
