"""What happens to a pod that has found room: image, start, readiness, crashes and restarts, drain.

Source: kubernetes pkg/kubelet/kuberuntime/kuberuntime_manager.go (doBackOff) and client-go util/flowcontrol/backoff.go:
the first restart comes at once, then the wait doubles, and a long run makes the kubelet forget.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from autoscaler.config.scenario import Crashes, Pods
from autoscaler.model.time import HOUR, SECOND, Instant, Nanoseconds, seconds
from autoscaler.simulator.kernel import EventQueue, Kind
from autoscaler.simulator.noise import Draw, Noise
from autoscaler.simulator.pod import Container, Life, SimulatedPod
from autoscaler.simulator.serving import Serving

#: Called when a pod has changed, with the instant; whether the number of those that serve changed with it.
Changed = Callable[[SimulatedPod, Instant, bool], None]


class Kubelet:
    """Runs the pods of one workload, wherever they are; ``changed`` hears of every step."""

    __slots__ = ("_changed", "_events", "_grace", "_noise", "_runs", "_service", "_spec")

    def __init__(self, spec: Pods, events: EventQueue, noise: Noise, serving: Serving, changed: Changed) -> None:
        """``serving`` is told which pods are in rotation."""
        self._spec = spec
        self._events = events
        self._noise = noise
        self._service = serving
        self._changed = changed
        self._grace = seconds(spec.termination_grace)
        self._runs = 0

    def run(self, pod: SimulatedPod, at: Instant, pull: Nanoseconds) -> None:
        """Start a pod that has found room, once its image is there: ``pull`` [ns] later."""
        pod.bound_at = pod.turned_at = at
        self._changed(pod, at, False)
        self._begin(pod, at + pull)

    def adopt(self, pod: SimulatedPod, ready_at: Instant, now: Instant) -> None:
        """Take over a pod that has been ready since ``ready_at``; it was created then and started in no time."""
        pod.bound_at = pod.created_at
        self._launch(pod, ready_at)
        self._join(pod, ready_at, now)

    def stop(self, pod: SimulatedPod, at: Instant) -> Nanoseconds:
        """Take a pod out of rotation, and give how long it needs to finish [ns], at most its grace period."""
        if pod.life is Life.READY and pod.container is not None:
            return min(self._service.leave(pod.container.number, at), self._grace)
        return SECOND

    def kill(self, pod: SimulatedPod, at: Instant) -> None:
        """End a pod at once, with whatever it has in service."""
        if pod.container is not None:
            self._service.kill(pod.container.number, at)

    def _begin(self, pod: SimulatedPod, at: Instant) -> None:
        stretch = 1.0 + self._spec.jitter * self._noise.uniform(pod.ordinal)
        running_at = at + seconds(self._spec.startup * stretch)
        ready_at = running_at + seconds(self._spec.readiness * stretch)
        self._events.push(running_at, Kind.POD_STARTED, partial(self._start, pod))
        self._events.push(ready_at, Kind.POD_READY, partial(self._probe, pod))

    def _start(self, pod: SimulatedPod, at: Instant) -> None:
        if not pod.deleting:
            pod.life = Life.RUNNING
            self._launch(pod, at)
            self._changed(pod, at, False)

    def _launch(self, pod: SimulatedPod, at: Instant) -> None:
        pod.container = Container(pod.name, self._runs, at)
        self._runs += 1
        pod.runs += 1

    def _probe(self, pod: SimulatedPod, at: Instant) -> None:
        """Let a pod become ready, unless its container ends instead."""
        if pod.deleting:
            return
        crashes = self._spec.crashes
        if crashes is not None and self._draw(Draw.START, pod) < crashes.share_of_starts:
            self._crash(pod, crashes, at)
            return
        self._join(pod, at, at)
        self._changed(pod, at, True)
        if crashes is not None and crashes.per_pod_hour:
            life = -math.log1p(-self._draw(Draw.LIFE, pod)) / crashes.per_pod_hour
            container = pod.container
            self._events.push(at + round(life * HOUR), Kind.POD_CRASHED, lambda then: self._fail(pod, container, then))

    def _join(self, pod: SimulatedPod, ready_at: Instant, now: Instant) -> None:
        assert pod.container is not None
        pod.life = Life.READY
        pod.turned_at = pod.container.ready_at = ready_at
        self._service.join(pod.container.number, now, ready_at)

    def _fail(self, pod: SimulatedPod, container: Container | None, at: Instant) -> None:
        """Let a container crash that serves, unless it has gone before."""
        if pod.deleting or pod.container is not container or self._spec.crashes is None:
            return
        self.kill(pod, at)
        pod.turned_at = at
        self._crash(pod, self._spec.crashes, at)

    def _crash(self, pod: SimulatedPod, crashes: Crashes, at: Instant) -> None:
        """End a pod's container, and start another one after a while."""
        assert pod.container is not None
        served, limit = pod.life is Life.READY, seconds(crashes.back_off_limit)
        if at - pod.container.running_at > 2 * limit:
            pod.crashes = 0
        wait = min(seconds(crashes.back_off) << min(pod.crashes - 1, 40), limit) if pod.crashes else 0
        pod.crashes += 1
        pod.life, pod.container = Life.CRASHED, None
        self._changed(pod, at, served)
        self._begin(pod, at + wait)

    def _draw(self, draw: Draw, pod: SimulatedPod) -> float:
        return self._noise.draw(draw, pod.runs, pod.ordinal)
