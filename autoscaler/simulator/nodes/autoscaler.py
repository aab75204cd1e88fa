"""When pools of nodes grow and shrink: what Cluster Autoscaler does, at its simplest.

Pods that found no room are packed, largest first, into nodes that are on their way and then into new ones, each from the
first pool that can give one: by priority, then by price per pod. A node that is under-used for long enough goes when it is
empty, or, one at a time, when the pods on it fit on the others. Not here: choosing among pools by what a whole plan costs,
zones, affinities.

Source: kubernetes/autoscaler cluster-autoscaler, core/static_autoscaler.go (the order of a pass), estimator/ (packing),
core/scaledown (thresholds and times).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from autoscaler.model.time import MINUTE, SECOND, Instant, Nanoseconds, seconds
from autoscaler.simulator.nodes.node import Node
from autoscaler.simulator.nodes.pool import Pool
from autoscaler.simulator.nodes.room import Room, best_fit, in_use
from autoscaler.simulator.nodes.tenant import Guest

#: Time between two looks. Source: Cluster Autoscaler, ``--scan-interval``.
SCAN_INTERVAL: Final[Nanoseconds] = 10 * SECOND

#: A drain is given up when for so long no pod could leave. Source: Cluster Autoscaler, ``--max-pod-eviction-time``.
GIVE_UP_AFTER: Final[Nanoseconds] = 2 * MINUTE


class _Space:
    """Room that is not there yet, or only looked at."""

    __slots__ = ("free", "total")

    def __init__(self, free: Room, total: Room) -> None:
        self.free = free
        self.total = total


def options(pools: Sequence[Pool], need: Room) -> list[Pool]:
    """Give the pools whose nodes hold a pod of that size, the one to ask first in front."""
    able = [pool for pool in pools if pool.total.holds(need)]
    return sorted(able, key=lambda pool: (-pool.spec.priority, pool.price_for(need), pool.index))


def growth(pools: Sequence[Pool], waiting: Sequence[Guest], at: Instant) -> list[Pool]:
    """Give the pools that should get a node now, once for each node; pods that none can help are marked as short.

    A pool that has none to give learns of it by being asked, as in reality, and is left alone for a while.
    """
    wanted = [pool for pool in pools for _ in range(pool.spec.min - len(pool.nodes)) if _gives(pool, at)]
    spaces = [_Space(pool.total, pool.total) for pool in wanted]
    spaces += [_Space(node.free, node.total) for pool in pools for node in pool.nodes if not node.ready and node.stays]
    for guest in _largest_first(waiting, pools):
        space = best_fit(spaces, guest.need)
        if space is None:
            pool = _first_to_give(pools, guest.need, wanted, at)
            guest.was_short = guest.was_short or pool is None
            if pool is None:
                continue
            wanted.append(pool)
            space = _Space(pool.total, pool.total)
            spaces.append(space)
        space.free = space.free.less(guest.need)
    return wanted


def note_use(pools: Sequence[Pool], at: Instant) -> None:
    """Take note of which nodes are under-used, and since when."""
    for pool in pools:
        for node in pool.nodes:
            if not node.is_open or in_use(node) >= pool.spec.scale_down_below:
                node.under_used_since = None
            elif node.under_used_since is None:
                node.under_used_since = at


def shrinkage(pools: Sequence[Pool], at: Instant) -> list[Node]:
    """Give the nodes that should go now: every empty one, or else one whose pods fit on the others."""
    due = [node for node, when in _candidates(pools) if when <= at]
    empty = _above_min(pools, [node for node in due if not node.guests])
    if empty or any(node.draining for pool in pools for node in pool.nodes):
        return empty
    movable = (node for node in sorted(due, key=in_use) if _fits_elsewhere(node, pools))
    return _above_min(pools, list(islice(movable, 1)))


def next_look(pools: Sequence[Pool], waiting: Sequence[Guest], at: Instant) -> Instant | None:
    """Tell when something may change by the mere passing of time; ``None`` if nothing may."""
    times = [when for _, when in _candidates(pools)]
    if any(node.staying for pool in pools for node in pool.nodes):
        times.append(at + SCAN_INTERVAL)
    if waiting or any(len(pool.nodes) < pool.spec.min for pool in pools):
        times += [pool.back_off_until for pool in pools]
    return min((time for time in times if time > at), default=None)


def _gives(pool: Pool, at: Instant) -> bool:
    """Ask a pool's provider whether it has a node."""
    if at < pool.back_off_until:
        return False
    if at < pool.dry_until:
        pool.refuse(at)
        return False
    return True


def _first_to_give(pools: Sequence[Pool], need: Room, wanted: Sequence[Pool], at: Instant) -> Pool | None:
    able = options(pools, need)
    for pool in able:
        if len(pool.nodes) + wanted.count(pool) < pool.spec.max and _gives(pool, at):
            return pool
    for pool in able:
        pool.let_down(at)
    return None


def _largest_first(waiting: Sequence[Guest], pools: Sequence[Pool]) -> list[Guest]:
    """Sort by share of the largest node, so that small pods fill what large ones leave."""
    cpu, memory = max(pool.total.cpu for pool in pools), max(pool.total.memory for pool in pools)
    return sorted(waiting, key=lambda guest: (-guest.need.cpu / cpu - guest.need.memory / memory, guest.order))


def _candidates(pools: Iterable[Pool]) -> Iterator[tuple[Node, Instant]]:
    """Give the under-used nodes of pools above their min, and when each may go."""
    for pool in pools:
        if sum(node.stays for node in pool.nodes) <= pool.spec.min:
            continue
        rest = seconds(pool.spec.scale_down_after)
        for node in pool.nodes:
            if node.is_open and node.under_used_since is not None:
                yield node, max(node.under_used_since, pool.grown_at or 0) + rest


def _above_min(pools: Sequence[Pool], nodes: Sequence[Node]) -> list[Node]:
    """Give as many of ``nodes`` as their pools can do without."""
    spare = [sum(node.stays for node in pool.nodes) - pool.spec.min for pool in pools]
    kept: list[Node] = []
    for node in nodes:
        if spare[node.pool] > 0:
            spare[node.pool] -= 1
            kept.append(node)
    return kept


def _fits_elsewhere(node: Node, pools: Sequence[Pool]) -> bool:
    spaces = [
        _Space(each.free, each.total) for pool in pools for each in pool.nodes if each.is_open and each is not node
    ]
    for guest in node.guests:
        if not guest.pod.deleting:
            space = best_fit(spaces, guest.need)
            if space is None:
                return False
            space.free = space.free.less(guest.need)
    return True
