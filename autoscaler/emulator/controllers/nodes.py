"""Machines, and the scheduler that puts pods on them.

Every node is of one shape and stays healthy; a pod goes to the node that has the most cpu left, then the most pods.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from autoscaler.config.go_time import format_time
from autoscaler.emulator.builtin import NODES, PODS
from autoscaler.emulator.controllers import conditions, pods
from autoscaler.emulator.controllers.recorder import Recorder
from autoscaler.emulator.controllers.writing import Writer
from autoscaler.emulator.store import ObjectStore
from autoscaler.model.json_types import JsonObject
from autoscaler.model.quantity import Quantity

KUBELET: Final = "v1.36.2"
_NOT_READY: Final = "node.kubernetes.io/not-ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What one node offers: cores, memory [GiB], pods."""

    cores: int = 16
    memory_gib: int = 64
    pods: int = 110


DEFAULT_SHAPE: Final = Shape()


@dataclass(slots=True)
class Room:
    """What is left on a node: cpu [millicores], memory [bytes], pods."""

    cpu: int
    memory: int
    pods: int

    def lacks(self, cpu: int, memory: int) -> list[str]:
        """Name what a pod would want more of than is left, in the scheduler's words."""
        return [
            text
            for text, missing in (
                ("Insufficient cpu", cpu > self.cpu),
                ("Insufficient memory", memory > self.memory),
                ("Too many pods", self.pods < 1),
            )
            if missing
        ]


def add_node(store: ObjectStore, name: str, shape: Shape) -> None:
    """Register a node that is ready at once."""
    labels = {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": f"emulated-{shape.cores}",
        "topology.kubernetes.io/zone": "local",
    }
    node = store.create(NODES, {"metadata": {"name": name, "labels": labels}, "spec": {}})
    taints = [taint for taint in node["spec"].get("taints") or [] if taint["key"] != _NOT_READY]
    spec = {key: value for key, value in node["spec"].items() if key != "taints"} | (
        {"taints": taints} if taints else {}
    )
    store.change(NODES, name, "", lambda live: live | {"spec": spec})
    status = _node_status(name, shape, format_time(store.clock()))
    store.change(NODES, name, "", lambda live: live | {"status": status}, subresource="status")


class Scheduler:
    """Binds pods to nodes, as far as there is room."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._writer = Writer(store, "kube-scheduler")
        self._events = Recorder(store, "default-scheduler")

    def schedule(self, waiting: list[JsonObject]) -> None:
        """Bind each of the pods, or say why it cannot be."""
        if not waiting:
            return
        rooms = self._rooms()
        for pod in waiting:
            cpu, memory = requests(pod)
            fitting = {name: room for name, room in rooms.items() if not room.lacks(cpu, memory)}
            if not fitting:
                self._refuse(pod, rooms, cpu, memory)
                continue
            chosen = max(fitting, key=lambda name: (fitting[name].cpu, fitting[name].pods))
            rooms[chosen].cpu -= cpu
            rooms[chosen].memory -= memory
            rooms[chosen].pods -= 1
            self._bind(pod, chosen)

    def _rooms(self) -> dict[str, Room]:
        rooms = {}
        for node in self._store.items(NODES):
            if node["spec"].get("unschedulable") or not conditions.holds(node, "Ready"):
                continue
            offer = node["status"]["allocatable"]
            rooms[node["metadata"]["name"]] = Room(
                cpu=Quantity.parse(offer["cpu"]).milli(),
                memory=Quantity.parse(offer["memory"]).value(),
                pods=Quantity.parse(offer["pods"]).value(),
            )
        for pod in self._store.items(PODS):
            room = rooms.get(pod["spec"].get("nodeName", ""))
            if room is not None and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed"):
                cpu, memory = requests(pod)
                room.cpu -= cpu
                room.memory -= memory
                room.pods -= 1
        return rooms

    def _bind(self, pod: JsonObject, node: str) -> None:
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        now = format_time(self._store.clock())
        self._writer.change(PODS, pod, lambda live: live | {"spec": live["spec"] | {"nodeName": node}}, "binding")
        bound = {"type": "PodScheduled", "status": "True"}
        stored = self._write_condition(pod, bound, now)
        self._events.record(stored, "Scheduled", f"Successfully assigned {namespace}/{name} to {node}")

    def _refuse(self, pod: JsonObject, rooms: dict[str, Room], cpu: int, memory: int) -> None:
        reasons: dict[str, int] = {}
        for room in rooms.values():
            for reason in room.lacks(cpu, memory):
                reasons[reason] = reasons.get(reason, 0) + 1
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items())) or "no nodes available"
        message = f"0/{len(rooms)} nodes are available: {why}."
        refused = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        old = conditions.find(pod, "PodScheduled")
        if old is None or old.get("message") != message:
            stored = self._write_condition(pod, refused, format_time(self._store.clock()))
            self._events.record(stored, "FailedScheduling", message, type_="Warning")

    def _write_condition(self, pod: JsonObject, condition: JsonObject, now: str) -> JsonObject:
        def with_condition(live: JsonObject) -> JsonObject:
            status = live.get("status") or {}
            return live | {
                "status": status | {"conditions": conditions.merged(status.get("conditions") or [], condition, now)}
            }

        return self._writer.change(PODS, pod, with_condition, "status")


def requests(pod: JsonObject) -> tuple[int, int]:
    """Give what a pod asks for: cpu [millicores] and memory [bytes], summed over its containers."""
    wanted = [(container.get("resources") or {}).get("requests") or {} for container in pod["spec"]["containers"]]
    cpu = sum(Quantity.parse(str(each.get("cpu", 0))).milli() for each in wanted)
    return cpu, sum(Quantity.parse(str(each.get("memory", 0))).value() for each in wanted)


def is_waiting(pod: JsonObject) -> bool:
    """Tell whether the scheduler has to find a node for the pod."""
    return not pod["spec"].get("nodeName") and pods.is_active(pod)


def _node_status(name: str, shape: Shape, now: str) -> JsonObject:
    offer = {"cpu": str(shape.cores), "memory": f"{shape.memory_gib}Gi", "pods": str(shape.pods)}
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status"}
    return {
        "capacity": offer,
        "allocatable": offer,
        "conditions": [ready | {"lastHeartbeatTime": now, "lastTransitionTime": now}],
        "addresses": [{"type": "Hostname", "address": name}],
        "nodeInfo": {
            "kubeletVersion": KUBELET,
            "osImage": "emulated",
            "kernelVersion": "emulated",
            "containerRuntimeVersion": "emulated://1",
            "architecture": "amd64",
            "operatingSystem": "linux",
            "kubeProxyVersion": "",
            "machineID": "",
            "systemUUID": "",
            "bootID": "",
        },
    }
