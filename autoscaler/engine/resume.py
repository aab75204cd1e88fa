"""What a memory that was stored is worth when it is read again, perhaps after a long gap: never less than a fresh start."""

from __future__ import annotations

from msgspec.structs import replace

from autoscaler.model.memory import Memory
from autoscaler.model.time import SECOND, Instant, Nanoseconds

#: How far two replicas' clocks may be apart [ns].
SKEW = 30 * SECOND


def resumed(memory: Memory, now: Instant, *, period: Nanoseconds) -> Memory | None:
    """Give the memory to go on with at ``now``; ``None``: begin afresh, it tells of the future.

    Over a gap of more than two periods nobody took note of recommendations, so the windows begin again: a fresh start is
    seeded with the current replicas, and holds them for one scale-down window. Changes still count against rate rules.
    """
    recommendations = memory.recommendations or ()
    known = [*(each.at for each in recommendations), *(each.at for each in (*memory.scale_ups, *memory.scale_downs))]
    if any(at > now + SKEW for at in known):
        return None
    newest = max((each.at for each in recommendations), default=None)
    if newest is None or now - newest > 2 * period + SKEW:
        return replace(memory, recommendations=None)
    return memory
