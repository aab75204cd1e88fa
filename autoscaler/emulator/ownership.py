"""Who owns which field: keeps ``metadata.managedFields`` in step with every write."""

from autoscaler.emulator.clock import Clock
from autoscaler.emulator.resources import Resource
from autoscaler.model.json_types import JsonObject


class Ownership:
    """Records the fields a manager sets by creating, updating and patching."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def created(self, obj: JsonObject, resource: Resource, manager: str) -> JsonObject:
        """The object with its creator as owner of what was sent."""
        return obj

    def updated(
        self, new: JsonObject, old: JsonObject, resource: Resource, manager: str, subresource: str
    ) -> JsonObject:
        """The object with the writer as owner of what it changed."""
        return new
