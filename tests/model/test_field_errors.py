"""Faults print as the API server prints them."""

import pytest

from autoscaler.model.field_errors import (
    OMITTED,
    FieldError,
    FieldFault,
    aggregate_text,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    quote,
    required,
    too_long,
    too_many,
)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(required("spec.selector"), "spec.selector: Required value", id="required"),
        pytest.param(
            required("metadata.name", "name or generateName is required"),
            "metadata.name: Required value: name or generateName is required",
            id="required-with-detail",
        ),
        pytest.param(invalid("a", -1, "must be positive"), "a: Invalid value: -1: must be positive", id="number-bare"),
        pytest.param(invalid("a", "x", "no"), 'a: Invalid value: "x": no', id="text-quoted"),
        pytest.param(invalid("a", None, "no"), "a: Invalid value: null: no", id="null"),
        pytest.param(invalid("a", {"b": [1]}, "no"), 'a: Invalid value: {"b":[1]}: no', id="compact-json"),
        pytest.param(invalid("a", OMITTED, "no"), "a: Invalid value: no", id="omitted"),
        pytest.param(
            not_supported("m", "x", ["A", "B"]), 'm: Unsupported value: "x": supported values: "A", "B"', id="choice"
        ),
        pytest.param(duplicate("n", "c"), 'n: Duplicate value: "c"', id="duplicate"),
        pytest.param(forbidden("n", "no"), "n: Forbidden: no", id="forbidden"),
        pytest.param(too_many("n", 6, 5), "n: Too many: 6: must have at most 5 items", id="too-many"),
        pytest.param(too_long("n", 63), "n: Too long: may not be more than 63 bytes", id="too-long"),
    ],
)
def test_text(error: FieldError, text: str) -> None:
    assert str(error) == text


def test_cause_of_a_status() -> None:
    assert invalid("a", "x", "no").cause() == {
        "reason": "FieldValueInvalid",
        "message": 'Invalid value: "x": no',
        "field": "a",
    }


def test_several_faults_stand_in_brackets_and_equal_ones_count_once() -> None:
    twice = FieldError(FieldFault.REQUIRED, "a", "")

    assert aggregate_text([twice, required("b"), twice]) == "[a: Required value, b: Required value]"
    assert aggregate_text([twice, twice]) == "a: Required value"


def test_quote_escapes_as_go_does() -> None:
    assert quote('a"b\\c\nd\x01\u200b') == '"a\\"b\\\\c\\nd\\x01\\u200b"'
