"""Nodes, namespaces, events, leases and API services in tables.

Source: kubernetes pkg/printers/internalversion/printers.go; kube-aggregator pkg/registry/apiservice/etcd/etcd.go.
"""

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

_ROLE_PREFIX = "node-role.kubernetes.io/"
_ROLE_LABEL = "kubernetes.io/role"


def _node(node: JsonObject, now: datetime) -> list[JsonValue]:
    info = node.get("status", {}).get("nodeInfo", {})
    kernel, architecture = info.get("kernelVersion", ""), info.get("architecture", "")
    return [
        name_of(node),
        _node_status(node),
        ",".join(_roles(node)) or "<none>",
        age(created(node), now),
        info.get("kubeletVersion", ""),
        _address(node, "InternalIP"),
        _address(node, "ExternalIP"),
        info.get("osImage") or "<unknown>",
        (f"{kernel} ({architecture})" if architecture else kernel) if kernel else "<unknown>",
        info.get("containerRuntimeVersion") or "<unknown>",
    ]


def _node_status(node: JsonObject) -> str:
    ready = condition_of(node, "Ready")
    word = "Unknown" if ready is None else "Ready" if ready.get("status") == "True" else "NotReady"
    return f"{word},SchedulingDisabled" if node.get("spec", {}).get("unschedulable") else word


def _roles(node: JsonObject) -> list[str]:
    labels = node.get("metadata", {}).get("labels") or {}
    roles = {label.removeprefix(_ROLE_PREFIX) for label in labels if label.startswith(_ROLE_PREFIX)}
    return sorted({role for role in {*roles, labels.get(_ROLE_LABEL, "")} if role})


def _address(node: JsonObject, kind: str) -> str:
    addresses = node.get("status", {}).get("addresses") or ()
    return next((entry.get("address", "") for entry in addresses if entry.get("type") == kind), "<none>")


def _namespace(namespace: JsonObject, now: datetime) -> list[JsonValue]:
    return [name_of(namespace), namespace.get("status", {}).get("phase", ""), age(created(namespace), now)]


def _event(event: JsonObject, now: datetime) -> list[JsonValue]:
    """Cells of a core/v1 event; events.k8s.io objects are converted before."""
    involved, series = event.get("involvedObject", {}), event.get("series")
    first = age(event.get("firstTimestamp") or event.get("eventTime"), now)
    last = age(event["lastTimestamp"], now) if event.get("lastTimestamp") else first
    count = event.get("count") or 1
    if series is not None:
        last, count = age(series.get("lastObservedTime"), now), series.get("count", 0)
    target = involved.get("kind", "").lower()
    return [
        last,
        event.get("type", ""),
        event.get("reason", ""),
        f"{target}/{involved['name']}" if involved.get("name") else target,
        involved.get("fieldPath", ""),
        _event_source(event),
        event.get("message", "").strip(),
        first,
        count,
        name_of(event),
    ]


def _event_source(event: JsonObject) -> str:
    source = event.get("source") or {}
    component = source.get("component") or event.get("reportingComponent", "")
    instance = source.get("host") or event.get("reportingInstance", "")
    return f"{component}, {instance}" if instance else component


def _lease(lease: JsonObject, now: datetime) -> list[JsonValue]:
    return [name_of(lease), lease.get("spec", {}).get("holderIdentity", ""), age(created(lease), now)]


def _api_service(service: JsonObject, now: datetime) -> list[JsonValue]:
    reference = service.get("spec", {}).get("service")
    available = condition_of(service, "Available") or {"status": "Unknown"}
    status = available.get("status", "")
    return [
        name_of(service),
        f"{reference.get('namespace', '')}/{reference.get('name', '')}" if reference else "Local",
        status if status in {"True", "Unknown"} else f"{status} ({or_none(available.get('reason'))})",
        age(created(service), now),
    ]


NODE = Printer(
    (
        NAME,
        Column("Status"),
        Column("Roles"),
        AGE,
        Column("Version"),
        wide("Internal-IP"),
        wide("External-IP"),
        wide("OS-Image"),
        wide("Kernel-Version"),
        wide("Container-Runtime"),
    ),
    _node,
)
NAMESPACE = Printer((NAME, Column("Status"), AGE), _namespace)
EVENT = Printer(
    (
        Column("Last Seen"),
        Column("Type"),
        Column("Reason"),
        Column("Object"),
        wide("Subobject"),
        wide("Source"),
        Column("Message"),
        wide("First Seen"),
        wide("Count"),
        Column("Name", priority=1, format="name"),
    ),
    _event,
)
LEASE = Printer((NAME, Column("Holder"), AGE), _lease)
API_SERVICE = Printer((NAME, Column("Service"), Column("Available"), AGE), _api_service)
