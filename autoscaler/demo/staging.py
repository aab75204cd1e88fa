"""What the demo plays: the built-in world or a trace, and a policy that is made to fit into it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import numpy as np

from autoscaler.config.documents import Document, load, load_file
from autoscaler.config.durations import print_duration
from autoscaler.config.hpa import ReadOptions, is_policy
from autoscaler.config.scaling_policy import read_any_policy
from autoscaler.config.scenario import Metrics, PodSignal, Scenario, ServiceSignal, scenario_from
from autoscaler.config.traces import Trace, load_trace
from autoscaler.emulator.scene import left_out
from autoscaler.model.errors import Fault, InvalidPolicyError
from autoscaler.model.json_types import JsonObject
from autoscaler.model.policy import ExternalMetric, Metric, Mode, PodsMetric, PrometheusMetric, ScalingPolicy
from autoscaler.model.time import seconds
from autoscaler.simulator.inputs import Inputs, Overrides, prepare

LONG_TRACE: Final = 6 * 3600.0  #: a longer one is not played from its beginning [s]
LEAD: Final = 1800.0  #: how long before the peak it begins [s]
_DEFAULTS: Final = "defaults"
_KINDS: Final = ("Deployment", "StatefulSet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Everything settled before the curtain rises. ``notes`` tell what was assumed, for people."""

    inputs: Inputs
    policy: ScalingPolicy
    manifest: JsonObject  #: the policy as the API server takes it
    text: str  #: the policy as the controller reads it from a file
    notes: tuple[str, ...]


def stage(policy_file: Path | None, overrides: Overrides) -> Play:
    """Read the policy, or take the built-in one, and build a world whose workload it scales.

    Raises:
        InvalidPolicyError: the file holds no usable policy, or more than one.
        InvalidTraceError: the trace cannot be used.
    """
    text, document = _policy_document(policy_file)
    policy = read_any_policy(document, ReadOptions(mode=Mode.APPLY))
    if policy.target.kind not in _KINDS:
        what = f"the demo has no {policy.target.kind}"
        raise InvalidPolicyError(
            [_fault(document, "spec.scaleTargetRef.kind", what, f"name one of {', '.join(_KINDS)}")]
        )
    scenario, notes = _fitted(builtin_scenario(), policy)
    if overrides.trace is not None:
        overrides, note = _before_its_peak(overrides, overrides.trace)
        notes += note
    inputs = prepare(scenario, Path(), overrides)
    notes += _quiet(inputs)
    metadata = document.value["metadata"] | {"namespace": policy.key.namespace}
    manifest = document.value | {"metadata": metadata}
    return Play(
        inputs=inputs,
        policy=policy,
        manifest=manifest,
        text=text,
        notes=(*inputs.notes, *left_out(inputs.scenario), *notes),
    )


def _policy_document(path: Path | None) -> tuple[str, Document]:
    """Find the one policy in a file; without a file, the built-in one."""
    if path is None:
        text = _builtin("policy.yaml").read_text()
        documents: Iterable[Document] = load(text, "built-in policy")
    else:
        documents = load_file(path)
        text = path.read_text()
    policies = [document for document in documents if is_policy(document.value)]
    if len(policies) != 1:
        what = f"holds {len(policies)} policies; the demo plays one"
        raise InvalidPolicyError(
            [Fault(what=what, source=str(path), hint="name a file with one HorizontalPodAutoscaler")]
        )
    return text, policies[0]


def builtin_scenario() -> Scenario:
    """Read the world that is played where no other is named."""
    (document,) = load(_builtin("scenario.yaml").read_text(), "built-in scenario")
    return scenario_from(document)


def _fitted(scenario: Scenario, policy: ScalingPolicy) -> tuple[Scenario, list[str]]:
    """Name the workload as the policy does, and give every metric it reads something to measure."""
    notes: list[str] = []
    target = scenario.target.model_copy(
        update={"namespace": policy.key.namespace, "name": policy.target.name, "kind": policy.target.kind}
    )
    metrics = scenario.metrics
    for metric in policy.metrics:
        metrics, note = _measured(metrics, metric)
        notes += [note] if note else []
    return scenario.model_copy(update={"target": target, "metrics": metrics}), notes


def _measured(metrics: Metrics, metric: Metric) -> tuple[Metrics, str]:
    """Give the metric a meaning here if it has none, and say which."""
    match metric:
        case PodsMetric() if metric.metric.name not in metrics.pods:
            signals = {**metrics.pods, metric.metric.name: PodSignal.REQUESTS_PER_SECOND}
            note = f"{metric.metric.name} is taken to be the requests per second that a pod serves"
            return metrics.model_copy(update={"pods": signals}), note
        case ExternalMetric() if metric.metric.name not in metrics.external:
            depths = {**metrics.external, metric.metric.name: ServiceSignal.QUEUE_DEPTH}
            note = f"{metric.metric.name} is taken to be the number of requests that wait"
            return metrics.model_copy(update={"external": depths}), note
        case PrometheusMetric() if metric.name not in metrics.prometheus:
            queries = {**metrics.prometheus, metric.name: ServiceSignal.REQUESTS_PER_SECOND}
            note = f"{metric.name} is taken to be the requests per second that arrive"
            return metrics.model_copy(update={"prometheus": queries}), note
        case _:
            return metrics, ""


def _before_its_peak(overrides: Overrides, source: Path | Trace) -> tuple[Overrides, list[str]]:
    """Load the trace; of a long one, begin shortly before its peak, and say so.

    Raises:
        InvalidTraceError: the trace cannot be used.
    """
    trace = source if isinstance(source, Trace) else load_trace(source)
    offset, notes = 0.0, []
    if trace.duration > LONG_TRACE:
        peak = float(trace.times[trace.rates.argmax()] - trace.times[0])
        offset = max(0.0, peak - LEAD)
        length, skipped = print_duration(seconds(trace.duration)), print_duration(seconds(offset))
        notes = [f"the trace is {length} long; this begins {skipped} in, shortly before its peak"]
    return replace(overrides, trace=trace, trace_offset=offset), notes


def _quiet(inputs: Inputs) -> list[str]:
    """Say when the traffic never needs more than the pods that it starts with."""
    pods = inputs.scenario.pods.initial_replicas
    at = np.linspace(0.0, inputs.duration, 10_000, endpoint=False)
    peak = float(inputs.traffic.rate(at).max())
    if peak > pods * inputs.scenario.service.pod_rate / 2:
        return []
    return [f"at most {peak:.3g} requests/s arrive, too few to need more pods; --scale-to 10:10000 makes it large"]


def _builtin(name: str) -> Traversable:
    return resources.files("autoscaler.demo") / _DEFAULTS / name


def _fault(document: Document, path: str, what: str, hint: str) -> Fault:
    return Fault(what=what, source=document.source, line=document.line_of(path), path=path, hint=hint)
