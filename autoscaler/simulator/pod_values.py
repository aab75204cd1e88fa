"""Simulated pods as the API server shows them."""

from __future__ import annotations

from autoscaler.config.scenario import Pods, Scenario
from autoscaler.model.observation import ContainerSpec, Pod, PodPhase, PodResources, ReadyCondition
from autoscaler.model.quantity import Format, Quantity
from autoscaler.simulator.pod import Life, SimulatedPod

CONTAINER = "app"


class PodValues:
    """Makes the value of each pod, and keeps it until the pod changes."""

    __slots__ = ("_labels", "_values", "resources")

    def __init__(self, scenario: Scenario) -> None:
        self.resources = _resources(scenario.pods)
        self._labels = (("app", scenario.target.name),)
        self._values: dict[str, Pod] = {}

    def forget(self, name: str) -> None:
        """Take note that a pod changed, or is gone."""
        self._values.pop(name, None)

    def of(self, pod: SimulatedPod) -> Pod:
        """Give a pod as its kubelet reports it; before it has found room nobody does, and it has neither start nor
        readiness."""
        value = self._values.get(pod.name)
        if value is None:
            value = self._values[pod.name] = Pod(
                name=pod.name,
                resources=self.resources,
                # a pod whose container ended and is to start again counts as running
                phase=PodPhase.PENDING if pod.life is Life.PENDING else PodPhase.RUNNING,
                deleting=pod.deleting,
                started_at=pod.bound_at,
                ready=None if pod.bound_at is None else _readiness(pod),
                labels=self._labels,
            )
        return value


def _readiness(pod: SimulatedPod) -> ReadyCondition:
    return ReadyCondition(status="True" if pod.life is Life.READY else "False", last_transition=pod.turned_at)


def _resources(spec: Pods) -> PodResources:
    requests = (
        ("cpu", Quantity.from_milli(round(spec.cpu_request * 1000), Format.DECIMAL_SI)),
        ("memory", Quantity.from_milli(round(spec.memory_request) * 1000, Format.BINARY_SI)),
    )
    return PodResources(containers=(ContainerSpec(name=CONTAINER, requests=requests),))
