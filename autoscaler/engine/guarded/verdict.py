"""What one guard says of a decision."""

from __future__ import annotations

from dataclasses import dataclass

from autoscaler.model.decision import Reason
from autoscaler.model.time import Instant


@dataclass(frozen=True, slots=True)
class Verdict:
    """The number that a guard allows. ``until``: when it may stop binding by itself.

    ``imposed``: the number counts as it is; elsewhere it counts only where it is nearer to the current replicas.
    """

    replicas: int
    why: str
    reason: Reason
    until: Instant | None = None
    imposed: bool = False
