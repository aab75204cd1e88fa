"""Writes of the cluster's own components: under their own names, and without decoding what we built ourselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from autoscaler.emulator.resources import Resource
from autoscaler.emulator.store import ObjectStore, Transform, WriteOptions
from autoscaler.model.json_types import JsonObject

MANAGER: Final = "kube-controller-manager"


@dataclass(frozen=True, slots=True)
class Writer:
    """One component's pen. Objects must be complete and well formed: they come from the store, or from manifests that
    went through it.
    """

    store: ObjectStore
    manager: str

    def create(self, resource: Resource, obj: JsonObject) -> JsonObject:
        """Store a new object in the namespace its metadata names.

        Raises:
            ApiError: it is forbidden, exists, or its namespace does not.
        """
        return self.store.insert(
            resource, obj, obj["metadata"].get("namespace", ""), WriteOptions(manager=self.manager)
        )

    def change(self, resource: Resource, obj: JsonObject, transform: Transform, subresource: str = "") -> JsonObject:
        """Read the object of that name anew, transform it and write it back.

        Raises:
            ApiError: it is gone.
        """
        metadata = obj["metadata"]
        live = self.store.get(resource, metadata["name"], metadata.get("namespace", ""))
        return self.store.replace(resource, live, transform(live), WriteOptions(manager=self.manager), subresource)

    def replace(self, resource: Resource, obj: JsonObject) -> JsonObject:
        """Write back an object that was read; it must not have changed since.

        Raises:
            ApiError: it is gone or has changed.
        """
        return self.change(resource, obj, lambda _: obj)

    def set_status(self, resource: Resource, obj: JsonObject, status: JsonObject) -> JsonObject:
        """Replace the status of the object of that name.

        Raises:
            ApiError: it is gone.
        """
        return self.change(resource, obj, lambda live: live | {"status": status}, "status")
