"""The input language of the HPA conformance data: which fields mean something here.

A field that is none of these was ignored. That is no failure by itself, as a case may carry remarks; where a case fails
it may be the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.conformance.hpa_world import Json

_WORLD = {"pods", "resource_metrics", "custom_metrics", "external_metrics"}
_COMMON = {"kind", "id", "namespace", "gates", "config", "state", "apply_defaults", "at"}
_CHANGE = {"current", "desired"}
_RULES = {"rules_up", "rules_down"}

_OF_KIND: dict[str, set[str]] = {
    "reconcile": {"hpa", "registered", "other_hpas", "steps"},
    "replicas": _WORLD
    | {"fn", "current", "target", "resource", "container", "metric", "selector", "metric_selector", "object"}
    | {"tolerance_down", "tolerance_up", "pod_metrics"},
    "normalize": _CHANGE | {"hpa", "min"},
    "rate": _CHANGE | _RULES | {"min", "max"},
    "stabilize": _CHANGE | _RULES,
    "limit": {"direction", "rules", "current"},
    "store_event": _CHANGE | {"hpa"},
    "replicas_change": {"period_seconds"},
    "convert_rules": _CHANGE | {"min", "max"},
    "ratio": {"values", "target", "requests"},
    "quantity": {"value", "json_value", "milli", "format"},
    "build_quantity": {"resource", "milli"},
    "default": {"hpa"},
    "validate": {"hpa", "old_hpa", "opts"},
    "selector": {"selector", "label_selector", "labels"},
}
_INSIDE: dict[str, set[str]] = {
    "gates": {"HPAScaleToZero", "HPAConfigurableTolerance", "PodLevelResources"},
    "config": {
        "tolerance",
        "downscale_stabilization_seconds",
        "cpu_initialization_period_seconds",
        "initial_readiness_delay_seconds",
        "scale_up_limit_factor",
        "scale_up_limit_minimum",
    },
    "state": {"recommendations", "scale_up_events", "scale_down_events"},
    "recommendations": {"replicas", "at"},
    "scale_up_events": {"change", "at", "outdated"},
    "scale_down_events": {"change", "at", "outdated"},
    "other_hpas": {"namespace", "name", "selector"},
    "steps": _WORLD | {"at", "scale", "spec", "status_error"},
    "scale": {"spec_replicas", "status_replicas", "selector", "get_error", "update_errors"},
    "pods": {"name", "labels", "phase", "deletion", "start", "conditions", "containers", "init_containers"}
    | {"pod_requests", "pod_limits", "overhead", "value", "timestamp", "window_seconds"},
    "conditions": {"type", "status", "last_transition"},
    "containers": {"name", "requests", "restart_policy", "usage"},
    "init_containers": {"name", "requests", "restart_policy"},
    "resource_metrics": {"error", "items"},
    "items": {"name", "timestamp", "window", "containers"},
    "custom_metrics": {"metric", "selector", "error", "pods", "object", "value", "timestamp"},
    "external_metrics": {"metric", "selector", "error", "values", "timestamp"},
}


def ignored_fields(case: Json) -> list[str]:
    """Paths of the fields of a case that nothing here reads, each once."""
    known = _OF_KIND.get(str(case.get("kind")))
    if known is None:
        return []
    return sorted({*(name for name in case if name not in _COMMON | known), *_inside(case)})


def _inside(value: Json) -> Iterator[str]:
    for name, item in value.items():
        known = _INSIDE.get(name)
        if known is None:
            continue
        for one in _objects(item):
            yield from (f"{name}.{field}" for field in one if field not in known)
            yield from (f"{name}.{path}" for path in _inside(one))


def _objects(item: Any) -> list[Json]:
    return [one for one in (item if isinstance(item, list) else [item]) if isinstance(one, dict)]
