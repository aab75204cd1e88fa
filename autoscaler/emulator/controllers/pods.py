"""Pods as their controllers see them: which count, which serve, which go first, and how a new one is made."""

from __future__ import annotations

from collections.abc import Iterable

from autoscaler.emulator.controllers import conditions
from autoscaler.emulator.controllers.naming import owner_reference
from autoscaler.model.json_types import JsonObject


def is_active(pod: JsonObject) -> bool:
    """Tell whether the pod still counts: neither finished nor on its way out."""
    finished = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
    return not finished and "deletionTimestamp" not in pod["metadata"]


def is_ready(pod: JsonObject) -> bool:
    """Tell whether the pod passes its readiness probe."""
    return conditions.holds(pod, "Ready")


def first_to_go(pods: Iterable[JsonObject], count: int) -> list[JsonObject]:
    """Choose which pods a shrinking replica set deletes.

    Unscheduled before scheduled, pending before running, unready before ready, cheap before dear, ready for a short
    time before long, new before old. Source: kubernetes pkg/controller/controller_utils.go (ActivePodsWithRanks).
    """
    by_age = sorted(pods, key=lambda pod: pod["metadata"]["name"])
    by_age.sort(key=lambda pod: pod["metadata"]["creationTimestamp"], reverse=True)
    by_age.sort(key=_ready_since, reverse=True)
    return sorted(by_age, key=_usefulness)[:count]


def from_template(owner: JsonObject, template: JsonObject, *, name: str = "") -> JsonObject:
    """Make a pod of ``owner`` from a template, named ``name`` or after its owner with a random ending."""
    source = template.get("metadata") or {}
    metadata: JsonObject = {
        "namespace": owner["metadata"]["namespace"],
        "ownerReferences": [owner_reference(owner)],
        **{key: source[key] for key in ("labels", "annotations", "finalizers") if source.get(key)},
    }
    metadata |= {"name": name} if name else {"generateName": f"{owner['metadata']['name']}-"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def _usefulness(pod: JsonObject) -> tuple[bool, int, bool, int]:
    phase = pod.get("status", {}).get("phase", "Pending")
    return (
        bool(pod["spec"].get("nodeName")),
        {"Pending": 0, "Unknown": 1}.get(phase, 2),
        is_ready(pod),
        _deletion_cost(pod),
    )


def _deletion_cost(pod: JsonObject) -> int:
    text = (pod["metadata"].get("annotations") or {}).get("controller.kubernetes.io/pod-deletion-cost", "0")
    try:
        return int(text)
    except ValueError:
        return 0


def _ready_since(pod: JsonObject) -> str:
    condition = conditions.find(pod, "Ready")
    return condition["lastTransitionTime"] if condition and condition["status"] == "True" else ""
