"""An object with nothing but metadata, as a bookmark shows it: empty fields that are always written are there."""

from autoscaler.config.decoding import decode
from autoscaler.emulator.codec import type_of
from autoscaler.emulator.resources import Resource
from autoscaler.model.json_types import JsonObject


def zero_object(resource: Resource, metadata: JsonObject) -> JsonObject:
    """The emptiest object of the resource's kind with that metadata."""
    empty = {} if resource.is_custom else decode({}, type_of(resource)).obj
    return empty | {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
