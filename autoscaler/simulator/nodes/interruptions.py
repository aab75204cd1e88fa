"""When a provider takes spot nodes back, and how many: at a rate, as recorded, or in storms.

A pool is hit as a whole and loses a share of its nodes: independent lives would be far too kind, as nine in ten
interruptions of one pool come with others within minutes. A recorded pool of another size lends its shares.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autoscaler.config.scenario import Spot
from autoscaler.config.spot_traces import SpotTrace
from autoscaler.model.time import Instant, Nanoseconds, seconds
from autoscaler.simulator.nodes.luck import Luck


@dataclass(frozen=True, slots=True, order=True)
class Interruption:
    """The provider takes back a ``share`` of a pool, and has no new nodes for ``dry`` [ns]."""

    at: Instant
    share: float
    dry: Nanoseconds
    is_chance: bool  #: each node is hit with that chance; otherwise that share of them, in whole nodes


def interruptions(spot: Spot, luck: Luck, start: Instant, traces: Mapping[str, SpotTrace]) -> Iterator[Interruption]:
    """Give what happens to a pool from ``start`` on, in order of time; without end where there is a rate.

    Raises:
        ValueError: the spot trace is not among ``traces``, by path.
    """
    sources = [_storms(spot, start)]
    if spot.interruptions_per_hour:
        sources.append(_at_a_rate(spot, luck, start))
    if spot.trace is not None:
        if spot.trace not in traces:
            raise ValueError(f"the spot trace {spot.trace} has not been loaded")
        sources.append(_recorded(traces[spot.trace], start))
    return heapq.merge(*sources)


def _storms(spot: Spot, start: Instant) -> Iterator[Interruption]:
    for storm in sorted(spot.storms, key=lambda storm: storm.at):
        yield Interruption(start + seconds(storm.at), storm.share, seconds(storm.dry), is_chance=False)


def _at_a_rate(spot: Spot, luck: Luck, start: Instant) -> Iterator[Interruption]:
    """Hit the pool as often as it takes for each node to be hit at its rate."""
    for at in luck.times(start, spot.interruptions_per_hour / spot.together):
        yield Interruption(at, spot.together, seconds(spot.dry), is_chance=True)


def _recorded(trace: SpotTrace, start: Instant) -> Iterator[Interruption]:
    for loss in trace.losses:
        yield Interruption(start + seconds(loss.at), loss.share, seconds(loss.dry), is_chance=True)
