"""An observation file into the model's values, for one policy: pods and readings in the order the engine expects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from autoscaler.config.documents import Document
from autoscaler.config.field_paths import Step
from autoscaler.config.moments import instant_of, time_of
from autoscaler.config.observation import History, ObservationFile, PodGroup, ScalePart
from autoscaler.config.observation_amounts import Amount, Requests
from autoscaler.config.observation_faults import Faults
from autoscaler.config.observation_history import build_memory
from autoscaler.config.observation_readings import Measured, Readings, metric_keys
from autoscaler.config.observation_target import target_of
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig
from autoscaler.model.decision import PolicyStatus
from autoscaler.model.memory import Memory
from autoscaler.model.observation import (
    ContainerSpec,
    Observation,
    Pod,
    PodPhase,
    PodResources,
    ReadyCondition,
    Scale,
    ScaleUnavailable,
)
from autoscaler.model.policy import ContainerResourceMetric, ResourceMetric, ScalingPolicy
from autoscaler.model.quantity import Quantity
from autoscaler.model.target import Competition
from autoscaler.model.time import Instant

SOME_NOON: Final[Instant] = time_of("2026-01-01T12:00:00Z")
"""When an observation that does not say so was made; only differences of times matter."""

_ASSUMED: Final = {"cpu": "1", "memory": "1Gi"}
_LABEL: Final = 63  #: the most characters of a label's value


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one evaluation takes besides the policy. ``notes``: what was assumed, for people."""

    observation: Observation
    memory: Memory
    is_dated: bool  #: whether the file says when it was made
    notes: tuple[str, ...] = ()


def build_seen(
    file: ObservationFile,
    document: Document,
    policy: ScalingPolicy,
    *,
    status: PolicyStatus | None = None,
    past: tuple[History, Document] | None = None,
    config: ControllerConfig = DEFAULT_CONFIG,
) -> Seen:
    """Turn ``file`` into what ``evaluate`` takes.

    ``status`` is that of the HPA object, where it was read with one; ``past`` the history, where a file of its own has it.

    Raises:
        InvalidObservationError: it does not fit the policy, or not itself; one fault for each thing.
    """
    faults = Faults(document)
    at = SOME_NOON if file.at is None else _observed_at(file.at, faults)
    build = _Build(file, policy, at, faults, config)
    pods = build.pods()
    readings = Readings(policy, file, pods, build.sampled_at(), faults, config).all()
    history = past[0] if past is not None else file.history if file.history is not None else History()
    recalled, where = (Faults(past[1]), ()) if past is not None else (faults, ("history",))
    memory = build_memory(history, at, recalled, where, status or PolicyStatus())
    faults.raise_any()
    recalled.raise_any()
    scale = _scale(file.scale, policy)
    target = target_of(file.target, scale, at)
    return Seen(
        observation=Observation(
            at=at,
            scale=scale,
            pods=tuple(measured.pod for measured in pods),
            readings=readings,
            rivals=file.rivals,
            target=target,
            competition=Competition(others=target.scalers) if target is not None and target.scalers else None,
        ),
        memory=memory,
        is_dated=file.at is not None,
        notes=tuple(build.notes(history)),
    )


def _observed_at(text: str, faults: Faults) -> Instant:
    if text == "now" or text.startswith("-"):
        faults.add(("at",), f"{text} is not a time", "write a time such as 2026-01-05T12:00:00Z, or leave it out")
        return SOME_NOON
    return instant_of(text, 0)


def _scale(part: ScalePart, policy: ScalingPolicy) -> Scale | ScaleUnavailable:
    if part.error:
        return ScaleUnavailable(error=part.error)
    label = policy.target.name[:_LABEL].rstrip("-._")
    return Scale(
        spec_replicas=part.replicas,
        status_replicas=part.replicas if part.running is None else part.running,
        selector=f"app={label}" if part.selector is None else part.selector,
    )


@dataclass(slots=True)
class _Build:
    """The pods of one file."""

    file: ObservationFile
    policy: ScalingPolicy
    at: Instant
    faults: Faults
    config: ControllerConfig

    def pods(self) -> list[Measured]:
        """Every pod, with what its group says of its metrics."""
        found: list[Measured] = []
        taken: set[str] = set()
        for index, group in enumerate(self._groups()):
            where: tuple[Step, ...] = ("pods", index) if self._is_listed() else ("pods",)
            resources = self._resources(group)
            for number, name in enumerate(self._names(group, len(found))):
                if name in taken:
                    self.faults.add((*where, "name"), f"two pods are named {name}", "give each its own name")
                taken.add(name)
                pod = self._pod(group, name, resources, where, is_ready=number < group.ready_count)
                reports = group.phase is PodPhase.RUNNING and number < group.count - group.missing
                found.append(Measured(pod=pod, own=group.metrics, reports=reports, where=where))
        return found

    def sampled_at(self) -> Instant:
        """When the metrics were measured."""
        return self._moment(self.file.samples.at, ("samples", "at"))

    def notes(self, history: History) -> Iterator[str]:
        """Tell what was assumed."""
        if history.recommendations is None and self.file.scale.replicas:
            yield (
                "no history is given: the controller has just started, and counts the present replicas as its first "
                "recommendation"
            )
        assumed = self._assumed()
        if assumed:
            each = " and ".join(f"{amount} of {name}" for name, amount in assumed.items())
            yield f"no requests are given: each pod is taken to request {each}"

    def _groups(self) -> tuple[PodGroup, ...]:
        if self.file.pods is not None:
            return self.file.pods
        scale = self.file.scale
        count = scale.replicas if scale.running is None else scale.running
        return (PodGroup(count=min(count, 10_000)),) if count else ()

    def _is_listed(self) -> bool:
        value = self.faults.document.value
        return isinstance(value, dict) and isinstance(value.get("pods"), list)

    def _names(self, group: PodGroup, before: int) -> list[str]:
        if group.name is not None and group.count == 1:
            return [group.name]
        first = before if group.name is None else 0
        stem = group.name or self.policy.target.name
        return [f"{stem}-{first + number + 1}" for number in range(group.count)]

    def _pod(
        self, group: PodGroup, name: str, resources: PodResources, where: tuple[Step, ...], *, is_ready: bool
    ) -> Pod:
        started = None if group.started is None else self._moment(group.started, (*where, "started"))
        since = started if group.since is None else self._moment(group.since, (*where, "since"))
        status = "True" if is_ready else "False"
        is_new = since is None or group.phase is PodPhase.PENDING
        return Pod(
            name=name,
            resources=resources,
            phase=group.phase,
            deleting=group.deleting,
            started_at=started,
            ready=None if is_new or since is None else ReadyCondition(status=status, last_transition=since),
        )

    def _moment(self, text: str, steps: tuple[Step, ...]) -> Instant:
        found = instant_of(text, self.at)
        if found > self.at:
            self.faults.add(steps, "lies after the observation", "the past is written as an age: -90s")
        return found

    def _resources(self, group: PodGroup) -> PodResources:
        containers = dict(group.containers) or {self._container(): group.requests or self._assumed()}
        return PodResources(
            containers=tuple(
                ContainerSpec(name=name, requests=_amounts(requests)) for name, requests in containers.items()
            ),
            init_containers=tuple(
                ContainerSpec(name=name, requests=_amounts(requests), sidecar=True)
                for name, requests in group.sidecars.items()
            ),
            pod_requests=_amounts(group.pod_requests),
            overhead=_amounts(group.overhead),
        )

    def _container(self) -> str:
        """Name the only container as a ContainerResource metric of the policy does, so that the metric finds it."""
        named = (metric.container for metric in self.policy.metrics if isinstance(metric, ContainerResourceMetric))
        return next(named, "app")

    def _assumed(self) -> dict[str, Amount]:
        """Requests that percentages are taken of, where the file gives no requests at all."""
        groups = self._groups()
        if any(group.requests or group.containers or group.sidecars or group.pod_requests for group in groups):
            return {}
        if any("requests" in group.model_fields_set for group in groups):
            return {}  # said to be empty
        return {
            metric.resource: _ASSUMED.get(metric.resource, "1")
            for index, metric in enumerate(self.policy.metrics)
            if isinstance(metric, ResourceMetric | ContainerResourceMetric) and self._is_percent(index)
        }

    def _is_percent(self, index: int) -> bool:
        """Whether the file gives the metric in percent, as people read it off ``kubectl get hpa``."""
        names = metric_keys(self.policy, index)
        given = [self.file.metrics[name] for name in names if name in self.file.metrics]
        texts = [text for one in given for text in (one.value, *(one.values or ()), *(one.pods or {}).values()) if text]
        texts += [group.metrics[name] for group in self._groups() for name in names if name in group.metrics]
        return any(text.endswith("%") for text in texts)


def _amounts(requests: Requests) -> tuple[tuple[str, Quantity], ...]:
    return tuple((name, Quantity.parse(text)) for name, text in requests.items())
