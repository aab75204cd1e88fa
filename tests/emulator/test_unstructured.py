"""What Go says of maps that do not fit an object."""

import pytest

from autoscaler.config.api_types import type_of_kind
from autoscaler.emulator.unstructured import conversion_fault, go_format
from autoscaler.model.json_types import JsonObject


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ({"replicas": 2}, None),
        ({"replicas": 2.0}, None),
        ({"replicas": "two"}, "unrecognized type: int32"),
        ({"replicas": 2.5}, "cannot convert float64 to int32"),
        ({"replicas": True}, "unrecognized type: int32"),
        ({"paused": "yes"}, "unrecognized type: bool"),
        ({"template": {"spec": {"hostname": 3}}}, "cannot convert int64 to string"),
        ({"template": {"spec": {"containers": "c"}}}, "cannot restore slice from string"),
        ({"template": {"metadata": {"labels": ["a"]}}}, "cannot restore map from slice"),
        ({"template": []}, "cannot restore struct from: slice"),
        ({"strategy": {"rollingUpdate": {"maxSurge": "25%"}}}, None),
        ({"zzz": 1, "selector": None}, None),
    ],
)
def test_conversion(spec: JsonObject, fault: str | None) -> None:
    kind = type_of_kind("apps", "v1", "Deployment")
    assert kind is not None
    assert conversion_fault({"spec": spec}, kind) == fault


def test_values_print_as_go_prints_them() -> None:
    assert go_format({"b": [1, "x"], "a": {"c": None, "d": True}}) == "map[a:map[c:<nil> d:true] b:[1 x]]"
