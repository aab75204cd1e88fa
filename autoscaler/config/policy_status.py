"""The status of a ScalingPolicy object: written as its definition describes it, and read back after a restart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace as changed

from autoscaler.config.hpa_status import status_from_object, write_condition
from autoscaler.config.policy_conditions import SUMMARY
from autoscaler.config.scaling_policy import KIND
from autoscaler.config.status_record import PolicyState, StatusMetric, policy_state
from autoscaler.control.messages import Record
from autoscaler.model.decision import Condition, PolicyStatus
from autoscaler.model.json_types import JsonObject
from autoscaler.model.policy import ScalingPolicy

#: Fields of the status that a merge patch has to name to be rid of what they held before.
FIELDS: Final = (
    "observedGeneration", "currentReplicas", "desiredReplicas", "lastScaleTime", "metric", "source", "currentMetrics",
    "conditions", "lastDecision",
)  # fmt: skip
_DECISION: Final = ("at", "reason", "verdict", "desiredReplicas", "nextPossibleChange")
_LONGEST_ERROR: Final = 4096
_LONGEST_MESSAGE: Final = 32768
_LONGEST_NAME: Final = 1024


def write_policy_status(
    policy: ScalingPolicy | None,
    record: Record | None,
    conditions: Sequence[Condition],
    *,
    generation: int,
    source: str,
) -> JsonObject:
    """Write the status. ``policy`` and ``record``: what is in force, and its last pass; ``source``: where it came from."""
    status: JsonObject = {
        "observedGeneration": generation,
        "source": source[:_LONGEST_NAME],
        "conditions": [write_condition(_cut(condition)) for condition in conditions],
    }
    if policy is None or record is None:
        return status
    state = policy_state(policy, record)
    metrics = [_metric(one) for one in state.metrics]
    status["desiredReplicas"] = record.decision.desired
    if state.current is not None:
        status["currentReplicas"] = state.current
    if state.last_scale_at is not None:
        status["lastScaleTime"] = state.last_scale_at
    if metrics:
        status["metric"] = _leading(state.metrics)
        status["currentMetrics"] = metrics
    return status | {"lastDecision": _decision(state)}


def as_patch(status: JsonObject) -> JsonObject:
    """Give a merge patch that leaves nothing of an earlier status."""
    patch = dict.fromkeys(FIELDS) | status
    if "lastDecision" in status:
        patch["lastDecision"] = dict.fromkeys(_DECISION) | status["lastDecision"]
    return patch


def news_of(status: JsonObject) -> JsonObject:
    """Give what of a status is worth telling at once; the rest are values and words that change with every pass."""
    conditions = [
        (one["type"], one["status"], one.get("reason"), one.get("observedGeneration"))
        for one in status.get("conditions") or ()
    ]
    kept = {name: status.get(name) for name in ("observedGeneration", "currentReplicas", "desiredReplicas", "source")}
    decision = status.get("lastDecision") or {}
    kept |= {"lastScaleTime": status.get("lastScaleTime"), "conditions": conditions, "reason": decision.get("reason")}
    return kept


def values_of(status: JsonObject) -> JsonObject:
    """Give everything of a status but the time at which it was made: a time alone is never written."""
    decision = {name: value for name, value in (status.get("lastDecision") or {}).items() if name != "at"}
    return status | {"lastDecision": decision}


def read_policy_status(obj: JsonObject) -> PolicyStatus:
    """Read what the engine goes on from; what sums up is made anew."""
    status = status_from_object(obj)
    engine = tuple(condition for condition in status.conditions if condition.type not in SUMMARY)
    return changed(status, conditions=engine, metrics=None)


def status_of_any(obj: JsonObject) -> PolicyStatus:
    """Read the status of a policy's object, be it an HPA or our own."""
    return read_policy_status(obj) if obj.get("kind") == KIND else status_from_object(obj)


def shown_conditions(obj: JsonObject) -> tuple[Condition, ...]:
    """Read every condition that the object shows."""
    return status_from_object(obj).conditions


def _decision(state: PolicyState) -> JsonObject:
    decision: JsonObject = {
        "at": state.at,
        "reason": state.reason,
        "verdict": state.why[:_LONGEST_ERROR],
        "desiredReplicas": state.desired,
    }
    if state.next_possible_change_at is not None and state.next_possible_change_at.endswith("Z"):
        decision["nextPossibleChange"] = state.next_possible_change_at
    return decision


def _metric(one: StatusMetric) -> JsonObject:
    written: JsonObject = {"name": one.label[:_LONGEST_NAME]}
    for name, value in (("current", one.observed), ("target", one.target), ("replicas", one.replicas)):
        if value not in ("", None):
            written[name] = value
    return written | ({"error": one.error[:_LONGEST_ERROR]} if one.error else {})


def _leading(metrics: Sequence[StatusMetric]) -> str:
    """Name the metric that asks for most, and count the others: ``cpu 71%/60% +1``."""
    first = max(metrics, key=lambda one: -1 if one.replicas is None else one.replicas)
    more = f" +{len(metrics) - 1}" if len(metrics) > 1 else ""
    return f"{first}{more}"[:_LONGEST_NAME]


def _cut(condition: Condition) -> Condition:
    return changed(condition, message=condition.message[:_LONGEST_MESSAGE])
