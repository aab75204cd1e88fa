"""Everything random in a run, drawn so that it does not depend on what a policy does.

A number belongs to what it disturbs (the k-th scrape of the j-th pod, the start-up of the j-th pod), not to the order in
which it is asked for. So two policies meet the same luck, and their difference is theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

_TABLE: Final = 1 << 16
_STRIDE: Final = 40_503  #: odd, near the table's size over the golden ratio: rows of neighbouring scrapes lie far apart
_GOLDEN: Final = 0x9E3779B97F4A7C15  #: 2**64 over the golden ratio, SplitMix64's step
_MASK: Final = 2**64 - 1


class Draw(IntEnum):
    """What a number drawn by ``Noise.draw`` is for: each has a stream of its own."""

    START = 0  #: whether a start fails
    LIFE = 1  #: how long a container lives
    SAMPLE = 2  #: whether a scrape misses a pod
    VICTIM = 3  #: which pods a fault hits
    READ = 4  #: whether an evaluation fails to read the scale
    WRITE = 5  #: whether a write of the scale fails


class Noise:
    """Random numbers of one workload, by what they belong to."""

    __slots__ = ("_keys", "_normals", "_rng", "_sequence", "_uniforms")

    def __init__(self, seed: int, stream: int) -> None:
        sequence = np.random.SeedSequence([seed, stream])
        normals, uniforms = (np.random.Generator(np.random.PCG64(child)) for child in sequence.spawn(2))
        self._normals = normals.standard_normal(_TABLE)
        self._rng = uniforms
        self._uniforms: list[float] = []
        self._sequence = [seed, stream]
        self._keys: dict[Draw, int] = {}

    def uniform(self, ordinal: int) -> float:
        """Give the number in [-1, 1) that belongs to the pod created as number ``ordinal``."""
        while len(self._uniforms) <= ordinal:
            self._uniforms += self._rng.uniform(-1.0, 1.0, 256).tolist()
        return self._uniforms[ordinal]

    def normals(self, scrape: int, count: int) -> NDArray[np.float64]:
        """Give ``count`` standard normal numbers that belong to the scrape numbered ``scrape``, shape ``(count,)``."""
        first = scrape * _STRIDE % _TABLE
        if first + count <= _TABLE:
            return self._normals[first : first + count]
        return self._normals.take(range(first, first + count), mode="wrap")

    def normals_ahead(self, scrape: int, scrapes: int, count: int) -> NDArray[np.float64]:
        """Give those of ``scrapes`` scrapes from the one numbered ``scrape`` on, shape ``(scrapes, count)``."""
        firsts = np.arange(scrape, scrape + scrapes) * _STRIDE % _TABLE
        return self._normals.take(firsts[:, None] + np.arange(count), mode="wrap")

    def draw(self, what: Draw, number: int, member: int) -> float:
        """Give the number in [0, 1) that belongs to a member, such as a pod, in the ``number``-th round of ``what``."""
        return float(self.draws(what, number, [member])[0])

    def draws(self, what: Draw, number: int, members: Sequence[int]) -> NDArray[np.float64]:
        """Give one number in [0, 1) for each member, shape ``(members,)``.

        Source: Steele, Lea, Flood, Fast splittable pseudorandom number generators (2014): SplitMix64's finalizer.
        """
        key = self._keys.get(what)
        if key is None:
            state = np.random.SeedSequence([*self._sequence, 1 + what]).generate_state(1, np.uint64)
            key = self._keys[what] = int(state[0])
        row = _mixed(np.array([(key + number * _GOLDEN) & _MASK], np.uint64))
        mixed = _mixed(row + np.asarray(members, np.uint64) * np.uint64(_GOLDEN))
        return np.asarray((mixed >> np.uint64(11)) * 2.0**-53, np.float64)


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
