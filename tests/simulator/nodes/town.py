"""Pools of nodes that hold two pods of half a core each, provisioned in 90 s sharp."""

from __future__ import annotations

from typing import Any

from autoscaler.model.time import seconds
from autoscaler.simulator.traffic import constant
from autoscaler.simulator.world import started


class Town:
    """A world with nodes, one workload on them, and short ways to look at both."""

    def __init__(self, scenario: Any) -> None:
        self.world = started(scenario)
        self.web = self.world.add(scenario, constant(scenario.traffic.constant.rps))

    def go(self, second: float) -> None:
        self.world.advance(self.world.start + seconds(second))

    @property
    def nodes(self) -> list[str]:
        """Every node that is asked for and not gone."""
        return [node.name for pool in self.world.nodes.pools for node in pool.nodes]

    @property
    def counts(self) -> tuple[int, int, int]:
        """Nodes that exist, nodes that are ready, pods that wait."""
        last = self.world.nodes.books.history[-1]
        return sum(last.existing), sum(last.ready), last.pending

    @property
    def ready(self) -> int:
        """Pods in rotation."""
        return self.web.history()[-1].ready

    def pods_on(self, node: str) -> list[str]:
        """Names of the pods on a node."""
        return [
            guest.pod.name
            for pool in self.world.nodes.pools
            for each in pool.nodes
            if each.name == node
            for guest in each.guests
        ]


def pool_of(name: str = "small", cpu: float = 1, **fields: Any) -> dict[str, Any]:
    return {
        "name": name, "shape": {"cpu": cpu, "memory": "4Gi"}, "provisioning": "90s", "jitter": 0, "price_per_hour": 0.1,
        **fields,
    }  # fmt: skip
