"""JSON patch (RFC 6902) and JSON merge patch (RFC 7386) with the API server's verdicts.

Nothing given is changed; unchanged parts are shared between the object given and the object returned.

Source: kubernetes apiserver pkg/endpoints/handlers/patch.go; github.com/evanphx/json-patch v4.
"""

from collections.abc import Callable, Sequence
from enum import Enum

from autoscaler.model.json_types import JsonObject, JsonValue

MAX_OPERATIONS = 10_000
"""Longest JSON patch the API server takes."""


class PatchVerdict(Enum):
    """The HTTP status a patch that cannot be applied is answered with; the server's own words stand beside 400 and 500."""

    MALFORMED = 400
    TOO_LARGE = 413
    REJECTED = 422
    INTERNAL = 500


class PatchError(Exception):
    """A patch that cannot be read (400) or not be applied (422, whose message the API server hides)."""

    def __init__(self, verdict: PatchVerdict, text: str) -> None:
        super().__init__(text)
        self.verdict = verdict


def json_patch(obj: JsonObject, operations: JsonValue) -> JsonValue:
    """The object after all operations; what it is (even an object) must be checked by the caller.

    Raises:
        PatchError: MALFORMED if this is no list of operations, REJECTED if one fails, such as a test.
    """
    if not isinstance(operations, list):
        text = (
            f"error decoding patch: json: cannot unmarshal {go_kind(operations)} into Go value of type []interface {{}}"
        )
        raise PatchError(PatchVerdict.MALFORMED, text)
    if len(operations) > MAX_OPERATIONS:
        raise PatchError(
            PatchVerdict.TOO_LARGE,
            f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(operations)}",
        )
    result: JsonValue = obj
    for operation in operations:
        if not isinstance(operation, dict):
            raise PatchError(
                PatchVerdict.MALFORMED,
                f"json: cannot unmarshal {go_kind(operation)} into Go value of type jsonpatch.Operation",
            )
        apply = _OPERATIONS.get(operation.get("op", ""))
        if apply is None:
            raise _rejected(f"Unexpected kind: {operation.get('op', 'unknown')}")
        result = apply(result, operation)
    return result


def merge_patch(obj: JsonValue, patch: JsonValue) -> JsonObject:
    """The object with the patch's fields in place of its own; null deletes a field.

    Raises:
        PatchError: MALFORMED if the patch is no object.
    """
    if not isinstance(patch, dict):
        kind = go_kind(patch)
        text = f"error decoding patch: json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
        raise PatchError(PatchVerdict.MALFORMED, text)
    return _merged(obj, patch)


def _merged(target: JsonValue, patch: JsonObject) -> JsonObject:
    result: JsonObject = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            result[name] = _merged(result.get(name), value)
        else:
            result[name] = value
    return result


def go_kind(value: JsonValue) -> str:
    """What Go's decoder calls a JSON value."""
    match value:
        case dict():
            return "object"
        case list():
            return "array"
        case str():
            return "string"
        case bool():
            return "bool"
        case _:
            return "number"


def same_json(left: JsonValue, right: JsonValue) -> bool:
    """Equality of JSON values: unlike Python's, ``true`` is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    return bool(left == right)


def _rejected(text: str) -> PatchError:
    return PatchError(PatchVerdict.REJECTED, text)


def _tokens(operation: JsonObject, field: str) -> list[str]:
    """A JSON pointer's parts."""
    pointer = operation.get(field)
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise _rejected(f"{operation.get('op')} operation does not apply: {field} is missing or no pointer")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _get(document: JsonValue, tokens: Sequence[str]) -> JsonValue:
    for token in tokens:
        if isinstance(document, dict) and token in document:
            document = document[token]
        elif isinstance(document, list):
            document = document[_index(document, token)]
        else:
            raise _rejected(f"missing path: {token}")
    return document


def _edit(document: JsonValue, tokens: Sequence[str], change: Callable[[JsonValue, str], JsonValue]) -> JsonValue:
    """A copy in which the holder of the last token is replaced by ``change(holder, token)``."""
    if len(tokens) == 1:
        if not isinstance(document, dict | list):
            raise _rejected(f"missing path: {tokens[0]}")
        return change(document, tokens[0])
    child = _edit(_get(document, tokens[:1]), tokens[1:], change)
    return _replaced(document, tokens[0], child)


def _replaced(holder: JsonValue, token: str, value: JsonValue) -> JsonValue:
    if isinstance(holder, dict):
        return {**holder, token: value}
    index = _index(holder, token)
    return [*holder[:index], value, *holder[index + 1 :]]


def _index(items: list[JsonValue], token: str, *, end: int | None = None) -> int:
    """The place a token names; negative numbers count from the end, ``end`` is one past the last valid place."""
    end = len(items) if end is None else end
    try:
        index = int(token)
    except ValueError:
        raise _rejected(f"invalid index: {token}") from None
    index = index + end if index < 0 else index
    if not 0 <= index < end:
        raise _rejected(f"Unable to access invalid index: {token}")
    return index


def _inserted(value: JsonValue) -> Callable[[JsonValue, str], JsonValue]:
    def change(holder: JsonValue, token: str) -> JsonValue:
        if isinstance(holder, dict):
            return {**holder, token: value}
        index = len(holder) if token == "-" else _index(holder, token, end=len(holder) + 1)
        return [*holder[:index], value, *holder[index:]]

    return change


def _without(holder: JsonValue, token: str) -> JsonValue:
    if isinstance(holder, dict):
        if token not in holder:
            raise _rejected(f"Unable to remove nonexistent key: {token}")
        return {name: value for name, value in holder.items() if name != token}
    index = _index(holder, token)
    return [*holder[:index], *holder[index + 1 :]]


def _add(document: JsonValue, operation: JsonObject) -> JsonValue:
    tokens = _tokens(operation, "path")
    value = operation.get("value")
    return _edit(document, tokens, _inserted(value)) if tokens else value


def _remove(document: JsonValue, operation: JsonObject) -> JsonValue:
    tokens = _tokens(operation, "path")
    if not tokens:
        raise _rejected("remove operation does not apply: path is empty")
    return _edit(document, tokens, _without)


def _replace(document: JsonValue, operation: JsonObject) -> JsonValue:
    """The value in place of the one there; an object need not have the field yet (so does version 4 of the library)."""
    tokens = _tokens(operation, "path")
    value = operation.get("value")
    return _edit(document, tokens, lambda holder, token: _replaced(holder, token, value)) if tokens else value


def _move(document: JsonValue, operation: JsonObject) -> JsonValue:
    source = _tokens(operation, "from")
    value = _get(document, source)
    return _add(_edit(document, source, _without), {**operation, "value": value})


def _copy(document: JsonValue, operation: JsonObject) -> JsonValue:
    return _add(document, {**operation, "value": _get(document, _tokens(operation, "from"))})


def _test(document: JsonValue, operation: JsonObject) -> JsonValue:
    tokens = _tokens(operation, "path")
    wanted = operation.get("value")
    try:
        found = _get(document, tokens)
    except PatchError:
        if wanted is not None:
            raise
        found = None
    if not same_json(found, wanted):
        raise _rejected(f"testing value {operation.get('path')} failed")
    return document


_OPERATIONS: dict[str, Callable[[JsonValue, JsonObject], JsonValue]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
