"""What a printer is: columns, and the function that makes an object's cells."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from autoscaler.model.json_types import JsonObject, JsonValue

_NAME_TEXT = (
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a "
    "client to request the generation of an appropriate name automatically. Name is primarily intended for creation "
    "idempotence and configuration definition. Cannot be updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; priority 0 is always shown, 1 only in wide output."""

    name: str
    type: str = "string"
    priority: int = 0
    format: str = ""
    description: str = ""

    def definition(self) -> JsonObject:
        """The entry of ``columnDefinitions``."""
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description,
            "priority": self.priority,
        }


@dataclass(frozen=True, slots=True)
class Printer:
    """Columns of a kind and how to fill them; the instant is the server's now."""

    columns: tuple[Column, ...]
    cells: Callable[[JsonObject, datetime], list[JsonValue]]
    row_conditions: Callable[[JsonObject], list[JsonObject]] | None = None


NAME = Column("Name", format="name", description=_NAME_TEXT)
AGE = Column("Age")


def wide(name: str) -> Column:
    """A text column that only wide output shows."""
    return Column(name, priority=1)


def created(obj: JsonObject) -> str | None:
    """When the object was made, RFC 3339."""
    timestamp: str | None = obj.get("metadata", {}).get("creationTimestamp")
    return timestamp


def name_of(obj: JsonObject) -> str:
    """The object's name."""
    return str(obj.get("metadata", {}).get("name", ""))


def or_none(text: str | None) -> str:
    """The text, or ``<none>`` in place of an empty one."""
    return text or "<none>"


def condition_of(obj: JsonObject, kind: str) -> JsonObject | None:
    """The status condition of a type."""
    conditions = obj.get("status", {}).get("conditions") or ()
    return next((condition for condition in conditions if condition.get("type") == kind), None)
