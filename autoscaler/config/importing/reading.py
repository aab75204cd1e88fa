"""Parts of a manifest as an importer reads them: what is used is ticked off, and the rest is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from autoscaler.config.documents import Document
from autoscaler.model.errors import Fault
from autoscaler.model.json_types import JsonObject


@dataclass(slots=True)
class Losses:
    """What could not be taken over, each with its place."""

    document: Document
    found: list[Fault] = field(default_factory=list)

    def add(self, path: str, what: str, hint: str = "") -> None:
        """Note that the field at ``path`` has no equal, or only nearly one."""
        line = self.document.line_of(path)
        self.found.append(Fault(what=what, source=self.document.source, line=line, path=path, hint=hint))


class Part:
    """One mapping of the manifest. Whoever takes a field is answerable for it; ``rest`` tells of those nobody took."""

    def __init__(self, value: Any, path: str, losses: Losses) -> None:
        self._value: JsonObject = value if isinstance(value, dict) else {}
        self._taken: set[str] = set()
        self.path = path
        self.losses = losses

    def __contains__(self, name: str) -> bool:
        return self._value.get(name) is not None

    def take(self, name: str, default: Any = None) -> Any:
        """Give a field's value."""
        self._taken.add(name)
        value = self._value.get(name)
        return default if value is None else value

    def text(self, name: str, default: str = "") -> str:
        """Give a field's value as the text that KEDA's metadata are."""
        value = self.take(name, default)
        return str(value).lower() if isinstance(value, bool) else str(value)

    def number(self, name: str, default: int) -> int:
        """Give a whole number; what is none is told, and the default counts."""
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.lose(name, f"{value!r} is no whole number; {default} is written")
            return default
        return value

    def part(self, name: str) -> Part:
        """Give a field that is a mapping."""
        return Part(self.take(name), self.at(name), self.losses)

    def parts(self, name: str) -> list[Part]:
        """Give the items of a field that is a list of mappings."""
        items = self.take(name)
        where = self.at(name)
        return [
            Part(item, f"{where}[{index}]", self.losses)
            for index, item in enumerate(items if isinstance(items, list) else [])
        ]

    def lose(self, name: str, what: str, hint: str = "") -> None:
        """Note that a field has no equal."""
        self._taken.add(name)
        self.losses.add(self.at(name), what, hint)

    def rest(self) -> None:
        """Tell of every field that nobody took."""
        for name in self._value:
            if name not in self._taken and self._value[name] is not None:
                self.lose(name, "has no equal and is left out")

    def at(self, name: str) -> str:
        """Name a field's path."""
        return f"{self.path}.{name}" if self.path else name
