"""An object with nothing but metadata, as a bookmark shows it: empty fields that are always written are there."""

from typing import Final

from autoscaler.config.decoding import decode
from autoscaler.emulator.codec import type_of
from autoscaler.emulator.resources import Resource
from autoscaler.model.json_types import JsonObject

_POD_SPEC: Final[JsonObject] = {"containers": None}
_TEMPLATE: Final[JsonObject] = {"metadata": {}, "spec": _POD_SPEC}
_NULLS: Final[dict[str, JsonObject]] = {
    "Pod": {"spec": _POD_SPEC},
    "Deployment": {"spec": {"selector": None, "template": _TEMPLATE, "strategy": {}}},
    "ReplicaSet": {"spec": {"selector": None, "template": _TEMPLATE}},
    "StatefulSet": {"spec": {"selector": None, "template": _TEMPLATE, "serviceName": "", "updateStrategy": {}}},
}
"""What Go writes of an empty spec, where decoding leaves it out."""


def zero_object(resource: Resource, metadata: JsonObject) -> JsonObject:
    """The emptiest object of the resource's kind with that metadata."""
    empty = {} if resource.is_custom else decode({}, type_of(resource)).obj
    head = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
    return empty | _NULLS.get(resource.kind, {}) | head
