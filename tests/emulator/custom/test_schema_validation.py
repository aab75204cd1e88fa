"""Objects against their schema: the API server's words for what does not fit."""

from typing import Any

import pytest

from autoscaler.emulator.custom.filling import filled, pruned
from autoscaler.emulator.custom.schema_types import type_of_schema
from autoscaler.emulator.custom.schema_validation import validate_list_types, validate_schema
from autoscaler.model.json_types import JsonObject, JsonValue

CRON = {"type": "string", "pattern": r"^\S+( \S+){4}$"}
SCHEMA: JsonObject = {
    "type": "object",
    "required": ["spec"],
    "properties": {
        "spec": {
            "type": "object",
            "required": ["max"],
            "properties": {
                "max": {"type": "integer", "minimum": 1},
                "min": {"type": "integer", "default": 1},
                "mode": {"type": "string", "enum": ["Active", "DryRun"], "default": "Active"},
                "name": {"type": "string", "minLength": 1, "maxLength": 3},
                "share": {"type": "number", "exclusiveMinimum": True, "minimum": 0, "maximum": 1},
                "port": {"x-kubernetes-int-or-string": True},
                "at": {"type": "string", "format": "date-time"},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                "crons": {
                    "type": "array",
                    "maxItems": 2,
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["cron"],
                    "items": {
                        "type": "object",
                        "required": ["cron"],
                        "properties": {"cron": CRON, "replicas": {"type": "integer", "nullable": True}},
                    },
                },
            },
        }
    },
}


def _texts(**spec: Any) -> list[str]:
    return [str(fault) for fault in validate_schema({"spec": {"max": 5} | spec}, SCHEMA)]


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"max": "ten"}, 'spec.max: Invalid value: "string": spec.max in body must be of type integer: "string"'),
        ({"max": 2.5}, 'spec.max: Invalid value: "number": spec.max in body must be of type integer: "number"'),
        ({"max": 0}, "spec.max: Invalid value: 0: spec.max in body should be greater than or equal to 1"),
        ({"mode": "x"}, 'spec.mode: Unsupported value: "x": supported values: "Active", "DryRun"'),
        ({"name": ""}, 'spec.name: Invalid value: "": spec.name in body should be at least 1 chars long'),
        ({"name": "long"}, "spec.name: Too long: may not be more than 3 bytes"),
        ({"share": 0}, "spec.share: Invalid value: 0: spec.share in body should be greater than 0"),
        ({"share": 1.5}, "spec.share: Invalid value: 1.5: spec.share in body should be less than or equal to 1"),
        ({"port": []}, 'spec.port: Invalid value: "array": spec.port in body must be of type integer,string: "array"'),
        ({"at": "noon"}, 'spec.at: Invalid value: "noon": spec.at in body must be of type date-time: "noon"'),
        ({"labels": {"a": 1}},
         'spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string: "integer"'),
        ({"crons": [{}]}, "spec.crons[0].cron: Required value"),
        ({"crons": [{"cron": "often"}]},
         'spec.crons[0].cron: Invalid value: "often": spec.crons[0].cron in body should match '
         r"'^\S+( \S+){4}$'"),
        ({"crons": [{"cron": "* * * * *"}] * 3}, "spec.crons: Too many: 3: must have at most 2 items"),
    ],
)  # fmt: skip
def test_faults(spec: JsonObject, text: str) -> None:
    assert _texts(**spec) == [text]


def test_what_fits() -> None:
    assert _texts(port=1, share=1, crons=[{"cron": "* * * * *", "replicas": None}], open={"x": 1}) == []
    assert [str(fault) for fault in validate_schema({}, SCHEMA)] == ["spec: Required value"]


def test_a_prefix_stands_before_paths_but_not_in_sentences() -> None:
    (fault,) = validate_schema({"replicas": "x"}, {"properties": {"replicas": {"type": "integer"}}}, "status")

    assert str(fault) == (
        'status.replicas: Invalid value: "string": replicas in body must be of type integer: "string"'
    )


def test_twins_in_sets_and_keyed_lists() -> None:
    spec = {"tags": ["a", "b", "a"], "crons": [{"cron": "x"}, {"cron": "x", "replicas": 1}]}

    assert [str(fault) for fault in validate_list_types({"spec": spec}, SCHEMA)] == [
        'spec.tags[2]: Duplicate value: "a"',
        'spec.crons[1]: Duplicate value: {"cron":"x"}',
    ]


def test_unknown_fields_are_dropped_and_told_in_order() -> None:
    obj = {"kind": "P", "spec": {"zzz": 1, "crons": [{"cron": "x", "extra": 1}], "open": {"any": 1}}, "more": 1}

    kept, dropped = pruned(obj, SCHEMA)

    assert kept == {"kind": "P", "spec": {"crons": [{"cron": "x"}], "open": {"any": 1}}}
    assert dropped == ["more", "spec.crons[0].extra", "spec.zzz"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"max": 1}, {"max": 1, "min": 1, "mode": "Active"}, id="absent"),
        pytest.param({"max": None, "min": None}, {"min": 1, "mode": "Active"}, id="null-counts-as-absent"),
        pytest.param(
            {"min": 0, "mode": "", "crons": [{"replicas": None}]},
            {"min": 0, "mode": "", "crons": [{"replicas": None}]},
            id="given-wins-and-nullable-stays",
        ),
    ],
)
def test_defaults(given: JsonObject, expected: JsonObject) -> None:
    assert filled({"spec": given}, SCHEMA) == {"spec": expected}


def test_the_type_of_a_schema_merges_by_its_list_types() -> None:
    spec = type_of_schema(SCHEMA).fields["spec"]

    assert spec.fields["crons"].map_keys == ("cron",)
    assert spec.fields["tags"].is_set
    assert spec.fields["open"].shape.name == "ANY"


def test_combinations() -> None:
    def texts(value: JsonValue, schema: JsonObject) -> list[str]:
        return [fault.detail for fault in validate_schema({"a": value}, {"properties": {"a": schema}})]

    one = {"oneOf": [{"minimum": 1}, {"minimum": 2}]}
    assert texts(3, one) == ['"a" must validate one and only one schema (oneOf)']
    assert texts(1, one) == []
    assert texts(0, {"anyOf": [{"minimum": 1}, {"enum": [5]}]}) == ['"a" must validate at least one schema (anyOf)']
    assert texts(0, {"not": {"maximum": 1}}) == ['"a" must not validate the schema (not)']
