"""Table answers (``kubectl get`` without ``-o``): the printer of each kind, and the Table object itself.

Source: kubernetes pkg/printers/internalversion/printers.go; apiserver pkg/registry/rest/table.go.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from autoscaler.emulator.printing import autoscaling, cluster, configuration, pods, workloads
from autoscaler.emulator.printing.columns import NAME, Column, Printer, created, name_of
from autoscaler.model.json_types import JsonObject, JsonValue

INCLUDE_CHOICES = ("None", "Metadata", "Object")
"""What a row's ``object`` can be; Metadata is the default."""


def _default_cells(obj: JsonObject, now: datetime) -> list[JsonValue]:
    del now  # the default printer shows the instant itself, not an age
    return [name_of(obj), created(obj) or "<unknown>"]


_CREATED_TEXT = (
    "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed "
    "to be set in happens-before order across separate operations. Clients may not set this value. It is represented in "
    "RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: "
    "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"
)
DEFAULT = Printer((NAME, Column("Created At", "date", description=_CREATED_TEXT)), _default_cells)
"""Kinds without a printer of their own: name and creation time."""

_PRINTERS: Mapping[tuple[str, str], Printer] = {
    ("apps", "Deployment"): workloads.DEPLOYMENT,
    ("apps", "ReplicaSet"): workloads.REPLICA_SET,
    ("apps", "StatefulSet"): workloads.STATEFUL_SET,
    ("", "Pod"): pods.POD,
    ("", "Node"): cluster.NODE,
    ("", "Namespace"): cluster.NAMESPACE,
    ("", "Event"): cluster.EVENT,
    ("events.k8s.io", "Event"): cluster.EVENT,
    ("coordination.k8s.io", "Lease"): cluster.LEASE,
    ("apiregistration.k8s.io", "APIService"): cluster.API_SERVICE,
    ("autoscaling", "HorizontalPodAutoscaler"): autoscaling.HPA,
    ("policy", "PodDisruptionBudget"): configuration.BUDGET,
    ("", "ResourceQuota"): configuration.QUOTA,
    ("", "ConfigMap"): configuration.CONFIG_MAP,
    ("", "ServiceAccount"): configuration.SERVICE_ACCOUNT,
    ("", "Service"): configuration.SERVICE,
    ("rbac.authorization.k8s.io", "RoleBinding"): configuration.BINDING,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): configuration.BINDING,
}


def printer_of_kind(group: str, kind: str) -> Printer:
    """The printer of a built-in kind.

    Printers read the stored form: autoscaling/v2 for HorizontalPodAutoscalers and core/v1 for events, whatever version
    the client asked for.
    """
    return _PRINTERS.get((group, kind), DEFAULT)


def table(
    printer: Printer,
    rows: Iterable[tuple[JsonObject, JsonObject]],
    now: datetime,
    *,
    include: str = "Metadata",
    list_metadata: JsonObject | None = None,
    with_columns: bool = True,
) -> JsonObject:
    """A meta.k8s.io/v1 Table; ``rows`` pairs the stored object with the form the client is to see.

    ``with_columns`` is False for the second and later events of a watch.
    """
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": list_metadata or {},
        "columnDefinitions": [column.definition() for column in printer.columns] if with_columns else None,
        "rows": [_row(printer, stored, shown, now, include) for stored, shown in rows],
    }


def partial_metadata(obj: JsonObject) -> JsonObject:
    """The object reduced to its metadata (PartialObjectMetadata)."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj.get("metadata", {})}


def _row(printer: Printer, stored: JsonObject, shown: JsonObject, now: datetime, include: str) -> JsonObject:
    row: JsonObject = {"cells": printer.cells(stored, now)}
    conditions = printer.row_conditions(stored) if printer.row_conditions else []
    if conditions:
        row["conditions"] = conditions
    if include == "Object":
        row["object"] = shown
    else:
        row["object"] = partial_metadata(shown) if include == "Metadata" else None
    return row
