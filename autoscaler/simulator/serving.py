"""What the simulated world asks of whatever serves a workload's requests, as a fluid or one by one.

Pods are known by their ordinal: a number that is given once and grows. Times passed in never go back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from autoscaler.model.time import Instant, Nanoseconds
from autoscaler.simulator.ledger import Ledger

Floats = NDArray[np.float64]


class Foreseen(Struct, frozen=True):
    """Readings of the same pods, one scrape after the other, arrays of shape ``(readings, pods)``."""

    work: Floats
    busy: Floats


class Counters(Struct, frozen=True):
    """What a scrape reads, arrays of shape ``(pods,)``. A counter only grows while its pod is there."""

    work: Floats  #: requests' worth of cpu time so far; multiplied by ``cpu_per_request`` it is core-seconds
    served: Floats  #: requests answered so far
    busy: Floats  #: requests in service now
    queued: Floats  #: requests that wait in the pod now
    arrived: float  #: requests that came to the service so far
    waiting: float  #: requests that wait now, wherever
    active: float = 0.0  #: requests in service now; of jobs those too whose pod is gone and that nobody has missed yet
    delayed: float = 0.0  #: jobs that are not due yet
    oldest: float = 0.0  #: how long the one that waits longest has waited [s]
    foreseen: Foreseen | None = None  #: the readings of the same pods that were worked out together with this one
    reading: int = 0  #: its place among them


class Latencies(Protocol):
    """How long requests took, from arrival to answer."""

    @property
    def late(self) -> Floats:
        """Requests by second of arrival that were slower than the objective or gave up, shape ``(seconds,)``."""

    @property
    def late_served(self) -> float:
        """Requests slower than the objective among those that did not give up."""

    def percentiles(self) -> Floats:
        """Give p50, p95, p99 [s] of all requests not rejected, shape ``(3,)``; NaN where there were none."""

    def over(self, first: int, last: int, width: int) -> Floats:
        """Give the same for each ``width`` seconds from ``first`` up to ``last``, shape ``(3, points)``."""


class Serving(Protocol):
    """Serves the requests of one workload."""

    @property
    def ledger(self) -> Ledger:
        """What happened to requests in every second that is over."""

    @property
    def capacity(self) -> float:
        """The most that the pods in rotation can serve [requests/s]."""

    @property
    def waiting(self) -> float:
        """Requests in line now."""

    def join(self, pod: int, at: Instant, since: Instant | None = None) -> None:
        """Put a pod in rotation. It warms up from now on, or has done so since it became ready in the past."""

    def leave(self, pod: int, at: Instant) -> Nanoseconds:
        """Take a pod out of rotation; it finishes what it has. Give how long that takes [ns]."""

    def kill(self, pod: int, at: Instant) -> None:
        """End a pod at once, in rotation or not: what it still has is lost. A pod that never joined is fine."""

    def slow_down(self, factor: float, at: Instant) -> None:
        """Let every request that starts from now on take ``factor`` times as long; 1 is as before."""

    def catch_up(self, to: Instant) -> None:
        """Serve everything up to ``to``."""

    def counters(self, pods: Sequence[int]) -> Counters:
        """Read the counters of ``pods``, as of the last ``catch_up``; one that never joined has zeros."""

    def latencies(self) -> Latencies:
        """Tell how long requests took, up to the ledger's last second."""
