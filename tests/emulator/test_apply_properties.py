"""What holds of server-side apply whatever is applied."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autoscaler.config.api_types import ApiType, type_of_kind
from autoscaler.emulator.apply import APPLY, Manager, apply
from autoscaler.emulator.typed import fields_of
from autoscaler.model.json_types import JsonObject

AT = "2026-01-02T03:04:05Z"
CONTAINERS = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abc")}, optional={"image": st.sampled_from("xy")}),
    unique_by=lambda container: str(container["name"]),
    max_size=3,
)
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "replicas": st.integers(0, 3),
        "paused": st.booleans(),
        "template": CONTAINERS.map(lambda containers: {"spec": {"containers": containers}}),
    },
)


def _kind() -> ApiType:
    kind = type_of_kind("apps", "v1", "Deployment")
    assert kind is not None
    return kind


def _apply(live: JsonObject, spec: Any, name: str) -> JsonObject:
    manager = Manager(name=name, operation=APPLY, api_version="apps/v1")
    return apply(live, {"spec": spec, "metadata": {"name": "w"}}, _kind(), manager, AT, force=True)


def _fields(spec: Any) -> frozenset[tuple[str, ...]]:
    return fields_of({"spec": spec}, _kind())


@given(SPECS, SPECS)
def test_everything_applied_by_force_is_there(first: Any, second: Any) -> None:
    live = _apply(_apply({}, first, "one"), second, "two")

    assert _fields(second) - _fields(live.get("spec", {})) <= {("f:spec",)}


@given(SPECS, SPECS)
def test_the_last_object_of_a_single_applier_is_the_whole_object(first: Any, second: Any) -> None:
    alone = _apply({}, second, "one")
    after = _apply(_apply({}, first, "one"), second, "one")

    assert _fields(after.get("spec", {})) - {("f:spec",)} <= _fields(alone.get("spec", {}))


@given(SPECS)
def test_applying_twice_is_applying_once(spec: Any) -> None:
    once = _apply({}, spec, "one")

    assert _apply(once, spec, "one") == once
