"""The stateful set controller: pods with fixed names, made in order, taken away from the highest.

Source: kubernetes pkg/controller/statefulset/stateful_set_control.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from autoscaler.emulator.builtin import PODS, STATEFULSETS
from autoscaler.emulator.controllers import naming, pods
from autoscaler.emulator.controllers.index import Owned
from autoscaler.emulator.controllers.recorder import Recorder
from autoscaler.emulator.controllers.writing import MANAGER, Writer
from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.store import ObjectStore
from autoscaler.model.json_types import JsonObject

REVISION_LABEL: Final = "controller-revision-hash"


class StatefulSetController:
    """Makes, replaces and deletes the pods of stateful sets and keeps their status."""

    def __init__(self, store: ObjectStore, owned: Owned) -> None:
        self._store = store
        self._owned = owned
        self._writer = Writer(store, MANAGER)
        self._events = Recorder(store, "statefulset-controller")

    def reconcile(self, namespace: str, name: str) -> None:
        """Bring one stateful set nearer to its spec; nothing happens if it is gone."""
        stateful_set = self._store.find(STATEFULSETS, name, namespace)
        if stateful_set is None:
            return
        if "deletionTimestamp" not in stateful_set["metadata"]:
            self._manage(stateful_set, self._by_ordinal(stateful_set))
        self._write_status(stateful_set, self._by_ordinal(stateful_set))

    def _by_ordinal(self, stateful_set: JsonObject) -> dict[int, JsonObject]:
        prefix = f"{stateful_set['metadata']['name']}-"
        found = {}
        for pod in self._owned.pods(stateful_set):
            ordinal = pod["metadata"]["name"].removeprefix(prefix)
            if ordinal.isdigit():
                found[int(ordinal)] = pod
        return dict(sorted(found.items()))

    def _manage(self, stateful_set: JsonObject, present: Mapping[int, JsonObject]) -> None:
        """Make missing pods, take surplus ones away, replace outdated ones; ordered sets one pod at a time."""
        spec = stateful_set["spec"]
        in_order = spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
        for ordinal in range(spec["replicas"]):
            pod = present.get(ordinal)
            if pod is None and not self._make(stateful_set, ordinal):
                return
            if in_order and (pod is None or not pods.is_active(pod) or not pods.is_ready(pod)):
                return
        for ordinal, pod in reversed(list(present.items())):
            if ordinal < spec["replicas"]:
                break
            if pods.is_active(pod):
                self._delete(stateful_set, pod)
            if in_order:
                return
        self._replace_outdated(stateful_set, present)

    def _replace_outdated(self, stateful_set: JsonObject, present: Mapping[int, JsonObject]) -> None:
        """Delete the highest pod of an older template, once every pod above it is ready again."""
        strategy = stateful_set["spec"].get("updateStrategy") or {}
        if strategy.get("type", "RollingUpdate") != "RollingUpdate":
            return
        partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
        for ordinal, pod in reversed(list(present.items())):
            if ordinal < partition or not pods.is_active(pod):
                return
            if pod["metadata"]["labels"].get(REVISION_LABEL) != _revision(stateful_set):
                self._delete(stateful_set, pod)
                return
            if not pods.is_ready(pod):
                return

    def _make(self, stateful_set: JsonObject, ordinal: int) -> bool:
        name = f"{stateful_set['metadata']['name']}-{ordinal}"
        labels = {
            REVISION_LABEL: _revision(stateful_set),
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(ordinal),
        }
        template = naming.with_labels(stateful_set["spec"]["template"], labels)
        owner = stateful_set["metadata"]["name"]
        try:
            self._writer.create(PODS, pods.from_template(stateful_set, template, name=name))
        except ApiError as error:
            message = f"create Pod {name} in StatefulSet {owner} failed error: {error}"
            self._events.record(stateful_set, "FailedCreate", message, type_="Warning")
            return False
        self._events.record(stateful_set, "SuccessfulCreate", f"create Pod {name} in StatefulSet {owner} successful")
        return True

    def _delete(self, stateful_set: JsonObject, pod: JsonObject) -> None:
        name = pod["metadata"]["name"]
        self._store.delete(PODS, name, pod["metadata"]["namespace"])
        owner = stateful_set["metadata"]["name"]
        self._events.record(stateful_set, "SuccessfulDelete", f"delete Pod {name} in StatefulSet {owner} successful")

    def _write_status(self, stateful_set: JsonObject, present: Mapping[int, JsonObject]) -> None:
        metadata = stateful_set["metadata"]
        revision = _revision(stateful_set)
        active = [pod for pod in present.values() if pods.is_active(pod)]
        ready = sum(pods.is_ready(pod) for pod in active)
        updated = sum(pod["metadata"]["labels"].get(REVISION_LABEL) == revision for pod in active)
        old = stateful_set.get("status") or {}
        finished = updated == len(active) == stateful_set["spec"]["replicas"] == ready
        counts = {"readyReplicas": ready, "currentReplicas": len(active), "updatedReplicas": updated}
        status = {
            "replicas": len(present),
            **{key: count for key, count in counts.items() if count},
            "availableReplicas": ready,
            "observedGeneration": metadata["generation"],
            "currentRevision": revision if finished else old.get("currentRevision", revision),
            "updateRevision": revision,
            "collisionCount": 0,
        }
        if status != old:
            self._writer.set_status(STATEFULSETS, stateful_set, status)


def _revision(stateful_set: JsonObject) -> str:
    return f"{stateful_set['metadata']['name']}-{naming.template_hash(stateful_set['spec']['template'])}"
