"""Pods of one workload, and how many there are to be: what a Deployment and its ReplicaSets do.

Where a pod finds room is for the placement to say; what happens to it there is the kubelet's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from autoscaler.config.scenario import Rollout, Scenario
from autoscaler.model.observation import Pod
from autoscaler.model.target import WorkloadState
from autoscaler.model.time import HOUR, Instant, seconds
from autoscaler.simulator.kernel import EventQueue, Kind
from autoscaler.simulator.kubelet import Kubelet
from autoscaler.simulator.noise import Noise
from autoscaler.simulator.placement import Placement
from autoscaler.simulator.pod import Container, SimulatedPod
from autoscaler.simulator.pod_values import PodValues
from autoscaler.simulator.replica_sets import GUEST, ReplicaSets
from autoscaler.simulator.serving import Serving


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
        self._prefix = scenario.target.name
        self._budget = scenario.pods.disruption_budget
        self._events = events
        self._kubelet = Kubelet(scenario.pods, events, noise, serving, self._turned)
        self._placement = placement
        self._shown = PodValues(scenario)
        self._created = 0
        self._snapshot: tuple[Pod, ...] | None = None
        self._running: tuple[Container, ...] | None = None
        self._serving: int | None = None
        self._staying: int | None = None
        self.pods: list[SimulatedPod] = []
        placement.attach(self)
        self._sets = ReplicaSets(scenario.pods.initial_replicas)
        for _ in range(self.wanted):
            self._add_running(start, start - HOUR + seconds(scenario.pods.startup))
        self.history = [self.counts(start)]

    @property
    def wanted(self) -> int:
        """Give how many replicas are asked for."""
        return self._sets.wanted

    def values(self) -> tuple[Pod, ...]:
        """Give all pods as the API server shows them; a pod that did not change is the same object as before."""
        if self._snapshot is None:
            self._snapshot = tuple(map(self._shown.of, self.pods))
        return self._snapshot

    def counts(self, at: Instant) -> Counts:
        """Count pods now, which is ``at``."""
        return Counts(at, self.wanted, self.created(), self.serving(), len(self.pods))

    def rollout(self) -> WorkloadState | None:
        """Tell how a rollout goes, as the Deployment's status would; ``None``: none is under way."""
        if not self._sets.is_rolling:
            return None
        existing, ready = zip(*(self._census(template) for template in self._sets.sizes), strict=True)
        updated, _ = self._census(self._sets.newest)
        return WorkloadState(
            spec_replicas=self.wanted,
            replicas=sum(existing),
            updated_replicas=updated,
            ready_replicas=sum(ready),
            available_replicas=sum(ready),
        )

    def created(self) -> int:
        """Count pods that are not on their way out."""
        if self._staying is None:
            self._staying = sum(not pod.deleting for pod in self.pods)
        return self._staying

    def serving(self) -> int:
        """Count pods in rotation."""
        if self._serving is None:
            self._serving = sum(pod.serves for pod in self.pods)
        return self._serving

    def running(self) -> tuple[Container, ...]:
        """Give the containers that run."""
        if self._running is None:
            self._running = tuple(pod.container for pod in self.pods if pod.container is not None)
        return self._running

    def set_replicas(self, replicas: int, at: Instant) -> None:
        """Create or delete as many pods as it takes; those that serve least go first, then the newest."""
        self._sets.scale(replicas, self._census)
        self._fit(at)
        self._roll(at)
        self._note(at)

    def roll_out(self, strategy: Rollout, at: Instant) -> None:
        """Begin to replace all pods by those of a new template."""
        self._sets.begin(strategy)
        self._roll(at)
        self._note(at)

    def create(self, at: Instant, name: str | None = None) -> str:
        """Create one pod beside those that are asked for, and give its name."""
        pod = self._begin(at, GUEST, name)
        self._note(at)
        return pod.name

    def delete(self, name: str, at: Instant) -> None:
        """Delete one pod by name; nothing happens if it is gone or going."""
        self._delete([pod for pod in self.pods if pod.name == name and not pod.deleting], at)

    def evict(self, pods: Sequence[SimulatedPod], at: Instant) -> None:
        """Delete those pods that the disruption budget lets go now; as many new ones begin as are missing then.

        Source: kubernetes pkg/controller/disruption: pods in rotation, less those that must stay, may go.
        """
        leaving = [pod for pod in pods if not pod.deleting]
        if self._budget is not None:
            may_go = max(0, self._budget - (self.wanted - self.serving()))
            serving = [pod for pod in leaving if pod.serves]
            leaving = [pod for pod in leaving if not pod.serves] + serving[:may_go]
        if leaving:
            self._delete(leaving, at)
            self.set_replicas(self.wanted, at)

    def lose(self, pods: Sequence[SimulatedPod], at: Instant) -> None:
        """End pods at once, with what they have in service; as many new ones begin as are missing then."""
        for pod in pods:
            self._end(pod, at)
        self.set_replicas(self.wanted, at)

    def _roll(self, at: Instant) -> None:
        """Let a rollout go as far as it can now."""
        while self._sets.step(self._census):
            self._fit(at)

    def _fit(self, at: Instant) -> None:
        """Create and delete pods until each template has as many as it is to have."""
        for template, size in self._sets.sizes.items():
            alive = self._alive(template)
            for _ in range(size - len(alive)):
                self._begin(at, template)
            ranked = sorted(alive, key=lambda pod: (pod.life, -pod.created_at, -pod.ordinal))
            self._delete(ranked[: max(0, len(alive) - size)], at)

    def _alive(self, template: int) -> list[SimulatedPod]:
        return [pod for pod in self.pods if pod.template == template and not pod.deleting]

    def _census(self, template: int) -> tuple[int, int]:
        alive = self._alive(template)
        return len(alive), sum(pod.serves for pod in alive)

    def _begin(self, at: Instant, template: int, name: str | None = None) -> SimulatedPod:
        pod = self._new(at, template, name)
        self._placement.ask(pod, at, self._kubelet.run)
        return pod

    def _new(self, at: Instant, template: int, name: str | None = None) -> SimulatedPod:
        ordinal = self._created
        self._created += 1
        pod = SimulatedPod(name or f"{self._prefix}-{ordinal:05d}", ordinal, at, template)
        self.pods.append(pod)
        self._forget()
        return pod

    def _add_running(self, start: Instant, ready_at: Instant) -> None:
        """Add a pod that has been there for an hour; one for which there is no room is only asked for now."""
        pod = self._new(start - HOUR, self._sets.newest)
        if self._placement.host(pod, start):
            self._kubelet.adopt(pod, ready_at, start)
        else:
            pod.created_at = start
            self._placement.ask(pod, start, self._kubelet.run)

    def _delete(self, pods: list[SimulatedPod], at: Instant) -> None:
        if not pods:
            return
        for pod in pods:
            pod.deleting = True
            self._changed(pod)
            if pod.bound_at is None:
                self._placement.free(pod, at)
            self._events.push(at + self._kubelet.stop(pod, at), Kind.POD_GONE, partial(self._gone, pod))
        self._note(at)

    def _gone(self, pod: SimulatedPod, at: Instant) -> None:
        if not pod.gone:  # a pod that is going may be lost meanwhile
            self._end(pod, at)
            self._note(at)

    def _end(self, pod: SimulatedPod, at: Instant) -> None:
        pod.deleting = pod.gone = True
        self.pods.remove(pod)
        self._changed(pod)
        self._kubelet.kill(pod, at)
        self._placement.free(pod, at)

    def _turned(self, pod: SimulatedPod, at: Instant, serves_anew: bool) -> None:
        """Take note of a step of a pod's life."""
        self._changed(pod)
        if serves_anew:
            self._roll(at)
            self._note(at)

    def _note(self, at: Instant) -> None:
        """Keep the counts; of several at one instant the last."""
        if self.history[-1].at == at:
            self.history.pop()
        self.history.append(self.counts(at))

    def _changed(self, pod: SimulatedPod) -> None:
        self._shown.forget(pod.name)
        self._forget()

    def _forget(self) -> None:
        """Work out anew, when asked, what follows from the pods."""
        self._snapshot = self._running = self._serving = self._staying = None
