"""Sets of fields survive their written form, and print as conflicts show them."""

from hypothesis import given
from hypothesis import strategies as st

from autoscaler.emulator.field_sets import field, from_json, keyed, print_path, to_json, valued

ELEMENTS = st.one_of(
    st.sampled_from(["spec", "replicas", "a.b/c"]).map(field),
    st.sampled_from([{"name": "c"}, {"containerPort": 80, "protocol": "TCP"}]).map(keyed),
    st.sampled_from(["x", 1]).map(valued),
)
PATHS = st.lists(ELEMENTS, min_size=1, max_size=4).map(tuple)


@given(st.frozensets(PATHS, max_size=8))
def test_what_is_written_is_read_back(paths: frozenset[tuple[str, ...]]) -> None:
    assert from_json(to_json(paths)) == paths


def test_a_path_with_paths_below_it_is_marked_by_a_dot() -> None:
    paths = {("f:metadata", "f:labels"), ("f:metadata", "f:labels", "f:app"), ("f:spec", "f:replicas")}

    assert to_json(paths) == {
        "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
        "f:spec": {"f:replicas": {}},
    }


def test_printed_paths() -> None:
    ports = ("f:spec", "f:ports", keyed({"protocol": "TCP", "containerPort": 80}), "f:name")

    assert print_path(ports) == '.spec.ports[containerPort=80,protocol="TCP"].name'
    assert print_path(("f:metadata", "f:finalizers", valued("a.b/c"))) == '.metadata.finalizers[="a.b/c"]'
