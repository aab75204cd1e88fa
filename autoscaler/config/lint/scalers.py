"""What scales: HPAs, and the ScaledObjects of KEDA, which makes an HPA of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from autoscaler.config.hpa_build import build_metric
from autoscaler.config.lint.manifests import Manifest, amount_of, items_at, mapping_at, text_at, value_at, whole_at
from autoscaler.model.json_types import JsonObject
from autoscaler.model.policy import (
    Behavior,
    ContainerResourceMetric,
    ExternalMetric,
    MetricTarget,
    ObjectMetric,
    ObjectRef,
    PodsMetric,
    PrometheusMetric,
    ResourceMetric,
    ScalingPolicy,
    UnknownMetric,
)

_KEDA: Final = "keda.sh"
_TAKES_OVER: Final = "scaledobject.keda.sh/transfer-hpa-ownership"
KnownMetric = ResourceMetric | ContainerResourceMetric | PodsMetric | ObjectMetric | ExternalMetric
_SOURCES: Final = ("resource", "containerResource", "pods", "object", "external")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceTarget:
    """A target in cpu or memory. ``percent`` of the request; ``None``: an absolute amount."""

    resource: str
    container: str  #: empty: the whole pod
    percent: int | None
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaler:
    """Something that sets the replica count of a target."""

    manifest: Manifest
    target: ObjectRef
    min_replicas: int  #: the fewest while there is load
    max_replicas: int
    max_path: str
    resources: tuple[ResourceTarget, ...]
    makes: str = ""  #: the HPA that KEDA makes of it
    takes_over: bool = False  #: an HPA that is there already becomes its own

    @property
    def target_key(self) -> tuple[str, str, str, str]:
        """Identify what is scaled; versions of one API group serve the same object."""
        group, _, _ = self.target.api_version.rpartition("/")
        return self.manifest.namespace, group, self.target.kind, self.target.name


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenMetric:
    """One metric of an HPA as it was written (autoscaling/v2), at the target's ``path``."""

    metric: KnownMetric
    path: str
    written: JsonObject

    @property
    def target(self) -> MetricTarget:
        """What it is held at."""
        return self.metric.target

    @property
    def name(self) -> str:
        """Name of a Pods, Object or External metric; empty for resources, whose names say nothing new."""
        return self.metric.metric.name if isinstance(self.metric, PodsMetric | ObjectMetric | ExternalMetric) else ""

    def amounts(self) -> Iterator[tuple[str, str, float]]:
        """Give the amounts of the target: path, text and number."""
        for name in ("value", "averageValue"):
            written = self.written.get(name)
            amount = amount_of(written)
            if amount is not None:
                yield f"{self.path}.{name}", str(written).strip(), amount.as_float()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hpa(Scaler):
    """An HPA that the API server would accept.

    ``metrics`` and ``behavior`` are those written in the file: version v1 hides them in annotations, without a line to
    point at.
    """

    policy: ScalingPolicy
    metrics: tuple[WrittenMetric, ...]
    behavior: Behavior | None
    is_current_version: bool


def hpa_of(policy: ScalingPolicy, manifest: Manifest) -> Hpa:
    """Give an HPA with what was written for it."""
    is_current = text_at(manifest.value, "apiVersion") == "autoscaling/v2"
    metrics = tuple(_written_metrics(manifest)) if is_current else ()
    return Hpa(
        manifest=manifest,
        target=policy.target,
        min_replicas=1 if policy.min_replicas is None else policy.min_replicas,
        max_replicas=policy.max_replicas,
        max_path="spec.maxReplicas",
        resources=tuple(_resource_targets(policy, metrics)),
        policy=policy,
        metrics=metrics,
        behavior=policy.behavior if is_current else None,
        is_current_version=is_current,
    )


def scaled_object_of(manifest: Manifest) -> Scaler | None:
    """Read a ScaledObject; ``None`` for manifests of other kinds, and for one that is paused."""
    if (manifest.kind, manifest.group) != ("ScaledObject", _KEDA):
        return None
    spec, annotations = mapping_at(manifest.value, "spec"), mapping_at(manifest.value, "metadata", "annotations")
    if annotations.get("autoscaling.keda.sh/paused") == "true":
        return None
    most = whole_at(spec, "maxReplicaCount")
    own_name = text_at(spec, "advanced", "horizontalPodAutoscalerConfig", "name")
    return Scaler(
        manifest=manifest,
        target=ObjectRef(
            api_version=text_at(spec, "scaleTargetRef", "apiVersion") or "apps/v1",
            kind=text_at(spec, "scaleTargetRef", "kind") or "Deployment",
            name=text_at(spec, "scaleTargetRef", "name"),
        ),
        min_replicas=max(1, whole_at(spec, "minReplicaCount") or 0),
        max_replicas=100 if most is None else most,
        max_path="spec.maxReplicaCount",
        resources=tuple(_triggers(spec)),
        makes=own_name or f"keda-hpa-{manifest.name}",
        takes_over=annotations.get(_TAKES_OVER) == "true",
    )


def _written_metrics(manifest: Manifest) -> Iterator[WrittenMetric]:
    for index, written in enumerate(items_at(manifest.value, "spec", "metrics")):
        metric, source = build_metric(written), next((name for name in _SOURCES if written.get(name)), "")
        if not isinstance(metric, UnknownMetric | PrometheusMetric):  # for the types: no HPA that is valid has one
            path = f"spec.metrics[{index}].{source}.target"
            yield WrittenMetric(metric=metric, path=path, written=mapping_at(written, source, "target"))


def _resource_targets(policy: ScalingPolicy, written: tuple[WrittenMetric, ...]) -> Iterator[ResourceTarget]:
    """Of the policy rather than the file: a policy without metrics gets one."""
    for index, metric in enumerate(policy.metrics):
        if isinstance(metric, ResourceMetric | ContainerResourceMetric):
            yield ResourceTarget(
                resource=metric.resource,
                container=metric.container if isinstance(metric, ContainerResourceMetric) else "",
                percent=None if metric.target.average_value is not None else metric.target.average_utilization,
                path=written[index].path if index < len(written) else "spec",
            )


def _triggers(spec: JsonObject) -> Iterator[ResourceTarget]:
    for index, trigger in enumerate(items_at(spec, "triggers")):
        resource = text_at(trigger, "type")
        if resource not in ("cpu", "memory"):
            continue
        kind = text_at(trigger, "metricType") or text_at(trigger, "metadata", "type") or "Utilization"
        value = str(value_at(trigger, "metadata", "value"))
        yield ResourceTarget(
            resource=resource,
            container=text_at(trigger, "metadata", "containerName"),
            percent=int(value) if kind == "Utilization" and value.isdecimal() and len(value) < 10 else None,
            path=f"spec.triggers[{index}]",
        )
