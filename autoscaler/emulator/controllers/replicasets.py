"""The replica set controller: as many pods as asked for, no more, no fewer.

Source: kubernetes pkg/controller/replicaset/replica_set.go, replica_set_utils.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autoscaler.config.go_time import format_time
from autoscaler.emulator.builtin import PODS, REPLICASETS
from autoscaler.emulator.controllers import conditions, pods
from autoscaler.emulator.controllers.index import Owned
from autoscaler.emulator.controllers.recorder import Recorder
from autoscaler.emulator.controllers.writing import MANAGER, Writer
from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.store import ObjectStore
from autoscaler.model.json_types import JsonObject

BURST: Final = 500  #: most pods made or deleted in one go, as upstream


class ReplicaSetController:
    """Makes and deletes pods of replica sets and keeps their status."""

    def __init__(self, store: ObjectStore, owned: Owned) -> None:
        self._store = store
        self._owned = owned
        self._writer = Writer(store, MANAGER)
        self._events = Recorder(store, "replicaset-controller")

    def reconcile(self, namespace: str, name: str) -> None:
        """Bring one replica set nearer to its spec; nothing happens if it is gone."""
        replica_set = self._store.find(REPLICASETS, name, namespace)
        if replica_set is None:
            return
        active = [pod for pod in self._owned.pods(replica_set) if pods.is_active(pod)]
        failure = None
        if "deletionTimestamp" not in replica_set["metadata"]:
            failure = self._manage(replica_set, active)
            active = [pod for pod in self._owned.pods(replica_set) if pods.is_active(pod)]
        self._write_status(replica_set, active, failure)

    def _manage(self, replica_set: JsonObject, active: Sequence[JsonObject]) -> str | None:
        """Create or delete the difference; gives why creating failed, if it did."""
        missing = replica_set["spec"]["replicas"] - len(active)
        for pod in pods.first_to_go(active, min(-missing, BURST)) if missing < 0 else ():
            self._store.delete(PODS, pod["metadata"]["name"], pod["metadata"]["namespace"])
            self._events.record(replica_set, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")
        for _ in range(min(missing, BURST)):
            try:
                made = self._writer.create(PODS, pods.from_template(replica_set, replica_set["spec"]["template"]))
            except ApiError as error:
                self._events.record(replica_set, "FailedCreate", f"Error creating: {error}", type_="Warning")
                return str(error)
            self._events.record(replica_set, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")
        return None

    def _write_status(self, replica_set: JsonObject, active: Sequence[JsonObject], failure: str | None) -> None:
        ready = sum(pods.is_ready(pod) for pod in active)
        old = replica_set.get("status") or {}
        counts = {
            "replicas": len(active),
            "fullyLabeledReplicas": len(active),
            "readyReplicas": ready,
            "availableReplicas": ready,
        }
        status: JsonObject = {"replicas": len(active)} | {key: count for key, count in counts.items() if count}
        status["observedGeneration"] = replica_set["metadata"]["generation"]
        if found := self._conditions(old.get("conditions") or [], failure):
            status["conditions"] = found
        if status != old:
            self._writer.set_status(REPLICASETS, replica_set, status)

    def _conditions(self, old: list[JsonObject], failure: str | None) -> list[JsonObject]:
        if failure is None:
            return [condition for condition in old if condition["type"] != "ReplicaFailure"]
        failed = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": failure}
        return conditions.merged(old, failed, format_time(self._store.clock()))
