"""Where pods find room. Without nodes: anywhere, at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from autoscaler.model.time import Instant, Nanoseconds
from autoscaler.simulator.pod import SimulatedPod

#: Called when a pod has found room, with the instant and how long its image takes to be there [ns].
Bound = Callable[[SimulatedPod, Instant, Nanoseconds], None]


class Owner(Protocol):
    """Whose pods they are: it brings up others for those that have to go."""

    def evict(self, pods: Sequence[SimulatedPod], at: Instant) -> None:
        """Let pods finish what they have, and begin new ones for them now; some may have to stay for a while."""

    def lose(self, pods: Sequence[SimulatedPod], at: Instant) -> None:
        """End pods at once, and begin new ones for them now."""


class Placement(Protocol):
    """Finds room for the pods of one owner, sooner or later."""

    def attach(self, owner: Owner) -> None:
        """Take note of whose pods these are, before the first is placed."""

    def host(self, pod: SimulatedPod, at: Instant) -> bool:
        """Find room for a pod that runs already, with its image; tell whether there is."""

    def ask(self, pod: SimulatedPod, at: Instant, bound: Bound) -> None:
        """Look for room for a new pod and call ``bound`` once when it has been found: at once, later or never."""

    def free(self, pod: SimulatedPod, at: Instant) -> None:
        """Take note that a pod is gone, or is no longer looking for room. Saying so twice is fine."""


class Anywhere:
    """Room for every pod; each pulls its image, which takes ``pull`` [ns]."""

    __slots__ = ("_pull",)

    def __init__(self, pull: Nanoseconds = 0) -> None:
        self._pull = pull

    def attach(self, owner: Owner) -> None:
        pass

    def host(self, pod: SimulatedPod, at: Instant) -> bool:
        return True

    def ask(self, pod: SimulatedPod, at: Instant, bound: Bound) -> None:
        bound(pod, at, self._pull)

    def free(self, pod: SimulatedPod, at: Instant) -> None:
        pass
