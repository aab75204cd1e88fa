"""Custom resources in tables: the columns their definition names.

Source: kubernetes apiextensions-apiserver pkg/registry/customresource/tableconvertor/tableconvertor.go.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from autoscaler.emulator.jsonpath import JsonPath, parse_json_path
from autoscaler.emulator.printing.ages import age
from autoscaler.emulator.printing.columns import NAME, Column, Printer, name_of
from autoscaler.model.json_types import JsonObject, JsonValue

_DEFAULT_COLUMNS: tuple[JsonObject, ...] = ({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},)


def custom_printer(definitions: Sequence[JsonObject] | None) -> Printer:
    """The printer of a version's ``additionalPrinterColumns``; without any, the age is shown.

    Raises:
        JsonPathError: a column's path cannot be read.
    """
    given = tuple(definitions or _DEFAULT_COLUMNS)
    paths = tuple((parse_json_path(column["jsonPath"]), column.get("type", "string")) for column in given)
    columns = (NAME, *(_column(definition) for definition in given))
    return Printer(columns, lambda obj, now: [name_of(obj), *(_cell(obj, path, kind, now) for path, kind in paths)])


def _column(definition: JsonObject) -> Column:
    default = f"Custom resource definition column (in JSONPath format): {definition['jsonPath']}"
    return Column(
        definition["name"],
        definition.get("type", "string"),
        definition.get("priority", 0),
        definition.get("format", ""),
        definition.get("description") or default,
    )


def _cell(obj: JsonObject, path: JsonPath, kind: str, now: datetime) -> JsonValue:
    """The first value found, if it is of the column's type; None (an empty cell) otherwise."""
    found = path.find(obj)
    if not found or found[0] is None:
        return None
    value = found[0]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind:
        case "string":
            return _text(value)
        case "integer":
            return int(value) if is_number else None
        case "number":
            return value if is_number else None
        case "boolean":
            return value if isinstance(value, bool) else None
        case "date":
            return age(value, now) if isinstance(value, str) else None
        case _:
            return None


def _text(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
