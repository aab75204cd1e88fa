"""JSON faults in the words of Go's scanner."""

import pytest

from autoscaler.emulator.http.json_syntax import duplicate_fields, syntax_fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "unexpected end of JSON input"),
        ('{"a": 1, ', "unexpected end of JSON input"),
        ("hello", "invalid character 'h' looking for beginning of value"),
        ("{a: 1}", "invalid character 'a' looking for beginning of object key string"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a": 1 "b"}', "invalid character '\"' after object key:value pair"),
        ("[1 2]", "invalid character '2' after array element"),
        ('{"a": tru}', "invalid character '}' in literal true (expecting 'e')"),
        ("{} {}", "invalid character '{' after top-level value"),
        ('{"a": "x\ny"}', r"invalid character '\n' in string literal"),
    ],
)
def test_syntax_fault(text: str, fault: str) -> None:
    assert syntax_fault(text) == fault


def test_fields_given_twice_are_named_by_their_path() -> None:
    body = b'{"spec": {"replicas": 1, "replicas": 2, "items": [{"x": 1, "x": 1}]}, "kind": "A"}'

    assert duplicate_fields(body) == ['duplicate field "spec.replicas"', 'duplicate field "spec.items[0].x"']
