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
        """Add a pod that has been ready for an hour."""
        pod = self._new(start - HOUR)
        pod.running_at = pod.ready_at = pod.created_at + seconds(self._spec.startup)
        pod.life = Life.READY
        self._placement.ask(pod, start, _stays)
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
            ready_at = pod.ready_at if pod.life is Life.READY else None
            value = self._values[pod.name] = Pod(
                name=pod.name,
                resources=self.resources,
                phase=PodPhase.PENDING if pod.life is Life.PENDING else PodPhase.RUNNING,
                deleting=pod.deleting,
                started_at=pod.created_at,
                ready=ReadyCondition(
                    status="False" if ready_at is None else "True",
                    last_transition=pod.created_at if ready_at is None else ready_at,
                ),
                labels=self._labels,
            )
        return value


def _stays(pod: SimulatedPod, at: Instant, pull: Nanoseconds) -> None:
    """Do nothing more for a pod that runs already."""


def _resources(spec: Pods) -> PodResources:
    requests = (
        ("cpu", Quantity.from_milli(round(spec.cpu_request * 1000), Format.DECIMAL_SI)),
        ("memory", Quantity.from_milli(round(spec.memory_request) * 1000, Format.BINARY_SI)),
    )
    return PodResources(containers=(ContainerSpec(name=CONTAINER, requests=requests),))
