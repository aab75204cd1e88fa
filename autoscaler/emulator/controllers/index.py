"""Which objects belong to which owner: kept by watching the store, so that a controller never searches all of them."""

from __future__ import annotations

from collections import defaultdict

from autoscaler.emulator.builtin import PODS, REPLICASETS
from autoscaler.emulator.controllers.naming import controller_of
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.storage import Change
from autoscaler.emulator.store import ObjectStore
from autoscaler.model.json_types import JsonObject


class Owned:
    """Pods and replica sets by the uid of their controller."""

    def __init__(self, store: ObjectStore) -> None:
        self._pods: _Index = _Index(store, PODS)
        self._replica_sets: _Index = _Index(store, REPLICASETS)

    def pods(self, owner: JsonObject) -> list[JsonObject]:
        """Give the pods that ``owner`` controls, in the order they were first seen."""
        return self._pods.of(owner)

    def replica_sets(self, owner: JsonObject) -> list[JsonObject]:
        """Give the replica sets that ``owner`` controls, oldest first."""
        return sorted(self._replica_sets.of(owner), key=lambda each: each["metadata"]["creationTimestamp"])


class _Index:
    def __init__(self, store: ObjectStore, resource: Resource) -> None:
        self._by_owner: dict[str, dict[str, JsonObject]] = defaultdict(dict)
        store.subscribe(resource, self._changed)
        for obj in store.items(resource):
            self._put(obj)

    def of(self, owner: JsonObject) -> list[JsonObject]:
        return list(self._by_owner.get(owner["metadata"]["uid"], {}).values())

    def _changed(self, change: Change) -> None:
        if change.new is not None:
            self._put(change.new)
        if change.old is not None:
            self._drop(change.old, change.new)

    def _put(self, obj: JsonObject) -> None:
        if (owner := controller_of(obj)) is not None:
            self._by_owner[owner["uid"]][obj["metadata"]["uid"]] = obj

    def _drop(self, old: JsonObject, new: JsonObject | None) -> None:
        owner, kept = controller_of(old), controller_of(new) if new is not None else None
        if owner is None or (kept is not None and kept["uid"] == owner["uid"]):
            return
        children = self._by_owner[owner["uid"]]
        children.pop(old["metadata"]["uid"], None)
        if not children:
            del self._by_owner[owner["uid"]]
