"""JSON patch and merge patch."""

import pytest

from autoscaler.emulator.patching import PatchError, PatchVerdict, json_patch, merge_patch
from autoscaler.model.json_types import JsonObject, JsonValue

DOCUMENT: JsonObject = {"spec": {"replicas": 2, "items": ["a", "b"]}, "flag": True, "a/b": 1}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        pytest.param({"op": "replace", "path": "/spec/replicas", "value": 5}, ("spec", "replicas", 5), id="replace"),
        pytest.param({"op": "add", "path": "/spec/new", "value": 1}, ("spec", "new", 1), id="add"),
        pytest.param({"op": "replace", "path": "/spec/new", "value": 1}, ("spec", "new", 1), id="replace-absent-field"),
        pytest.param(
            {"op": "add", "path": "/spec/items/-", "value": "c"}, ("spec", "items", ["a", "b", "c"]), id="end"
        ),
        pytest.param({"op": "add", "path": "/spec/items/0", "value": "c"}, ("spec", "items", ["c", "a", "b"]), id="at"),
        pytest.param({"op": "remove", "path": "/spec/items/-1"}, ("spec", "items", ["a"]), id="negative-index"),
        pytest.param({"op": "copy", "from": "/a~1b", "path": "/spec/copy"}, ("spec", "copy", 1), id="escaped-copy"),
        pytest.param(
            {"op": "test", "path": "/spec/none", "value": None}, ("spec", "replicas", 2), id="null-is-missing"
        ),
    ],
)
def test_operations(operation: JsonObject, expected: tuple[str, str, JsonValue]) -> None:
    outer, inner, value = expected
    assert json_patch(DOCUMENT, [operation])[outer][inner] == value
    assert DOCUMENT["spec"] == {"replicas": 2, "items": ["a", "b"]}


def test_move() -> None:
    assert json_patch({"a": 1}, [{"op": "move", "from": "/a", "path": "/b"}]) == {"b": 1}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/spec/replicas", "value": 3},
        {"op": "test", "path": "/flag", "value": 1},
        {"op": "replace", "path": "/none/deep", "value": 3},
        {"op": "remove", "path": "/none"},
        {"op": "add", "path": "/none/deep", "value": 1},
        {"op": "add", "path": "/spec/items/9", "value": 1},
        {"op": "add", "path": "/spec/replicas/x", "value": 1},
        {"op": "copy", "from": "/none", "path": "/x"},
        {"op": "dance", "path": "/x"},
        {"op": "add", "path": "x", "value": 1},
    ],
)
def test_operations_that_do_not_apply_are_rejected(operation: JsonObject) -> None:
    with pytest.raises(PatchError) as raised:
        json_patch(DOCUMENT, [operation])
    assert raised.value.verdict is PatchVerdict.REJECTED


def test_a_patch_of_the_wrong_form_is_malformed() -> None:
    with pytest.raises(PatchError) as raised:
        json_patch(DOCUMENT, {})
    assert (
        str(raised.value) == "error decoding patch: json: cannot unmarshal object into Go value of type []interface {}"
    )
    assert raised.value.verdict is PatchVerdict.MALFORMED
    with pytest.raises(PatchError) as raised:
        merge_patch(DOCUMENT, [])
    assert str(raised.value) == (
        "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
    )


def test_merge_patch_deletes_with_null_and_replaces_lists() -> None:
    patched = merge_patch(DOCUMENT, {"spec": {"replicas": None, "items": ["z"], "new": {"x": None, "y": 1}}})

    assert patched["spec"] == {"items": ["z"], "new": {"y": 1}}
    assert patched["flag"] is True
