"""Single calculations of upstream's controller: replicas from one metric, and each rule on its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from autoscaler.config.hpa_build import build_policy, build_rules, build_selector
from autoscaler.config.hpa_defaults import default_behavior, with_defaults
from autoscaler.config.hpa_status import status_from_object
from autoscaler.engine.conditions import conditions_of as begun_conditions
from autoscaler.engine.constrain.normalize import direction_words, normalize
from autoscaler.engine.constrain.rates import (
    MESSAGES,
    change_within,
    limit_rate,
    limit_without_behavior,
    scale_down_limit,
    scale_up_limit,
)
from autoscaler.engine.constrain.stabilize import stabilize_both_ways, stabilize_downwards, window_of
from autoscaler.engine.recommend.calculation import Calculation, MetricFailedError, Tolerance
from autoscaler.engine.recommend.grouping import CPU, Roster, group_pods, group_pods_for_cpu
from autoscaler.engine.recommend.per_pod import (
    Situation,
    average_use,
    pods_average,
    resource_average,
    resource_utilization,
    utilization_use,
)
from autoscaler.engine.recommend.requests import pod_requests
from autoscaler.engine.recommend.single_value import (
    capped_sum,
    external_values,
    object_value,
    sum_until_negative,
    value_per_pod,
    whole_value,
)
from autoscaler.engine.settle import settle
from autoscaler.engine.turn import Turn
from autoscaler.model.decision import Decision, PolicyStatus, Reason, WriteOutcome, WriteResult
from autoscaler.model.gonum import wrap_int32
from autoscaler.model.memory import Memory
from autoscaler.model.observation import (
    ExternalReading,
    ObjectReading,
    Pod,
    PodsReading,
    PodUsage,
    Reading,
    ResourceReading,
    Scale,
)
from autoscaler.model.policy import Behavior, MetricName, MetricTarget, Mode, ObjectMetric, ObjectRef, ScalingPolicy
from autoscaler.model.time import seconds
from tests.conformance.hpa_texts import number_text
from tests.conformance.hpa_world import (
    Json,
    conditions_of,
    config_of,
    external_reading,
    instant,
    memory_of,
    object_reading,
    offset,
    pods_of,
    pods_reading,
    resource_reading,
    state_of,
)


def run_replicas(case: Json) -> Json:
    """One of the seven calculator functions, the grouping of pods, or the sum of requests."""
    function = case["fn"]
    if function == "groupPods":
        return _group(case)
    if function == "calculateRequests":
        return _requests(case)
    pods = pods_of(case, case.get("selector") or "")
    at = instant(case.get("at", 0))
    tolerance = Tolerance(1.0 - case.get("tolerance_down", 0.1), 1.0 + case.get("tolerance_up", 0.1))
    situation = Situation(Roster.of(pods), case.get("current", 0), tolerance, at, config_of(case))
    try:
        calculation = _CALCULATORS[function](case, situation)
    except MetricFailedError as error:
        return {
            "replicas": 0,
            "utilization": 0,
            "usage": _usage_of_failure(case, error),
            "timestamp": _timestamp(case) if function in _DATED_FAILURES else None,
            "error": str(error),
        }
    return {
        "replicas": calculation.replicas,
        "utilization": calculation.utilization,
        "usage": calculation.usage,
        "timestamp": _timestamp(case),
        "error": None,
    }


def _timestamp(case: Json) -> float | None:
    """When the first sample was taken; upstream drops it on its way for targets of type Value."""
    if case["fn"] in _RESOURCE_FUNCTIONS:
        reading = resource_reading(case)
        return offset(reading.pods[0].at) if isinstance(reading, ResourceReading) and reading.pods else None
    if case["fn"] == "GetMetricReplicas":
        reading = pods_reading(case, _metric_name(case))
        return offset(reading.samples[0].at) if isinstance(reading, PodsReading) and reading.samples else None
    if case["fn"] == "GetObjectPerPodMetricReplicas":
        reading = _object_reading(case)
    elif case["fn"] == "GetExternalPerPodMetricReplicas":
        reading = external_reading(case, _metric_name(case))
    else:
        return None
    return offset(reading.at) if isinstance(reading, ObjectReading | ExternalReading) else None


def _usage_of_failure(case: Json, error: MetricFailedError) -> int:
    """Upstream returns the value beside the error if only the ready pods could not be counted."""
    if not str(error).startswith("unable to calculate ready pods"):
        return 0
    return _object_total(case) if "Object" in case["fn"] else capped_sum(_external_series(case))


def _metric_name(case: Json) -> MetricName:
    selector = case.get("metric_selector")
    return MetricName(name=case.get("metric", ""), selector=None if selector is None else build_selector(selector))


def _utilization(case: Json, now: Situation) -> Calculation:
    return resource_utilization(
        now, resource_reading(case), case.get("resource", ""), case.get("container") or "", case.get("target", 0)
    )


def _raw_resource(case: Json, now: Situation) -> Calculation:
    return resource_average(
        now, resource_reading(case), case.get("resource", ""), case.get("container") or "", case.get("target", 0)
    )


def _pods_metric(case: Json, now: Situation) -> Calculation:
    return pods_average(now, pods_reading(case, _metric_name(case)), case.get("metric", ""), case.get("target", 0))


def _described(case: Json) -> ObjectRef:
    described = case.get("object") or {}
    return ObjectRef(
        api_version=described.get("apiVersion") or "",
        kind=described.get("kind") or "",
        name=described.get("name") or "",
    )


def _object_reading(case: Json) -> Reading:
    return object_reading(case, _metric_name(case), _described(case), case.get("namespace") or "")


def _object_total(case: Json) -> int:
    metric = ObjectMetric(described=_described(case), metric=_metric_name(case), target=MetricTarget(type=""))
    return object_value(_object_reading(case), metric, case.get("namespace") or "")


def _object(case: Json, now: Situation) -> Calculation:
    return whole_value(now, _object_total(case), case.get("target", 0))


def _object_per_pod(case: Json, now: Situation) -> Calculation:
    return value_per_pod(
        now.tolerance, _object_total(case), case.get("target", 0), case.get("current", 0), is_external=False
    )


def _external_series(case: Json) -> tuple[int, ...]:
    metric = _metric_name(case)
    return external_values(external_reading(case, metric), metric, case.get("namespace") or "")


def _external(case: Json, now: Situation) -> Calculation:
    return whole_value(now, capped_sum(_external_series(case)), case.get("target", 0))


def _external_per_pod(case: Json, now: Situation) -> Calculation:
    total = sum_until_negative(_external_series(case))
    return value_per_pod(now.tolerance, total, case.get("target", 0), case.get("current", 0), is_external=True)


_RESOURCE_FUNCTIONS = {"GetResourceReplicas", "GetRawResourceReplicas"}
_DATED_FAILURES = {"GetRawResourceReplicas", "GetMetricReplicas"}  # what fails after their samples are there keeps it
_CALCULATORS: dict[str, Callable[[Json, Situation], Calculation]] = {
    "GetResourceReplicas": _utilization,
    "GetRawResourceReplicas": _raw_resource,
    "GetMetricReplicas": _pods_metric,
    "GetObjectMetricReplicas": _object,
    "GetObjectPerPodMetricReplicas": _object_per_pod,
    "GetExternalMetricReplicas": _external,
    "GetExternalPerPodMetricReplicas": _external_per_pod,
}


def _group(case: Json) -> Json:
    usages = tuple(
        PodUsage(pod=name, containers=(), at=instant(entry.get("timestamp")), window=seconds(entry.get("window") or 0))
        for name, entry in (case.get("pod_metrics") or {}).items()
    )
    samples = {name: entry.get("value", 0) for name, entry in (case.get("pod_metrics") or {}).items()}
    roster = Roster.of(pods_of(case))
    if case.get("resource") == CPU:
        groups = group_pods_for_cpu(roster, samples, usages, instant(case.get("at", 0)), config_of(case))
    else:
        groups = group_pods(roster, samples)
    return {
        "ready": groups.ready,
        "unready": sorted(groups.unready),
        "missing": sorted(groups.missing),
        "ignored": sorted(groups.ignored),
        "metrics": samples,
    }


def _requests(case: Json) -> Json:
    pods: tuple[Pod, ...] = pods_of(case)
    pod_level = config_of(case).gates.pod_level_resources
    try:
        requests = pod_requests(pods, case.get("resource", ""), case.get("container") or "", pod_level=pod_level)
    except MetricFailedError as error:
        return {"error": str(error), "requests": None}
    return {"error": None, "requests": requests}


def run_normalize(case: Json) -> Json:
    """Windows, rate rules and bounds together."""
    memory = memory_of(case)
    policy = replace(_policy(case), min_replicas=case.get("min", 0))
    scale = Scale(spec_replicas=case.get("current", 0), status_replicas=case.get("current", 0))
    config = config_of(case)
    conditions = begun_conditions(status_from_object(case.get("hpa") or {}), policy, config)
    turn = Turn(policy, scale, memory, conditions, instant(case.get("at", 0)), config)
    normalized = normalize(turn, case.get("desired", 0))
    remembered = Memory(recommendations=normalized.history, scale_ups=memory.scale_ups, scale_downs=memory.scale_downs)
    return {
        "desired": normalized.replicas,
        "conditions": conditions_of(turn.conditions),
        "state": state_of(remembered),
    }


def run_rate(case: Json) -> Json:
    """The rate rules on a number that the windows have passed."""
    memory = memory_of(case)
    limited = limit_rate(
        _behavior(case),
        memory.scale_ups,
        memory.scale_downs,
        case.get("current", 0),
        case.get("desired", 0),
        (case.get("min", 0), case.get("max", 0)),
        instant(case.get("at", 0)),
    )
    return {"desired": limited.replicas, "reason": limited.reason, "message": MESSAGES[limited.reason]}


def run_stabilize(case: Json) -> Json:
    """The windows on a raw number; with rules in both directions the behavior's variant."""
    memory, at, config = memory_of(case), instant(case.get("at", 0)), config_of(case)
    history, desired = memory.recommendations or (), case.get("desired", 0)
    if case.get("rules_up") is None and case.get("rules_down") is None:
        held = stabilize_downwards(history, desired, at, config.downscale_stabilization)
        words: Json = {}
    else:
        behavior = _behavior(case)
        up = window_of(behavior.scale_up.stabilization_window_seconds, 0)
        down = window_of(behavior.scale_down.stabilization_window_seconds, config.downscale_stabilization)
        held = stabilize_both_ways(history, case.get("current", 0), desired, at, up, down)
        reason, message = direction_words(grows=desired >= case.get("current", 0))  # whether or not it held
        words = {"reason": reason, "message": message}
    remembered = Memory(recommendations=held.history, scale_ups=memory.scale_ups, scale_downs=memory.scale_downs)
    return {"desired": held.replicas, "state": state_of(remembered)} | words


def run_limit(case: Json) -> Json:
    """How far one direction may go."""
    memory, at = memory_of(case), instant(case.get("at", 0))
    key = "scaleUp" if case["direction"] == "up" else "scaleDown"
    rules = case.get("rules") or {}
    if case.get("apply_defaults", True):
        rules = default_behavior({key: rules})[key]
    limit = scale_up_limit if key == "scaleUp" else scale_down_limit
    return {"limit": limit(build_rules(rules), memory.scale_ups, memory.scale_downs, case.get("current", 0), at)}


def run_store_event(case: Json) -> Json:
    """What is remembered of a change that was made."""
    policy, memory, at = _policy(case), memory_of(case), instant(case.get("at", 0))
    decision = Decision(
        key=policy.key,
        at=at,
        current=case.get("current", 0),
        desired=case.get("desired", 0),
        rescale=True,
        reason=Reason.UNCHANGED,
        status=PolicyStatus(),
    )
    written = WriteOutcome(result=WriteResult.WRITTEN)
    _, remembered = settle(policy, decision, memory, written, config_of(case))
    grows = case.get("desired", 0) > case.get("current", 0)
    before = memory.scale_ups if grows else memory.scale_downs
    after = state_of(remembered)["scale_up_events" if grows else "scale_down_events"]
    return {
        "state": state_of(remembered),
        "events": [{"change": event["change"], "outdated": event["outdated"]} for event in after],
        "direction": "up" if grows else "down",
        "change_in_60s_before": change_within(before, 60, at),
    }


def run_replicas_change(case: Json) -> Json:
    """How much was added and removed within a period."""
    memory, at = memory_of(case), instant(case.get("at", 0))
    return {
        "up": wrap_int32(change_within(memory.scale_ups, case.get("period_seconds", 0), at)),
        "down": wrap_int32(change_within(memory.scale_downs, case.get("period_seconds", 0), at)),
    }


def run_convert_rules(case: Json) -> Json:
    """The fixed rules of a policy without ``behavior``."""
    config = config_of(case)
    limited = limit_without_behavior(
        case.get("current", 0),
        case.get("desired", 0),
        (case.get("min", 0), case.get("max", 0)),
        config.scale_up_limit_factor,
        config.scale_up_limit_minimum,
    )
    return {"desired": limited.replicas, "reason": limited.reason, "message": MESSAGES[limited.reason]}


def run_ratio(case: Json) -> Json:
    """Use against a target: of requests if they are given."""
    values = dict(case.get("values") or {})
    if case.get("requests") is None:
        use = average_use(values, case.get("target", 0))
        return {"ratio": number_text(use.ratio), "usage": use.average}
    try:
        use = utilization_use(values, case["requests"], case.get("target", 0))
    except MetricFailedError as error:
        return {"ratio": "0", "utilization": 0, "usage": 0, "error": str(error)}
    return {"ratio": number_text(use.ratio), "utilization": use.utilization, "usage": use.average, "error": None}


def _policy(case: Json) -> ScalingPolicy:
    hpa = case.get("hpa") or {}
    return build_policy(with_defaults(hpa) if case.get("apply_defaults", True) else hpa, Mode.APPLY)


def _behavior(case: Json) -> Behavior:
    up, down = case.get("rules_up"), case.get("rules_down")
    if case.get("apply_defaults", True):
        filled = default_behavior({"scaleUp": up, "scaleDown": down})
        up, down = filled["scaleUp"], filled["scaleDown"]
    return Behavior(scale_up=build_rules(up or {}), scale_down=build_rules(down or {}))
