"""The replay's own judgement: placeholders, what may be missing, sets, exceptions."""

import pytest

from autoscaler.model.json_types import JsonValue
from tests.conformance.api_compare import differences
from tests.conformance.api_kubectl import normalized
from tests.conformance.api_placeholders import Bindings
from tests.conformance.api_run import run_sequences
from tests.conformance.api_trim import trimmed


def told(expected: JsonValue, actual: JsonValue) -> list[str]:
    return list(differences(expected, actual, Bindings(frozenset({"<rv:1>"}))))


def test_a_placeholder_is_bound_at_first_sight_and_compared_afterwards() -> None:
    bindings = Bindings(frozenset({"<rv:1>"}))

    assert bindings.matches("<rv:1>", "1005")
    assert bindings.matches("rv <rv:1>", "rv 1005")
    assert not bindings.matches("<rv:1>", "1006")
    assert bindings.fill_path("/pods?resourceVersion=<rv:1>") == "/pods?resourceVersion=1005"


def test_revisions_of_lists_never_fall_behind_and_those_of_objects_increase() -> None:
    bindings = Bindings(frozenset({"<rv:1>", "<rv:3>"}))
    for name, value in (("<rv:1>", "1005"), ("<rv:2>", "1005"), ("<rv:3>", "1005")):
        assert bindings.matches(name, value)

    assert not bindings.matches("<rv:4>", "1004")
    assert bindings.misordered(["<rv:1>", "<rv:3>"]) == ["<rv:3> = 1005 is not after <rv:1> = 1005"]


@pytest.mark.parametrize(
    ("expected", "actual", "count"),
    [
        pytest.param({"a": 1}, {"a": 1}, 0, id="equal"),
        pytest.param({"a": 0}, {}, 1, id="a-zero-is-not-nothing"),
        pytest.param({"a": True}, {"a": 1}, 1, id="true-is-not-1"),
        pytest.param({"spec": {"restartPolicy": "Always"}}, {"spec": {}}, 0, id="a-default-that-may-be-missing"),
        pytest.param(
            {"spec": {"restartPolicy": "Always"}}, {"spec": {"restartPolicy": "Never"}}, 1, id="but-not-wrong"
        ),
        pytest.param({"spec": {}}, {"spec": {"replicas": 1}}, 1, id="not-expected"),
        pytest.param({"metadata": {"managedFields": []}}, {"metadata": {}}, 0, id="managed-fields"),
        pytest.param([1, 2], [2, 1], 2, id="lists-are-ordered"),
    ],
)
def test_differences(expected: JsonValue, actual: JsonValue, count: int) -> None:
    assert len(told(expected, actual)) == count


def test_several_causes_are_a_set_and_so_are_their_texts() -> None:
    one, two = ({"reason": "R", "message": text, "field": text} for text in ("a", "b"))
    expected = {"kind": "Status", "code": 422, "message": "x is invalid: [a, b]", "details": {"causes": [one, two]}}
    swapped = {**expected, "message": "x is invalid: [b, a]", "details": {"causes": [two, one]}}
    short = {**expected, "message": "x is invalid: a", "details": {"causes": [one]}}

    assert told(expected, swapped) == []
    assert len(told(expected, short)) == 2


def test_kubectl_output_is_brought_to_the_recorded_form() -> None:
    assert (
        normalized("NAME   READY\nweb    0/1   \n    indented    text") == "NAME  READY\nweb  0/1\n    indented  text"
    )


def test_discovery_is_cut_down_to_what_was_recorded() -> None:
    body = {"kind": "APIResourceList", "resources": [{"name": "pods"}, {"name": "pods/log"}, {"name": "secrets"}]}

    assert trimmed(body, {"resources": ["pods"]})["resources"] == [{"name": "pods"}, {"name": "pods/log"}]


async def test_what_cannot_be_replayed_is_a_difference_and_no_end() -> None:
    steps = [
        {"action": "dance"},
        {"name": "fly", "watch": "fly"},
        {"name": "bare", "method": "GET"},
        {"name": "last", "method": "GET", "path": "/readyz", "response": {"status": 200, "text": "ok"}},
    ]
    (result,) = await run_sequences([{"id": "odd", "steps": steps}])

    assert [step.differences for step in result.steps] == [
        ["cannot be replayed: ValueError: unknown action 'dance'"],
        ["unknown watch step 'fly'"],
        ["cannot be replayed: KeyError: 'path'"],
        [],
    ]
