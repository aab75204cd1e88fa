"""Pods in tables: the one word that says how a pod is doing.

Source: kubernetes pkg/printers/internalversion/printers.go, printPod.
"""

from dataclasses import dataclass
from datetime import datetime

from autoscaler.emulator.printing.ages import age
from autoscaler.emulator.printing.columns import (
    AGE,
    NAME,
    Column,
    Printer,
    condition_of,
    created,
    name_of,
    or_none,
    wide,
)
from autoscaler.model.json_types import JsonObject, JsonValue

_TERMINAL_PHASES = frozenset({"Succeeded", "Failed"})
_NODE_LOST = "NodeLost"


@dataclass(slots=True)
class _Tally:
    """What is counted over the containers."""

    reason: str
    ready: int = 0
    restarts: int = 0
    last_restart: str = ""

    def count(self, status: JsonObject) -> None:
        self.restarts += status.get("restartCount", 0)
        finished = status.get("lastState", {}).get("terminated", {}).get("finishedAt") or ""
        self.last_restart = max(self.last_restart, finished)


def _pod(pod: JsonObject, now: datetime) -> list[JsonValue]:
    spec, status = pod.get("spec", {}), pod.get("status", {})
    tally = _tally(pod)
    total = len(spec.get("containers") or ()) + len(_sidecars(pod))
    addresses = status.get("podIPs") or [{"ip": status.get("podIP", "")}]
    return [
        name_of(pod),
        f"{tally.ready}/{total}",
        _word(pod, tally.reason),
        _restarts(tally, now),
        age(created(pod), now),
        or_none(addresses[0].get("ip")),
        or_none(spec.get("nodeName")),
        or_none(status.get("nominatedNodeName")),
        _readiness_gates(pod),
    ]


def _tally(pod: JsonObject) -> _Tally:
    status = pod.get("status", {})
    tally = _Tally(status.get("reason") or status.get("phase", ""))
    scheduled = condition_of(pod, "PodScheduled")
    if scheduled is not None and scheduled.get("reason") == "SchedulingGated":
        tally.reason = "SchedulingGated"
    initializing = _count_init_containers(pod, tally)
    initialized = condition_of(pod, "Initialized")
    if not initializing or (initialized is not None and initialized.get("status") == "True"):
        _count_containers(pod, tally)
    return tally


def _sidecars(pod: JsonObject) -> frozenset[str]:
    """Init containers that keep running."""
    init = pod.get("spec", {}).get("initContainers") or ()
    return frozenset(container.get("name", "") for container in init if container.get("restartPolicy") == "Always")


def _count_init_containers(pod: JsonObject, tally: _Tally) -> bool:
    """Whether an init container still holds the pod back; its state becomes the reason."""
    sidecars = _sidecars(pod)
    total = len(pod.get("spec", {}).get("initContainers") or ())
    for index, status in enumerate(pod.get("status", {}).get("initContainerStatuses") or ()):
        tally.count(status)
        terminated = status.get("state", {}).get("terminated")
        waiting = status.get("state", {}).get("waiting", {}).get("reason", "")
        if terminated is not None and terminated.get("exitCode", 0) == 0:
            continue
        if status.get("name") in sidecars and status.get("started"):
            tally.ready += bool(status.get("ready"))
            continue
        if terminated is not None:
            tally.reason = f"Init:{_ending(terminated)}"
        elif waiting and waiting != "PodInitializing":
            tally.reason = f"Init:{waiting}"
        else:
            tally.reason = f"Init:{index}/{total}"
        return True
    return False


def _count_containers(pod: JsonObject, tally: _Tally) -> None:
    sidecars = _sidecars(pod)
    status = pod.get("status", {})
    tally.restarts, tally.last_restart = 0, ""
    for sidecar in status.get("initContainerStatuses") or ():
        if sidecar.get("name") in sidecars:
            tally.count(sidecar)
    has_running = False
    for container in reversed(status.get("containerStatuses") or ()):
        tally.count(container)
        state = container.get("state", {})
        if state.get("waiting", {}).get("reason"):
            tally.reason = state["waiting"]["reason"]
        elif state.get("terminated") is not None:
            tally.reason = _ending(state["terminated"])
        elif container.get("ready") and state.get("running") is not None:
            has_running = True
            tally.ready += 1
    if tally.reason == "Completed" and has_running:
        ready = condition_of(pod, "Ready")
        tally.reason = "Running" if ready is not None and ready.get("status") == "True" else "NotReady"


def _ending(terminated: JsonObject) -> str:
    """How a container ended: its reason, else its signal or exit code."""
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _word(pod: JsonObject, reason: str) -> str:
    status = pod.get("status", {})
    if not pod.get("metadata", {}).get("deletionTimestamp"):
        return reason
    if status.get("reason") == _NODE_LOST:
        return "Unknown"
    return reason if status.get("phase") in _TERMINAL_PHASES else "Terminating"


def _restarts(tally: _Tally, now: datetime) -> str:
    if tally.restarts and tally.last_restart:
        return f"{tally.restarts} ({age(tally.last_restart, now)} ago)"
    return str(tally.restarts)


def _readiness_gates(pod: JsonObject) -> str:
    gates = pod.get("spec", {}).get("readinessGates") or ()
    if not gates:
        return "<none>"
    conditions = [condition_of(pod, gate.get("conditionType", "")) for gate in gates]
    passed = sum(condition is not None and condition.get("status") == "True" for condition in conditions)
    return f"{passed}/{len(gates)}"


def _row_conditions(pod: JsonObject) -> list[JsonObject]:
    """Finished pods are marked, so that clients can hide them."""
    phase = pod.get("status", {}).get("phase")
    if phase not in _TERMINAL_PHASES:
        return []
    message = "The pod has completed successfully." if phase == "Succeeded" else "The pod failed."
    return [{"type": "Completed", "status": "True", "reason": phase, "message": message}]


POD = Printer(
    (
        NAME,
        Column("Ready"),
        Column("Status"),
        Column("Restarts"),
        AGE,
        wide("IP"),
        wide("Node"),
        wide("Nominated Node"),
        wide("Readiness Gates"),
    ),
    _pod,
    _row_conditions,
)
