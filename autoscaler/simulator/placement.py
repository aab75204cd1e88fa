"""Where pods find room. Without nodes: anywhere, at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from autoscaler.model.time import Instant, Nanoseconds
from autoscaler.simulator.pod import SimulatedPod

#: Called when a pod has found room, with the instant and how long its image takes to be there [ns].
Bound = Callable[[SimulatedPod, Instant, Nanoseconds], None]


class Placement(Protocol):
    """Finds room for pods, sooner or later."""

    def ask(self, pod: SimulatedPod, at: Instant, bound: Bound) -> None:
        """Look for room for a new pod and call ``bound`` once when it has been found: at once, later or never."""

    def free(self, pod: SimulatedPod, at: Instant) -> None:
        """Take note that a pod is gone, or is no longer looking for room."""


class Anywhere:
    """Room for every pod, and every image there already."""

    def ask(self, pod: SimulatedPod, at: Instant, bound: Bound) -> None:
        bound(pod, at, 0)

    def free(self, pod: SimulatedPod, at: Instant) -> None:
        pass
