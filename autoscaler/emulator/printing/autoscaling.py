"""HorizontalPodAutoscalers in tables: ``cpu: 40%/50%, 3/10 + 1 more...``.

Source: kubernetes pkg/printers/internalversion/printers.go, formatHPAMetrics.
"""

from datetime import datetime

from autoscaler.emulator.printing.ages import age
from autoscaler.emulator.printing.columns import AGE, NAME, Column, Printer, created, name_of
from autoscaler.model.json_types import JsonObject, JsonValue

_SHOWN_METRICS = 2
_UNKNOWN = "<unknown>"
_SOURCES = {
    "External": "external",
    "Pods": "pods",
    "Object": "object",
    "Resource": "resource",
    "ContainerResource": "containerResource",
}


def _hpa(hpa: JsonObject, now: datetime) -> list[JsonValue]:
    """Cells of an autoscaling/v2 object; v1 objects are converted before."""
    spec, status = hpa.get("spec", {}), hpa.get("status", {})
    target = spec.get("scaleTargetRef", {})
    return [
        name_of(hpa),
        f"{target.get('kind', '')}/{target.get('name', '')}",
        format_metrics(spec.get("metrics") or [], status.get("currentMetrics") or []),
        str(spec["minReplicas"]) if "minReplicas" in spec else "<unset>",
        spec.get("maxReplicas", 0),
        status.get("currentReplicas", 0),
        age(created(hpa), now),
    ]


def format_metrics(specs: list[JsonObject], statuses: list[JsonObject]) -> str:
    """Current value against target of the first metrics; a status belongs to the spec at the same place."""
    if not specs:
        return "<none>"
    shown = [
        _metric(spec, statuses[index] if index < len(statuses) else {})
        for index, spec in enumerate(specs[:_SHOWN_METRICS])
    ]
    more = len(specs) - _SHOWN_METRICS
    return ", ".join(shown) + (f" + {more} more..." if more > 0 else "")


def _metric(spec: JsonObject, status: JsonObject) -> str:
    source = _SOURCES.get(spec.get("type", ""))
    if source is None:
        return "<unknown type>"
    target = spec.get(source, {}).get("target", {})
    measured = status.get(source)
    current = (measured or {}).get("current", {})
    if source in {"resource", "containerResource"}:
        return f"{spec.get(source, {}).get('name', '')}: {_resource(target, current)}"
    if source == "pods":
        return f"{_value(measured, current, 'averageValue')}/{target.get('averageValue', '0')}"
    if "averageValue" in target:
        return f"{current.get('averageValue', _UNKNOWN)}/{target['averageValue']} (avg)"
    return f"{_value(measured, current, 'value')}/{target.get('value', '0')}"


def _resource(target: JsonObject, current: JsonObject) -> str:
    if "averageValue" in target:
        return f"{current.get('averageValue', _UNKNOWN)}/{target['averageValue']}"
    used, wanted = current.get("averageUtilization"), target.get("averageUtilization")
    return f"{_UNKNOWN if used is None else f'{used}%'}/{'<auto>' if wanted is None else f'{wanted}%'}"


def _value(measured: JsonObject | None, current: JsonObject, field: str) -> str:
    """A current value; a status without it prints as nothing measured at zero."""
    return _UNKNOWN if measured is None else str(current.get(field, "0"))


HPA = Printer(
    (
        NAME,
        Column("Reference"),
        Column("Targets"),
        Column("MinPods"),
        Column("MaxPods"),
        Column("Replicas"),
        AGE,
    ),
    _hpa,
)
