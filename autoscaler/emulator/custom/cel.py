"""Evaluates CEL expressions over JSON values.

Numbers, texts, lists and maps with their operators; the macros ``has``, ``all``, ``exists``, ``exists_one``, ``map`` and
``filter``; the usual functions on texts and lists, and quantities.

Source: github.com/google/cel-spec doc/langdef.md; kubernetes apiserver pkg/cel/library.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from autoscaler.emulator.custom.cel_syntax import Call, Entries, Index, Items, Literal, Name, Node, Select
from autoscaler.emulator.patching import same_json
from autoscaler.model.json_types import JsonValue
from autoscaler.model.quantity import Quantity, QuantityError

Variables = Mapping[str, Any]
"""Values by variable name; quantities may stand among them."""

_MACROS: Final = frozenset({"all", "exists", "exists_one", "map", "filter"})


class CelError(Exception):
    """An expression that cannot be evaluated on these values; the text is CEL's."""


def evaluate(node: Node, variables: Variables) -> Any:
    """The value of an expression.

    Raises:
        CelError: a missing key, a type without that operator, a division by zero.
    """
    match node:
        case Literal(value):
            return value
        case Name(name):
            if name not in variables:
                raise CelError(f"undeclared reference to '{name}'")
            return variables[name]
        case Select(holder, field):
            return _select(evaluate(holder, variables), field)
        case Index(holder, index):
            return _item(evaluate(holder, variables), evaluate(index, variables))
        case Items(items):
            return [evaluate(item, variables) for item in items]
        case Entries(entries):
            return {evaluate(key, variables): evaluate(value, variables) for key, value in entries}
        case Call():
            return _call(node, variables)


def _call(node: Call, variables: Variables) -> Any:
    name, arguments = node.name, node.arguments
    if name in {"&&", "||"}:
        return _logical(name == "||", arguments, variables)
    if name == "?:":
        return evaluate(arguments[1] if _true(arguments[0], variables) else arguments[2], variables)
    if name == "has" and len(arguments) == 1 and isinstance(arguments[0], Select):
        holder = evaluate(arguments[0].holder, variables)
        return isinstance(holder, dict) and arguments[0].field in holder
    if node.is_method and name in _MACROS and len(arguments) >= 3:
        return _macro(name, arguments, variables)
    values = [evaluate(argument, variables) for argument in arguments]
    function = _FUNCTIONS.get(name)
    if function is None:
        raise CelError(f"undeclared reference to '{name}'")
    try:
        return function(*values)
    except (TypeError, AttributeError):
        raise CelError("no such overload") from None


def _logical(absorbing: bool, arguments: tuple[Node, ...], variables: Variables) -> bool:
    """``||`` and ``&&``: a side that decides the result makes an error of the other side irrelevant."""
    error: CelError | None = None
    for argument in arguments:
        try:
            if _true(argument, variables) is absorbing:
                return absorbing
        except CelError as found:
            error = found
    if error is not None:
        raise error
    return not absorbing


def _true(node: Node, variables: Variables) -> bool:
    value = evaluate(node, variables)
    if not isinstance(value, bool):
        raise CelError("no such overload")
    return value


def _macro(name: str, arguments: tuple[Node, ...], variables: Variables) -> Any:
    holder = evaluate(arguments[0], variables)
    if not isinstance(arguments[1], Name) or not isinstance(holder, list | dict):
        raise CelError("no such overload")
    variable, body = arguments[1].name, arguments[2]

    def scope(item: Any) -> Variables:
        return {**variables, variable: item}

    items = list(holder)
    match name:
        case "all":
            return all(_true(body, scope(item)) for item in items)
        case "exists":
            return any(_true(body, scope(item)) for item in items)
        case "exists_one":
            return sum(_true(body, scope(item)) for item in items) == 1
        case "filter":
            return [item for item in items if _true(body, scope(item))]
        case _:
            chosen = items if len(arguments) == 3 else [item for item in items if _true(body, scope(item))]
            return [evaluate(arguments[-1], scope(item)) for item in chosen]


def _select(holder: Any, field: str) -> Any:
    if not isinstance(holder, dict):
        raise CelError("no such overload")
    if field not in holder:
        raise CelError(f"no such key: {field}")
    return holder[field]


def _item(holder: Any, index: Any) -> Any:
    if isinstance(holder, dict):
        if index not in holder:
            raise CelError(f"no such key: {index}")
        return holder[index]
    if not isinstance(holder, list) or not isinstance(index, int):
        raise CelError("no such overload")
    if not 0 <= index < len(holder):
        raise CelError(f"index out of bounds: {index}")
    return holder[index]


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        if isinstance(left, str) is not isinstance(right, str):
            raise TypeError
        return test(left, right)

    return compare


def _divide(left: Any, right: Any) -> Any:
    if right == 0 and isinstance(right, int):
        raise CelError("division by zero")
    if isinstance(left, float) or isinstance(right, float):
        return left / right
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) is (right < 0) else -quotient


def _remainder(left: int, right: int) -> int:
    if right == 0:
        raise CelError("modulus by zero")
    return int(left - right * _divide(left, right))


def _contains(item: Any, holder: Any) -> bool:
    if isinstance(holder, dict):
        return item in holder
    return any(same_json(item, other) for other in holder)


def _equal(left: Any, right: Any) -> bool:
    return bool(left == right) if isinstance(left, Quantity) else same_json(left, right)


def _to_int(value: JsonValue) -> int:
    try:
        return int(value)
    except ValueError:
        raise CelError(f"type conversion error from '{value}' to 'int'") from None


def _to_double(value: JsonValue) -> float:
    try:
        return float(value)
    except ValueError:
        raise CelError(f"type conversion error from '{value}' to 'double'") from None


def _to_text(value: JsonValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quantity(text: str) -> Quantity:
    try:
        return Quantity.parse(text)
    except QuantityError as error:
        raise CelError(str(error)) from None


def _is_quantity(text: str) -> bool:
    try:
        Quantity.parse(text)
    except QuantityError:
        return False
    return True


def _matches(text: str, pattern: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error as error:
        raise CelError(f"error parsing regexp: {error}") from None


_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "!": lambda value: not value,
    "negate": lambda value: -value,
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "in": _contains,
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divide,
    "%": _remainder,
    "size": len,
    "int": _to_int,
    "uint": _to_int,
    "double": _to_double,
    "string": _to_text,
    "bool": bool,
    "dyn": lambda value: value,
    "startsWith": lambda text, part: text.startswith(part),
    "endsWith": lambda text, part: text.endswith(part),
    "contains": lambda text, part: part in text,
    "matches": _matches,
    "lowerAscii": lambda text: text.lower(),
    "upperAscii": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
    "split": lambda text, separator: text.split(separator),
    "join": lambda items, separator="": separator.join(items),
    "replace": lambda text, old, new: text.replace(old, new),
    "indexOf": lambda holder, item: holder.index(item) if item in holder else -1,
    "sum": sum,
    "min": min,
    "max": max,
    "isSorted": lambda items: items == sorted(items),
    "quantity": _quantity,
    "isQuantity": _is_quantity,
    "isGreaterThan": lambda left, right: left > right,
    "isLessThan": lambda left, right: left < right,
    "compareTo": lambda left, right: (left > right) - (left < right),
}
