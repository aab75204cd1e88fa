"""The scale subresource: one replica count, whatever the workload.

Source: kubernetes pkg/registry/apps/deployment/storage/storage.go (ScaleREST).
"""

from autoscaler.emulator.custom.scaling import counts_of, with_replicas
from autoscaler.emulator.custom.version import ScalePaths
from autoscaler.emulator.resources import Resource
from autoscaler.model.field_errors import FieldError, invalid
from autoscaler.model.json_types import JsonObject
from autoscaler.model.label_query import SelectorError, selector_of_object

SCALE: Resource = Resource(group="autoscaling", version="v1", plural="scales", kind="Scale", singular="scale")
"""What a scale subresource is read as; it is not served by itself."""


def scale_of(workload: JsonObject, paths: ScalePaths | None = None) -> JsonObject:
    """The Scale of a workload; ``paths`` tell where a custom resource keeps its counts.

    Raises:
        ScaleMissingError: a custom resource does not say how many replicas it wants.
    """
    if paths is not None:
        return _scale(workload, *counts_of(workload, paths))
    spec, status = workload.get("spec") or {}, workload.get("status") or {}
    replicas = spec.get("replicas", 1)
    try:
        selector = str(selector_of_object(spec.get("selector")))
    except SelectorError:
        selector = ""
    return _scale(workload, replicas, status.get("replicas", 0), selector)


def _scale(workload: JsonObject, replicas: int, current: int, selector: str) -> JsonObject:
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": scale_metadata(workload["metadata"]),
        "spec": {"replicas": replicas} if replicas else {},
        "status": {"replicas": current} | ({"selector": selector} if selector else {}),
    }


def scaled(workload: JsonObject, scale: JsonObject, paths: ScalePaths | None = None) -> JsonObject:
    """The workload with the replicas of a Scale, to be written if it is still the one the Scale names."""
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    metadata = workload["metadata"] | precondition(scale)
    if paths is not None:
        return with_replicas(workload, replicas, paths) | {"metadata": metadata}
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
