"""Columns and cells of a resource's table."""

from datetime import datetime

from autoscaler.emulator.resources import Resource
from autoscaler.model.json_types import JsonObject, JsonValue


def table_parts(
    resource: Resource, items: list[JsonObject], now: datetime
) -> tuple[list[JsonObject], list[list[JsonValue]]]:
    """Column definitions, and the cells of each item."""
    columns = [
        {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0},
        {"name": "Created At", "type": "date", "format": "", "description": "", "priority": 0},
    ]
    return columns, [[item["metadata"]["name"], item["metadata"].get("creationTimestamp")] for item in items]
