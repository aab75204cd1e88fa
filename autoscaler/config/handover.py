"""An HPA object as a ScalingPolicy object and back: the manifests of a handover, and what keeps one from happening."""

from __future__ import annotations

import json
from typing import Final

from autoscaler.config.api_types import named_type
from autoscaler.config.scaling_policy import KIND, VERSION
from autoscaler.model.json_types import JsonObject

#: Holds the HPA's manifest on the ScalingPolicy that took its place, for the way back.
ANNOTATION: Final = "autoscaler.dev/adopted-hpa"
_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_OF_AN_HPA: Final = frozenset(named_type("v2.HorizontalPodAutoscalerSpec").fields)
_METRICS_OF_AN_HPA: Final = frozenset({"Resource", "ContainerResource", "Pods", "Object", "External"})


def policy_for(hpa: JsonObject) -> JsonObject:
    """Give the ScalingPolicy that takes an HPA's place; it only observes at first."""
    metadata = hpa.get("metadata") or {}
    kept: JsonObject = {name: metadata[name] for name in ("name", "namespace", "labels") if metadata.get(name)}
    kept["annotations"] = {ANNOTATION: json.dumps(_manifest_of(hpa), separators=(",", ":"), sort_keys=True)}
    return {"apiVersion": VERSION, "kind": KIND, "metadata": kept, "spec": {**hpa["spec"], "mode": "Observe"}}


def is_adopted(policy: JsonObject) -> bool:
    """Tell whether a ScalingPolicy took an HPA's place."""
    return ANNOTATION in ((policy.get("metadata") or {}).get("annotations") or {})


def hpa_for(policy: JsonObject) -> JsonObject:
    """Give the HPA that takes a ScalingPolicy's place: with the labels of the one it was, and the spec as it is now."""
    metadata = policy.get("metadata") or {}
    adopted = (metadata.get("annotations") or {}).get(ANNOTATION)
    former = json.loads(adopted) if adopted else {}
    kept = former.get("metadata") or {}
    spec = {name: value for name, value in policy["spec"].items() if name in _OF_AN_HPA}
    head = {**kept, "name": metadata["name"], "namespace": metadata["namespace"]}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": head, "spec": spec}


def lost_on_release(policy: JsonObject) -> list[str]:
    """Name the parts of a ScalingPolicy's spec that an HPA does not have; its defaults and its mode apart."""
    spec = policy["spec"]
    own = set(spec) - _OF_AN_HPA - {"mode", "safety"}
    return sorted(f"spec.{name}" for name in own if spec[name] not in (False, None))


def metrics_without_hpa(policy: JsonObject) -> list[str]:
    """Name the metrics that no HPA can have: without them it would not be the same policy."""
    metrics = policy["spec"].get("metrics") or ()
    return [
        f"spec.metrics[{index}] (type {metric.get('type')})"
        for index, metric in enumerate(metrics)
        if metric.get("type") not in _METRICS_OF_AN_HPA
    ]


def _manifest_of(hpa: JsonObject) -> JsonObject:
    metadata = hpa.get("metadata") or {}
    notes = {name: text for name, text in (metadata.get("annotations") or {}).items() if name != _APPLIED}
    kept = {"labels": metadata.get("labels"), "annotations": notes}
    return {"metadata": {name: value for name, value in kept.items() if value}, "spec": hpa["spec"]}
