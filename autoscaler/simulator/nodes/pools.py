"""All nodes and the pods on them: pods find room or wait for it, nodes come and go, and whose pods they are is told.

What a scheduler, a provider and a drain do together. When pools grow and shrink is for ``nodes.autoscaler`` to say.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from autoscaler.config.durations import print_duration
from autoscaler.config.scenario import NodePool, Scenario
from autoscaler.config.spot_traces import SpotTrace
from autoscaler.model.time import SECOND, Instant, Nanoseconds, seconds
from autoscaler.simulator.kernel import EventQueue, Kind
from autoscaler.simulator.nodes.autoscaler import (
    GIVE_UP_AFTER,
    SCAN_INTERVAL,
    growth,
    next_look,
    note_use,
    options,
    shrinkage,
)
from autoscaler.simulator.nodes.books import NodeBooks, NodeCounts
from autoscaler.simulator.nodes.interruptions import Interruption, interruptions
from autoscaler.simulator.nodes.luck import Luck
from autoscaler.simulator.nodes.node import Node, by_tenant
from autoscaler.simulator.nodes.pool import Pool
from autoscaler.simulator.nodes.room import Room, best_fit
from autoscaler.simulator.nodes.tenant import Guest, Tenant

_SUDDEN = 2**32  #: losses without a notice are numbered from here, interruptions from 0


class NodePools:
    """The nodes that all workloads share. Times passed in must not go back."""

    def __init__(
        self,
        specs: Sequence[NodePool],
        events: EventQueue,
        start: Instant,
        *,
        seed: int = 0,
        traces: Mapping[str, SpotTrace] | None = None,
    ) -> None:
        """``traces`` holds the recorded pools that ``specs`` name, by path; the pools' ``min`` nodes are there at once.

        Raises:
            ValueError: a recorded pool is missing.
        """
        luck = [Luck(seed, index) for index in range(len(specs))]
        self.pools = tuple(Pool(index, spec, luck[index]) for index, spec in enumerate(specs))
        self.pending: list[Guest] = []  #: in the order in which they find room
        self.books = NodeBooks()
        self._events = events
        self._start = start
        self._review_at: Instant | None = None
        self._open: list[Node] | None = None  #: nodes that take pods; None where that has to be found out anew
        self._tenants: list[Tenant] = []
        self._losses = _SUDDEN
        for pool in self.pools:
            for _ in range(pool.spec.min):
                self._make_ready(pool.add())
            if pool.spec.spot is not None:
                self._await(pool, interruptions(pool.spec.spot, luck[pool.index], start, traces or {}), 0)
        self._changed(start)

    def tenant(self, scenario: Scenario, pull: Nanoseconds) -> Tenant:
        """Give the placement of one workload's pods; a node without their image gets it in ``pull`` [ns]."""
        tenant = Tenant(self, scenario, pull)
        self._tenants.append(tenant)
        return tenant

    def place(self, guest: Guest, at: Instant) -> None:
        """Put a pod on a node, or let it wait for one."""
        if not self._bind(guest, at):
            insort(self.pending, guest, key=lambda each: each.order)
        self._changed(at)

    def host(self, guest: Guest, at: Instant) -> bool:
        """Put a pod that runs already on a node that is there already, one more if need be; tell whether there was room."""
        node = best_fit(self._open_nodes(), guest.need)
        pool = next((pool for pool in options(self.pools, guest.need) if not pool.is_full), None)
        if node is None and pool is not None:
            node = pool.add()
            self._make_ready(node)
        if node is None:
            return False
        node.take(guest)
        guest.node = node
        self._changed(at)
        return True

    def release(self, guest: Guest, at: Instant) -> None:
        """Let a pod go; its room is for whoever waits for it, and a node that was to be emptied goes with its last pod."""
        node = guest.node
        if node is None:
            self.pending.remove(guest)
            guest.tenant.note_wait(guest, at)
        else:
            node.release(guest)
            if node.draining and not node.guests:
                self._remove(node)
            self._fill(at)
        self._changed(at)

    def lose(self, pool: Pool, at: Instant, count: int) -> int:
        """End so many nodes of a pool without notice, chosen by the seed; gives how many are gone."""
        victims = pool.victims(self._losses, count)
        self._losses += 1
        self._take_back(victims, at, notice=0)
        return len(victims)

    def shortages(self, until: Instant) -> tuple[str, ...]:
        """Tell for which workloads no pool could give a node, how long that lasted, and why."""
        for guest in self.pending:
            guest.tenant.note_wait(guest, until)
        whys = [f"{pool.spec.name} was at its max of {pool.spec.max} nodes" for pool in self.pools if pool.was_full]
        whys += [f"{pool.spec.name} had none to give" for pool in self.pools if pool.was_dry]
        why = "; ".join(whys) or "no pool has nodes of that size"
        return tuple(
            f"{tenant.name}: up to {_pods(tenant.most_short)} found no room, one for "
            f"{print_duration(tenant.longest_short // SECOND * SECOND)}: {why}"
            for tenant in self._tenants
            if tenant.longest_short
        )

    def _open_nodes(self) -> list[Node]:
        if self._open is None:
            self._open = [node for pool in self.pools for node in pool.nodes if node.is_open]
        return self._open

    def _bind(self, guest: Guest, at: Instant) -> bool:
        """Put a pod on the node with the least waste, if one has room; tell whether one has."""
        node = best_fit(self._open_nodes(), guest.need)
        if node is None:
            return False
        pull = node.take(guest)
        guest.node = node
        guest.tenant.note_wait(guest, at)
        guest.bound(guest.pod, at, pull)
        return True

    def _fill(self, at: Instant) -> None:
        """Put pods that wait where there is room now; one that does not fit does not hold up smaller ones behind it."""
        waiting: list[Guest] = []
        too_large: set[Room] = set()
        for guest in self.pending:
            if guest.need in too_large or not self._bind(guest, at):
                too_large.add(guest.need)
                waiting.append(guest)
        self.pending = waiting

    def _changed(self, at: Instant) -> None:
        """Keep the books, and have a look at the pools soon."""
        existing = tuple(len(pool.nodes) for pool in self.pools)
        self.books.note(NodeCounts(at, existing, tuple(pool.ready for pool in self.pools), len(self.pending)))
        self._review(at + 1)

    def _review(self, after: Instant) -> None:
        """Look at the pools when the next scan at or after that instant is due."""
        at = self._start - (self._start - after) // SCAN_INTERVAL * SCAN_INTERVAL
        if self._review_at is None or at < self._review_at:
            self._review_at = at
            self._events.push(at, Kind.NODES_REVIEWED, self._look)

    def _look(self, at: Instant) -> None:
        """Go on with drains, then let pools grow where that helps, or else shrink."""
        if at != self._review_at:
            return  # an earlier look has taken its place
        self._review_at = None
        self._go_on_draining(at)
        note_use(self.pools, at)
        wanted = growth(self.pools, self.pending, at)
        for pool in wanted:
            self._order(pool, at)
        if not wanted:
            for node in shrinkage(self.pools, at):
                self._drain(node, at)
        for tenant in self._tenants:
            short = sum(guest.was_short for guest in self.pending if guest.tenant is tenant)
            tenant.most_short = max(tenant.most_short, short)
        later = next_look(self.pools, self.pending, at)
        if later is not None:
            self._review(later)

    def _order(self, pool: Pool, at: Instant) -> None:
        """Ask the provider for a node."""
        node = pool.add()
        pool.grown_at = at
        self._events.push(at + pool.provisioning(node), Kind.NODE_READY, partial(self._ready, node))
        self._changed(at)

    def _ready(self, node: Node, at: Instant) -> None:
        if not node.gone:
            self._make_ready(node)
            self._fill(at)
            self._changed(at)

    def _drain(self, node: Node, at: Instant) -> None:
        """Move a node's pods elsewhere, then remove it; one without pods goes at once."""
        node.draining, node.moved_at, self._open = True, at, None
        if node.guests:
            self._evict([node], at)
        else:
            self._remove(node)
        self._changed(at)

    def _go_on_draining(self, at: Instant) -> None:
        """Move those pods that had to stay until now; where none can leave for long, the node stays, too."""
        for node in [node for pool in self.pools for node in pool.nodes]:
            before = node.staying
            if before:
                self._evict([node], at)
                if node.staying < before:
                    node.moved_at = at
                elif node.draining and not node.interrupted and at - node.moved_at >= GIVE_UP_AFTER:
                    node.draining, node.under_used_since, self._open = False, None, None
                    self._fill(at)

    def _await(self, pool: Pool, coming: Iterator[Interruption], number: int) -> None:
        """Have the provider's next interruption of a pool happen in its time."""
        interruption = next(coming, None)
        if interruption is not None:
            strike = partial(self._strike, pool, interruption, coming, number)
            self._events.push(interruption.at, Kind.NODE_LOST, strike)

    def _strike(
        self, pool: Pool, interruption: Interruption, coming: Iterator[Interruption], number: int, at: Instant
    ) -> None:
        if interruption.is_chance:
            nodes = pool.struck(number, interruption.share)
        else:
            nodes = pool.victims(number, pool.part(interruption.share))
        pool.dry_until = max(pool.dry_until, at + interruption.dry)
        self._take_back(nodes, at, seconds(pool.spec.spot.notice) if pool.spec.spot else 0)
        self._await(pool, coming, number + 1)

    def _take_back(self, nodes: Sequence[Node], at: Instant, notice: Nanoseconds) -> None:
        """Let the provider have nodes back: they drain for the time of the notice. A node still to come never does."""
        for node in nodes:
            node.interrupted = True
        self._open = None
        warned = [node for node in nodes if node.ready and notice]
        self._end([node for node in nodes if node not in warned], at)
        self._evict(warned, at)
        if warned:
            self._events.push(at + notice, Kind.NODE_LOST, partial(self._end, warned))

    def _end(self, nodes: Sequence[Node], at: Instant) -> None:
        """End nodes, with whatever is still on them."""
        left = [node for node in nodes if not node.gone]
        for tenant, pods in by_tenant(left):
            tenant.lose(pods, at)
        for node in left:
            if not node.gone:  # a node that was to be emptied has gone with its last pod
                self._remove(node)
        self._changed(at)

    def _evict(self, nodes: Sequence[Node], at: Instant) -> None:
        for tenant, pods in by_tenant(nodes):
            tenant.evict(pods, at)

    def _make_ready(self, node: Node) -> None:
        self.pools[node.pool].make_ready(node)
        self._open = None

    def _remove(self, node: Node) -> None:
        self.pools[node.pool].remove(node)
        self._open = None


def _pods(count: int) -> str:
    return f"{count} pod" if count == 1 else f"{count} pods"
