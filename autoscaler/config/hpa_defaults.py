"""Defaults of an autoscaling/v2 HorizontalPodAutoscaler, as the API server fills them in.

Source: kubernetes pkg/apis/autoscaling/v2/defaults.go.
"""

from autoscaler.model.json_types import JsonObject

DEFAULT_MIN_REPLICAS = 1
DEFAULT_CPU_UTILIZATION = 80
"""Target of the metric that an object without metrics gets, in percent of the request."""


def default_metric() -> JsonObject:
    """The metric of an object that names none: cpu at 80 % of the request."""
    target = {"type": "Utilization", "averageUtilization": DEFAULT_CPU_UTILIZATION}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def with_defaults(hpa: JsonObject) -> JsonObject:
    """The object with everything filled in that it leaves open; the one given is not changed.

    A behavior that is given, even an empty one, gets both directions. Fields given win one by one; a list of rate rules
    replaces the default list as a whole, and an empty one counts as given (validation refuses it then).
    """
    spec = dict(hpa.get("spec") or {})
    if spec.get("minReplicas") is None:
        spec["minReplicas"] = DEFAULT_MIN_REPLICAS
    if not spec.get("metrics"):
        spec["metrics"] = [default_metric()]
    if spec.get("behavior") is not None:
        spec["behavior"] = default_behavior(spec["behavior"])
    return {**hpa, "spec": spec}


def default_behavior(behavior: JsonObject) -> JsonObject:
    """Both directions of a behavior, filled in."""
    return {
        "scaleUp": _rules(behavior.get("scaleUp"), _scale_up_defaults()),
        "scaleDown": _rules(behavior.get("scaleDown"), _scale_down_defaults()),
    }


def _scale_up_defaults() -> JsonObject:
    return {
        "stabilizationWindowSeconds": 0,
        "selectPolicy": "Max",
        "policies": [
            {"type": "Pods", "value": 4, "periodSeconds": 15},
            {"type": "Percent", "value": 100, "periodSeconds": 15},
        ],
    }


def _scale_down_defaults() -> JsonObject:
    """No window: the controller's own setting holds then."""
    return {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}


def _rules(given: JsonObject | None, defaults: JsonObject) -> JsonObject:
    rules = defaults | {name: value for name, value in (given or {}).items() if value is not None}
    if not rules["policies"]:
        del rules["policies"]
    return rules
