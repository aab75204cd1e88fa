"""Deployments, ReplicaSets and StatefulSets in tables.

Source: kubernetes pkg/printers/internalversion/printers.go.
"""

from datetime import datetime

from autoscaler.emulator.printing.ages import age
from autoscaler.emulator.printing.columns import AGE, NAME, Column, Printer, created, name_of, wide
from autoscaler.model.json_types import JsonObject, JsonValue
from autoscaler.model.label_query import format_selector_object


def _containers(obj: JsonObject) -> list[JsonValue]:
    """Names and images of the template's containers, each joined by commas."""
    containers = obj.get("spec", {}).get("template", {}).get("spec", {}).get("containers") or ()
    return [",".join(container.get(field, "") for container in containers) for field in ("name", "image")]


def _selector(obj: JsonObject) -> str:
    return format_selector_object(obj.get("spec", {}).get("selector"))


def _deployment(obj: JsonObject, now: datetime) -> list[JsonValue]:
    status = obj.get("status", {})
    return [
        name_of(obj),
        f"{status.get('readyReplicas', 0)}/{obj.get('spec', {}).get('replicas', 0)}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        age(created(obj), now),
        *_containers(obj),
        _selector(obj),
    ]


def _replica_set(obj: JsonObject, now: datetime) -> list[JsonValue]:
    status = obj.get("status", {})
    return [
        name_of(obj),
        obj.get("spec", {}).get("replicas", 0),
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        age(created(obj), now),
        *_containers(obj),
        _selector(obj),
    ]


def _stateful_set(obj: JsonObject, now: datetime) -> list[JsonValue]:
    ready = obj.get("status", {}).get("readyReplicas", 0)
    return [
        name_of(obj),
        f"{ready}/{obj.get('spec', {}).get('replicas', 0)}",
        age(created(obj), now),
        *_containers(obj),
    ]


DEPLOYMENT = Printer(
    (
        NAME,
        Column("Ready"),
        Column("Up-to-date"),
        Column("Available"),
        AGE,
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ),
    _deployment,
)
REPLICA_SET = Printer(
    (
        NAME,
        Column("Desired", "integer"),
        Column("Current", "integer"),
        Column("Ready", "integer"),
        AGE,
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ),
    _replica_set,
)
STATEFUL_SET = Printer((NAME, Column("Ready"), AGE, wide("Containers"), wide("Images")), _stateful_set)
