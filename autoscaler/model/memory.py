"""What a policy remembers between evaluations: upstream's in-memory history, and the status it builds on."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from autoscaler.model.decision import PolicyStatus
from autoscaler.model.guard_memory import GuardMemory
from autoscaler.model.time import Instant


class Recommendation(Struct, frozen=True, gc=False):
    """A number that was once asked for, before windows and rate rules."""

    at: Instant
    replicas: int


class ScaleEvent(Struct, frozen=True, gc=False):
    """A change that was made. ``change`` is its magnitude; ``outdated`` marks an entry that may be overwritten."""

    at: Instant
    change: int
    outdated: bool = False


class Memory(Struct, frozen=True, kw_only=True, gc=False):
    """History of one policy.

    ``recommendations`` is ``None`` until the first pass, which seeds it with the current replicas; a list that exists
    but is empty stays as it is. Lists are in storage order, not by time: an old entry is overwritten in place.
    """

    VERSION: ClassVar[int] = 1

    recommendations: tuple[Recommendation, ...] | None = None
    scale_ups: tuple[ScaleEvent, ...] = ()
    scale_downs: tuple[ScaleEvent, ...] = ()
    status: PolicyStatus = PolicyStatus()
    collapse_since: Instant | None = None  #: since when a guarded policy's metrics ask for far less than there is
    guards: GuardMemory | None = None  #: of a guarded policy, once there is something to remember
