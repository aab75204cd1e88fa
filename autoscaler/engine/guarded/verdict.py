"""What one guard says of a decision."""

from __future__ import annotations

from dataclasses import dataclass

from autoscaler.model.decision import Reason
from autoscaler.model.time import Instant


@dataclass(frozen=True, slots=True)
class Verdict:
    """The number that a guard allows. ``until``: when it may stop binding by itself."""

    replicas: int
    why: str
    reason: Reason
    until: Instant | None = None
