"""One simulated pod and how far it has come."""

from __future__ import annotations

from enum import IntEnum

from autoscaler.model.time import Instant


class Life(IntEnum):
    """How far a pod has come."""

    PENDING = 0  #: looking for room, pulling its image, starting
    RUNNING = 1  #: its containers run, not ready yet
    READY = 2  #: in rotation


class SimulatedPod:
    """One pod; ``ordinal`` is its number within its workload."""

    __slots__ = ("bound_at", "created_at", "deleting", "gone", "life", "name", "ordinal", "ready_at", "running_at")

    def __init__(self, name: str, ordinal: int, created_at: Instant) -> None:
        self.name = name
        self.ordinal = ordinal
        self.created_at = created_at
        self.bound_at: Instant | None = None  #: when it found room
        self.running_at: Instant | None = None
        self.ready_at: Instant | None = None
        self.life = Life.PENDING
        self.deleting = False
        self.gone = False

    @property
    def serves(self) -> bool:
        """Tell whether requests are sent to it."""
        return self.life is Life.READY and not self.deleting
