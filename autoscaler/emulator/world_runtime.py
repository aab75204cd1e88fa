"""Pods that serve simulated traffic: their names come from the API, their pace from the simulated world."""

from __future__ import annotations

from autoscaler.emulator.controllers.runtime import Life
from autoscaler.model.observation import Pod, PodPhase
from autoscaler.model.time import Instant
from autoscaler.simulator.world import Workload


class WorldRuntime:
    """Runs the pods of one workload of the simulated world."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._seen: tuple[Pod, ...] = ()
        self._by_name: dict[str, Pod] = {}
        self._running_since: dict[str, Instant] = {}

    def start(self, pod: str, at: Instant) -> None:
        """Begin to start a pod, at the world's present."""
        self._workload.create_pod(pod)

    def stop(self, pod: str, at: Instant) -> None:
        """Take a pod out of rotation and let it finish its requests."""
        self._workload.delete_pod(pod)

    def life(self, pod: str, at: Instant) -> Life:
        """Tell how far the pod is. The world does not date the start of containers: the first look does."""
        found = self._find(pod)
        if found is None:
            self._running_since.pop(pod, None)
            return Life(gone=True)
        if found.phase is PodPhase.PENDING:
            return Life()
        since = self._running_since.setdefault(pod, at)
        ready = found.ready
        return Life(since, ready.last_transition if ready is not None and ready.status == "True" else None)

    def _find(self, pod: str) -> Pod | None:
        pods = self._workload.pods()
        if pods is not self._seen:  # the same tuple comes back as long as nothing changed
            self._seen = pods
            self._by_name = {each.name: each for each in pods}
        return self._by_name.get(pod)
