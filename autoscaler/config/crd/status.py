"""The status of a ScalingPolicy object: its schema, and the columns that ``kubectl get`` shows of it."""

from __future__ import annotations

from typing import Final

from autoscaler.model.json_types import JsonObject


def _text(description: str, longest: int = 1024) -> JsonObject:
    return {"type": "string", "description": description, "maxLength": longest}


def _count(description: str) -> JsonObject:
    return {"type": "integer", "description": description, "minimum": 0}


def _moment(description: str) -> JsonObject:
    return {"type": "string", "description": description, "format": "date-time"}


def _generation(description: str) -> JsonObject:
    return {"type": "integer", "format": "int64", "description": description}


_CONDITION: Final[JsonObject] = {
    "type": "object",
    "description": "One statement about the policy.",
    "required": ["type", "status"],
    "properties": {
        "type": _text(
            "Ready (all in order), AbleToScale, ScalingActive, ScalingLimited (as in an HPA), MetricsHealthy (every "
            "metric was read), Paused (somebody stopped growing, shrinking or all of it) or Degraded (it goes on with "
            "less than it should have).",
            316,
        ),
        "status": {"type": "string", "description": "True, False or Unknown.", "enum": ["True", "False", "Unknown"]},
        "reason": _text("One word for why.", 1024),
        "message": _text("A sentence that says why.", 32768),
        "lastTransitionTime": _moment("When the status last changed from one value to another."),
        "observedGeneration": _generation("The metadata.generation that it is said of."),
    },
}
_METRIC: Final[JsonObject] = {
    "type": "object",
    "description": "What the last decision made of one metric.",
    "required": ["name"],
    "properties": {
        "name": _text("The metric, such as cpu."),
        "type": _text("The metric's type, such as Resource."),
        "current": _text("Its value as people read it, such as 71%."),
        "target": _text("The value it is held at, such as 60%."),
        "replicas": _count("How many replicas it asks for."),
        "error": _text("Why it could not be read.", 4096),
    },
}
_DECISION: Final[JsonObject] = {
    "type": "object",
    "description": "The last decision that differs from the one before, or that was made a minute after it was told.",
    "properties": {
        "at": _moment("When it was made. `autoscaler why NAMESPACE/NAME --at` takes it."),
        "reason": _text("One word for what settled the number; the list is in the documentation.", 64),
        "verdict": _text("What was decided and why, in one or two sentences.", 4096),
        "desiredReplicas": _count("The number that was decided on."),
        "nextPossibleChange": _moment(
            "Before this time the same measurements give the same answer. Absent: time alone changes nothing."
        ),
    },
}
STATUS: Final[JsonObject] = {
    "type": "object",
    "description": "What the controller last saw and decided. Written on a change, and of values once a minute.",
    "properties": {
        "observedGeneration": _generation("The metadata.generation that the controller looked at last."),
        "currentReplicas": _count("How many replicas the target asks for."),
        "desiredReplicas": _count("How many the last decision asks for."),
        "lastScaleTime": _moment("When replicas were last written."),
        "metric": _text("The metric that asks for most, with its value and target: cpu 71%/60%, +1 for one more."),
        "source": _text(
            "Where the policy in force comes from: this object, one of its earlier generations, or a file."
        ),
        "currentMetrics": {
            "type": "array",
            "description": "Every metric, in the order of the spec.",
            "items": _METRIC,
            "maxItems": 50,
            "x-kubernetes-list-type": "atomic",
        },
        "conditions": {
            "type": "array",
            "description": "Statements about the policy.",
            "items": _CONDITION,
            "maxItems": 16,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
        },
        "lastDecision": _DECISION,
    },
}


def _column(name: str, path: str, kind: str, description: str, *, wide: bool = False) -> JsonObject:
    column: JsonObject = {"name": name, "type": kind, "jsonPath": path, "description": description}
    return column | ({"priority": 1} if wide else {})


COLUMNS: Final[list[JsonObject]] = [
    _column("Target", ".spec.scaleTargetRef.name", "string", "Name of the workload that is scaled."),
    _column("Metric", ".status.metric", "string", "The metric that asks for most: value / target."),
    _column("Min", ".spec.minReplicas", "integer", "Fewest replicas."),
    _column("Max", ".spec.maxReplicas", "integer", "Most replicas."),
    _column("Current", ".status.currentReplicas", "integer", "Replicas that the target asks for."),
    _column("Desired", ".status.desiredReplicas", "integer", "Replicas that the last decision asks for."),
    _column("Ready", '.status.conditions[?(@.type=="Ready")].status', "string", "Whether all is in order."),
    _column("Why", ".status.lastDecision.reason", "string", "What settled the number."),
    _column("Age", ".metadata.creationTimestamp", "date", "Time since the object was created."),
    _column("Message", ".status.lastDecision.verdict", "string", "The last decision in a sentence.", wide=True),
    _column("Last-Scale", ".status.lastScaleTime", "date", "Time since replicas were written.", wide=True),
    _column("Source", ".status.source", "string", "Where the policy in force comes from.", wide=True),
]
