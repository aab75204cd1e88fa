"""What the metrics APIs say of the emulated cluster: the simulated world's pipeline, lag and windows included."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from autoscaler.emulator.builtin import NODES, PODS
from autoscaler.emulator.controllers.pods import is_ready
from autoscaler.emulator.metrics_source import CustomValue, ExternalValue, NodeUsage, PodUsage
from autoscaler.emulator.store import ObjectStore
from autoscaler.model import observation
from autoscaler.model.json_types import JsonObject
from autoscaler.model.observation import ExternalReading, PodsReading, ResourceReading
from autoscaler.model.policy import ExternalMetric, MetricName, MetricTarget, PodsMetric, ResourceMetric
from autoscaler.model.quantity import Format, Quantity
from autoscaler.model.time import Instant, as_seconds
from autoscaler.simulator.world import Workload, World

#: What a pod uses that serves nobody, and a node beside its pods: cpu [millicores], memory [MiB].
IDLE_POD: Final = (1, 16)
IDLE_NODE: Final = (120, 900)
WINDOW_S: Final = 15.0
_MIB_MILLI: Final = 2**20 * 1000
_ANY: Final = MetricTarget(type="AverageValue")
_USAGE: Final = ResourceMetric(resource="cpu", target=_ANY)


class ClusterMetrics:
    """The emulator's ``MetricsSource``."""

    def __init__(self, store: ObjectStore, world: World) -> None:
        self._store = store
        self._world = world
        self._known: dict[tuple[str, str], tuple[Sequence[observation.PodUsage], list[PodUsage]]] = {}

    def pods(self) -> Sequence[PodUsage]:
        """Give the usage of all pods that are measured."""
        usages = []
        measured: set[tuple[str, str]] = set()
        for (namespace, name), workload in self._world.workloads.items():
            usages += self._served(namespace, name, workload)
            measured.update((namespace, pod.name) for pod in workload.pods())
        return [*usages, *self._idle(measured)]

    def nodes(self) -> Sequence[NodeUsage]:
        """Give the usage of all nodes: that of their pods and a little of their own."""
        cpu: defaultdict[str, int] = defaultdict(lambda: IDLE_NODE[0])
        memory: defaultdict[str, int] = defaultdict(lambda: IDLE_NODE[1] * _MIB_MILLI)
        for usage in self.pods():
            pod = self._pod(usage.namespace, usage.name)
            node = pod["spec"].get("nodeName", "") if pod is not None else ""
            for container in usage.containers.values():
                cpu[node] += Quantity.parse(container["cpu"]).milli()
                memory[node] += Quantity.parse(container["memory"]).milli()
        at = self._now()
        return [
            NodeUsage(
                name=node["metadata"]["name"],
                usage=_usage(cpu[node["metadata"]["name"]], memory[node["metadata"]["name"]]),
                at=at,
                window_s=WINDOW_S,
                labels=node["metadata"].get("labels") or {},
            )
            for node in self._store.items(NODES)
        ]

    def custom(self) -> Sequence[CustomValue]:
        """Give every custom metric of every pod that serves."""
        values: list[CustomValue] = []
        for (namespace, _), workload in self._world.workloads.items():
            for name in workload.scenario.metrics.pods:
                (reading,) = workload.readings((PodsMetric(metric=MetricName(name=name), target=_ANY),))
                if isinstance(reading, PodsReading):
                    values += self._samples(namespace, name, reading)
        return values

    def external(self) -> Sequence[ExternalValue]:
        """Give every external metric; each namespace sees those of its own workloads."""
        return list(self._totals())

    def _totals(self) -> Iterator[ExternalValue]:
        for (namespace, target), workload in self._world.workloads.items():
            for name in workload.scenario.metrics.external:
                (reading,) = workload.readings((ExternalMetric(metric=MetricName(name=name), target=_ANY),))
                if isinstance(reading, ExternalReading):
                    at = _moment(reading.at)
                    for value in reading.values:
                        text = _decimal(value)
                        yield ExternalValue(namespace=namespace, metric=name, value=text, at=at, labels={"app": target})

    def _samples(self, namespace: str, metric: str, reading: PodsReading) -> Iterator[CustomValue]:
        for sample in reading.samples:
            pod = self._pod(namespace, sample.pod)
            if pod is not None:
                yield CustomValue(
                    namespace=namespace,
                    resource="pods",
                    name=sample.pod,
                    metric=metric,
                    value=_decimal(sample.value),
                    at=_moment(sample.at),
                    labels=pod["metadata"].get("labels") or {},
                )

    def _served(self, namespace: str, name: str, workload: Workload) -> list[PodUsage]:
        """Give the usage of pods under traffic; translated once per scrape."""
        (reading,) = workload.readings((_USAGE,))
        if not isinstance(reading, ResourceReading):
            return []
        known = self._known.get((namespace, name))
        if known is None or known[0] is not reading.pods:
            known = reading.pods, [made for usage in reading.pods if (made := self._translated(namespace, usage))]
            self._known[namespace, name] = known
        return [usage for usage in known[1] if self._pod(namespace, usage.name) is not None]

    def _translated(self, namespace: str, usage: observation.PodUsage) -> PodUsage | None:
        pod = self._pod(namespace, usage.pod)
        if pod is None:
            return None
        used = {container.name: dict(container.usage) for container in usage.containers}
        return PodUsage(
            namespace=namespace,
            name=usage.pod,
            containers={name: _usage(each["cpu"], each["memory"]) for name, each in used.items()},
            at=_moment(usage.at),
            window_s=as_seconds(usage.window),
            labels=pod["metadata"].get("labels") or {},
        )

    def _idle(self, measured: set[tuple[str, str]]) -> Iterator[PodUsage]:
        at = self._now()
        for pod in self._store.items(PODS):
            metadata = pod["metadata"]
            if (metadata["namespace"], metadata["name"]) in measured or not is_ready(pod):
                continue
            usage = _usage(IDLE_POD[0], IDLE_POD[1] * _MIB_MILLI)
            yield PodUsage(
                namespace=metadata["namespace"],
                name=metadata["name"],
                containers={container["name"]: usage for container in pod["spec"]["containers"]},
                at=at,
                window_s=WINDOW_S,
                labels=metadata.get("labels") or {},
            )

    def _pod(self, namespace: str, name: str) -> JsonObject | None:
        return self._store.find(PODS, name, namespace)

    def _now(self) -> datetime:
        """Give the end of the last whole window: quiet pods are measured on the same grid as busy ones."""
        now = self._store.clock()
        return now - timedelta(seconds=now.timestamp() % WINDOW_S)


def _usage(cpu: int, memory: int) -> dict[str, str]:
    """Print cpu [millicores] and memory [milli-bytes] as metrics-server does."""
    return {"cpu": _decimal(cpu), "memory": f"{memory // (1024 * 1000)}Ki"}


def _decimal(milli: int) -> str:
    return str(Quantity.from_milli(milli, Format.DECIMAL_SI))


def _moment(at: Instant) -> datetime:
    return datetime.fromtimestamp(as_seconds(at), UTC)
