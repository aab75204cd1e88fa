"""The kubelets of all nodes in one: they start bound pods, report how far these are, and let dying ones go.

Source: kubernetes pkg/kubelet/status/generate.go (conditions), pkg/kubelet/kubelet_pods.go (phases).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import Final

from autoscaler.config.go_time import format_time
from autoscaler.emulator.builtin import PODS
from autoscaler.emulator.controllers import conditions, pods
from autoscaler.emulator.controllers.recorder import Recorder
from autoscaler.emulator.controllers.runtime import Life, Runtime
from autoscaler.emulator.controllers.writing import Writer
from autoscaler.emulator.deletion import DeleteOptions
from autoscaler.emulator.storage import Change
from autoscaler.emulator.store import ObjectStore
from autoscaler.model.json_types import JsonObject
from autoscaler.model.time import SECOND, Instant

_FIRST_ADDRESS: Final = int(IPv4Address("10.244.0.2"))
_NOW: Final = DeleteOptions(grace_period_seconds=0)

FindRuntime = Callable[[JsonObject], Runtime]


class Kubelet:
    """Runs pods. ``runtime_of`` finds what a pod runs on; only pods that are on the move cost anything."""

    def __init__(self, store: ObjectStore, runtime_of: FindRuntime) -> None:
        self._store = store
        self._runtime_of = runtime_of
        self._writer = Writer(store, "kubelet")
        self._events = Recorder(store, "kubelet")
        self._moving: dict[str, tuple[str, str]] = {}  # uid -> namespace and name
        self._started: dict[str, Runtime] = {}  # by uid
        self._addresses = 0
        store.subscribe(PODS, self._changed)

    def advance(self, to: Instant) -> None:
        """Bring the status of every pod on the move up to the instant."""
        for uid, (namespace, name) in list(self._moving.items()):
            pod = self._store.find(PODS, name, namespace)
            if pod is None or pod["metadata"]["uid"] != uid:
                self._moving.pop(uid, None)
                continue
            self._advance_pod(uid, pod, to)

    def _changed(self, change: Change) -> None:
        if change.new is None:
            if change.old is not None:
                self._removed(change.old)
            return
        metadata = change.new["metadata"]
        if change.new["spec"].get("nodeName") and (not pods.is_ready(change.new) or "deletionTimestamp" in metadata):
            self._moving[metadata["uid"]] = metadata["namespace"], metadata["name"]

    def _removed(self, pod: JsonObject) -> None:
        """Stop what a pod ran that was removed without asking, as a forced delete does."""
        uid = pod["metadata"]["uid"]
        self._moving.pop(uid, None)
        if (runtime := self._started.pop(uid, None)) is not None:
            runtime.stop(pod["metadata"]["name"], _instant(self._store.clock()))

    def _advance_pod(self, uid: str, pod: JsonObject, to: Instant) -> None:
        name = pod["metadata"]["name"]
        runtime = self._started.get(uid)
        if "deletionTimestamp" in pod["metadata"]:
            self._let_go(uid, pod, runtime, to)
            return
        if runtime is None:
            runtime = self._started[uid] = self._runtime_of(pod)
            runtime.start(name, to)
        life = runtime.life(name, to)
        status = self._status(pod, life, to)
        if status != pod.get("status"):
            self._report(pod, status)
        if life.ready_at is not None:
            self._moving.pop(uid, None)

    def _let_go(self, uid: str, pod: JsonObject, runtime: Runtime | None, to: Instant) -> None:
        """End the containers first, then remove the pod from the API."""
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        if runtime is not None:
            if not self._is_told_to_stop(pod):
                runtime.stop(name, to)
                self._events.record(pod, "Killing", f"Stopping container {pod['spec']['containers'][0]['name']}")
                self._report(pod, _stopping(pod, format_time(self._store.clock())))
            if not runtime.life(name, to).gone:
                return
        self._started.pop(uid, None)
        self._moving.pop(uid, None)
        self._store.delete(PODS, name, namespace, _NOW)

    def _is_told_to_stop(self, pod: JsonObject) -> bool:
        ready = conditions.find(pod, "Ready")
        return ready is not None and ready.get("reason") == "PodTerminating"

    def _status(self, pod: JsonObject, life: Life, to: Instant) -> JsonObject:
        old = pod.get("status") or {}
        status = old | {"phase": "Pending" if life.running_at is None else "Running"}
        status.setdefault("startTime", _print(to))
        status.setdefault("qosClass", "Burstable")
        if life.running_at is not None and "podIP" not in status:
            self._addresses += 1
            address = str(IPv4Address(_FIRST_ADDRESS + self._addresses % 0xFFFF))
            status |= {"podIP": address, "podIPs": [{"ip": address}], "hostIP": "127.0.0.1"}
        status["conditions"] = _conditions(old.get("conditions") or [], life, status["startTime"])
        status["containerStatuses"] = [_container(each, life) for each in pod["spec"]["containers"]]
        return status

    def _report(self, pod: JsonObject, status: JsonObject) -> None:
        before = (pod.get("status") or {}).get("phase")
        written = self._writer.set_status(PODS, pod, status)
        if before != "Running" and status["phase"] == "Running":
            for container in pod["spec"]["containers"]:
                self._events.record(written, "Started", f"Container started: {container['name']}")


def _conditions(old: list[JsonObject], life: Life, started: str) -> list[JsonObject]:
    containers = {"type": "ContainersReady", "status": "False", "reason": "ContainersNotReady"}
    ready = {"type": "Ready", "status": "False", "reason": "ContainersNotReady"}
    at = started
    if life.ready_at is not None:
        at = _print(life.ready_at)
        containers, ready = {"type": "ContainersReady", "status": "True"}, {"type": "Ready", "status": "True"}
    found = conditions.merged(old, {"type": "Initialized", "status": "True"}, started)
    found = conditions.merged(found, ready, at)
    return conditions.merged(found, containers, at)


def _container(container: JsonObject, life: Life) -> JsonObject:
    state: JsonObject = {"waiting": {"reason": "ContainerCreating"}}
    if life.running_at is not None:
        state = {"running": {"startedAt": _print(life.running_at)}}
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": life.ready_at is not None,
        "started": life.running_at is not None,
        "restartCount": 0,
        "lastState": {},
        "state": state,
    }


def _stopping(pod: JsonObject, now: str) -> JsonObject:
    """Give the status of a pod that is ending: out of rotation from the start."""
    status = pod.get("status") or {}
    unready = {"type": "Ready", "status": "False", "reason": "PodTerminating"}
    containers = [each | {"ready": False} for each in status.get("containerStatuses") or []]
    return status | {
        "conditions": conditions.merged(status.get("conditions") or [], unready, now),
        "containerStatuses": containers,
    }


def _print(at: Instant) -> str:
    return format_time(datetime.fromtimestamp(at / SECOND, UTC))


def _instant(at: datetime) -> Instant:
    return round(at.timestamp() * 1_000_000) * 1000
