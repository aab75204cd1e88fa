"""CEL expressions over JSON values."""

from typing import Any

import pytest

from autoscaler.emulator.custom.cel import CelError, evaluate
from autoscaler.emulator.custom.cel_syntax import CelSyntaxError, mentions, parse_cel

SELF = {"min": 1, "max": 5, "name": "web-1", "items": [{"n": 1}, {"n": 2}], "labels": {"a": "b"}, "size": "500m"}


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("self.min <= self.max", True),
        ("self.max % 2 == 1 && !(self.min > 1)", True),
        ("self.max / 2 + 1 * 2 - -1", 5),
        ("has(self.gone) ? self.gone : self.min", 1),
        ("!has(self.gone) || self.gone > 3", True),
        ("self.gone > 3 || self.min == 1", True),
        ("self.name.startsWith('web') && self.name.matches('^[a-z]+-[0-9]$')", True),
        ("size(self.items) == 2 && self.name.size() == 5", True),
        ("self.items.all(x, x.n > 0)", True),
        ("self.items.exists(x, x.n == 2)", True),
        ("self.items.exists_one(x, x.n > 0)", False),
        ("self.items.filter(x, x.n > 1).map(x, x.n * 10)", [20]),
        ("'a' in self.labels && !(3 in [1, 2])", True),
        ("self.items[1].n", 2),
        ("{'x': 1}.x", 1),
        ("quantity(self.size).isLessThan(quantity('1'))", True),
        ('"quoted \\"text\\""', 'quoted "text"'),
        ("[1, 2].sum() + int('3')", 6),
        ("1.5 > 1", True),
    ],
)
def test_values(rule: str, value: Any) -> None:
    assert evaluate(parse_cel(rule), {"self": SELF}) == value


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("self.gone > 1", "no such key: gone"),
        ("self.min && true", "no such overload"),
        ("self.min > 'a'", "no such overload"),
        ("self.min / 0", "division by zero"),
        ("self.items[7]", "index out of bounds: 7"),
        ("other", "undeclared reference to 'other'"),
        ("self.name.fly()", "undeclared reference to 'fly'"),
        ("int('x')", "type conversion error from 'x' to 'int'"),
    ],
)
def test_errors(rule: str, text: str) -> None:
    with pytest.raises(CelError) as raised:
        evaluate(parse_cel(rule), {"self": SELF})
    assert str(raised.value) == text


@pytest.mark.parametrize("rule", ["self.", "(1", "1 2", "a ? b", "[1", "{1}", "self @ 1", ""])
def test_what_is_no_expression(rule: str) -> None:
    with pytest.raises(CelSyntaxError):
        parse_cel(rule)


def test_which_variables_are_used() -> None:
    node = parse_cel("self.items.all(x, x.n in [oldSelf.n]) || {'a': self}.a == 1")

    assert mentions(node, "oldSelf")
    assert mentions(node, "self")
    assert not mentions(node, "items")
