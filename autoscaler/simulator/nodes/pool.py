"""A pool of like nodes: those that exist, how a new one comes, and when the provider has none."""

from __future__ import annotations

from typing import Final

from autoscaler.config.scenario import NodePool
from autoscaler.model.time import HOUR, MINUTE, Instant, Nanoseconds, seconds
from autoscaler.simulator.nodes.luck import Luck
from autoscaler.simulator.nodes.node import Node
from autoscaler.simulator.nodes.room import Room, allocatable

#: How long a pool that had none to give is left alone, and when that is forgotten. Source: Cluster Autoscaler,
#: ``--initial-node-group-backoff-duration``, ``--max-node-group-backoff-duration``, ``--node-group-backoff-reset-timeout``.
FIRST_BACK_OFF: Final[Nanoseconds] = 5 * MINUTE
LONGEST_BACK_OFF: Final[Nanoseconds] = 30 * MINUTE
BACK_OFF_FORGOTTEN: Final[Nanoseconds] = 3 * HOUR


class Pool:
    """Like nodes. ``nodes`` holds those that are asked for and not gone, in the order in which they were asked for."""

    def __init__(self, index: int, spec: NodePool, luck: Luck) -> None:
        self.index = index
        self.spec = spec
        self.total: Room = allocatable(spec)
        self.nodes: list[Node] = []
        self.ready = 0  #: nodes that are ready
        self.grown_at: Instant | None = None
        self.dry_until: Instant = -1
        self.back_off_until: Instant = -1
        self.was_full = False  #: pods waited because it was at its max
        self.was_dry = False  #: pods waited because its provider had none
        self._back_off: Nanoseconds = 0
        self._luck = luck
        self._asked = 0

    @property
    def is_full(self) -> bool:
        """Tell whether it has as many nodes as it may."""
        return len(self.nodes) >= self.spec.max

    def add(self) -> Node:
        """Begin a node."""
        node = Node(self.index, f"{self.spec.name}-{self._asked:04d}", self._asked, self.total)
        self._asked += 1
        self.nodes.append(node)
        return node

    def provisioning(self, node: Node) -> Nanoseconds:
        """Give how long a node takes from being asked for until it is ready [ns]; the same under every policy."""
        stretch = 1.0 + self.spec.jitter * self._luck.provisioning(node.ordinal)
        return max(1, seconds(self.spec.provisioning * stretch))

    def make_ready(self, node: Node) -> None:
        """Open a node for pods."""
        node.ready = True
        self.ready += 1

    def remove(self, node: Node) -> None:
        """End a node, with nothing left on it."""
        node.gone = True
        self.nodes.remove(node)
        self.ready -= node.ready

    def let_down(self, at: Instant) -> None:
        """Take note that it had no node for a pod for which no other pool had one either, and why."""
        if self.is_full:
            self.was_full = True
        elif at < self.back_off_until:
            self.was_dry = True

    def refuse(self, at: Instant) -> None:
        """Take note that the provider had no node to give: it is asked again later, and later each time."""
        if at - self.back_off_until > BACK_OFF_FORGOTTEN:
            self._back_off = 0
        self._back_off = min(max(FIRST_BACK_OFF, 2 * self._back_off), LONGEST_BACK_OFF)
        self.back_off_until = at + self._back_off

    def price_for(self, need: Room) -> float:
        """Give what a node costs per pod of that size [money/h]."""
        return (self.spec.price_per_hour or 0.0) / max(1, self.total.times(need))

    def victims(self, interruption: int, count: int) -> list[Node]:
        """Choose so many of the nodes not yet taken back."""
        luck = self._luck.of_nodes(interruption, self._asked)
        return sorted(self.losable(), key=lambda node: luck[node.ordinal])[:count]

    def struck(self, interruption: int, chance: float) -> list[Node]:
        """Choose each of the nodes not yet taken back with that ``chance``."""
        luck = self._luck.of_nodes(interruption, self._asked)
        return [node for node in self.losable() if luck[node.ordinal] < chance]

    def part(self, share: float) -> int:
        """Tell how many nodes that share of the losable ones is, rounded: at least one, if there are any."""
        there = len(self.losable())
        return min(there, max(1, int(share * there + 0.5)))

    def losable(self) -> list[Node]:
        """Give the nodes that the provider has not asked back yet."""
        return [node for node in self.nodes if not node.interrupted]
