"""Pods of one workload: they are created, start, become ready, and go, each in its own time.

What a ReplicaSet and a kubelet do together; where a pod finds room is for the placement to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from autoscaler.config.scenario import Pods, Scenario
from autoscaler.model.observation import ContainerSpec, Pod, PodPhase, PodResources, ReadyCondition
from autoscaler.model.quantity import Format, Quantity
from autoscaler.model.time import HOUR, SECOND, Instant, Nanoseconds, seconds
from autoscaler.simulator.kernel import EventQueue, Kind
from autoscaler.simulator.noise import Noise
from autoscaler.simulator.placement import Placement
from autoscaler.simulator.pod import Life, SimulatedPod
from autoscaler.simulator.serving import Serving

CONTAINER = "app"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many pods there are from ``at`` on."""

    at: Instant
    wanted: int  #: replicas asked for
    created: int  #: pods that are not on their way out
    ready: int  #: pods in rotation
    existing: int  #: all pods, those on their way out too: what is paid for


class PodSet:
    """The pods of one workload, and how many there are to be."""

    def __init__(
        self,
        scenario: Scenario,
        events: EventQueue,
        noise: Noise,
        start: Instant,
        serving: Serving,
        placement: Placement,
    ) -> None:
        """``serving`` is told which pods are in rotation; ``placement`` finds room for each."""
        self._spec: Pods = scenario.pods
        self._prefix = scenario.target.name
        self._labels = (("app", scenario.target.name),)
        self._events = events
        self._noise = noise
        self._service = serving
        self._placement = placement
        self._grace = seconds(scenario.pods.termination_grace)
        self._created = 0
        self._values: dict[str, Pod] = {}
        self._snapshot: tuple[Pod, ...] | None = None
        self._running: tuple[SimulatedPod, ...] | None = None
        self._serving: int | None = None
        self.resources = _resources(scenario.pods)
        self.pods: list[SimulatedPod] = []
        placement.attach(self)
        self.wanted = scenario.pods.initial_replicas
        for _ in range(self.wanted):
            self._add_running(start)
        self.history = [self.counts(start)]

    def values(self) -> tuple[Pod, ...]:
        """Give all pods as the API server shows them; a pod that did not change is the same object as before."""
        if self._snapshot is None:
            self._snapshot = tuple(self._value(pod) for pod in self.pods)
        return self._snapshot

    def counts(self, at: Instant) -> Counts:
        """Count pods now, which is ``at``."""
        created = sum(not pod.deleting for pod in self.pods)
        return Counts(at, self.wanted, created, self.serving(), len(self.pods))

    def serving(self) -> int:
        """Count pods in rotation."""
        if self._serving is None:
            self._serving = sum(pod.serves for pod in self.pods)
        return self._serving

    def running(self) -> tuple[SimulatedPod, ...]:
        """Give the pods whose containers run."""
        if self._running is None:
            self._running = tuple(pod for pod in self.pods if pod.life is not Life.PENDING)
        return self._running

    def set_replicas(self, replicas: int, at: Instant) -> None:
        """Create or delete as many pods as it takes; those that serve least go first, then the newest."""
        self.wanted = replicas
        alive = [pod for pod in self.pods if not pod.deleting]
        for _ in range(replicas - len(alive)):
            self._begin(at)
        surplus = sorted(alive, key=lambda pod: (pod.life, -pod.created_at, -pod.ordinal))[
            : max(0, len(alive) - replicas)
        ]
        self._delete(surplus, at)
        self._note(at)

    def create(self, at: Instant, name: str | None = None) -> str:
        """Create one pod and give its name."""
        pod = self._begin(at, name)
        self._note(at)
        return pod.name

    def delete(self, name: str, at: Instant) -> None:
        """Delete one pod by name; nothing happens if it is gone or going."""
        self._delete([pod for pod in self.pods if pod.name == name and not pod.deleting], at)

    def evict(self, pods: Sequence[SimulatedPod], at: Instant) -> None:
        """Delete pods that have to leave their node; as many new ones begin as are missing then."""
        self._delete([pod for pod in pods if not pod.deleting], at)
        self.set_replicas(self.wanted, at)

    def lose(self, pods: Sequence[SimulatedPod], at: Instant) -> None:
        """End pods at once, with what they have in service; as many new ones begin as are missing then."""
        for pod in pods:
            self._end(pod, at)
        self.set_replicas(self.wanted, at)

    def _begin(self, at: Instant, name: str | None = None) -> SimulatedPod:
        pod = self._new(at, name)
        self._placement.ask(pod, at, self._bound)
        return pod

    def _bound(self, pod: SimulatedPod, at: Instant, pull: Nanoseconds) -> None:
        """Let a pod start: it has found room, and its image is there ``pull`` later."""
        pod.bound_at = at
        self._changed(pod)
        stretch = 1.0 + self._spec.jitter * self._noise.uniform(pod.ordinal)
        running_at = at + pull + seconds(self._spec.startup * stretch)
        ready_at = running_at + seconds(self._spec.readiness * stretch)
        self._events.push(running_at, Kind.POD_STARTED, partial(self._start, pod))
        self._events.push(ready_at, Kind.POD_READY, partial(self._ready, pod))

    def _new(self, at: Instant, name: str | None = None) -> SimulatedPod:
        ordinal = self._created
        self._created += 1
        pod = SimulatedPod(name or f"{self._prefix}-{ordinal:05d}", ordinal, at)
        self.pods.append(pod)
        self._forget()
        return pod

    def _add_running(self, start: Instant) -> None:
        """Add a pod that has been ready for an hour; one for which there is no room is only asked for now."""
        pod = self._new(start - HOUR)
        if not self._placement.host(pod, start):
            pod.created_at = start
            self._placement.ask(pod, start, self._bound)
            return
        pod.bound_at = pod.created_at
        pod.running_at = pod.ready_at = pod.created_at + seconds(self._spec.startup)
        pod.life = Life.READY
        self._service.join(pod.ordinal, start)

    def _start(self, pod: SimulatedPod, at: Instant) -> None:
        if not pod.deleting:
            pod.life, pod.running_at = Life.RUNNING, at
            self._changed(pod)

    def _ready(self, pod: SimulatedPod, at: Instant) -> None:
        if not pod.deleting:
            pod.life, pod.ready_at = Life.READY, at
            self._changed(pod)
            self._service.join(pod.ordinal, at)
            self._note(at)

    def _delete(self, pods: list[SimulatedPod], at: Instant) -> None:
        if not pods:
            return
        for pod in pods:
            pod.deleting = True
            self._changed(pod)
            if pod.bound_at is None:
                self._placement.free(pod, at)
            drain = min(self._service.leave(pod.ordinal, at), self._grace) if pod.life is Life.READY else SECOND
            self._events.push(at + drain, Kind.POD_GONE, partial(self._gone, pod))
        self._note(at)

    def _gone(self, pod: SimulatedPod, at: Instant) -> None:
        if not pod.gone:  # a pod that is going may be lost meanwhile
            self._end(pod, at)
            self._note(at)

    def _end(self, pod: SimulatedPod, at: Instant) -> None:
        pod.deleting = pod.gone = True
        self.pods.remove(pod)
        self._changed(pod)
        self._service.kill(pod.ordinal, at)
        self._placement.free(pod, at)

    def _note(self, at: Instant) -> None:
        """Keep the counts; of several at one instant the last."""
        if self.history[-1].at == at:
            self.history.pop()
        self.history.append(self.counts(at))

    def _changed(self, pod: SimulatedPod) -> None:
        self._values.pop(pod.name, None)
        self._forget()

    def _forget(self) -> None:
        """Work out anew, when asked, what follows from the pods."""
        self._snapshot = self._running = self._serving = None

    def _value(self, pod: SimulatedPod) -> Pod:
        value = self._values.get(pod.name)
        if value is None:
            value = self._values[pod.name] = Pod(
                name=pod.name,
                resources=self.resources,
                phase=PodPhase.PENDING if pod.life is Life.PENDING else PodPhase.RUNNING,
                deleting=pod.deleting,
                started_at=pod.bound_at,
                ready=_readiness(pod),
                labels=self._labels,
            )
        return value


def _readiness(pod: SimulatedPod) -> ReadyCondition | None:
    """Give the condition that a kubelet reports; there is none before the pod has found a node."""
    if pod.life is Life.READY and pod.ready_at is not None:
        return ReadyCondition(status="True", last_transition=pod.ready_at)
    return None if pod.bound_at is None else ReadyCondition(status="False", last_transition=pod.bound_at)


def _resources(spec: Pods) -> PodResources:
    requests = (
        ("cpu", Quantity.from_milli(round(spec.cpu_request * 1000), Format.DECIMAL_SI)),
        ("memory", Quantity.from_milli(round(spec.memory_request) * 1000, Format.BINARY_SI)),
    )
    return PodResources(containers=(ContainerSpec(name=CONTAINER, requests=requests),))
