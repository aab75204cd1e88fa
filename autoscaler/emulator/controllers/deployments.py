"""The deployment controller: one replica set for each pod template, replicas moved from old to new ones.

Source: kubernetes pkg/controller/deployment/deployment_controller.go, sync.go, progress.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from autoscaler.config.go_time import format_time
from autoscaler.emulator.builtin import DEPLOYMENTS, REPLICASETS
from autoscaler.emulator.controllers import naming
from autoscaler.emulator.controllers.deployment_status import deployment_status
from autoscaler.emulator.controllers.index import Owned
from autoscaler.emulator.controllers.recorder import Recorder
from autoscaler.emulator.controllers.writing import MANAGER, Writer
from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.store import ObjectStore
from autoscaler.model.json_types import JsonObject
from autoscaler.simulator import rollout

REVISION: Final = "deployment.kubernetes.io/revision"
DESIRED: Final = "deployment.kubernetes.io/desired-replicas"
MAXIMUM: Final = "deployment.kubernetes.io/max-replicas"


class DeploymentController:
    """Rolls deployments out and keeps their status."""

    def __init__(self, store: ObjectStore, owned: Owned) -> None:
        self._store = store
        self._owned = owned
        self._writer = Writer(store, MANAGER)
        self._events = Recorder(store, "deployment-controller")

    def reconcile(self, namespace: str, name: str) -> None:
        """Bring one deployment nearer to its spec; nothing happens if it is gone."""
        deployment = self._store.find(DEPLOYMENTS, name, namespace)
        if deployment is None:
            return
        if "deletionTimestamp" not in deployment["metadata"]:
            self._sync(deployment)
        self._write_status(namespace, name)

    def _sync(self, deployment: JsonObject) -> None:
        spec = deployment["spec"]
        new, old = self._sets(deployment)
        bounds = _bounds(spec)
        if new is None and not spec.get("paused"):
            new = self._make_set(deployment, old)
        active = [self._counts(each) for each in (new, *old) if each is not None and each["spec"]["replicas"]]
        if any(self._was_scaled(each, spec["replicas"]) for each in (new, *old) if each and each["spec"]["replicas"]):
            self._apply(deployment, rollout.share_out(spec["replicas"], bounds.surge if old else 0, active))
        elif new is not None and not spec.get("paused"):
            before = [self._counts(each) for each in old]
            if (spec.get("strategy") or {}).get("type") == "Recreate":
                self._apply(deployment, rollout.recreate(spec["replicas"], self._counts(new), before))
            else:
                self._apply(deployment, rollout.roll(spec["replicas"], bounds, self._counts(new), before))
            self._clean_up(deployment, old)

    def _sets(self, deployment: JsonObject) -> tuple[JsonObject | None, list[JsonObject]]:
        """Give the replica set of the present template, if there is one, and the others, oldest first."""
        wanted = naming.template_hash(deployment["spec"]["template"])
        sets = self._owned.replica_sets(deployment)
        new = next((each for each in sets if each["metadata"]["labels"].get(naming.HASH_LABEL) == wanted), None)
        old = [each for each in sets if each is not new]
        if new is not None:
            new = self._promote(deployment, new, old)
        return new, old

    def _promote(self, deployment: JsonObject, new: JsonObject, old: Sequence[JsonObject]) -> JsonObject:
        """Give a replica set that is in use again the newest revision number, as a rollback does."""
        newest = max((_revision(each) for each in old), default=0)
        if _revision(new) <= newest:
            new = self._annotate(new, {REVISION: str(newest + 1)})
        self._number(deployment, _revision(new))
        return new

    def _make_set(self, deployment: JsonObject, old: Sequence[JsonObject]) -> JsonObject | None:
        spec, metadata = deployment["spec"], deployment["metadata"]
        digest = {naming.HASH_LABEL: naming.template_hash(spec["template"])}
        template = naming.with_labels(spec["template"], digest)
        revision = max((_revision(each) for each in old), default=0) + 1
        selector = spec["selector"] | {"matchLabels": (spec["selector"].get("matchLabels") or {}) | digest}
        replicas = rollout.roll(spec["replicas"], _bounds(spec), _EMPTY, [self._counts(each) for each in old])
        recreates = (spec.get("strategy") or {}).get("type") == "Recreate" and any(
            self._counts(each).existing for each in old
        )
        first = 0 if recreates else replicas.get(_EMPTY.name, 0)
        made: JsonObject = {
            "metadata": {
                "name": f"{metadata['name']}-{digest[naming.HASH_LABEL]}",
                "namespace": metadata["namespace"],
                "labels": template["metadata"]["labels"],
                "annotations": _notes(spec) | {REVISION: str(revision)},
                "ownerReferences": [naming.owner_reference(deployment)],
            },
            "spec": {"replicas": first, "selector": selector, "template": template},
        }
        try:
            stored = self._writer.create(REPLICASETS, made)
        except ApiError as error:
            self._events.record(
                deployment, "ReplicaSetCreateError", f"Failed to create new replica set: {error}", type_="Warning"
            )
            return None
        self._number(deployment, revision)
        if first:
            self._say(deployment, stored, 0)
        return stored

    def _apply(self, deployment: JsonObject, targets: Mapping[str, int]) -> None:
        notes = _notes(deployment["spec"])
        for replica_set in self._owned.replica_sets(deployment):
            name, before = replica_set["metadata"]["name"], replica_set["spec"]["replicas"]
            after = targets.get(name, before)
            annotations = (replica_set["metadata"].get("annotations") or {}) | (notes if after else {})
            metadata = replica_set["metadata"] | {"annotations": annotations}
            spec = replica_set["spec"] | {"replicas": after}
            scaled = replica_set | {"metadata": metadata, "spec": spec}
            written = replica_set if scaled == replica_set else self._writer.replace(REPLICASETS, scaled)
            if after != before:
                self._say(deployment, written, before)

    def _say(self, deployment: JsonObject, replica_set: JsonObject, before: int) -> None:
        after = replica_set["spec"]["replicas"]
        way = "up" if after > before else "down"
        name = replica_set["metadata"]["name"]
        self._events.record(
            deployment, "ScalingReplicaSet", f"Scaled {way} replica set {name} from {before} to {after}"
        )

    def _counts(self, replica_set: JsonObject) -> rollout.Set:
        """Count a replica set's pods; those on their way out still exist."""
        return rollout.Set(
            name=replica_set["metadata"]["name"],
            replicas=replica_set["spec"]["replicas"],
            existing=len(self._owned.pods(replica_set)),
            available=(replica_set.get("status") or {}).get("availableReplicas", 0),
        )

    def _was_scaled(self, replica_set: JsonObject, wanted: int) -> bool:
        """Tell whether the deployment's number changed since the replica set last heard of it."""
        return (replica_set["metadata"].get("annotations") or {}).get(DESIRED) not in (None, str(wanted))

    def _clean_up(self, deployment: JsonObject, old: Sequence[JsonObject]) -> None:
        """Delete the oldest replica sets without pods beyond the history that is to be kept."""
        idle = [each for each in old if not each["spec"]["replicas"] and not self._counts(each).existing]
        surplus = max(0, len(idle) - deployment["spec"].get("revisionHistoryLimit", 10))
        for replica_set in sorted(idle, key=_revision)[:surplus]:
            self._store.delete(REPLICASETS, replica_set["metadata"]["name"], replica_set["metadata"]["namespace"])

    def _number(self, deployment: JsonObject, revision: int) -> None:
        annotations = deployment["metadata"].get("annotations") or {}
        if annotations.get(REVISION) != str(revision):
            noted = {REVISION: str(revision)}
            # Through the status, as upstream does: it is no new generation.
            self._writer.change(DEPLOYMENTS, deployment, lambda live: _annotated(live, noted), "status")

    def _annotate(self, replica_set: JsonObject, notes: dict[str, str]) -> JsonObject:
        return self._writer.replace(REPLICASETS, _annotated(replica_set, notes))

    def _write_status(self, namespace: str, name: str) -> None:
        deployment = self._store.get(DEPLOYMENTS, name, namespace)
        new, old = self._sets(deployment)
        status = deployment_status(deployment, new, old, format_time(self._store.clock()))
        if status != deployment.get("status"):
            self._writer.set_status(DEPLOYMENTS, deployment, status)


_EMPTY: Final = rollout.Set(name="", replicas=0, existing=0, available=0)


def _bounds(spec: JsonObject) -> rollout.Limits:
    rolling = (spec.get("strategy") or {}).get("rollingUpdate") or {}
    return rollout.limits(rolling.get("maxSurge", "25%"), rolling.get("maxUnavailable", "25%"), spec["replicas"])


def _notes(spec: JsonObject) -> dict[str, str]:
    return {DESIRED: str(spec["replicas"]), MAXIMUM: str(spec["replicas"] + _bounds(spec).surge)}


def _annotated(obj: JsonObject, notes: dict[str, str]) -> JsonObject:
    metadata = obj["metadata"]
    return obj | {"metadata": metadata | {"annotations": (metadata.get("annotations") or {}) | notes}}


def _revision(replica_set: JsonObject) -> int:
    return int((replica_set["metadata"].get("annotations") or {}).get(REVISION, 0))
