"""Placeholders of the recorded answers: bound when first seen, substituted in later requests, compared afterwards."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final
from urllib.parse import quote

from autoscaler.model.json_types import JsonValue

PLACEHOLDER: Final = re.compile(r"<(rv|uid|gen|continue|token|time|microtime|age|n|hash|server|object)(?::(\d+))?>")
_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PATTERNS: Final = {
    "rv": r"\d+",
    "uid": _UUID,
    "gen": r"[a-z0-9]{5}",
    "continue": r"[A-Za-z0-9_=-]+",
    "token": r"[A-Za-z0-9._=-]+",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "microtime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",
    "age": r"\S+",
    "n": r"\d+",
    "hash": r"[0-9a-fA-F]+",
    "server": r"\S+?:\d+",
    "object": r"(?s:.*)",
}


@dataclass(slots=True)
class Bindings:
    """What the placeholders of one sequence stand for in this run."""

    ordered: frozenset[str]
    """Placeholders whose values are ordered: resourceVersions of objects. Others only never fall behind."""
    values: dict[str, str] = field(default_factory=dict)
    highest: int = 0

    def matches(self, expected: str, actual: str) -> bool:
        """Whether a text has the form of the expected one; new placeholders are bound if so."""
        names: list[str] = []
        pattern = ""
        last = 0
        for found in PLACEHOLDER.finditer(expected):
            pattern += re.escape(expected[last : found.start()]) + self._part(found, names)
            last = found.end()
        match = re.fullmatch(pattern + re.escape(expected[last:]), actual)
        return match is not None and self._bind(names, match.groups())

    def _part(self, found: re.Match[str], names: list[str]) -> str:
        name = found.group()
        if name in self.values:
            return re.escape(self.values[name])
        pattern = _PATTERNS[found.group(1)]
        if found.group(2) is None:
            return f"(?:{pattern})"
        if name in names:
            return f"(?P=g{names.index(name)})"
        names.append(name)
        return f"(?P<g{len(names) - 1}>{pattern})"

    def _bind(self, names: list[str], found: tuple[str, ...]) -> bool:
        for name, value in zip(names, found, strict=True):
            if name.startswith("<rv:"):
                if name not in self.ordered and int(value) < self.highest:
                    return False
                self.highest = max(self.highest, int(value))
            self.values[name] = value
        return True

    def fill(self, value: JsonValue, encode: Callable[[str], str] = str) -> JsonValue:
        """A request part with the values in place of the placeholders."""
        if isinstance(value, str):
            return PLACEHOLDER.sub(lambda found: encode(self.values.get(found.group(), found.group())), value)
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, dict):
            return {self.fill(key): self.fill(item) for key, item in value.items()}
        return value

    def fill_path(self, path: str) -> str:
        """A request path; values are quoted for the query."""
        return str(self.fill(path, lambda text: quote(text, safe="")))

    def misordered(self, order: list[str]) -> list[str]:
        """The placeholders whose values do not increase strictly in the recorded order."""
        known = [(name, int(self.values[name])) for name in order if name in self.values]
        return [
            f"{later} = {above} is not after {earlier} = {below}"
            for (earlier, below), (later, above) in pairwise(known)
            if above <= below
        ]
