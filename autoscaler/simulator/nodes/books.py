"""How many nodes there were, and how many pods waited for room: kept at every change, for scores and plots."""

from __future__ import annotations

from dataclasses import dataclass

from autoscaler.model.time import HOUR, Instant


@dataclass(frozen=True, slots=True)
class NodeCounts:
    """What there is from ``at`` on."""

    at: Instant
    existing: tuple[int, ...]  #: nodes by pool, asked for and not gone: what is paid for
    ready: tuple[int, ...]  #: nodes by pool that take or hold pods
    pending: int  #: pods of all workloads that look for room


class NodeBooks:
    """The counts over time, one entry for each change, oldest first."""

    def __init__(self) -> None:
        self.history: list[NodeCounts] = []

    def note(self, counts: NodeCounts) -> None:
        """Keep counts; of several at one instant the last, and none that says what the one before said."""
        history = self.history
        if history and history[-1].at == counts.at:
            history.pop()
        before = history[-1] if history else None
        if before is None or (before.existing, before.ready, before.pending) != (
            counts.existing,
            counts.ready,
            counts.pending,
        ):
            history.append(counts)

    def node_hours(self, until: Instant) -> tuple[float, ...]:
        """Give how long nodes existed up to ``until``, by pool [hours]."""
        ends = [counts.at for counts in self.history[1:]] + [until]
        spans = [(max(0, end - counts.at), counts.existing) for counts, end in zip(self.history, ends, strict=True)]
        pools = len(self.history[0].existing)
        return tuple(sum(span * existing[pool] for span, existing in spans) / HOUR for pool in range(pools))
