"""Two controllers side by side: what each said of one policy, and whether that was the same."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import Instant


class Verdict(StrEnum):
    """Whether our pass and the other controller's say the same, and if not, of which kind the difference is."""

    AGREED = "agreed"
    REPLICAS = "replicas"
    CONDITIONS = "conditions"
    UNREAD = "unread"
    PHASE = "phase"
    START = "start"
    EDITED = "edited"
    SILENT = "silent"

    @property
    def is_compared(self) -> bool:
        """Whether there were two answers to compare."""
        return self is not Verdict.SILENT

    @property
    def is_explained(self) -> bool:
        """Whether the difference, if there is one, comes from where and when the two look, not from how they decide."""
        return self not in (Verdict.REPLICAS, Verdict.CONDITIONS)


class Said(Struct, frozen=True, kw_only=True, gc=False):
    """What a controller said in one pass.

    ``conditions`` are those of the HPA as ``AbleToScale=True ReadyForNewScale``; ``measured`` has what the status shows
    of each metric, such as ``84%``; ``held`` tells whether a window or a rate rule, so what it remembers, decided the
    number; ``why`` is for people.
    """

    current: int | None
    desired: int
    conditions: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    held: bool = False
    why: str = ""


class Comparison(Struct, frozen=True, kw_only=True, gc=False):
    """One pass of ours beside what the other controller said at about that time; ``None``: nothing."""

    key: PolicyKey
    at: Instant
    verdict: Verdict
    ours: Said
    theirs: Said | None = None


class Tally(Struct, frozen=True, kw_only=True, gc=False):
    """Passes of one policy, within some minutes, with the same verdict; of a difference also the same two numbers.

    ``ours`` and ``theirs`` are those of the first of these passes; absent where the two agreed.
    """

    key: PolicyKey
    verdict: Verdict
    first: Instant
    last: Instant
    passes: int
    ours: Said | None = None
    theirs: Said | None = None

    @property
    def distance(self) -> int:
        """By how many replicas the two differ in each pass."""
        if self.ours is None or self.theirs is None:
            return 0
        return abs(self.ours.desired - self.theirs.desired)
