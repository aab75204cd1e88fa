"""The part of Kubernetes' JSONPath that printer columns and the scale subresource use.

Fields (``.spec.replicas``, ``['a.b']``), indexes and wildcards (``[0]``, ``[-1]``, ``[*]``) and equality filters
(``[?(@.type=="Ready")]``).

Source: kubernetes client-go util/jsonpath.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from autoscaler.emulator.patching import same_json
from autoscaler.model.json_types import JsonValue

_STEP = re.compile(
    r"""
      \.(?P<field>(?:\\.|[^.\[\]\\])+)
    | \['(?P<quoted>[^']*)'\] | \["(?P<double>[^"]*)"\]
    | \[(?P<index>-?\d+)\]
    | (?P<all>\[\*\]|\.\*)
    | \[\?\(\s*@(?P<path>[^=!<>\s]+)\s*(?P<operator>==|!=)\s*(?P<value>[^)]+?)\s*\)\]
    """,
    re.VERBOSE,
)


class JsonPathError(ValueError):
    """A path this subset does not know."""


@dataclass(frozen=True, slots=True)
class _Filter:
    path: "JsonPath"
    value: JsonValue
    negated: bool

    def accepts(self, item: JsonValue) -> bool:
        found = self.path.first(item)
        return same_json(found, self.value) is not self.negated


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A parsed path: field names, indexes, None for a wildcard, filters."""

    steps: tuple[str | int | _Filter | None, ...]

    def find(self, value: JsonValue) -> list[JsonValue]:
        """All values the path leads to, in order."""
        found = [value]
        for step in self.steps:
            found = [item for holder in found for item in _follow(holder, step)]
        return found

    def first(self, value: JsonValue) -> JsonValue:
        """The first value, or None."""
        found = self.find(value)
        return found[0] if found else None


def parse_json_path(text: str) -> JsonPath:
    """Read a path such as ``.status.conditions[?(@.type=="Ready")].status``.

    Raises:
        JsonPathError: the text is not of this subset.
    """
    path = text.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    steps: list[str | int | _Filter | None] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise JsonPathError(f"unrecognized character in path: {path[position:]}")
        steps.append(_step(match))
        position = match.end()
    return JsonPath(tuple(steps))


def _step(match: re.Match[str]) -> str | int | _Filter | None:
    groups = match.groupdict()
    if groups["field"] is not None:
        return re.sub(r"\\(.)", r"\1", groups["field"])
    if groups["index"] is not None:
        return int(groups["index"])
    if groups["all"] is not None:
        return None
    if groups["path"] is None:
        return groups["quoted"] if groups["quoted"] is not None else str(groups["double"])
    literal = groups["value"].replace("'", '"')
    try:
        value = json.loads(literal)
    except ValueError:
        raise JsonPathError(f"unrecognized literal: {literal}") from None
    return _Filter(parse_json_path(groups["path"]), value, groups["operator"] == "!=")


def _follow(holder: JsonValue, step: str | int | _Filter | None) -> Iterator[JsonValue]:
    if isinstance(step, str):
        if isinstance(holder, dict) and step in holder:
            yield holder[step]
    elif isinstance(step, int):
        if isinstance(holder, list) and -len(holder) <= step < len(holder):
            yield holder[step]
    elif isinstance(holder, dict | list):
        items = list(holder.values()) if isinstance(holder, dict) else holder
        yield from (item for item in items if step is None or step.accepts(item))
