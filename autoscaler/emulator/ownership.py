"""Who owns which field: keeps ``metadata.managedFields`` in step with every write that is no apply."""

from functools import cache

from autoscaler.config.api_types import ApiType
from autoscaler.config.decoding import decode
from autoscaler.config.go_time import format_time
from autoscaler.emulator import codec
from autoscaler.emulator.apply import Manager, track_update
from autoscaler.emulator.clock import Clock
from autoscaler.emulator.resources import Resource
from autoscaler.model.json_types import JsonObject


class Ownership:
    """Records the fields a manager sets by creating, updating and patching; objects are in their stored version."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def created(self, obj: JsonObject, resource: Resource, manager: str) -> JsonObject:
        """The object with its creator as owner of what was sent and filled in."""
        return self.updated(obj, _zero(codec.type_of(resource)), resource, manager, "")

    def updated(
        self, new: JsonObject, old: JsonObject, resource: Resource, manager: str, subresource: str
    ) -> JsonObject:
        """The object with the writer as owner of what it changed; a binding leaves no trace."""
        if subresource == "binding":
            return new
        writer = Manager(name=manager, api_version=resource.api_version, subresource=subresource)
        ignored = fields_left_alone(resource, subresource)
        return track_update(old, new, codec.type_of(resource), writer, format_time(self._clock()), ignored=ignored)


def fields_left_alone(resource: Resource, subresource: str) -> tuple[str, ...]:
    """Top-level fields that a write to the object, or to a subresource, does not change."""
    if resource.subresource("status") is None:
        return ()
    return {"": ("status",), "status": ("spec",)}.get(subresource, ())


@cache
def _zero(kind: ApiType) -> JsonObject:
    """What an empty object of the kind holds anyway, and nobody owns."""
    return decode({}, kind).obj
