"""The three metrics APIs, as aggregated API services: metrics.k8s.io, custom.metrics.k8s.io, external.metrics.k8s.io.

Source: k8s.io/metrics types; custom-metrics-apiserver.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from aiohttp import web

from autoscaler.config.go_time import format_time
from autoscaler.emulator import errors
from autoscaler.emulator.clock import Clock
from autoscaler.emulator.field_selectors import parse_field_selector
from autoscaler.emulator.http.exchange import plain
from autoscaler.emulator.http.media import Answer, negotiate
from autoscaler.emulator.http.metrics_tables import usage_table
from autoscaler.emulator.http.paths import RequestInfo
from autoscaler.emulator.metrics_source import CustomValue, ExternalValue, MetricsSource, NodeUsage, PodUsage
from autoscaler.emulator.resources import Registry
from autoscaler.model.json_types import JsonObject
from autoscaler.model.label_query import LabelQuery, SelectorError, parse_label_selector

RESOURCE: Final = "metrics.k8s.io"
CUSTOM: Final = "custom.metrics.k8s.io"
EXTERNAL: Final = "external.metrics.k8s.io"
GROUPS: Final = (CUSTOM, EXTERNAL, RESOURCE)
_REGISTERED: Final = {(RESOURCE, "v1beta1"): True, (CUSTOM, "v1beta2"): True, (EXTERNAL, "v1beta1"): True}


class MetricsApis:
    """Which versions are registered and up, and what they serve."""

    def __init__(self, source: MetricsSource, registry: Registry, clock: Clock) -> None:
        self.source = source
        self._registry = registry
        self._clock = clock
        self._up = dict(_REGISTERED)

    def register(self, group: str, version: str, up: bool | None) -> None:
        """Register a version whose backend is up or down; None removes it."""
        if up is None:
            self._up.pop((group, version), None)
        else:
            self._up[group, version] = up

    def versions(self, group: str, *, only_up: bool = False) -> list[str]:
        """Registered versions of a group."""
        return [version for (known, version), up in self._up.items() if known == group and (up or not only_up)]

    def answer(self, request: web.Request, info: RequestInfo, group: str, version: str) -> web.Response:
        """Answer any GET below a registered version; the version's own path lists its resources.

        Raises:
            ApiError: what is asked for does not exist.
        """
        if (group, version) not in self._up:
            return plain("404 page not found\n", 404)
        if not self._up[group, version]:
            return plain("service unavailable\n", 503)
        if not info.is_resource:
            return web.json_response(body=Answer("application/json").encode(self.resource_list(group, version)))
        if request.method != "GET":
            raise errors.method_not_allowed()
        answer = negotiate(request.headers.get("Accept", ""))
        try:
            labels = parse_label_selector(request.query.get("labelSelector", ""))
        except SelectorError as fault:
            raise errors.bad_request(str(fault)) from None
        shown = self._serve(info, labels, request.query, answer)
        return web.Response(body=answer.encode(shown), content_type=answer.type)

    def resource_list(self, group: str, version: str) -> JsonObject:
        """Plain discovery of one version."""
        listed = [
            {"name": name, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": verbs}
            for name, namespaced, kind, verbs in self._resources(group)
        ]
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": f"{group}/{version}",
            "resources": listed,
        }

    def _resources(self, group: str) -> list[tuple[str, bool, str, list[str]]]:
        if group == RESOURCE:
            verbs = ["get", "list"]
            return [("nodes", False, "NodeMetrics", verbs), ("pods", True, "PodMetrics", verbs)]
        if group == CUSTOM:
            names = dict.fromkeys(f"{value.resource}/{value.metric}" for value in self.source.custom())
            return [(name, True, "MetricValueList", ["get"]) for name in names]
        metrics = dict.fromkeys(value.metric for value in self.source.external())
        return [(name, True, "ExternalMetricValueList", ["get"]) for name in metrics]

    def _serve(self, info: RequestInfo, labels: LabelQuery, query: Mapping[str, str], answer: Answer) -> JsonObject:
        match info.group, info.plural:
            case "metrics.k8s.io", "nodes":
                return self._usages(info, [_node(usage) for usage in self.source.nodes()], labels, query, answer)
            case "metrics.k8s.io", "pods":
                pods = [_pod(usage) for usage in self.source.pods() if info.namespace in ("", usage.namespace)]
                return self._usages(info, pods, labels, query, answer)
            case "custom.metrics.k8s.io", _:
                return self._custom(info, labels)
            case "external.metrics.k8s.io", _:
                values = [value for value in self.source.external() if _is_asked(value, info, labels)]
                return _value_list("ExternalMetricValueList", info, [_external(value) for value in values])
            case _:
                raise errors.no_such_resource()

    def _usages(
        self,
        info: RequestInfo,
        usages: list[JsonObject],
        labels: LabelQuery,
        query: Mapping[str, str],
        answer: Answer,
    ) -> JsonObject:
        kind = "NodeMetrics" if info.plural == "nodes" else "PodMetrics"
        if info.name:
            found = next((usage for usage in usages if usage["metadata"]["name"] == info.name), None)
            if found is None:
                raise errors.not_found(info.group, info.plural, info.name)
            one = {"kind": kind, "apiVersion": f"{info.group}/{info.version}", **found}
            return usage_table([one], self._clock()) if answer.transform == "Table" else one
        fields = parse_field_selector(query.get("fieldSelector", ""))
        taken = [usage for usage in usages if labels.matches(usage) and fields.matches(usage)]
        if answer.transform == "Table":
            return usage_table(taken, self._clock())
        return _value_list(f"{kind}List", info, taken)

    def _custom(self, info: RequestInfo, labels: LabelQuery) -> JsonObject:
        """Values of one object, or with ``*`` of all that the selector takes."""
        resource, metric = info.plural, info.subresource
        namespace, name = info.namespace, info.name
        if resource == "namespaces":
            namespace = ""
        known = [value for value in self.source.custom() if (value.resource, value.metric) == (resource, metric)]
        found = [
            value
            for value in known
            if value.namespace == namespace
            and (value.name == name or (name == "*" and labels.matches_labels(value.labels)))
        ]
        if not found and (name != "*" or not known):
            missing = f"the server could not find the metric {metric} for {resource}"
            raise errors.ApiError(404, "NotFound", missing if name == "*" else f"{missing} {name}")
        return _value_list("MetricValueList", info, [self._metric_value(value) for value in found])

    def _metric_value(self, value: CustomValue) -> JsonObject:
        plural, _, group = value.resource.partition(".")
        resource = next((found for found in self._registry if (found.plural, found.group) == (plural, group)), None)
        kind, version = (resource.kind, resource.version) if resource else (plural, "v1")
        described = {"kind": kind, "namespace": value.namespace, "name": value.name, "apiVersion": f"{group}/{version}"}
        return {
            "describedObject": {key: part for key, part in described.items() if part},
            "metric": {"name": value.metric, "selector": None},
            "timestamp": format_time(value.at),
            "value": value.value,
        }


def _node(usage: NodeUsage) -> JsonObject:
    metadata = {"name": usage.name, "creationTimestamp": format_time(usage.at)}
    return _with_labels(metadata, usage.labels) | {**_when(usage), "usage": dict(usage.usage)}


def _pod(usage: PodUsage) -> JsonObject:
    metadata = {"name": usage.name, "namespace": usage.namespace, "creationTimestamp": format_time(usage.at)}
    containers = [{"name": name, "usage": dict(used)} for name, used in usage.containers.items()]
    return _with_labels(metadata, usage.labels) | {**_when(usage), "containers": containers}


def _with_labels(metadata: JsonObject, labels: Mapping[str, str]) -> JsonObject:
    return {"metadata": metadata | ({"labels": dict(labels)} if labels else {})}


def _when(usage: NodeUsage | PodUsage) -> JsonObject:
    return {"timestamp": format_time(usage.at), "window": f"{usage.window_s:g}s"}


def _external(value: ExternalValue) -> JsonObject:
    return {
        "metricName": value.metric,
        "metricLabels": dict(value.labels),
        "timestamp": format_time(value.at),
        "value": value.value,
    }


def _is_asked(value: ExternalValue, info: RequestInfo, labels: LabelQuery) -> bool:
    is_named = (value.namespace, value.metric) == (info.namespace, info.plural)
    return is_named and labels.matches_labels(value.labels)


def _value_list(kind: str, info: RequestInfo, items: Iterable[JsonObject]) -> JsonObject:
    return {"kind": kind, "apiVersion": f"{info.group}/{info.version}", "metadata": {}, "items": list(items)}
