"""Everything random in a run, drawn so that it does not depend on what a policy does.

A number belongs to what it disturbs (the k-th scrape of the j-th pod, the start-up of the j-th pod), not to the order in
which it is asked for. So two policies meet the same luck, and their difference is theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

_TABLE: Final = 1 << 16
_STRIDE: Final = 40_503  #: odd, near the table's size over the golden ratio: rows of neighbouring scrapes lie far apart


class Noise:
    """Random numbers of one workload, by what they belong to."""

    __slots__ = ("_normals", "_rng", "_uniforms")

    def __init__(self, seed: int, stream: int) -> None:
        sequence = np.random.SeedSequence([seed, stream])
        normals, uniforms = (np.random.Generator(np.random.PCG64(child)) for child in sequence.spawn(2))
        self._normals: list[float] = normals.standard_normal(_TABLE).tolist()
        self._rng = uniforms
        self._uniforms: list[float] = []

    def uniform(self, ordinal: int) -> float:
        """Give the number in [-1, 1) that belongs to the pod created as number ``ordinal``."""
        while len(self._uniforms) <= ordinal:
            self._uniforms += self._rng.uniform(-1.0, 1.0, 256).tolist()
        return self._uniforms[ordinal]

    def normals(self, scrape: int, count: int) -> Sequence[float]:
        """Give ``count`` standard normal numbers that belong to the scrape numbered ``scrape``."""
        first = scrape * _STRIDE % _TABLE
        row = self._normals[first : first + count]
        while len(row) < count:
            row = row + self._normals[: count - len(row)]
        return row
