"""The grammar of CEL, the language of validation rules, as far as rules on custom resources use it.

Source: github.com/google/cel-spec doc/langdef.md.
"""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from autoscaler.model.json_types import JsonValue


class CelSyntaxError(ValueError):
    """A rule that cannot be read."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: JsonValue


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Select:
    """A field of an object: ``self.spec``."""

    holder: "Node"
    field: str


@dataclass(frozen=True, slots=True)
class Index:
    """An item of a list or map: ``self.items[0]``."""

    holder: "Node"
    index: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A function, a method (its object comes first) or an operator, by name."""

    name: str
    arguments: tuple["Node", ...]
    is_method: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list written out."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """A map written out."""

    entries: tuple[tuple["Node", "Node"], ...]


Node: TypeAlias = Literal | Name | Select | Index | Call | Items | Entries

_TOKEN: Final = re.compile(
    r"""
      (?P<space>\s+|//[^\n]*)
    | (?P<number>\d+\.\d+(?:[eE][-+]?\d+)?|0x[0-9a-fA-F]+|\d+)u?
    | (?P<text>r?"(?:\\.|[^"\\])*"|r?'(?:\\.|[^'\\])*')
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()\[\]{}])
    """,
    re.VERBOSE,
)
_LEVELS: Final = (("||",), ("&&",), ("<", "<=", ">", ">=", "==", "!=", "in"), ("+", "-"), ("*", "/", "%"))
"""Binary operators, the loosest first."""
_CONSTANTS: Final[dict[str, JsonValue]] = {"true": True, "false": False, "null": None}
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r"}


def parse_cel(rule: str) -> Node:
    """The expression a rule writes.

    Raises:
        CelSyntaxError: it is none.
    """
    parser = _Parser(_tokens(rule))
    node = parser.expression()
    if parser.peek() is not None:
        raise CelSyntaxError(f"mismatched input '{parser.peek()}'")
    return node


def mentions(node: Node, name: str) -> bool:
    """Whether the expression uses a variable."""
    match node:
        case Name(found):
            return found == name
        case Select(holder, _):
            return mentions(holder, name)
        case Index(holder, index):
            return mentions(holder, name) or mentions(index, name)
        case Call(_, arguments, _):
            return any(mentions(each, name) for each in arguments)
        case Items(items):
            return any(mentions(each, name) for each in items)
        case Entries(entries):
            return any(mentions(each, name) for pair in entries for each in pair)
        case Literal():
            return False


def _tokens(rule: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    while position < len(rule):
        match = _TOKEN.match(rule, position)
        if match is None:
            raise CelSyntaxError(f"token recognition error at: '{rule[position]}'")
        if match.lastgroup != "space":
            tokens.append(match.group())
        position = match.end()
    return tokens


class _Parser:
    """Recursive descent; each method reads what it is named after."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._next = 0

    def peek(self) -> str | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def expression(self) -> Node:
        node = self._binary(0)
        if not self._skip("?"):
            return node
        chosen = self._binary(0)
        self._expect(":")
        return Call("?:", (node, chosen, self.expression()))

    def _binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        node = self._binary(level + 1)
        while (sign := self.peek()) in _LEVELS[level]:
            self._next += 1
            node = Call(str(sign), (node, self._binary(level + 1)))
        return node

    def _unary(self) -> Node:
        if self._skip("!"):
            return Call("!", (self._unary(),))
        if self._skip("-"):
            return Call("negate", (self._unary(),))
        return self._member()

    def _member(self) -> Node:
        node = self._primary()
        while True:
            if self._skip("."):
                name = self._take()
                if self._skip("("):
                    node = Call(name, (node, *self._list(")")), is_method=True)
                else:
                    node = Select(node, name)
            elif self._skip("["):
                node = Index(node, self.expression())
                self._expect("]")
            else:
                return node

    def _primary(self) -> Node:
        token = self._take()
        if token == "(":
            node = self.expression()
            self._expect(")")
            return node
        if token == "[":
            return Items(tuple(self._list("]")))
        if token == "{":
            return self._map()
        if token[0].isdigit():
            return Literal(_number(token))
        if token[-1] in "\"'":
            return Literal(_text(token))
        if token in _CONSTANTS:
            return Literal(_CONSTANTS[token])
        if not (token[0].isalpha() or token[0] == "_"):
            raise CelSyntaxError(f"extraneous input '{token}'")
        return Call(token, tuple(self._list(")"))) if self._skip("(") else Name(token)

    def _map(self) -> Node:
        entries: list[tuple[Node, Node]] = []
        while not self._skip("}"):
            key = self.expression()
            self._expect(":")
            entries.append((key, self.expression()))
            if not self._skip(","):
                self._expect("}")
                break
        return Entries(tuple(entries))

    def _list(self, end: str) -> list[Node]:
        nodes: list[Node] = []
        while not self._skip(end):
            nodes.append(self.expression())
            if not self._skip(","):
                self._expect(end)
                break
        return nodes

    def _take(self) -> str:
        token = self.peek()
        if token is None:
            raise CelSyntaxError("mismatched input '<EOF>'")
        self._next += 1
        return token

    def _skip(self, token: str) -> bool:
        found = self.peek() == token
        self._next += found
        return found

    def _expect(self, token: str) -> None:
        if not self._skip(token):
            raise CelSyntaxError(f"mismatched input '{self.peek() or '<EOF>'}' expecting '{token}'")


def _number(token: str) -> int | float:
    text = token.rstrip("u")
    return float(text) if "." in text else int(text, 0)


def _text(token: str) -> str:
    if token.startswith("r"):
        return token[2:-1]
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match.group(1), match.group(1)), token[1:-1])
