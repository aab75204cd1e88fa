"""What an observation file says of each metric, as the metrics APIs would answer the policy's questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from autoscaler.config.field_paths import Step
from autoscaler.config.observation import Given, ObservationFile
from autoscaler.config.observation_faults import Faults
from autoscaler.config.suggestions import did_you_mean
from autoscaler.engine.recommend.calculation import MetricFailedError
from autoscaler.engine.recommend.requests import pod_requests
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.observation import (
    ContainerUsage,
    ExternalReading,
    Milli,
    NoReading,
    ObjectReading,
    Pod,
    PodSample,
    PodsReading,
    PodUsage,
    PrometheusReading,
    Reading,
    ResourceReading,
)
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    ObjectMetric,
    PodsMetric,
    PrometheusMetric,
    ResourceMetric,
    ScalingPolicy,
    UnknownMetric,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import Instant, seconds

_NOT_GIVEN: Final = NoReading(error="the observation does not give it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A pod, the values its group gives it, and whether it reports metrics at all."""

    pod: Pod
    own: Mapping[str, str]
    reports: bool
    where: tuple[Step, ...]


def metric_keys(policy: ScalingPolicy, index: int) -> tuple[str, ...]:
    """The names under which a file may give the metric at ``index``: its own unless another has it too, its place."""
    name = _own_key(policy.metrics[index])
    is_only = [_own_key(metric) for metric in policy.metrics].count(name) == 1
    place = f"metrics[{index}]"
    return (name, place) if is_only and name else (place,)


def _own_key(metric: Metric) -> str:
    match metric:
        case ResourceMetric():
            return metric.resource
        case ContainerResourceMetric():
            return f"{metric.container}/{metric.resource}"
        case PodsMetric() | ObjectMetric() | ExternalMetric():
            return metric.metric.name
        case PrometheusMetric():
            return metric.name
        case UnknownMetric():
            return ""


@dataclass(slots=True)
class Readings:
    """The readings of one file."""

    policy: ScalingPolicy
    file: ObservationFile
    pods: list[Measured]
    sampled_at: Instant
    faults: Faults
    config: ControllerConfig
    without_request: set[str] = field(default_factory=set)  #: metrics of which that was said: once is enough

    def all(self) -> tuple[Reading, ...]:
        """One reading for each metric of the policy; what the file names besides is a fault."""
        known = [key for index in range(len(self.policy.metrics)) for key in metric_keys(self.policy, index)]
        hint_names = [key for key in known if not key.startswith("metrics[")] or known
        for key in sorted(self.file.metrics.keys() - set(known)):
            self.faults.add(("metrics", key), f"the policy has no metric `{key}`", did_you_mean(key, hint_names))
        for where, key in dict.fromkeys((measured.where, key) for measured in self.pods for key in measured.own):
            if key not in known:
                self.faults.add((*where, "metrics", key), f"the policy has no metric `{key}`", did_you_mean(key, known))
        return tuple(self._reading(index, metric) for index, metric in enumerate(self.policy.metrics))

    def _reading(self, index: int, metric: Metric) -> Reading:
        keys = metric_keys(self.policy, index)
        key = next((key for key in keys if key in self.file.metrics), keys[0])
        given = self.file.metrics.get(key)
        if given is None:
            return self._only_by_pods(metric, keys)
        if given.error is not None:
            return NoReading(error=given.error)
        match metric:
            case ObjectMetric():
                return self._object(key, given)
            case ExternalMetric():
                return self._external(key, given)
            case PrometheusMetric():
                return self._prometheus(key, given)
            case UnknownMetric():
                return _NOT_GIVEN
            case _:
                return self._by_pods(metric, keys, self._levels(key, given))

    def _only_by_pods(self, metric: Metric, keys: tuple[str, ...]) -> Reading:
        """A metric that the file does not name: its pods may give it, each for itself."""
        if isinstance(metric, UnknownMetric) or self.file.scale.error or not self.file.scale.replicas:
            return _NOT_GIVEN
        is_given = any(key in measured.own for measured in self.pods for key in keys)
        if is_given and not isinstance(metric, ObjectMetric | ExternalMetric | PrometheusMetric):
            return self._by_pods(metric, keys, {})
        hint = f"write `{keys[0]}: {_example(metric)}`, or `{keys[0]}: {{error: ...}}` if it cannot be read"
        self.faults.add(("metrics",), f"says nothing of the policy's metric `{keys[0]}`", hint)
        return _NOT_GIVEN

    def _prometheus(self, key: str, given: Given) -> Reading:
        found = self._object(key, given)
        if not isinstance(found, ObjectReading):
            return found
        return PrometheusReading(value=found.value, at=found.at)

    def _object(self, key: str, given: Given) -> Reading:
        if given.value is None:
            self.faults.add(("metrics", key), "has one value for the whole target", f"write `{key}: 1200`")
            return _NOT_GIVEN
        return ObjectReading(value=self._whole(given.value, "metrics", key), at=self.sampled_at)

    def _external(self, key: str, given: Given) -> Reading:
        if given.pods is not None:
            self.faults.add(
                ("metrics", key), "is not measured pod by pod", f"write `{key}: 1200`, or its series [8, 9]"
            )
            return _NOT_GIVEN
        texts = given.values if given.values is not None else (given.value or "0",)
        values = tuple(self._whole(text, "metrics", key) for text in texts)
        return ExternalReading(values=values, at=self.sampled_at)

    def _whole(self, text: str, *where: Step) -> Milli:
        if text.endswith("%"):
            self.faults.add(where, f"{text} is a share of requests, which this metric knows nothing of")
            return 0
        return Quantity.parse(text).milli()

    def _levels(self, key: str, given: Given) -> dict[str, str]:
        """The value of each pod, by name, as the file writes it."""
        names = [measured.pod.name for measured in self.pods]
        if given.pods is not None:
            for name in sorted(given.pods.keys() - set(names)):
                self.faults.add(("metrics", key, "pods", name), f"there is no pod {name}", did_you_mean(name, names))
            return dict(given.pods)
        if given.values is not None:
            if len(given.values) > len(names):
                what = f"{len(given.values)} values for {len(names)} pods"
                self.faults.add(("metrics", key), what, "give one value for each pod, in order, or name the pods")
            return dict(zip(names, given.values, strict=False))
        value = given.value or "0"
        return {measured.pod.name: value for measured in self.pods if measured.reports}

    def _by_pods(self, metric: Metric, keys: tuple[str, ...], levels: dict[str, str]) -> Reading:
        for measured in self.pods:
            own = next((measured.own[key] for key in keys if key in measured.own), None)
            if own is not None and measured.reports:
                levels[measured.pod.name] = own
        amounts = self._amounts(metric, keys[0], levels)
        window = seconds(self.file.samples.window)
        if isinstance(metric, ResourceMetric | ContainerResourceMetric):
            container = metric.container if isinstance(metric, ContainerResourceMetric) else ""
            return ResourceReading(
                pods=tuple(
                    PodUsage(
                        pod=measured.pod.name,
                        containers=(
                            ContainerUsage(
                                name=container or measured.pod.resources.containers[0].name,
                                usage=((metric.resource, amounts[measured.pod.name]),),
                            ),
                        ),
                        at=self.sampled_at,
                        window=window,
                    )
                    for measured in self.pods
                    if measured.pod.name in amounts
                )
            )
        return PodsReading(
            samples=tuple(
                PodSample(pod=name, value=value, at=self.sampled_at, window=window) for name, value in amounts.items()
            )
        )

    def _amounts(self, metric: Metric, key: str, levels: dict[str, str]) -> dict[str, Milli]:
        """Milli-units of each pod. Shares are rounded so that their sum, which is what counts, is rounded up once."""
        if not isinstance(metric, ResourceMetric | ContainerResourceMetric):
            return {name: self._whole(text, "metrics", key) for name, text in levels.items()}
        amounts: dict[str, Milli] = {}
        exact, given = Fraction(0), 0
        for pod in (measured.pod for measured in self.pods if measured.pod.name in levels):
            text = levels[pod.name]
            if text.endswith("%"):
                exact += self._share(metric, key, pod, text)
                amounts[pod.name] = -(-exact.numerator // exact.denominator) - given
                given += amounts[pod.name]
            else:
                amounts[pod.name] = Quantity.parse(text).milli()
        return amounts

    def _share(self, metric: ResourceMetric | ContainerResourceMetric, key: str, pod: Pod, text: str) -> Fraction:
        container = metric.container if isinstance(metric, ContainerResourceMetric) else ""
        pod_level = self.config.gates.pod_level_resources
        try:
            request = pod_requests([pod], metric.resource, container, pod_level=pod_level)[pod.name]
        except MetricFailedError as error:
            if key not in self.without_request:
                hint = f"add `requests: {{{metric.resource}: ...}}` to its pods, or give its use as a quantity"
                self.faults.add(("metrics", key), f"{text} of nothing: {error}", hint)
            self.without_request.add(key)
            return Fraction(0)
        return Fraction(request) * Fraction(Quantity.parse(text[:-1]).milli(), 100_000)


def _example(metric: Metric) -> str:
    return "84%" if isinstance(metric, ResourceMetric | ContainerResourceMetric) else "1200"
