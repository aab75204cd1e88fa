"""Strategic merge patches join lists by name."""

import pytest

from autoscaler.config.api_types import ApiType, type_of_kind
from autoscaler.emulator.patching import PatchError, PatchVerdict
from autoscaler.emulator.strategic_patch import strategic_patch
from autoscaler.model.json_types import JsonObject


def _pod() -> ApiType:
    kind = type_of_kind("", "v1", "Pod")
    assert kind is not None
    return kind


def _spec(patch: JsonObject) -> JsonObject:
    live = {
        "containers": [{"name": "a", "image": "1", "ports": [{"containerPort": 80}]}, {"name": "b", "image": "2"}],
        "tolerations": [{"key": "x"}],
    }
    spec: JsonObject = strategic_patch({"spec": live}, {"spec": patch}, _pod())["spec"]
    return spec


def test_containers_are_joined_by_name_and_other_lists_replaced() -> None:
    spec = _spec({"containers": [{"name": "b", "image": "3"}], "tolerations": [{"key": "y"}]})

    assert [container["image"] for container in spec["containers"]] == ["1", "3"]
    assert spec["tolerations"] == [{"key": "y"}]


def test_a_new_item_comes_before_those_the_patch_does_not_name() -> None:
    assert [c["name"] for c in _spec({"containers": [{"name": "n", "image": "3"}]})["containers"]] == ["n", "a", "b"]


def test_deep_lists_use_their_own_key() -> None:
    ports = _spec({"containers": [{"name": "a", "ports": [{"containerPort": 80, "name": "http"}]}]})["containers"]

    assert ports[0]["ports"] == [{"containerPort": 80, "name": "http"}]


def test_directives() -> None:
    deleted = _spec({"containers": [{"name": "a", "$patch": "delete"}]})
    replaced = _spec({"containers": [{"$patch": "replace"}, {"name": "z"}]})
    ordered = _spec(
        {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "a", "x": 1}]}
    )

    assert [container["name"] for container in deleted["containers"]] == ["b"]
    assert replaced["containers"] == [{"name": "z"}]
    assert [container["name"] for container in ordered["containers"]] == ["b", "a"]
    assert _spec({"$patch": "delete"}) == {}
    assert _spec({"$patch": "replace", "hostname": "h"}) == {"hostname": "h"}


def test_primitive_lists_are_joined_and_pruned() -> None:
    live: JsonObject = {"metadata": {"finalizers": ["a", "b"]}}

    added = strategic_patch(live, {"metadata": {"finalizers": ["c", "a"]}}, _pod())
    pruned = strategic_patch(live, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}, _pod())

    assert sorted(added["metadata"]["finalizers"]) == ["a", "b", "c"]
    assert pruned["metadata"]["finalizers"] == ["b"]


def test_retain_keys_drops_what_it_does_not_name() -> None:
    kind = type_of_kind("apps", "v1", "Deployment")
    assert kind is not None
    live: JsonObject = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}

    patched = strategic_patch(live, {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}, kind)

    assert patched["spec"]["strategy"] == {"type": "Recreate"}


def test_an_item_without_its_key_is_an_error_of_the_server() -> None:
    with pytest.raises(PatchError) as raised:
        _spec({"containers": [{"image": "x"}]})
    assert str(raised.value) == "map: map[image:x] does not contain declared merge key: name"
    assert raised.value.verdict is PatchVerdict.INTERNAL
