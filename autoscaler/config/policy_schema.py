"""The JSON schema of a policy file, for editors: made from the same description of the API that reading uses."""

from __future__ import annotations

from typing import Final

from autoscaler.config.api_texts import meaning
from autoscaler.config.api_types import ApiType, Shape, named_type
from autoscaler.model.json_types import JsonObject

_QUANTITY: Final[JsonObject] = {
    "type": ["string", "number"],
    "pattern": r"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$",
    "description": "A quantity such as 500m, 2 or 1536Mi.",
}
_SCALARS: Final[dict[str, JsonObject]] = {
    "int32": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"type": "integer"},
    "float64": {"type": "number"},
    "bool": {"type": "boolean"},
    "Quantity": _QUANTITY,
    "IntOrString": {"type": ["integer", "string"]},
}
#: What validation demands beyond the types, by the Go type that holds it: required fields, then rules for fields.
_REQUIRED: Final = {
    "v2.HorizontalPodAutoscalerSpec": ["scaleTargetRef", "maxReplicas"],
    "v2.CrossVersionObjectReference": ["kind", "name"],
    "v2.MetricSpec": ["type"],
    "v2.MetricTarget": ["type"],
    "v2.MetricIdentifier": ["name"],
    "v2.ResourceMetricSource": ["name", "target"],
    "v2.ContainerResourceMetricSource": ["name", "container", "target"],
    "v2.PodsMetricSource": ["metric", "target"],
    "v2.ObjectMetricSource": ["describedObject", "metric", "target"],
    "v2.ExternalMetricSource": ["metric", "target"],
    "v2.HPAScalingPolicy": ["type", "value", "periodSeconds"],
}
_RULES: Final[dict[tuple[str, str], JsonObject]] = {
    ("v2.HorizontalPodAutoscalerSpec", "minReplicas"): {"minimum": 0, "default": 1},
    ("v2.HorizontalPodAutoscalerSpec", "maxReplicas"): {"minimum": 1},
    ("v2.MetricSpec", "type"): {"enum": ["ContainerResource", "External", "Object", "Pods", "Resource"]},
    ("v2.MetricTarget", "type"): {"enum": ["Utilization", "Value", "AverageValue"]},
    ("v2.MetricTarget", "averageUtilization"): {"minimum": 1},
    ("v2.HPAScalingRules", "stabilizationWindowSeconds"): {"minimum": 0, "maximum": 3600},
    ("v2.HPAScalingRules", "selectPolicy"): {"enum": ["Disabled", "Max", "Min"], "default": "Max"},
    ("v2.HPAScalingRules", "policies"): {"minItems": 1},
    ("v2.HPAScalingPolicy", "type"): {"enum": ["Percent", "Pods"]},
    ("v2.HPAScalingPolicy", "value"): {"minimum": 1},
    ("v2.HPAScalingPolicy", "periodSeconds"): {"minimum": 1, "maximum": 1800},
}
#: Types whose texts stand under another name: decoding errors call these by their version.
_TEXTS_AS: Final = {f"v1.{name}": name for name in ("LabelSelector", "LabelSelectorRequirement")}


def policy_schema() -> JsonObject:
    """Give the schema (draft 2020-12) of an autoscaling/v2 HorizontalPodAutoscaler as people write it."""
    texts = {"type": "object", "additionalProperties": {"type": "string"}}
    metadata = {"name": {"type": "string"}, "namespace": {"type": "string"}, "labels": texts, "annotations": texts}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "HorizontalPodAutoscaler (autoscaling/v2)",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": "autoscaling/v2"},
            "kind": {"const": "HorizontalPodAutoscaler"},
            "metadata": {"type": "object", "required": ["name"], "properties": metadata},
            "spec": _schema(named_type("v2.HorizontalPodAutoscalerSpec")),
        },
    }


def _schema(kind: ApiType) -> JsonObject:
    match kind.shape:
        case Shape.STRUCT:
            return _object(kind)
        case Shape.LIST:
            assert kind.item is not None
            return {"type": "array", "items": _schema(kind.item)}
        case Shape.MAP:
            assert kind.item is not None
            return {"type": "object", "additionalProperties": _schema(kind.item)}
        case Shape.SCALAR:
            return dict(_SCALARS.get(kind.name, {"type": "string"}))
        case Shape.ANY:
            return {}


def _object(kind: ApiType) -> JsonObject:
    texts = _TEXTS_AS.get(kind.name, kind.name)
    fields = {name: _field(kind.name, texts, name, item) for name, item in kind.fields.items()}
    written: JsonObject = {"type": "object", "additionalProperties": False, "properties": fields}
    if kind.name in _REQUIRED:
        written["required"] = _REQUIRED[kind.name]
    return written | _described(texts)


def _field(kind: str, texts: str, field: str, item: ApiType) -> JsonObject:
    return _schema(item) | _RULES.get((kind, field), {}) | _described(texts, field)


def _described(kind: str, field: str = "") -> JsonObject:
    text = meaning(kind, field)
    return {"description": text} if text else {}
