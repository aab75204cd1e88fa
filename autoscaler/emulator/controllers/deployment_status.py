"""What a deployment's status says: its counts, whether it is available, how its rollout goes.

Source: kubernetes pkg/controller/deployment/sync.go (calculateStatus), progress.go, util/deployment_util.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from autoscaler.emulator.controllers import conditions
from autoscaler.model.json_types import JsonObject
from autoscaler.simulator.rollout import limits


def deployment_status(
    deployment: JsonObject, new: JsonObject | None, old: Sequence[JsonObject], now: str
) -> JsonObject:
    """Give the whole status. ``new`` is the replica set of the present template; ``now`` is RFC 3339."""
    sets = [each for each in (new, *old) if each is not None]
    total, ready, available = (_sum(sets, key) for key in ("replicas", "readyReplicas", "availableReplicas"))
    counts = {
        "replicas": total,
        "updatedReplicas": _sum([new] if new else [], "replicas"),
        "readyReplicas": ready,
        "availableReplicas": available,
        "unavailableReplicas": max(0, sum(each["spec"]["replicas"] for each in sets) - available),
    }
    previous = deployment.get("status") or {}
    status: JsonObject = {"observedGeneration": deployment["metadata"]["generation"]}
    status |= {key: count for key, count in counts.items() if count}
    found = list(previous.get("conditions") or [])
    found = conditions.merged(found, _availability(deployment, available), now, updates=True)
    if new is not None and (progress := _progress(deployment, counts, new)) is not None:
        found = conditions.merged(found, progress, now, updates=True)
    found = _with_failure(found, sets)
    return status | {"conditions": found}


def is_complete(deployment: JsonObject, counts: dict[str, int]) -> bool:
    """Tell whether every pod is of the present template and available, and no old one is left."""
    wanted: int = deployment["spec"]["replicas"]
    return all(counts[key] == wanted for key in ("updatedReplicas", "replicas", "availableReplicas"))


def _with_failure(found: list[JsonObject], sets: Sequence[JsonObject]) -> list[JsonObject]:
    """Copy why pods cannot be created from the newest replica set that says so; one that is known keeps its words."""
    failure = next(filter(None, (conditions.find(each, "ReplicaFailure") for each in sets)), None)
    if failure is None:
        return [condition for condition in found if condition["type"] != "ReplicaFailure"]
    if any((each["type"], each["reason"]) == ("ReplicaFailure", failure["reason"]) for each in found):
        return found
    return [*found, failure | {"lastUpdateTime": failure["lastTransitionTime"]}]


def _availability(deployment: JsonObject, available: int) -> JsonObject:
    spec = deployment["spec"]
    rolling = (spec.get("strategy") or {}).get("rollingUpdate") or {}
    spare = limits(rolling.get("maxSurge", "25%"), rolling.get("maxUnavailable", "25%"), spec["replicas"]).unavailable
    if (spec.get("strategy") or {}).get("type") == "Recreate":
        spare = 0
    if available >= spec["replicas"] - spare:
        reason, word, status = "MinimumReplicasAvailable", "has", "True"
    else:
        reason, word, status = "MinimumReplicasUnavailable", "does not have", "False"
    message = f"Deployment {word} minimum availability."
    return {"type": "Available", "status": status, "reason": reason, "message": message}


def _progress(deployment: JsonObject, counts: dict[str, int], new: JsonObject) -> JsonObject | None:
    """Give the Progressing condition where it changes; a finished rollout keeps its word while it is only scaled."""
    current = conditions.find(deployment, "Progressing")
    name = new["metadata"]["name"]
    done = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
    done["message"] = f'ReplicaSet "{name}" has successfully progressed.'
    if is_complete(deployment, counts):
        return done
    if current is not None and current["reason"] == "NewReplicaSetAvailable" and current["message"] == done["message"]:
        return None
    message = f'ReplicaSet "{name}" is progressing.'
    return {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "message": message}


def _sum(sets: Sequence[JsonObject], key: str) -> int:
    return sum((each.get("status") or {}).get(key, 0) for each in sets)
