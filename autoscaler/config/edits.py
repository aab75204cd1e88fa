"""Edits of a document for a what-if: ``metrics.cpu=80%``, ``spec.maxReplicas=20``, ``pods[0].count=3``."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Final

from autoscaler.config.documents import Document, load
from autoscaler.config.field_paths import parse_path
from autoscaler.model.errors import InvalidInputError
from autoscaler.model.json_types import JsonValue

SOURCE: Final = "--set"


class EditError(ValueError):
    """The text is not an edit, or the document has no such place; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One value to put in one place."""

    text: str  #: as it was written
    steps: tuple[str, ...]
    value: JsonValue

    @classmethod
    def parse(cls, text: str) -> Edit:
        """Read ``PATH=VALUE``; the value is YAML.

        Raises:
            EditError: no path, no ``=``, or a value that is not YAML.
        """
        path, sign, value = text.partition("=")
        steps = parse_path(path.strip())
        if not sign or not steps:
            raise EditError(f"{text!r} is not PATH=VALUE, such as metrics.cpu=80% or spec.maxReplicas=20")
        try:
            documents = load(value, SOURCE)
        except InvalidInputError as error:
            raise EditError(f"{value!r} is not a value: {error.faults[0].what}") from error
        return cls(text=text, steps=steps, value=documents[0].value if documents else None)

    def below(self, *steps: str) -> Edit:
        """The same edit, its path beginning with ``steps``."""
        return replace(self, steps=(*steps, *self.steps))


def edited(document: Document, edits: Sequence[Edit]) -> Document:
    """Give the document with every edit made, in order; mappings on the way are made where there are none.

    Raises:
        EditError: an edit leads into something that is no mapping, or to an item that a list does not have.
    """
    value = deepcopy(document.value)
    for edit in edits:
        _put(value, edit)
    return replace(document, value=value)


def _put(value: JsonValue, edit: Edit) -> None:
    here = value
    for step in edit.steps[:-1]:
        key = _key(here, step, edit)
        if isinstance(here, dict) and here.get(key) is None:
            here[key] = {}
        here = here[key]
    here[_key(here, edit.steps[-1], edit)] = edit.value


def _key(here: JsonValue, step: str, edit: Edit) -> str | int:
    """Give what leads from ``here`` along ``step``."""
    if isinstance(here, dict):
        return step
    if isinstance(here, list) and step.isdecimal() and int(step) < len(here):
        return int(step)
    what = f"a list of {len(here)}" if isinstance(here, list) else "no mapping"
    raise EditError(f"{edit.text}: there is no {step!r}, it is {what}")
