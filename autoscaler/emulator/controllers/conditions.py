"""Conditions: lists of statements with a status, whose time moves only when the status does."""

from __future__ import annotations

from collections.abc import Sequence

from autoscaler.model.json_types import JsonObject


def find(obj: JsonObject, kind: str) -> JsonObject | None:
    """Give the condition of that type in an object's status."""
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return next((condition for condition in conditions if condition["type"] == kind), None)


def holds(obj: JsonObject, kind: str) -> bool:
    """Tell whether the condition's status is ``True``."""
    condition = find(obj, kind)
    return condition is not None and condition["status"] == "True"


def merged(old: Sequence[JsonObject], new: JsonObject, now: str, *, updates: bool = False) -> list[JsonObject]:
    """Put ``new`` in the place of the condition of its type. ``updates``: the kind also keeps a lastUpdateTime."""
    previous = next((condition for condition in old if condition["type"] == new["type"]), None)
    if previous is not None and all(previous.get(key) == value for key, value in new.items()):
        return list(old)
    same = previous is not None and previous["status"] == new["status"]
    stamped = new | {"lastTransitionTime": previous["lastTransitionTime"] if previous and same else now}
    if updates:
        stamped["lastUpdateTime"] = now
    if previous is None:
        return [*old, stamped]
    return [stamped if condition is previous else condition for condition in old]
