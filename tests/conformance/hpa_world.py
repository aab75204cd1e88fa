"""A case's world in the input language of the HPA conformance data, as the model's values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autoscaler.model.controller_config import ControllerConfig, Gates
from autoscaler.model.decision import Condition
from autoscaler.model.label_query import SelectorError, parse_label_selector, query_of
from autoscaler.model.memory import Memory, Recommendation, ScaleEvent
from autoscaler.model.observation import (
    ContainerSpec,
    ContainerUsage,
    ExternalReading,
    NoReading,
    ObjectReading,
    Pod,
    PodResources,
    PodSample,
    PodsReading,
    PodUsage,
    Reading,
    ReadyCondition,
    ResourceReading,
)
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    MetricName,
    ObjectMetric,
    ObjectRef,
    PodsMetric,
    ResourceMetric,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import MINUTE, SECOND, ZERO_TIME, Instant, seconds

Json = dict[str, Any]

START: Instant = 946_684_800 * SECOND
"""Second 0 of every case: 2000-01-01T00:00:00Z."""
_ZERO = -1_000_000_000
_NULLS_COUNT = {"hpa", "old_hpa", "spec", "json_value", "labels"}


def instant(at: float | None) -> Instant:
    """Seconds after the start as an instant; -1000000000, or nothing, is Go's zero time."""
    return ZERO_TIME if at is None or at == _ZERO else START + seconds(at)


def offset(at: Instant | None) -> float | None:
    """The inverse of ``instant``."""
    if at is None:
        return None
    if at == ZERO_TIME:
        return _ZERO
    elapsed = at - START
    return elapsed // SECOND if elapsed % SECOND == 0 else elapsed / SECOND


def config_of(case: Json) -> ControllerConfig:
    given, gates, default = case.get("config") or {}, case.get("gates") or {}, ControllerConfig()

    def duration(name: str, otherwise: int) -> int:
        return seconds(given[name]) if name in given else otherwise

    return ControllerConfig(
        tolerance=given.get("tolerance", default.tolerance),
        downscale_stabilization=duration("downscale_stabilization_seconds", default.downscale_stabilization),
        cpu_initialization_period=duration("cpu_initialization_period_seconds", default.cpu_initialization_period),
        initial_readiness_delay=duration("initial_readiness_delay_seconds", default.initial_readiness_delay),
        scale_up_limit_factor=float(given.get("scale_up_limit_factor", default.scale_up_limit_factor)),
        scale_up_limit_minimum=float(given.get("scale_up_limit_minimum", default.scale_up_limit_minimum)),
        gates=Gates(
            scale_to_zero=gates.get("HPAScaleToZero", False),
            configurable_tolerance=gates.get("HPAConfigurableTolerance", True),
            pod_level_resources=gates.get("PodLevelResources", True),
        ),
    )


def memory_of(case: Json) -> Memory:
    state = case.get("state") or {}
    recommendations = state.get("recommendations")
    return Memory(
        recommendations=None
        if recommendations is None
        else tuple(Recommendation(instant(entry["at"]), entry["replicas"]) for entry in recommendations),
        scale_ups=_events(state.get("scale_up_events")),
        scale_downs=_events(state.get("scale_down_events")),
    )


def _events(entries: list[Json] | None) -> tuple[ScaleEvent, ...]:
    return tuple(
        ScaleEvent(instant(entry["at"]), entry["change"], outdated=bool(entry.get("outdated")))
        for entry in entries or ()
    )


def state_of(memory: Memory) -> Json:
    """The memory in the words of a case's ``state``."""

    def events(entries: tuple[ScaleEvent, ...]) -> list[Json]:
        return [{"at": offset(entry.at), "change": entry.change, "outdated": entry.outdated} for entry in entries]

    return {
        "recommendations": [
            {"at": offset(entry.at), "replicas": entry.replicas} for entry in memory.recommendations or ()
        ],
        "scale_up_events": events(memory.scale_ups),
        "scale_down_events": events(memory.scale_downs),
    }


def conditions_of(conditions: Iterable[Condition]) -> list[Json]:
    """Conditions in the words of the conformance data."""
    return [
        {
            "type": one.type,
            "status": one.status,
            "reason": one.reason,
            "message": one.message,
            "last_transition": offset(one.last_transition),
        }
        for one in conditions
    ]


def without_nulls(value: Any) -> Any:
    """The same input without the fields that are null: Go's decoder takes those for absent.

    Objects of the API, label sets and a quantity's JSON are left as they are: what reads them knows null itself.
    """
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: item if key in _NULLS_COUNT else without_nulls(item)
        for key, item in value.items()
        if item is not None or key == "json_value"
    }


def pods_of(world: Json, selector: str | None = None) -> tuple[Pod, ...]:
    """The pods that ``selector`` matches; without one, all of them."""
    query = None if selector is None else parse_label_selector(selector)
    shared: dict[str, PodResources] = {}
    return tuple(
        _pod(pod, shared)
        for pod in world.get("pods") or ()
        if query is None or query.matches_labels(pod.get("labels") or {})
    )


def _pod(pod: Json, shared: dict[str, PodResources]) -> Pod:
    ready = next((one for one in pod.get("conditions") or () if one.get("type") == "Ready"), None)
    resources = _resources(pod)
    return Pod(
        name=pod["name"],
        labels=tuple(sorted((pod.get("labels") or {}).items())),
        phase=pod.get("phase") or "",
        deleting=pod.get("deletion") is not None,
        started_at=instant(pod["start"]) if pod.get("start") is not None else None,
        ready=None
        if ready is None
        else ReadyCondition(status=ready.get("status", ""), last_transition=instant(ready.get("last_transition"))),
        resources=shared.setdefault(repr(resources), resources),
    )


def _resources(pod: Json) -> PodResources:
    return PodResources(
        containers=tuple(_container(container) for container in pod.get("containers") or ()),
        init_containers=tuple(_container(container) for container in pod.get("init_containers") or ()),
        pod_requests=_amounts(pod.get("pod_requests")),
        pod_limits=_amounts(pod.get("pod_limits")),
        overhead=_amounts(pod.get("overhead")),
    )


def _container(container: Json) -> ContainerSpec:
    return ContainerSpec(
        name=container.get("name", ""),
        requests=_amounts(container.get("requests")),
        sidecar=container.get("restart_policy") == "Always",
    )


def _amounts(amounts: Json | None) -> tuple[tuple[str, Quantity], ...]:
    return tuple((name, Quantity.parse(str(value))) for name, value in (amounts or {}).items())


def reading_of(world: Json, metric: Metric, namespace: str) -> Reading:
    """What the metrics APIs of this world answer to ``metric``."""
    match metric:
        case ResourceMetric() | ContainerResourceMetric():
            return resource_reading(world)
        case PodsMetric():
            return pods_reading(world, metric.metric)
        case ObjectMetric():
            return object_reading(world, metric.metric, metric.described, namespace)
        case ExternalMetric():
            return external_reading(world, metric.metric)
        case _:
            return NoReading(error="unknown metric")


def resource_reading(world: Json) -> Reading:
    metrics = world.get("resource_metrics") or {}
    if metrics.get("error"):
        return NoReading(error=metrics["error"])
    return ResourceReading(
        pods=tuple(
            PodUsage(
                pod=item["name"],
                at=instant(item.get("timestamp")),
                window=seconds(item.get("window") or 0),
                containers=tuple(
                    ContainerUsage(name=container.get("name", ""), usage=_millis(container.get("usage")))
                    for container in item.get("containers") or ()
                ),
            )
            for item in metrics.get("items") or ()
        )
    )


def _millis(usage: Json | None) -> tuple[tuple[str, int], ...]:
    return tuple((name, Quantity.parse(str(value)).milli()) for name, value in (usage or {}).items())


def pods_reading(world: Json, metric: MetricName) -> Reading:
    entry = _entry(world.get("custom_metrics"), metric, lambda one: "object" not in one)
    if entry is None:
        return PodsReading(samples=())
    if entry.get("error"):
        return NoReading(error=entry["error"])
    return PodsReading(
        samples=tuple(
            PodSample(
                pod=pod["name"],
                value=Quantity.parse(str(pod["value"])).milli(),
                at=instant(pod.get("timestamp")),
                window=MINUTE if pod.get("window_seconds") is None else seconds(pod["window_seconds"]),
            )
            for pod in entry.get("pods") or ()
        )
    )


def object_reading(world: Json, metric: MetricName, described: ObjectRef, namespace: str) -> Reading:
    """The value of one object; a Namespace is read root-scoped, by the HPA's namespace whatever the reference says."""
    group = described.api_version.rpartition("/")[0]
    is_root = described.kind == "Namespace" and group == ""
    wanted = {
        "kind": described.kind,
        "group": group,
        "name": namespace if is_root else described.name,
        "root": is_root,
    }
    entry = _entry(
        world.get("custom_metrics"),
        metric,
        lambda one: _is_of_object(one, wanted),
    )
    if entry is None:
        return NoReading(error="the custom metrics API server returned 0 results when we asked for exactly one")
    if entry.get("error"):
        return NoReading(error=entry["error"])
    return ObjectReading(value=Quantity.parse(str(entry["value"])).milli(), at=instant(entry.get("timestamp")))


def _is_of_object(entry: Json, wanted: Json) -> bool:
    """Whether an entry of ``custom_metrics`` is about that object; an error alone is about whatever is asked."""
    if "object" not in entry:
        return bool(entry.get("error")) and "pods" not in entry
    return all(wanted.get(key) == value for key, value in entry["object"].items())


def external_reading(world: Json, metric: MetricName) -> Reading:
    entry = _entry(world.get("external_metrics"), metric, lambda _: True)
    if entry is None:
        return ExternalReading(values=(), at=ZERO_TIME)
    if entry.get("error"):
        return NoReading(error=entry["error"])
    return ExternalReading(
        values=tuple(Quantity.parse(str(value)).milli() for value in entry.get("values") or ()),
        at=instant(entry.get("timestamp")),
    )


def _entry(entries: list[Json] | None, metric: MetricName, fits: Any) -> Json | None:
    """The first entry of that name; one that names a selector must name the metric's, as printed."""
    try:
        printed = "" if metric.selector is None else str(query_of(metric.selector))
    except SelectorError:
        return None  # upstream fails before it asks
    return next(
        (
            entry
            for entry in entries or ()
            if entry.get("metric") == metric.name and entry.get("selector", printed) == printed and fits(entry)
        ),
        None,
    )
