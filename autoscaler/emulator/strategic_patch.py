"""Strategic merge patch: like a merge patch, but lists of named things are joined by their names.

Directives: ``$patch: replace | delete | merge``, ``$retainKeys``, ``$deleteFromPrimitiveList/<list>``,
``$setElementOrder/<list>``.

Source: kubernetes apimachinery pkg/util/strategicpatch/patch.go.
"""

from collections.abc import Sequence

from autoscaler.config.api_types import ANYTHING, ApiType, Shape
from autoscaler.emulator.patching import PatchError, PatchVerdict, go_kind, same_json
from autoscaler.emulator.unstructured import go_format
from autoscaler.model.json_types import JsonObject, JsonValue

_DIRECTIVE = "$patch"
_RETAIN_KEYS = "$retainKeys"
_DELETE_FROM = "$deleteFromPrimitiveList/"
_ELEMENT_ORDER = "$setElementOrder/"


def strategic_patch(obj: JsonObject, patch: JsonValue, kind: ApiType) -> JsonObject:
    """The object after the patch; ``kind`` tells which lists are joined, and by which key. Nothing given is changed.

    Raises:
        PatchError: MALFORMED for a patch of the wrong form, REJECTED for one that contradicts itself.
    """
    if not isinstance(patch, dict):
        raise _malformed(f"json: cannot unmarshal {go_kind(patch)} into Go value of type map[string]interface {{}}")
    return _merge_maps(obj, patch, kind)


def _merge_maps(original: JsonObject, patch: JsonObject, kind: ApiType) -> JsonObject:
    directive = patch.get(_DIRECTIVE)
    if directive == "replace":
        return {name: value for name, value in patch.items() if name != _DIRECTIVE}
    if directive == "delete":
        return {}
    if directive not in {None, "merge"}:
        text = f"unknown patch type: {directive} in map: {go_format(patch)}"
        raise PatchError(PatchVerdict.INTERNAL, text)
    result = _retained(original, patch)
    for name, value in patch.items():
        if name.startswith(_ELEMENT_ORDER):
            continue
        if name.startswith(_DELETE_FROM):
            _remove_items(result, name.removeprefix(_DELETE_FROM), value)
        elif name not in {_DIRECTIVE, _RETAIN_KEYS}:
            _merge_field(result, name, value, field_of(kind, name))
    for name, value in patch.items():
        if name.startswith(_ELEMENT_ORDER):
            target = name.removeprefix(_ELEMENT_ORDER)
            _reorder(result, original, target, value, field_of(kind, target))
    return result


def field_of(kind: ApiType, name: str) -> ApiType:
    """The type of a field of an object or map; unknown fields can hold anything."""
    if kind.shape is Shape.MAP and kind.item is not None:
        return kind.item
    return kind.fields.get(name, ANYTHING)


def _retained(original: JsonObject, patch: JsonObject) -> JsonObject:
    """The original's fields that a ``$retainKeys`` directive leaves."""
    keep = patch.get(_RETAIN_KEYS)
    if keep is None:
        return dict(original)
    if not isinstance(keep, list):
        raise _malformed("invalid patch format of retainKeys list")
    stray = [name for name in patch if not name.startswith("$") and name not in keep]
    if stray:
        raise _rejected("patch contains fields not present in the retainKeys list")
    return {name: value for name, value in original.items() if name in keep}


def _merge_field(result: JsonObject, name: str, value: JsonValue, kind: ApiType) -> None:
    """Put one field of the patch into ``result``."""
    live = result.get(name)
    if value is None:
        result.pop(name, None)
    elif isinstance(value, dict) and isinstance(live, dict) and "replace" not in kind.strategies:
        result[name] = _merge_maps(live, value, kind)
    elif isinstance(value, list) and isinstance(live, list) and "merge" in kind.strategies:
        result[name] = _merge_lists(live, value, kind)
    else:
        result[name] = without_directives(value)


def without_directives(value: JsonValue) -> JsonValue:
    """The value without directives and nulls, for a place where nothing was before."""
    if isinstance(value, dict):
        return {
            name: without_directives(item)
            for name, item in value.items()
            if not name.startswith("$") and item is not None
        }
    if isinstance(value, list):
        return [without_directives(item) for item in value if not (isinstance(item, dict) and item.get(_DIRECTIVE))]
    return value


def _merge_lists(original: list[JsonValue], patch: list[JsonValue], kind: ApiType) -> list[JsonValue]:
    if not kind.merge_key:
        return _ordered(_unique([*original, *patch]), patch, original, "")
    key = kind.merge_key
    items = [item for item in patch if isinstance(item, dict)]
    if len(items) != len(patch):
        raise _rejected("list element types are not identical")
    if any(item.get(_DIRECTIVE) == "replace" for item in items):
        return [item for item in items if item.get(_DIRECTIVE) != "replace"]
    merged = list(original)
    item_type = kind.item or ANYTHING
    for item in items:
        if key not in item:
            text = f"map: {go_format(item)} does not contain declared merge key: {key}"
            raise PatchError(PatchVerdict.INTERNAL, text)
        place = _find(merged, item, key)
        if item.get(_DIRECTIVE) == "delete":
            merged = [live for live in merged if not _same_item(live, item, key)]
        elif place is None:
            merged.append(without_directives(item))
        else:
            merged[place] = _merge_maps(merged[place], item, item_type)
    return _ordered(merged, items, original, key)


def _remove_items(result: JsonObject, name: str, unwanted: JsonValue) -> None:
    live = result.get(name)
    if not isinstance(unwanted, list):
        raise _malformed("invalid patch format of primitive list")
    if isinstance(live, list):
        result[name] = [item for item in live if not any(same_json(item, other) for other in unwanted)]


def _reorder(result: JsonObject, original: JsonObject, name: str, order: JsonValue, kind: ApiType) -> None:
    """Bring a list into the order a ``$setElementOrder`` directive asks for; items it does not name keep theirs."""
    if not isinstance(order, list):
        raise _malformed("invalid patch format of setElementOrder list")
    merged = result.get(name)
    if isinstance(merged, list):
        live = original.get(name)
        result[name] = _ordered(merged, order, live if isinstance(live, list) else [], kind.merge_key)


def _ordered(
    merged: Sequence[JsonValue], wanted: Sequence[JsonValue], live: Sequence[JsonValue], key: str
) -> list[JsonValue]:
    """Items that ``wanted`` names in its order, the others in the live order, interleaved by the live order."""
    named = sorted(
        (item for item in merged if _find(wanted, item, key) is not None),
        key=lambda item: _find(wanted, item, key) or 0,
    )
    others = [item for item in merged if _find(wanted, item, key) is None]
    result: list[JsonValue] = []
    while named and others:
        mine, theirs = _find(live, others[0], key), _find(live, named[0], key)
        comes_first = mine is not None and theirs is not None and mine < theirs
        result.append((others if comes_first else named).pop(0))
    return [*result, *named, *others]


def _find(items: Sequence[JsonValue], wanted: JsonValue, key: str) -> int | None:
    return next((index for index, item in enumerate(items) if _same_item(item, wanted, key)), None)


def _same_item(left: JsonValue, right: JsonValue, key: str) -> bool:
    if not key:
        return same_json(left, right)
    return isinstance(left, dict) and isinstance(right, dict) and same_json(left.get(key), right.get(key))


def _unique(items: Sequence[JsonValue]) -> list[JsonValue]:
    result: list[JsonValue] = []
    for item in items:
        if not any(same_json(item, other) for other in result):
            result.append(item)
    return result


def _malformed(text: str) -> PatchError:
    return PatchError(PatchVerdict.MALFORMED, text)


def _rejected(text: str) -> PatchError:
    return PatchError(PatchVerdict.REJECTED, text)
