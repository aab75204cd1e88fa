"""What runs inside pods: how long they take to start, to become ready and to go. The kubelet asks, the runtime knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from autoscaler.model.time import SECOND, Instant, Nanoseconds


@dataclass(frozen=True, slots=True)
class Life:
    """How far a pod has come. ``None`` is not yet; ``gone`` means that its last container has ended."""

    running_at: Instant | None = None
    ready_at: Instant | None = None
    gone: bool = False


class Runtime(Protocol):
    """Starts and stops pods by name, within one namespace and workload."""

    def start(self, pod: str, at: Instant) -> None:
        """Begin to start a pod that has found its node."""
        ...

    def stop(self, pod: str, at: Instant) -> None:
        """Begin to end a pod; unknown names are gone already."""
        ...

    def life(self, pod: str, at: Instant) -> Life:
        """Tell how far the pod is at an instant not before the last one."""
        ...


STARTUP: Final[Nanoseconds] = 2 * SECOND
READINESS: Final[Nanoseconds] = SECOND
DRAIN: Final[Nanoseconds] = SECOND


class QuietRuntime:
    """Pods that serve nobody: they start and end after fixed times."""

    def __init__(self) -> None:
        self._started: dict[str, Instant] = {}
        self._stopped: dict[str, Instant] = {}

    def start(self, pod: str, at: Instant) -> None:
        """Begin to start a pod."""
        self._started[pod] = at
        self._stopped.pop(pod, None)

    def stop(self, pod: str, at: Instant) -> None:
        """Begin to end a pod."""
        if pod in self._started:
            self._stopped.setdefault(pod, at)

    def life(self, pod: str, at: Instant) -> Life:
        """Tell how far the pod is."""
        started = self._started.get(pod)
        if started is None:
            return Life(gone=True)
        stopped = self._stopped.get(pod)
        if stopped is not None and at >= stopped + DRAIN:
            del self._started[pod], self._stopped[pod]
            return Life(gone=True)
        running, ready = started + STARTUP, started + STARTUP + READINESS
        return Life(running if at >= running else None, ready if at >= ready else None)
