"""Label queries: a selector's text, or its object form, validated; whether it matches, how it prints.

Source: kubernetes apimachinery pkg/labels/selector.go and pkg/apis/meta/v1/helpers.go.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from autoscaler.model.field_errors import FieldError, aggregate_text, invalid, quote
from autoscaler.model.json_types import JsonObject, JsonValue
from autoscaler.model.label_lexer import Token, tokenize
from autoscaler.model.names import label_value_faults, qualified_name_faults
from autoscaler.model.selector import LabelSelector
from autoscaler.model.selector import Requirement as Expression

INT64_MAX = 2**63 - 1


class SelectorError(ValueError):
    """A selector that cannot be parsed; the text is the API server's (status 400)."""


class Operator(Enum):
    """How a requirement compares a label's value."""

    IN = "in"
    NOT_IN = "notin"
    EQUALS = "="
    DOUBLE_EQUALS = "=="
    NOT_EQUALS = "!="
    GREATER_THAN = "gt"
    LESS_THAN = "lt"
    EXISTS = "exists"
    DOES_NOT_EXIST = "!"


_BINARY_OPERATORS = ", ".join(
    operator.value for operator in Operator if operator not in {Operator.EXISTS, Operator.DOES_NOT_EXIST}
)
_SETS = frozenset({Operator.IN, Operator.NOT_IN})
_EXACT = frozenset({Operator.EQUALS, Operator.DOUBLE_EQUALS, Operator.NOT_EQUALS})
_UNARY = frozenset({Operator.EXISTS, Operator.DOES_NOT_EXIST})
_ORDERED = frozenset({Operator.GREATER_THAN, Operator.LESS_THAN})
_NEGATIVE = frozenset({Operator.NOT_IN, Operator.NOT_EQUALS})

_OPERATOR_OF_TOKEN = {
    Token.IN: Operator.IN,
    Token.NOT_IN: Operator.NOT_IN,
    Token.EQUALS: Operator.EQUALS,
    Token.DOUBLE_EQUALS: Operator.DOUBLE_EQUALS,
    Token.NOT_EQUALS: Operator.NOT_EQUALS,
    Token.GREATER_THAN: Operator.GREATER_THAN,
    Token.LESS_THAN: Operator.LESS_THAN,
}
_OPERATOR_OF_WORD = {
    "In": Operator.IN,
    "NotIn": Operator.NOT_IN,
    "Exists": Operator.EXISTS,
    "DoesNotExist": Operator.DOES_NOT_EXIST,
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One demand on one label. Build with ``requirement``, which validates."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether ``labels`` fulfil the demand."""
        value = labels.get(self.key)
        if self.operator is Operator.DOES_NOT_EXIST:
            return value is None
        if value is None:
            return self.operator in _NEGATIVE
        if self.operator is Operator.EXISTS:
            return True
        if self.operator in _ORDERED:
            return self._orders(value)
        return (value in self.values) is not (self.operator in _NEGATIVE)

    def _orders(self, value: str) -> bool:
        number, bound = _int64(value), _int64(self.values[0])
        if number is None or bound is None:
            return False
        return number > bound if self.operator is Operator.GREATER_THAN else number < bound

    def __str__(self) -> str:
        if self.operator is Operator.DOES_NOT_EXIST:
            return f"!{self.key}"
        if self.operator is Operator.EXISTS:
            return self.key
        values = ",".join(sorted(self.values))
        if self.operator in _SETS:
            return f"{self.key} {self.operator.value} ({values})"
        sign = {Operator.GREATER_THAN: ">", Operator.LESS_THAN: "<"}.get(self.operator, self.operator.value)
        return f"{self.key}{sign}{values}"


@dataclass(frozen=True, slots=True)
class LabelQuery:
    """All requirements must hold; none at all matches everything. ``matches_nothing`` is the absent selector."""

    requirements: tuple[Requirement, ...] = ()
    matches_nothing: bool = False
    _ordered: tuple[Requirement, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ordered", tuple(sorted(self.requirements, key=lambda wanted: wanted.key)))

    @property
    def is_empty(self) -> bool:
        """Whether everything matches."""
        return not self.requirements and not self.matches_nothing

    def matches_labels(self, labels: Mapping[str, str] | None) -> bool:
        """Whether a set of labels (absent counts as empty) matches."""
        if self.matches_nothing:
            return False
        return all(wanted.matches(labels or {}) for wanted in self.requirements)

    def matches(self, obj: JsonObject) -> bool:
        """Whether an object's metadata.labels match."""
        return self.matches_labels(obj.get("metadata", {}).get("labels"))

    def __str__(self) -> str:
        return ",".join(str(wanted) for wanted in self._ordered)


EVERYTHING = LabelQuery()
NOTHING = LabelQuery(matches_nothing=True)


def parse_label_selector(text: str) -> LabelQuery:
    """The selector a query parameter asks for.

    Raises:
        SelectorError: with the API server's text.
    """
    return _Parser(text).selector()


def selector_of_object(selector: JsonObject | None) -> LabelQuery:
    """The selector of a spec: matchLabels and matchExpressions; absent matches nothing, empty everything.

    Raises:
        SelectorError: an unknown operator, a bad key or value.
    """
    if selector is None:
        return NOTHING
    return query_of(
        LabelSelector(
            match_labels=tuple((selector.get("matchLabels") or {}).items()),
            match_expressions=tuple(
                Expression(
                    key=expression.get("key", ""),
                    operator=expression.get("operator", ""),
                    values=tuple(expression.get("values") or ()),
                )
                for expression in selector.get("matchExpressions") or ()
            ),
        )
    )


def query_of(selector: LabelSelector) -> LabelQuery:
    """The query an object-form selector stands for.

    Raises:
        SelectorError: an unknown operator, a bad key or value.
    """
    wanted = [requirement(key, Operator.EQUALS, [value]) for key, value in selector.match_labels]
    for expression in selector.match_expressions:
        operator = _OPERATOR_OF_WORD.get(expression.operator)
        if operator is None:
            raise SelectorError(f"{quote(expression.operator)} is not a valid label selector operator")
        wanted.append(requirement(expression.key, operator, expression.values or None))
    return LabelQuery(tuple(wanted))


def format_selector_object(selector: JsonObject | None) -> str:
    """The text kubectl's tables print: ``<none>`` for an empty selector, ``<error>`` for a wrong one."""
    try:
        parsed = selector_of_object(selector)
    except SelectorError:
        return "<error>"
    return str(parsed) or "<none>"


def requirement(key: str, operator: Operator, values: Iterable[str] | None, path: str = "") -> Requirement:
    """A validated requirement; ``path`` is put before the field names of faults. No ``values`` print as null there.

    Raises:
        SelectorError: with all faults.
    """
    wanted = Requirement(key, operator, tuple(values or ()))
    printed = None if values is None else list(wanted.values)
    faults = [*_key_faults(key, f"{path}key"), *_value_faults(wanted, printed, f"{path}values")]
    if faults:
        raise SelectorError(aggregate_text(faults))
    return wanted


def _key_faults(key: str, path: str) -> list[FieldError]:
    faults = qualified_name_faults(key)
    return [invalid(path, key, "; ".join(faults))] if faults else []


def _value_faults(wanted: Requirement, printed: JsonValue, path: str) -> list[FieldError]:
    faults = _count_faults(wanted, printed, path)
    if wanted.operator in _ORDERED:
        faults += [
            invalid(f"{path}[{index}]", value, "for 'Gt', 'Lt' operators, the value must be an integer")
            for index, value in enumerate(wanted.values)
            if _int64(value) is None
        ]
    for index, value in enumerate(wanted.values):
        sentences = label_value_faults(value)
        if sentences:
            faults.append(invalid(f"{path}[{index}][{wanted.key}]", value, "; ".join(sentences)))
    return faults


def _count_faults(wanted: Requirement, values: JsonValue, path: str) -> list[FieldError]:
    count = len(wanted.values)
    if wanted.operator in _SETS and count == 0:
        return [invalid(path, values, "for 'in', 'notin' operators, values set can't be empty")]
    if wanted.operator in _EXACT and count != 1:
        return [invalid(path, values, "exact-match compatibility requires one single value")]
    if wanted.operator in _UNARY and count != 0:
        return [invalid(path, values, "values set must be empty for exists and does not exist")]
    if wanted.operator in _ORDERED and count != 1:
        return [invalid(path, values, "for 'Gt', 'Lt' operators, exactly one value is required")]
    return []


def _int64(text: str) -> int | None:
    """A decimal integer as Go's ParseInt(text, 10, 64) takes it, else None."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not digits.isascii() or not digits.isdigit():
        return None
    number = int(text)
    return number if -INT64_MAX - 1 <= number <= INT64_MAX else None


class _Parser:
    """Recursive descent over the tokens; each method consumes what it describes."""

    def __init__(self, text: str) -> None:
        self._tokens = tokenize(text)
        self._next = 0

    def selector(self) -> LabelQuery:
        wanted: list[Requirement] = []
        while True:
            token, literal = self._peek()
            if token is Token.END:
                return LabelQuery(tuple(wanted))
            if token not in {Token.IDENTIFIER, Token.DOES_NOT_EXIST}:
                raise SelectorError(f"found '{literal}', expected: !, identifier, or 'end of string'")
            try:
                wanted.append(self._requirement())
            except SelectorError as error:
                raise SelectorError(f"unable to parse requirement: {error}") from None
            self._separator()

    def _separator(self) -> None:
        token, literal = self._take()
        if token is Token.END:
            self._next -= 1
            return
        if token is not Token.COMMA:
            raise SelectorError(f"found '{literal}', expected: ',' or 'end of string'")
        token, literal = self._peek()
        if token not in {Token.IDENTIFIER, Token.DOES_NOT_EXIST}:
            raise SelectorError(f"found '{literal}', expected: identifier after ','")

    def _requirement(self) -> Requirement:
        key, operator = self._key()
        if operator is not None:
            return requirement(key, operator, ())
        operator = self._operator()
        values = self._value_set() if operator in _SETS else self._exact_value()
        return requirement(key, operator, sorted(set(values)))

    def _key(self) -> tuple[str, Operator | None]:
        """The key, and the operator if it needs no value."""
        token, literal = self._take()
        negated = token is Token.DOES_NOT_EXIST
        if negated:
            token, literal = self._take()
        if token is not Token.IDENTIFIER:
            raise SelectorError(f"found '{literal}', expected: identifier")
        faults = _key_faults(literal, "<nil>")
        if faults:
            raise SelectorError(aggregate_text(faults))
        if negated:
            return literal, Operator.DOES_NOT_EXIST
        alone = self._peek()[0] in {Token.END, Token.COMMA}
        return literal, Operator.EXISTS if alone else None

    def _operator(self) -> Operator:
        token, literal = self._take(values=False)
        if token not in _OPERATOR_OF_TOKEN:
            raise SelectorError(f"found '{literal}', expected: {_BINARY_OPERATORS}")
        return _OPERATOR_OF_TOKEN[token]

    def _value_set(self) -> list[str]:
        token, literal = self._take()
        if token is not Token.OPEN_PAR:
            raise SelectorError(f"found '{literal}' expected: '('")
        token, literal = self._peek()
        if token is Token.CLOSED_PAR:
            self._take()
            return []
        if token not in {Token.IDENTIFIER, Token.COMMA}:
            raise SelectorError(f"found '{literal}', expected: ',', ')' or identifier")
        values = self._identifiers()
        if self._take()[0] is not Token.CLOSED_PAR:
            raise SelectorError(f"found '{literal}', expected: ')'")
        return values

    def _identifiers(self) -> list[str]:
        """Values between parentheses; an empty place between commas is the empty value."""
        values: list[str] = []
        while True:
            token, literal = self._take()
            after, after_literal = self._peek()
            if token is Token.IDENTIFIER:
                values.append(literal)
                if after is Token.CLOSED_PAR:
                    return values
                if after is not Token.COMMA:
                    raise SelectorError(f"found '{after_literal}', expected: ',' or ')'")
            elif token is Token.COMMA:
                if not values:
                    values.append("")
                if after is Token.CLOSED_PAR:
                    return [*values, ""]
                if after is Token.COMMA:
                    self._take()
                    values.append("")
            else:
                raise SelectorError(f"found '{literal}', expected: ',', or identifier")

    def _exact_value(self) -> list[str]:
        if self._peek()[0] in {Token.END, Token.COMMA}:
            return [""]
        token, literal = self._take()
        if token is not Token.IDENTIFIER:
            raise SelectorError(f"found '{literal}', expected: identifier")
        return [literal]

    def _peek(self, *, values: bool = True) -> tuple[Token, str]:
        """The next token; where values are expected, ``in`` and ``notin`` are ordinary words."""
        token, literal = self._tokens[min(self._next, len(self._tokens) - 1)]
        if values and token in {Token.IN, Token.NOT_IN}:
            token = Token.IDENTIFIER
        return token, literal

    def _take(self, *, values: bool = True) -> tuple[Token, str]:
        token = self._peek(values=values)
        self._next += 1
        return token
