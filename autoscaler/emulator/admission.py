"""Admission: what the server checks or adds around a write because of other objects.

Source: apiserver pkg/admission/plugin/namespace/lifecycle/admission.go.
"""

from datetime import datetime
from typing import Protocol

from autoscaler.emulator import errors
from autoscaler.emulator.builtin import NAMESPACES
from autoscaler.emulator.resources import Resource
from autoscaler.model.json_types import JsonObject


class Objects(Protocol):
    """What admission needs of the store."""

    def find(self, resource: Resource, name: str, namespace: str = "") -> JsonObject | None:
        """The object of that name, or None."""
        ...

    def items(self, resource: Resource, namespace: str = "") -> list[JsonObject]:
        """The objects of a namespace, or of all."""
        ...


class Admission:
    """The built-in admission plugins that matter here."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def mutate(self, resource: Resource, obj: JsonObject, now: datetime) -> JsonObject:
        """The object with what plugins add before it is validated.

        Raises:
            ApiError: its namespace is missing or going away.
        """
        if resource.namespaced:
            self._check_namespace(resource, obj)
        return obj

    def check_create(self, resource: Resource, obj: JsonObject) -> None:
        """Refuse a valid object that other objects forbid."""

    def check_update(self, resource: Resource, new: JsonObject, old: JsonObject, subresource: str) -> None:
        """Refuse a valid change that other objects forbid."""

    def check_delete(self, resource: Resource, obj: JsonObject) -> None:
        """Refuse to delete what must stay.

        Raises:
            ApiError: 403 for the namespaces every cluster has.
        """
        name = obj["metadata"]["name"]
        if resource is NAMESPACES and name in IMMORTAL:
            raise errors.forbidden("", "namespaces", name, "this namespace may not be deleted")

    def created(self, resource: Resource, obj: JsonObject) -> None:
        """After an object was stored."""

    def deleted(self, resource: Resource, obj: JsonObject) -> None:
        """After an object was deleted or marked."""

    def _check_namespace(self, resource: Resource, obj: JsonObject) -> None:
        metadata = obj["metadata"]
        namespace = self._objects.find(NAMESPACES, metadata["namespace"])
        if namespace is None:
            raise errors.not_found("", "namespaces", metadata["namespace"])
        if "deletionTimestamp" in namespace["metadata"]:
            name = metadata["namespace"]
            why = f"unable to create new content in namespace {name} because it is being terminated"
            message = f"namespace {name} is being terminated"
            cause = {"reason": "NamespaceTerminating", "message": message, "field": "metadata.namespace"}
            raise errors.forbidden(resource.group, resource.plural, metadata.get("name", ""), why, [cause])


IMMORTAL = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
"""Namespaces every cluster has."""
