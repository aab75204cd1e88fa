"""The three metrics APIs: metrics.k8s.io, custom.metrics.k8s.io and external.metrics.k8s.io.

An answer becomes a reading in whole milli-units; a failure becomes a ``NoReading`` with the server's words, never a
zero. An empty list is a reading too: what it means is the engine's business.

Source: kubernetes pkg/controller/podautoscaler/metrics/client.go; metrics pkg/client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.discovery import Discovery
from autoscaler.adapters.kubernetes.errors import KubernetesError, NoAnswerError, Subject
from autoscaler.adapters.kubernetes.paths import api_root, object_path, qualified, split_api_version
from autoscaler.adapters.kubernetes.wire import ObjectMeta, decode, duration, instant, milli
from autoscaler.model.label_query import query_of
from autoscaler.model.observation import (
    ContainerUsage,
    ExternalReading,
    NoReading,
    ObjectReading,
    PodSample,
    PodsReading,
    PodUsage,
    ResourceReading,
)
from autoscaler.model.policy import MetricName, ObjectRef
from autoscaler.model.time import SECOND, ZERO_TIME

_RESOURCE_GROUP = "metrics.k8s.io"
_CUSTOM_GROUP = "custom.metrics.k8s.io"
_EXTERNAL_GROUP = "external.metrics.k8s.io"
#: What a custom metric's sample covers [s] where it does not say.
_DEFAULT_WINDOW = 60


class _ContainerMetrics(msgspec.Struct):
    name: str = ""
    usage: dict[str, str] | None = None


class _PodMetrics(msgspec.Struct):
    metadata: ObjectMeta
    timestamp: str | None = None
    window: str = "0s"
    containers: list[_ContainerMetrics] | None = None


class _PodMetricsList(msgspec.Struct):
    items: list[_PodMetrics] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledUsage:
    """What one pod uses, and the labels it is selected by."""

    labels: Mapping[str, str]
    usage: PodUsage


class _Described(msgspec.Struct):
    name: str = ""


class _CustomValue(msgspec.Struct, rename="camel"):
    value: str = "0"
    timestamp: str | None = None
    window_seconds: int | None = None
    described_object: _Described = msgspec.field(default_factory=_Described)


class _CustomValues(msgspec.Struct):
    items: list[_CustomValue] | None = None


class _ExternalValue(msgspec.Struct):
    value: str = "0"
    timestamp: str | None = None


class _ExternalValues(msgspec.Struct):
    items: list[_ExternalValue] | None = None


_POD_METRICS = msgspec.json.Decoder(_PodMetricsList)
_CUSTOM = msgspec.json.Decoder(_CustomValues)
_EXTERNAL = msgspec.json.Decoder(_ExternalValues)
_USAGE = Subject(verb="list", resource=qualified("pods", _RESOURCE_GROUP))


class MetricsApis:
    """Reads metrics through the API server's aggregation layer."""

    def __init__(self, client: Client, discovery: Discovery) -> None:
        self._client = client
        self._discovery = discovery

    async def labelled_usage(self, namespace: str) -> tuple[LabelledUsage, ...]:
        """Read cpu and memory of every pod of a namespace, with the pods' labels. Raises: KubernetesError."""
        path = object_path(api_root(_RESOURCE_GROUP, "v1beta1"), namespace, "pods")
        try:
            return read_labelled(await self._client.get(path, _USAGE))
        except ValueError as error:
            raise NoAnswerError(str(error)) from error

    async def resource(self, namespace: str, selector: str) -> ResourceReading | NoReading:
        """Read cpu and memory of the pods that ``selector`` matches; one reading answers every resource metric."""
        path = object_path(api_root(_RESOURCE_GROUP, "v1beta1"), namespace, "pods")
        try:
            return read_resource(await self._client.get(path, _USAGE, {"labelSelector": selector}))
        except (KubernetesError, ValueError) as error:
            return NoReading(error=str(error))

    async def pods(self, namespace: str, metric: MetricName, selector: str) -> PodsReading | NoReading:
        """Read a custom metric of each pod that ``selector`` matches."""
        try:
            query = _narrowed(metric) | ({"labelSelector": selector} if selector else {})
            return read_pods(await self._custom(namespace, ("pods", "*", metric.name), query))
        except (KubernetesError, ValueError) as error:
            return NoReading(error=str(error))

    async def object(self, namespace: str, metric: MetricName, described: ObjectRef) -> ObjectReading | NoReading:
        """Read a custom metric of one object.

        A core ``Namespace`` is read root-scoped under the policy's own namespace, whatever name the reference holds.
        """
        try:
            parts = await self._parts_of(described, metric)
            return read_object(await self._custom(namespace, parts, _narrowed(metric)))
        except (KubernetesError, ValueError) as error:
            return NoReading(error=str(error))

    async def external(self, namespace: str, metric: MetricName) -> ExternalReading | NoReading:
        """Read every series of an external metric that its selector matches, in the order given."""
        subject = Subject(verb="list", resource=qualified(metric.name, _EXTERNAL_GROUP))
        path = object_path(api_root(_EXTERNAL_GROUP, "v1beta1"), namespace, metric.name)
        try:
            return read_external(await self._client.get(path, subject, {"labelSelector": _selector_text(metric)}))
        except (KubernetesError, ValueError) as error:
            return NoReading(error=str(error))

    async def _parts_of(self, described: ObjectRef, metric: MetricName) -> tuple[str, ...]:
        group, _ = split_api_version(described.api_version)
        if described.kind == "Namespace" and not group:
            return ("metrics", metric.name)
        mappings = await self._discovery.mappings(group, described.kind)
        if not mappings:
            raise ValueError(f'no matches for kind "{described.kind}" in group "{group}"')
        return (qualified(mappings[0].resource, group), described.name, metric.name)

    async def _custom(self, namespace: str, parts: tuple[str, ...], query: dict[str, str]) -> bytes:
        versions = await self._discovery.versions(_CUSTOM_GROUP)
        if not versions:
            raise ValueError(f"no custom metrics API ({_CUSTOM_GROUP}) registered")
        subject = Subject(verb="get", resource=qualified(parts[0], _CUSTOM_GROUP), name=parts[1])
        path = object_path(api_root(_CUSTOM_GROUP, versions[0]), namespace, *parts)
        return await self._client.get(path, subject, query)


def read_resource(body: bytes) -> ResourceReading:
    """Read a PodMetricsList. Raises: KubernetesError, ValueError."""
    return ResourceReading(pods=tuple(_pod_usage(item) for item in decode(_POD_METRICS, body, _USAGE).items or ()))


def read_labelled(body: bytes) -> tuple[LabelledUsage, ...]:
    """Read a PodMetricsList with the pods' labels. Raises: KubernetesError, ValueError."""
    return tuple(
        LabelledUsage(labels=item.metadata.labels or {}, usage=_pod_usage(item))
        for item in decode(_POD_METRICS, body, _USAGE).items or ()
    )


def read_pods(body: bytes) -> PodsReading:
    """Read a MetricValueList with one value per pod. Raises: KubernetesError, ValueError."""
    answer = decode(_CUSTOM, body, Subject(verb="get", resource=qualified("pods", _CUSTOM_GROUP)))
    return PodsReading(samples=tuple(_pod_sample(item) for item in answer.items or ()))


def read_object(body: bytes) -> ObjectReading:
    """Read a MetricValueList that must hold one value. Raises: KubernetesError, ValueError."""
    items = decode(_CUSTOM, body, Subject(verb="get", resource=_CUSTOM_GROUP)).items or ()
    if len(items) != 1:
        raise ValueError(f"the custom metrics API server returned {len(items)} results when we asked for exactly one")
    return ObjectReading(value=milli(items[0].value), at=_instant_or_zero(items[0].timestamp))


def read_external(body: bytes) -> ExternalReading:
    """Read an ExternalMetricValueList, dated as its first item. Raises: KubernetesError, ValueError."""
    items = decode(_EXTERNAL, body, Subject(verb="list", resource=_EXTERNAL_GROUP)).items or ()
    at = _instant_or_zero(items[0].timestamp) if items else ZERO_TIME
    return ExternalReading(values=tuple(milli(item.value) for item in items), at=at)


def _narrowed(metric: MetricName) -> dict[str, str]:
    text = _selector_text(metric)
    return {"metricLabelSelector": text} if text else {}


def _selector_text(metric: MetricName) -> str:
    """Raises: ValueError, in upstream's words, on a selector it would refuse."""
    return "" if metric.selector is None else str(query_of(metric.selector))


def _pod_usage(item: _PodMetrics) -> PodUsage:
    return PodUsage(
        pod=item.metadata.name,
        containers=tuple(
            ContainerUsage(
                name=container.name,
                usage=tuple((resource, milli(text)) for resource, text in (container.usage or {}).items()),
            )
            for container in item.containers or ()
        ),
        at=_instant_or_zero(item.timestamp),
        window=duration(item.window),
    )


def _pod_sample(item: _CustomValue) -> PodSample:
    seconds = _DEFAULT_WINDOW if item.window_seconds is None else item.window_seconds
    return PodSample(
        pod=item.described_object.name,
        value=milli(item.value),
        at=_instant_or_zero(item.timestamp),
        window=seconds * SECOND,
    )


def _instant_or_zero(text: str | None) -> int:
    return ZERO_TIME if text is None else instant(text)
