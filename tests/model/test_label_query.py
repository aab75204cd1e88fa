"""Label selectors: grammar, matching, printing, and the API server's error texts."""

import pytest

from autoscaler.model.json_types import JsonObject
from autoscaler.model.label_query import (
    SelectorError,
    format_selector_object,
    parse_label_selector,
    selector_of_object,
)

FRONT = {"tier": "front", "n": "7"}


@pytest.mark.parametrize(
    ("text", "matches", "printed"),
    [
        pytest.param("", True, "", id="empty-matches-all"),
        pytest.param("tier=front", True, "tier=front", id="equals"),
        pytest.param("tier==front,track!=canary", True, "tier==front,track!=canary", id="absent-differs"),
        pytest.param("tier in (front,back)", True, "tier in (back,front)", id="in"),
        pytest.param("tier notin (front)", False, "tier notin (front)", id="notin"),
        pytest.param("tier", True, "tier", id="exists"),
        pytest.param("!tier", False, "!tier", id="does-not-exist"),
        pytest.param(" ! other , n > 6", True, "n>6,!other", id="sorted-by-key"),
        pytest.param("n<7", False, "n<7", id="less"),
        pytest.param("tier>1", False, "tier>1", id="words-have-no-order"),
        pytest.param("tier=", False, "tier=", id="empty-value"),
        pytest.param("x in (,a)", False, "x in (,a)", id="empty-place-in-a-set"),
        pytest.param("in=notin", False, "in=notin", id="keywords-are-words-too"),
    ],
)
def test_parse(text: str, matches: bool, printed: str) -> None:
    selector = parse_label_selector(text)

    assert selector.matches_labels(FRONT) is matches
    assert str(selector) == printed


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("tier in front", "unable to parse requirement: found 'front' expected: '('"),
        ("tier in (a", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("tier in ()", "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators, "
                       "values set can't be empty"),
        ("a,", "found '', expected: identifier after ','"),
        (",a", "found ',', expected: !, identifier, or 'end of string'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a=(b)", "unable to parse requirement: found '(', expected: identifier"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("a>x", "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, "
                "the value must be an integer"),
    ],
)  # fmt: skip
def test_parse_errors(text: str, error: str) -> None:
    with pytest.raises(SelectorError) as raised:
        parse_label_selector(text)
    assert str(raised.value) == error


def test_a_bad_value_names_its_key_and_a_bad_key_no_path() -> None:
    with pytest.raises(
        SelectorError, match=r'^unable to parse requirement: values\[0\]\[tier\]: Invalid value: "a/b": '
    ):
        parse_label_selector("tier=a/b")
    with pytest.raises(SelectorError, match=r'^unable to parse requirement: <nil>: Invalid value: "-": name part'):
        parse_label_selector("-=a")


@pytest.mark.parametrize(
    ("selector", "matches", "printed"),
    [
        pytest.param(None, False, "<none>", id="absent-matches-nothing"),
        pytest.param({}, True, "<none>", id="empty-matches-all"),
        pytest.param({"matchLabels": {"tier": "front", "a": "b"}}, False, "a=b,tier=front", id="labels"),
        pytest.param(
            {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["x", "a"]}]},
            True,
            "tier notin (a,x)",
            id="expressions",
        ),
    ],
)
def test_selector_objects(selector: JsonObject | None, matches: bool, printed: str) -> None:
    assert selector_of_object(selector).matches_labels(FRONT) is matches
    assert format_selector_object(selector) == printed


def test_an_unknown_operator_prints_as_error() -> None:
    wrong: JsonObject = {"matchExpressions": [{"key": "a", "operator": "Like"}]}

    assert format_selector_object(wrong) == "<error>"
    with pytest.raises(SelectorError, match=r'^"Like" is not a valid label selector operator$'):
        selector_of_object(wrong)


@pytest.mark.parametrize(
    "expression", [{"key": "tier", "operator": "In"}, {"key": "tier", "operator": "In", "values": []}]
)
def test_an_object_form_without_values_prints_null(expression: JsonObject) -> None:
    """Upstream copies an empty list to a nil one; the text form keeps an empty set."""
    with pytest.raises(SelectorError) as raised:
        selector_of_object({"matchExpressions": [expression]})

    assert str(raised.value) == "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty"
