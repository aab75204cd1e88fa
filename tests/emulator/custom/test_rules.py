"""Rules inside lists and maps, and their reasons."""

from typing import Any

from autoscaler.emulator.custom.rules import broken_rules, has_rules
from autoscaler.model.json_types import JsonObject

GROWS = {"rule": "self.n >= oldSelf.n", "message": "n only grows", "fieldPath": ".n"}
ITEM = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "n": {"type": "integer"}},
    "x-kubernetes-validations": [GROWS],
}
SCHEMA: JsonObject = {
    "type": "object",
    "x-kubernetes-validations": [{"rule": "has(self.items)", "reason": "FieldValueRequired", "fieldPath": ".items"}],
    "properties": {
        "items": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": ITEM,
        },
        "plain": {"type": "array", "items": ITEM},
        "byName": {
            "type": "object",
            "additionalProperties": {"type": "integer", "x-kubernetes-validations": [{"rule": "self > 0"}]},
        },
    },
}


def _texts(old: JsonObject | None = None, **obj: Any) -> list[str]:
    return [str(fault) for fault in broken_rules(obj, old, SCHEMA)]


def test_items_are_found_again_by_their_keys() -> None:
    old = {"items": [{"name": "a", "n": 5}, {"name": "b", "n": 1}]}

    assert _texts(old, items=[{"name": "b", "n": 2}, {"name": "a", "n": 4}]) == [
        "items[1].n: Invalid value: n only grows"
    ]


def test_items_of_plain_lists_cannot_be_told_apart() -> None:
    assert _texts({"plain": [{"n": 5}]}, items=[], plain=[{"n": 1}]) == []


def test_values_of_maps_and_rules_without_a_message() -> None:
    assert _texts(items=[], byName={"a": 1, "b": 0}) == ["byName.b: Invalid value: failed rule: self > 0"]


def test_a_reason_names_the_fault() -> None:
    assert _texts() == ["items: Required value: failed rule: has(self.items)"]


def test_where_rules_are() -> None:
    assert has_rules(SCHEMA)
    assert has_rules({"items": {"properties": {"a": {"x-kubernetes-validations": [{"rule": "true"}]}}}})
    assert not has_rules({"properties": {"a": {"type": "string"}}})
