"""Traffic of single requests that are known: replayed one by one, or counted by second where a fluid takes them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.request_rows import RequestRows
from autoscaler.config.scenario import Scenario
from autoscaler.simulator.traffic import RateFunction, Stairs

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Recorded:
    """Requests in order of arrival, shape ``(n,)``: when [s from the start of the run] and, if known, how long in service [s]."""

    arrivals: Floats
    services: Floats | None

    def rate(self, t: Floats) -> Floats:
        """Give the requests of the second that each time is in [requests/s]."""
        return self._seconds.rate(t)

    def integral(self, t: Floats) -> Floats:
        """Give how many came up to each time; those of a second are taken as spread evenly over it."""
        return self._seconds.integral(t)

    @property
    def mean_service_time(self) -> float:
        """Mean time in service [s]; 0 if it is not known, or there are no requests."""
        return 0.0 if self.services is None or not len(self.services) else float(self.services.mean())

    @cached_property
    def _seconds(self) -> Stairs:
        counts = np.bincount(self.arrivals.astype(np.int64), minlength=1).astype(np.float64)
        return Stairs(np.arange(len(counts) + 1, dtype=np.float64), counts)


def with_times_of(scenario: Scenario, traffic: RateFunction) -> Scenario:
    """Let the mean time in service be that of the requests themselves, where they are known."""
    mean = traffic.mean_service_time if isinstance(traffic, Recorded) else 0.0
    if not mean:
        return scenario
    if scenario.workers is not None:
        workers = scenario.workers.model_copy(update={"job_time": mean})
        return scenario.model_copy(update={"service": workers.as_service(), "workers": workers})
    service = scenario.service.model_copy(update={"mean_service_time": mean})
    return scenario.model_copy(update={"service": service})


def recorded(rows: RequestRows, offset: float, duration: float) -> Recorded:
    """Give the requests of a file that come from ``offset`` on, for ``duration`` [s]."""
    first, last = np.searchsorted(rows.arrivals, (offset, offset + duration)).tolist()
    services = None if rows.services is None else rows.services[first:last]
    return Recorded(rows.arrivals[first:last] - offset, services)
