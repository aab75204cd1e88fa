"""One simulated pod and how far it has come; each run of its container counts by itself."""

from __future__ import annotations

from enum import IntEnum

from autoscaler.model.time import Instant


class Life(IntEnum):
    """How far a pod has come; of two, the one that serves less stands lower."""

    PENDING = 0  #: looking for room, pulling its image, starting for the first time
    CRASHED = 1  #: its container ended and has not started again yet
    RUNNING = 2  #: its container runs, not ready yet
    READY = 3  #: in rotation


class Container:
    """One run of a pod's container: counters begin at zero with it. ``number`` is the one that serving knows it by."""

    __slots__ = ("name", "number", "ready_at", "running_at")

    def __init__(self, name: str, number: int, running_at: Instant) -> None:
        self.name = name  #: the pod's
        self.number = number
        self.running_at = running_at
        self.ready_at: Instant | None = None


class SimulatedPod:
    """One pod; ``ordinal`` is its number within its workload, ``template`` the number of the rollout that made it."""

    __slots__ = (
        "bound_at", "container", "crashes", "created_at", "deleting", "gone", "life", "name", "ordinal", "runs", "template",
        "turned_at",
    )  # fmt: skip

    def __init__(self, name: str, ordinal: int, created_at: Instant, template: int = 0) -> None:
        self.name = name
        self.ordinal = ordinal
        self.created_at = created_at
        self.template = template
        self.bound_at: Instant | None = None  #: when it found room
        self.container: Container | None = None
        self.life = Life.PENDING
        self.turned_at = created_at  #: when it last became ready, or ceased to be
        self.runs = 0  #: times its container was started
        self.crashes = 0  #: one after the other, without a long run in between
        self.deleting = False
        self.gone = False

    @property
    def serves(self) -> bool:
        """Tell whether requests are sent to it."""
        return self.life is Life.READY and not self.deleting
