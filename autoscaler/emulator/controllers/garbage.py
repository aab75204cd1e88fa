"""The garbage collector and the namespace controller: what belonged to something that is gone, goes too."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from autoscaler.emulator.builtin import DEPLOYMENTS, NAMESPACES, PODS, REPLICASETS, STATEFULSETS
from autoscaler.emulator.controllers.naming import controller_of, is_controlled_by
from autoscaler.emulator.deletion import FOREGROUND, ORPHAN, DeleteOptions
from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.storage import Change
from autoscaler.emulator.store import ObjectStore
from autoscaler.model.json_types import JsonObject

#: Owners and what they own, in the order in which they are worked through.
_OWNERS: Final = ((DEPLOYMENTS, REPLICASETS), (REPLICASETS, PODS), (STATEFULSETS, PODS))
_BACKGROUND: Final = DeleteOptions(propagation_policy="Background")


class GarbageCollector:
    """Deletes what lost its owner, and finishes deletes that wait for their dependents."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._lost: list[tuple[Resource, JsonObject]] = []  # what the dependents are, and their owner that is gone
        self._waiting: dict[str, tuple[Resource, Resource, JsonObject]] = {}  # owners with a finalizer of ours, by uid
        for owner, dependent in _OWNERS:
            store.subscribe(owner, partial(self._changed, owner, dependent))

    def collect(self) -> bool:
        """Do what is due; tells whether anything was."""
        lost, self._lost = self._lost, []
        for dependent, owner in lost:
            self._delete(dependent, self._dependents(dependent, owner))
        waiting = list(self._waiting.values())
        self._waiting.clear()
        for owner_kind, dependent, owner in waiting:
            self._finish(owner_kind, dependent, owner)
        return bool(lost or waiting)

    def _changed(self, owner: Resource, dependent: Resource, change: Change) -> None:
        if change.new is None and change.old is not None:
            self._lost.append((dependent, change.old))
        elif change.new is not None and _finalizer(change.new) is not None:
            self._waiting[change.new["metadata"]["uid"]] = owner, dependent, change.new

    def _dependents(self, dependent: Resource, owner: JsonObject) -> list[JsonObject]:
        namespace = owner["metadata"]["namespace"]
        return [each for each in self._store.items(dependent, namespace) if is_controlled_by(each, owner)]

    def _delete(self, resource: Resource, objects: Iterable[JsonObject]) -> None:
        for obj in objects:
            if "deletionTimestamp" not in obj["metadata"]:
                self._store.delete(resource, obj["metadata"]["name"], obj["metadata"]["namespace"], _BACKGROUND)

    def _finish(self, owner_kind: Resource, dependent: Resource, owner: JsonObject) -> None:
        """Free the dependents, or delete them and look again until none is left; then take the finalizer away."""
        name, namespace = owner["metadata"]["name"], owner["metadata"]["namespace"]
        live = self._store.find(owner_kind, name, namespace)
        finalizer = _finalizer(live) if live is not None else None
        if live is None or finalizer is None:
            return
        dependents = self._dependents(dependent, live)
        if finalizer == FOREGROUND and dependents:
            self._delete(dependent, dependents)
            self._waiting[live["metadata"]["uid"]] = owner_kind, dependent, live
            return
        for each in dependents:
            self._free(dependent, each)
        kept = [other for other in live["metadata"]["finalizers"] if other != finalizer]
        self._store.update(owner_kind, live | {"metadata": live["metadata"] | {"finalizers": kept}})

    def _free(self, resource: Resource, obj: JsonObject) -> None:
        owner = controller_of(obj)
        kept = [reference for reference in obj["metadata"]["ownerReferences"] if reference != owner]
        self._store.update(resource, obj | {"metadata": obj["metadata"] | {"ownerReferences": kept}})


class NamespaceController:
    """Empties a namespace that is going away, then lets it go."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._dying: set[str] = set()
        store.subscribe(NAMESPACES, self._changed)

    def collect(self) -> bool:
        """Do what is due; tells whether anything was."""
        dying, self._dying = self._dying, set()
        for name in dying:
            self._empty(name)
        return False

    def _changed(self, change: Change) -> None:
        if change.new is not None and "deletionTimestamp" in change.new["metadata"]:
            self._dying.add(change.new["metadata"]["name"])

    def _empty(self, name: str) -> None:
        namespace = self._store.find(NAMESPACES, name)
        if namespace is None:
            return
        left = 0
        for resource in self._store.registry:
            if not resource.namespaced or "delete" not in resource.verbs:
                continue
            for obj in self._store.items(resource, name):
                left += 1
                if "deletionTimestamp" not in obj["metadata"]:
                    self._try_delete(resource, obj)
        if left:
            self._dying.add(name)
            return
        finalizers = [each for each in namespace["spec"].get("finalizers") or [] if each != "kubernetes"]
        self._store.change(
            NAMESPACES, name, "", lambda live: live | {"spec": live["spec"] | {"finalizers": finalizers}},
            subresource="finalize",
        )  # fmt: skip

    def _try_delete(self, resource: Resource, obj: JsonObject) -> None:
        try:
            self._store.delete(resource, obj["metadata"]["name"], obj["metadata"]["namespace"], _BACKGROUND)
        except ApiError:
            return  # another version of the same storage had it first


def _finalizer(obj: JsonObject) -> str | None:
    """Give the finalizer that the collector has to work off, if the object waits for it."""
    if "deletionTimestamp" not in obj["metadata"]:
        return None
    finalizers = obj["metadata"].get("finalizers") or ()
    return next((each for each in (FOREGROUND, ORPHAN) if each in finalizers), None)
