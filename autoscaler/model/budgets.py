"""What all policies of a controller may do together: budgets of a namespace and of the whole, in pods per period."""

from __future__ import annotations

from dataclasses import dataclass

from autoscaler.model.time import HOUR, MINUTE, Nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """Most pods per period for each namespace, and for all together. ``None``: no limit."""

    per_namespace: int | None = None
    total: int | None = None
    per: Nanoseconds = 10 * MINUTE

    @property
    def is_off(self) -> bool:
        """Whether it limits nothing."""
        return self.per_namespace is None and self.total is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """Every budget that policies share; all are off unless the operator sets them."""

    removals: Cap = Cap()  #: pods taken away
    changes: Cap = Cap(per=HOUR)  #: pods started and stopped, both; when spent, only growth passes
    growth: float | None = None  #: pods per second that all policies together may add

    @property
    def are_off(self) -> bool:
        """Whether there is nothing to account for."""
        return self.removals.is_off and self.changes.is_off and self.growth is None

    @property
    def longest(self) -> Nanoseconds:
        """For how long changes have to be remembered; 0 where there is nothing to account for."""
        return max(0 if cap.is_off else cap.per for cap in (self.removals, self.changes))


NO_BUDGETS = Budgets()
