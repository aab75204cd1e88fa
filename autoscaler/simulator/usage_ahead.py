"""What pods use in scrapes that were foreseen together: worked out in one go, as one by one would have given it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.scenario import Service
from autoscaler.model.observation import Milli
from autoscaler.model.time import SECOND, Nanoseconds
from autoscaler.simulator.serving import Floats, Foreseen

_KIB: Final = 1024
_MILLI: Final = 1000


class UsageAhead:
    """Cpu and memory of each pod in each reading of ``foreseen`` whose window begins in one of them, too."""

    __slots__ = ("_columns", "_first", "foreseen")

    def __init__(self, foreseen: Foreseen, cost: Service, interval: Nanoseconds, window: Nanoseconds) -> None:
        """``interval``: between two readings; ``window``: over which cpu is averaged."""
        self.foreseen = foreseen
        back = -(-window // interval)  # readings back to the one at, or the last before, the window's begin
        self._first = back
        work = foreseen.work
        before = work[:-back]
        share = (back * interval - window) / interval
        if share:
            before = before + share * (work[1 : max(len(work) - back, 0) + 1] - before)
        rate = (work[back:] - before) / (window / SECOND)
        cpu = np.ceil(_MILLI * cost.cpu_at_rest + _MILLI * cost.cpu_per_request * rate)
        memory = cost.memory_at_rest + cost.memory_per_request * foreseen.busy[back:]
        rows = zip(cpu.astype(np.int64).tolist(), memory_milli(memory).tolist(), strict=True)
        self._columns: list[dict[str, list[Milli]]] = [{"cpu": cores, "memory": size} for cores, size in rows]

    def columns(self, reading: int) -> dict[str, list[Milli]] | None:
        """Give the columns of one reading; ``None`` where its window reaches back too far."""
        row = reading - self._first
        return None if row < 0 else self._columns[row]


def memory_milli(size: Floats) -> NDArray[np.int64]:
    """Round bytes up to whole KiB, as metrics-server reports them, in milli-bytes."""
    return np.ceil(size / _KIB).astype(np.int64) * (_KIB * _MILLI)
