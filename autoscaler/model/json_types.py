"""Names for plain JSON documents, as read from files and from the Kubernetes API."""

from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object; keys are field names, absent means unset."""

JsonValue: TypeAlias = Any
"""Any JSON value: object, list, string, number, bool or None."""
