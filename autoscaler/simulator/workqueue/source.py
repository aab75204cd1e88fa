"""The jobs to come: when each is added, how long it takes, its priority, delay and fate.

All of it belongs to the job's number and is drawn in streams of their own, so job k is the same under every policy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.requests.draws import Draws, Uniforms
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Drawn, Given
from autoscaler.simulator.workqueue import layout as k

Floats = NDArray[np.float64]

_BLOCKS: Final = 32  #: blocks of the request kernel that are drawn at a time
_SPAWN: Final = 2  #: the request kernel spawns its streams from another number


class Stream(IntEnum):
    """What a job draws beside its arrival and its time."""

    PRIORITY = 0
    DELAY = 1
    FATE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """How jobs are given priorities, delays and fates.

    ``lines``: pairs of a share and the line of its jobs, which begin at 1; what is left of the shares goes to line 1.
    """

    lines: tuple[tuple[float, int], ...] = ()
    delayed: float = 0.0  #: share of the jobs that are due later
    delay: float = 0.0  #: by how much [s]
    failure: float = 0.0  #: share of attempts that fail
    attempts: int = 1
    seed: tuple[int, ...] = field(default=(0,))


class Source:
    """Gives jobs in the order in which they are added, as tables of the kernel's rows."""

    def __init__(self, jobs: Drawn | Given, physics: Physics, marks: Marks) -> None:
        """``physics``: only its distribution of times counts."""
        self._given = jobs if isinstance(jobs, Given) else None
        self._draws = Draws(jobs, physics) if isinstance(jobs, Drawn) else None
        self._marks = marks
        self._uniforms = Uniforms(marks.seed, _SPAWN, len(Stream))

    def know(self, seconds: int) -> None:
        """Make the rates of that many seconds known; jobs are drawn no further."""
        if self._draws is not None:
            self._draws.know(seconds)

    def more(self) -> Floats:
        """Give the next jobs, shape ``(k.SOURCE, n)``; ``n`` is 0 when there are no more as far as rates are known."""
        if self._draws is not None:
            added, work = zip(*(self._draws.block() for _ in range(_BLOCKS)), strict=True)
            return self._marked(np.concatenate(added), np.concatenate(work))
        if self._given is not None:
            given, self._given = self._given, None
            return self._marked(given.arrivals, given.services)
        return np.zeros((k.SOURCE, 0))

    def _marked(self, added: Floats, work: Floats) -> Floats:
        marks, n = self._marks, len(added)
        table = np.zeros((k.SOURCE, n))
        table[k.S_ADDED], table[k.S_WORK], table[k.S_LINE] = added, work, 1.0
        if marks.lines:
            edges = np.cumsum([share for share, _ in marks.lines])
            lines = np.array([line for _, line in marks.lines] + [1])
            table[k.S_LINE] = lines[np.searchsorted(edges, self._uniforms.draw(Stream.PRIORITY, n), side="right")]
        if marks.delay:
            table[k.S_DELAY] = np.where(self._uniforms.draw(Stream.DELAY, n) < marks.delayed, marks.delay, 0.0)
        if marks.failure:
            # a uniform number below p fails once, below p**2 twice, and so on
            with np.errstate(divide="ignore"):
                failures = np.log(self._uniforms.draw(Stream.FATE, n)) / np.log(marks.failure)
            table[k.S_FAILURES] = np.floor(np.minimum(failures, marks.attempts))
        return table
