"""Manifests of every kind as they were written, read without trust: a field of the wrong type counts as absent.

The API server checks these kinds; here they only give the policies their surroundings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from autoscaler.config.documents import Document
from autoscaler.model.json_types import JsonObject, JsonValue
from autoscaler.model.quantity import Quantity, QuantityError

IGNORE_ANNOTATION: Final = "autoscaler.dev/ignore"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest, and where it stands."""

    kind: str
    group: str  #: of its apiVersion; empty for the core group
    namespace: str
    name: str
    document: Document = field(repr=False)

    @property
    def value(self) -> JsonObject:
        """Everything that was written."""
        return mapping_at(self.document.value)

    @property
    def ignored(self) -> frozenset[str]:
        """The rules that the manifest's own annotation switches off."""
        names = text_at(self.value, "metadata", "annotations", IGNORE_ANNOTATION)
        return frozenset(name.strip() for name in names.split(","))

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.document.source}:{self.document.line}"


def manifest_of(document: Document, default_namespace: str) -> Manifest:
    """Give a document that has a ``kind`` as a manifest; ``default_namespace`` is used where it names none."""
    value = mapping_at(document.value)
    version = text_at(value, "apiVersion")
    return Manifest(
        kind=text_at(value, "kind"),
        group=version.rpartition("/")[0],
        namespace=text_at(value, "metadata", "namespace") or default_namespace,
        name=text_at(value, "metadata", "name"),
        document=document,
    )


def value_at(value: JsonValue, *steps: str) -> JsonValue:
    """Give what stands at the end of ``steps``; ``None`` where nothing does."""
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def mapping_at(value: JsonValue, *steps: str) -> JsonObject:
    """Give the mapping at the end of ``steps``; an empty one where there is none."""
    found = value_at(value, *steps)
    return found if isinstance(found, dict) else {}


def items_at(value: JsonValue, *steps: str) -> list[JsonObject]:
    """Give the list of mappings at the end of ``steps``; items of other types as empty mappings, in their place."""
    found = value_at(value, *steps)
    return [mapping_at(item) for item in found] if isinstance(found, list) else []


def text_at(value: JsonValue, *steps: str) -> str:
    """Give the text at the end of ``steps``; empty where there is none."""
    found = value_at(value, *steps)
    return found if isinstance(found, str) else ""


def whole_at(value: JsonValue, *steps: str) -> int | None:
    """Give the whole number at the end of ``steps``."""
    found = value_at(value, *steps)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def amounts_at(value: JsonValue, *steps: str) -> dict[str, Quantity]:
    """Give the quantities at the end of ``steps``, by name; what is no quantity is left out."""
    amounts: dict[str, Quantity] = {}
    for name, written in mapping_at(value, *steps).items():
        amount = amount_of(written)
        if amount is not None:
            amounts[name] = amount
    return amounts


def amount_of(written: JsonValue) -> Quantity | None:
    """Give a quantity as it was written; ``None`` for what is none."""
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        return None
    try:
        return Quantity.from_json(written)
    except QuantityError:
        return None
