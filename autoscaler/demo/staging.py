"""What the demo plays: the built-in world or a trace, and a policy that is made to fit into it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from autoscaler.config.documents import Document, load, load_file
from autoscaler.config.hpa import ReadOptions, is_policy, read_policy
from autoscaler.config.scenario import Metrics, PodSignal, Scenario, ServiceSignal, scenario_from
from autoscaler.model.errors import Fault, InvalidPolicyError
from autoscaler.model.json_types import JsonObject
from autoscaler.model.policy import ExternalMetric, Metric, Mode, PodsMetric, ScalingPolicy
from autoscaler.simulator.inputs import Inputs, Overrides, prepare

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
    policy = read_policy(document, ReadOptions(mode=Mode.APPLY))
    if policy.target.kind not in _KINDS:
        what = f"the demo has no {policy.target.kind}"
        raise InvalidPolicyError(
            [_fault(document, "spec.scaleTargetRef.kind", what, f"name one of {', '.join(_KINDS)}")]
        )
    scenario, notes = _fitted(builtin_scenario(), policy)
    inputs = prepare(scenario, Path(), overrides)
    metadata = document.value["metadata"] | {"namespace": policy.key.namespace}
    manifest = document.value | {"metadata": metadata}
    return Play(inputs=inputs, policy=policy, manifest=manifest, text=text, notes=(*inputs.notes, *notes))


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
        case _:
            return metrics, ""


def _builtin(name: str) -> Traversable:
    return resources.files("autoscaler.demo") / _DEFAULTS / name


def _fault(document: Document, path: str, what: str, hint: str) -> Fault:
    return Fault(what=what, source=document.source, line=document.line_of(path), path=path, hint=hint)
