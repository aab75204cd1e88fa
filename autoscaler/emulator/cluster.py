"""The emulated cluster: controllers, scheduler and kubelets over the object store, on one simulated clock.

Whoever changes an object through the API sees what a real cluster would do about it: a scaled deployment gets pods, a
deleted pod is replaced, a new image is rolled out. Workloads that the simulated world knows take their start-up times
and their use of cpu from there; all others are quiet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from autoscaler.emulator.builtin import DEPLOYMENTS, NODES, PODS, REPLICASETS, STATEFULSETS
from autoscaler.emulator.controllers.deployments import DeploymentController
from autoscaler.emulator.controllers.garbage import GarbageCollector, NamespaceController
from autoscaler.emulator.controllers.index import Owned
from autoscaler.emulator.controllers.kubelet import Kubelet
from autoscaler.emulator.controllers.naming import controller_of
from autoscaler.emulator.controllers.nodes import DEFAULT_SHAPE, Scheduler, Shape, add_node, is_waiting
from autoscaler.emulator.controllers.recorder import expire_events
from autoscaler.emulator.controllers.replicasets import ReplicaSetController
from autoscaler.emulator.controllers.runtime import QuietRuntime, Runtime
from autoscaler.emulator.controllers.statefulsets import StatefulSetController
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.storage import Change
from autoscaler.emulator.store import ObjectStore
from autoscaler.emulator.world_runtime import WorldRuntime
from autoscaler.model.json_types import JsonObject
from autoscaler.model.time import MINUTE, Instant
from autoscaler.simulator.world import World

MOST_ROUNDS: Final = 200  #: of reconciling until nothing changes; more would be two controllers in a quarrel
_EXPIRY_INTERVAL: Final = 5 * MINUTE

_Place = tuple[str, str]
Reconcile = Callable[[str, str], None]


class EmulatedCluster:
    """Everything between the object store and the simulated world. ``advance`` is all there is to call."""

    def __init__(self, store: ObjectStore, world: World, *, nodes: int = 3, shape: Shape = DEFAULT_SHAPE) -> None:
        self._store = store
        self._world = world
        self._quiet = QuietRuntime()
        self._owned = Owned(store)
        self._scheduler = Scheduler(store)
        self._collectors = (GarbageCollector(store), NamespaceController(store))
        self._kubelet = Kubelet(store, self._runtime_of)
        self._dirty: dict[str, dict[_Place, None]] = {kind: {} for kind in ("Deployment", "ReplicaSet", "StatefulSet")}
        self._reconcilers: dict[str, Reconcile] = {
            "Deployment": DeploymentController(store, self._owned).reconcile,
            "ReplicaSet": ReplicaSetController(store, self._owned).reconcile,
            "StatefulSet": StatefulSetController(store, self._owned).reconcile,
        }
        self._waiting: dict[str, _Place] = {}
        self._expired_at = world.now
        self._runtimes = {place: WorldRuntime(workload) for place, workload in world.workloads.items()}
        for resource in (DEPLOYMENTS, REPLICASETS, STATEFULSETS, PODS, NODES):
            self._follow(resource)
        for number in range(1, nodes + 1):
            add_node(store, f"node-{number}", shape)

    def advance(self, to: Instant) -> None:
        """Let everything happen that is due up to the instant; the store's clock must show it.

        Raises:
            ValueError: ``to`` is in the past.
        """
        self._world.advance(to)
        for _ in range(MOST_ROUNDS):
            self._kubelet.advance(to)
            if not self._reconcile():
                break
        if to - self._expired_at >= _EXPIRY_INTERVAL:
            self._expired_at = to
            expire_events(self._store)

    def _reconcile(self) -> bool:
        """Let every controller with something to do have one turn; tells whether there was one."""
        acted = False
        for kind, reconcile in self._reconcilers.items():
            dirty, self._dirty[kind] = self._dirty[kind], {}
            for namespace, name in dirty:
                reconcile(namespace, name)
                acted = True
        acted = self._schedule() or acted
        for collector in self._collectors:
            acted = collector.collect() or acted
        return acted

    def _schedule(self) -> bool:
        waiting, self._waiting = self._waiting, {}
        found = [self._store.find(PODS, name, namespace) for namespace, name in waiting.values()]
        self._scheduler.schedule([pod for pod in found if pod is not None and is_waiting(pod)])
        return bool(waiting)

    def _follow(self, resource: Resource) -> None:
        self._store.subscribe(resource, lambda change: self._changed(resource, change))
        for obj in self._store.items(resource):
            self._touch(resource, obj, created=True)

    def _changed(self, resource: Resource, change: Change) -> None:
        if change.new is not None:
            self._touch(resource, change.new, created=change.old is None)
        elif change.old is not None:
            self._touch(resource, change.old, created=False)
            if resource is PODS:
                self._pod_gone(change.old)

    def _touch(self, resource: Resource, obj: JsonObject, *, created: bool) -> None:
        """Mark for a visit what changed, and what controls it."""
        metadata = obj["metadata"]
        namespace = metadata.get("namespace", "")
        if resource is NODES:
            if created:
                self._wait_again()
            return
        if resource is PODS:
            if created and is_waiting(obj):
                self._waiting[metadata["uid"]] = namespace, metadata["name"]
        else:
            self._dirty[resource.kind][namespace, metadata["name"]] = None
        owner = controller_of(obj)
        if owner is not None and owner["kind"] in self._dirty:
            self._dirty[owner["kind"]][namespace, owner["name"]] = None

    def _pod_gone(self, pod: JsonObject) -> None:
        """Its deployment may have waited for that, and so may pods that need its room."""
        namespace, owner = pod["metadata"]["namespace"], controller_of(pod)
        if owner is not None and owner["kind"] == "ReplicaSet":
            replica_set = self._store.find(REPLICASETS, owner["name"], namespace)
            if replica_set is not None:
                self._touch(REPLICASETS, replica_set, created=False)
        if pod["spec"].get("nodeName"):
            self._wait_again()

    def _wait_again(self) -> None:
        """Look again at pods that found no room: there may be some now."""
        for pod in self._unscheduled():
            self._waiting[pod["metadata"]["uid"]] = pod["metadata"]["namespace"], pod["metadata"]["name"]

    def _unscheduled(self) -> Iterable[JsonObject]:
        return (pod for pod in self._store.items(PODS) if is_waiting(pod))

    def _runtime_of(self, pod: JsonObject) -> Runtime:
        """Find what runs the pod: the simulated service of its deployment, or nothing in particular."""
        namespace, owner = pod["metadata"]["namespace"], controller_of(pod)
        while owner is not None:
            if owner["kind"] in ("Deployment", "StatefulSet"):
                return self._runtimes.get((namespace, owner["name"]), self._quiet)
            replica_set = self._store.find(REPLICASETS, owner["name"], namespace)
            owner = controller_of(replica_set) if replica_set is not None else None
        return self._quiet
