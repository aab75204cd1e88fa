"""How to mend what the API server refuses: advice for each of its messages about an autoscaling/v2 HPA."""

from __future__ import annotations

import re
from typing import Final

from autoscaler.config.shapes import ShapeFault
from autoscaler.config.suggestions import did_you_mean
from autoscaler.model.field_errors import FieldError, FieldFault

#: Field names of earlier API versions, and how version v2 says the same.
FORMER_FIELDS: Final = {
    "targetCPUUtilizationPercentage": "autoscaling/v2 has `metrics:` instead; or write apiVersion: autoscaling/v1",
    "targetAverageUtilization": "autoscaling/v2 writes target: {type: Utilization, averageUtilization: 70}",
    "targetAverageValue": 'autoscaling/v2 writes target: {type: AverageValue, averageValue: "100"}',
    "targetValue": 'autoscaling/v2 writes target: {type: Value, value: "100"}',
    "metricName": "autoscaling/v2 writes metric: {name: ...}",
    "metricSelector": "autoscaling/v2 writes metric: {name: ..., selector: ...}",
    "selector": "it belongs in `metric:`, beside the name",
}

_LISTS: Final = {
    r".*\.metrics\[\d+\]\.type": ("Resource", "ContainerResource", "Pods", "Object", "External"),
    r".*\.target\.type": ("Utilization", "AverageValue", "Value"),
    r".*\.selectPolicy": ("Max", "Min", "Disabled"),
    r".*\.policies\[\d+\]\.type": ("Percent", "Pods"),
}

#: (end of the field's path, part of the message, advice); the first that fits is given.
_ADVICE: Final = (
    ("spec.minReplicas", "", "0 needs the gate scale_to_zero, and an Object or External metric"),
    ("spec.maxReplicas", "minReplicas", "raise maxReplicas, or lower minReplicas"),
    ("spec.maxReplicas", "", "write the most replicas you are willing to run"),
    ("apiVersion", "API group", "apps/v1 for a Deployment or StatefulSet"),
    ("apiVersion", "", "write group/version, such as apps/v1"),
    ("scaleTargetRef.kind", "Required", "what is scaled, such as `kind: Deployment`"),
    ("scaleTargetRef.name", "Required", "the name of the workload that is scaled"),
    ("metadata.name", "", "the policy's own name: lower-case letters, digits and `-`"),
    ("spec.metrics", "at least one", "no pods, no CPU: add an External metric, or set minReplicas to 1"),
    ("", "must populate information", "`type:` and the block below it must agree: `type: Pods` goes with `pods:`"),
    ("", "metric source only", "one metric for each list item: begin another with `- type:`"),
    (
        "averageUtilization",
        "must set either",
        "percent of the request: `averageUtilization: 70`; or `averageValue: 500m`",
    ),
    ("averageValue", "may not set both", "keep one: averageUtilization (percent of the request) or averageValue"),
    ("value", "may not set both", "keep one: value for all replicas together, or averageValue for each"),
    ("averageValue", "must set either", "`averageValue` for each replica, or `value` for all together"),
    ("averageValue", "must specify a positive", "a Pods metric has `type: AverageValue` and `averageValue`"),
    ("averageUtilization", "", "percent of what the pods request: 70 is 70 %"),
    ("", "must be positive", "a target of nothing cannot be held: write a value above 0"),
    ("resource.name", "", "cpu or memory"),
    ("containerResource.name", "", "cpu or memory"),
    ("container", "Required", "the container's name in the pod template"),
    ("metric.name", "Required", "the metric's name in the metrics API, such as http_requests_per_second"),
    ("stabilizationWindowSeconds", "3600", "an hour is the longest window"),
    ("stabilizationWindowSeconds", "", "seconds, 0 to 3600; 0 is no window"),
    ("policies", "at least one", "to forbid this direction keep a policy and write `selectPolicy: Disabled`"),
    ("periodSeconds", "1800", "half an hour is the longest period"),
    ("periodSeconds", "", "seconds, 1 to 1800"),
    ("policies[].value", "", "pods or percent that may change within a period, 1 or more"),
    ("tolerance", "", "a share of the target: 0.05 is 5 %"),
)


#: Advice for a value of the wrong type, by the last step of its path.
_UNITS: Final = {
    "averageUtilization": "percent of what the pods request: 70 is 70 %",
    "stabilizationWindowSeconds": "seconds, without a unit: 300 is five minutes",
    "periodSeconds": "seconds, without a unit: 60 is a minute",
    "tolerance": "a share of the target: 0.05 is 5 %",
}


def is_former(path: str) -> bool:
    """Tell whether the path ends in a field of an earlier API version."""
    return path.rpartition(".")[2] in FORMER_FIELDS


def hint_for_shape(fault: ShapeFault) -> str:
    """Give advice for a field that is unknown or of the wrong type."""
    name = fault.path.rpartition(".")[2]
    return _UNITS[name] if name == "tolerance" else fault.hint or _UNITS.get(name, "")


def hint_for(error: FieldError) -> str:
    """Give advice for ``error``; empty where its own words say it all."""
    for pattern, choices in _LISTS.items():
        if re.fullmatch(pattern, error.field):
            given = error.value if isinstance(error.value, str) else ""
            return did_you_mean(given, choices) if given else f"one of {', '.join(choices)}"
    path = re.sub(r"\[\d+\]", "[]", error.field)
    if path.endswith("spec.metrics[]") or (error.fault is FieldFault.REQUIRED and path == "metadata.namespace"):
        return ""
    for end, words, advice in _ADVICE:
        if path.endswith(end) and words in error.body:
            return advice
    return ""
