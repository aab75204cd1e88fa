"""A KEDA ScaledObject as a ScalingPolicy.

Source: keda.sh/docs, ScaledObject specification; kedacore/keda apis/keda/v1alpha1/scaledobject_types.go.
"""

from __future__ import annotations

from typing import Final

from autoscaler.config.documents import Document
from autoscaler.config.importing.reading import Losses, Part
from autoscaler.config.importing.triggers import metric_of
from autoscaler.config.scaling_policy import KIND, VERSION
from autoscaler.model.json_types import JsonObject

_PAUSES: Final = {"paused": "mode", "paused-scale-in": "pauseScaleDown", "paused-scale-out": "pauseScaleUp"}
_PREFIX: Final = "autoscaling.keda.sh/"
_ZERO: Final = "scaling to zero and back by activation has no equal"


def from_scaled_object(document: Document) -> tuple[JsonObject | None, Losses]:
    """Give the ScalingPolicy; ``None`` where no trigger can be taken over, for then nothing would be followed."""
    losses = Losses(document)
    whole = Part(document.value, "", losses)
    metadata, spec = whole.part("metadata"), whole.part("spec")
    names: set[str] = set()
    metrics = [metric for trigger in spec.parts("triggers") if (metric := metric_of(trigger, names)) is not None]
    written: JsonObject = {"scaleTargetRef": _target(spec.part("scaleTargetRef"))}
    written |= _bounds(spec) | {"metrics": metrics} | _advanced(spec.part("advanced"))
    written |= _fallback(spec) | _pauses(metadata)
    spec.rest()
    if not metrics:
        losses.add("spec.triggers", "no trigger can be taken over: no policy is written")
        return None, losses
    kept = {name: metadata.take(name) for name in ("name", "namespace", "labels") if name in metadata}
    return {"apiVersion": VERSION, "kind": KIND, "metadata": kept, "spec": written}, losses


def _target(reference: Part) -> JsonObject:
    kind = reference.text("kind", "Deployment")
    version = reference.text("apiVersion", "apps/v1")
    target = {"apiVersion": version, "kind": kind, "name": reference.text("name")}
    reference.take("envSourceContainerName")  # only for values that triggers take from the environment
    reference.rest()
    return target


def _bounds(spec: Part) -> JsonObject:
    low, high = spec.number("minReplicaCount", 0), spec.number("maxReplicaCount", 100)
    if low == 0:
        spec.losses.add(spec.at("minReplicaCount"), f"{_ZERO}: minReplicas 1 is written")
    for name in ("idleReplicaCount", "cooldownPeriod", "initialCooldownPeriod"):
        if name in spec:
            spec.lose(name, f"{_ZERO} and is left out")
    if "pollingInterval" in spec:
        what = "is left out: every metric is read when the policy is evaluated"
        spec.lose("pollingInterval", what, "`period` sets the time between two evaluations, 15s unless set otherwise")
    return {"minReplicas": max(low, 1), "maxReplicas": high}


def _advanced(advanced: Part) -> JsonObject:
    """Take the HPA's behavior, which KEDA passes on."""
    hpa = advanced.part("horizontalPodAutoscalerConfig")
    behavior = hpa.take("behavior")
    if "name" in hpa:
        hpa.lose("name", "is left out: no HPA object is made")
    hpa.rest()
    if advanced.take("restoreToOriginalReplicaCount") is True:
        what = "has no equal and is left out: a policy that is deleted leaves the replicas as they are"
        advanced.lose("restoreToOriginalReplicaCount", what)
    advanced.rest()
    return {"behavior": behavior} if behavior else {}


def _fallback(spec: Part) -> JsonObject:
    if "fallback" not in spec:
        return {}
    part = spec.part("fallback")
    threshold, replicas = part.number("failureThreshold", 3), part.number("replicas", 1)
    how = part.text("behavior", "static")
    after = f"{threshold * int(spec.take('pollingInterval', 30))}s"
    part.rest()
    if how.startswith("currentReplicas") and how != "currentReplicasIfHigher":
        fallback: JsonObject = {"after": after, "use": "Hold"}
        if how == "currentReplicasIfLower":
            part.losses.add(part.at("behavior"), f"{how} has no equal: the current replicas hold")
    else:
        fallback = {"after": after, "use": "Fixed", "replicas": replicas, "allowDecrease": how == "static"}
    return {"safety": {"fallback": fallback}}


def _pauses(metadata: Part) -> JsonObject:
    annotations = metadata.part("annotations")
    written: JsonObject = {}
    for name, field in _PAUSES.items():
        if annotations.text(f"{_PREFIX}{name}") == "true":
            written[field] = "Paused" if field == "mode" else True
    number = annotations.text(f"{_PREFIX}paused-replicas")
    if number:
        written["mode"] = "Paused"
        what = f"the policy is paused, and {number} replicas are not set"
        annotations.losses.add(
            f"metadata.annotations[{_PREFIX}paused-replicas]", what, "kubectl scale, or `hold:` with an end"
        )
    return written
