"""The scale subresource: one replica count, whatever the workload.

Source: kubernetes pkg/registry/apps/deployment/storage/storage.go (ScaleREST).
"""

from autoscaler.emulator.resources import Resource
from autoscaler.model.field_errors import FieldError, invalid
from autoscaler.model.json_types import JsonObject
from autoscaler.model.label_query import SelectorError, selector_of_object

SCALE: Resource = Resource(group="autoscaling", version="v1", plural="scales", kind="Scale", singular="scale")
"""What a scale subresource is read as; it is not served by itself."""


def scale_of(workload: JsonObject) -> JsonObject:
    """The Scale of a workload."""
    spec, status = workload.get("spec") or {}, workload.get("status") or {}
    replicas = spec.get("replicas", 1)
    try:
        selector = str(selector_of_object(spec.get("selector")))
    except SelectorError:
        selector = ""
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": scale_metadata(workload["metadata"]),
        "spec": {"replicas": replicas} if replicas else {},
        "status": {"replicas": status.get("replicas", 0)} | ({"selector": selector} if selector else {}),
    }


def scaled(workload: JsonObject, scale: JsonObject) -> JsonObject:
    """The workload with the replicas of a Scale, to be written if it is still the one the Scale names."""
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    metadata = workload["metadata"] | precondition(scale)
    return workload | {"metadata": metadata, "spec": workload["spec"] | {"replicas": replicas}}


def scale_errors(scale: JsonObject) -> list[FieldError]:
    """Faults of a Scale."""
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    return [invalid("spec.replicas", replicas, "must be greater than or equal to 0")] if replicas < 0 else []


def scale_metadata(metadata: JsonObject) -> JsonObject:
    """Metadata of a Scale: what identifies the workload and its state."""
    fields = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {field: metadata[field] for field in fields if field in metadata}


def precondition(obj: JsonObject) -> JsonObject:
    """The part of a body's metadata that says which object, in which state, it was made from."""
    metadata = obj.get("metadata") or {}
    return {"resourceVersion": metadata.get("resourceVersion", "")} | (
        {"uid": metadata["uid"]} if metadata.get("uid") else {}
    )
