"""When policies are evaluated: all on one grid, or each on its own where it asks for another period."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

from autoscaler.config.scenario import Control
from autoscaler.model.policy import PolicyKey, ScalingPolicy
from autoscaler.model.time import Instant, Nanoseconds, seconds
from autoscaler.simulator.progress import Progress


class Schedule:
    """The instants at which any policy is due, each policy's first one its period and the phase after the start."""

    def __init__(
        self,
        control: Control,
        policies: Sequence[ScalingPolicy],
        start: Instant,
        end: Instant,
        progress: Progress | None = None,
    ) -> None:
        """``progress`` is told the share that is done at every instant but the first, and may stop the run there."""
        usual = seconds(control.sync_period)
        self._start, self._end, self._progress = start, end, progress
        self._zero = start + seconds(control.sync_phase)
        self._periods: dict[PolicyKey, Nanoseconds] = {each.key: each.period_or(usual) for each in policies}
        self.were_stopped = False

    @property
    def is_one_grid(self) -> bool:
        """Tell whether every policy is due at every instant."""
        return len(set(self._periods.values())) == 1

    def is_due(self, key: PolicyKey, tick: Instant) -> bool:
        """Tell whether a policy is evaluated at ``tick``, which is one of the instants."""
        return (tick - self._zero) % self._periods[key] == 0

    def __iter__(self) -> Iterator[Instant]:
        if self._progress is None:
            yield from self._instants()
            return
        is_first = True  # of a run that is stopped there is something to tell
        for tick in self._instants():
            if not is_first and self._progress((tick - self._start) / (self._end - self._start)):
                self.were_stopped = True
                return
            is_first = False
            yield tick

    def _instants(self) -> Iterator[Instant]:
        last = self._zero
        grids = (range(self._zero + period, self._end + 1, period) for period in set(self._periods.values()))
        for tick in heapq.merge(*grids):
            if tick != last:
                last = tick
                yield tick
