"""Everything random about nodes, drawn so that it does not depend on what a policy does.

A number belongs to what it disturbs (the provisioning of a pool's j-th node, its fate in the pool's k-th interruption), so
two policies meet the same storms, and their difference is theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.model.time import HOUR, Instant

_NODES: Final = 2  #: first of the keys that keep these streams apart from those of workloads
_PROVISIONING, _TIMES, _FATES = range(3)


class Luck:
    """Random numbers of one pool."""

    def __init__(self, seed: int, pool: int) -> None:
        self._seed = seed
        self._pool = pool
        self._stretches: list[float] = []
        self._rng = self._generator(_PROVISIONING)

    def provisioning(self, node: int) -> float:
        """Give the number in [-1, 1) that belongs to the provisioning of the node with that ordinal."""
        while len(self._stretches) <= node:
            self._stretches += self._rng.uniform(-1.0, 1.0, 64).tolist()
        return self._stretches[node]

    def times(self, start: Instant, per_hour: float) -> Iterator[Instant]:
        """Give instants at random, ``per_hour`` of them in an hour on average, without end."""
        rng = self._generator(_TIMES)
        since = 0.0
        while True:
            since += float(rng.exponential(HOUR / per_hour))
            yield start + round(since)

    def of_nodes(self, interruption: int, nodes: int) -> NDArray[np.float64]:
        """Give a number in [0, 1) for each node by ordinal, shape ``(nodes,)``; more nodes do not change the first ones."""
        return self._generator(_FATES, interruption).random(nodes)

    def _generator(self, *what: int) -> np.random.Generator:
        sequence = np.random.SeedSequence(self._seed, spawn_key=(_NODES, self._pool, *what))
        return np.random.Generator(np.random.PCG64(sequence))
