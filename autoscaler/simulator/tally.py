"""Counters of single pods in a fluid: each counts its share of the work, with the noise of counting whole requests."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.noise import Noise

Floats = NDArray[np.float64]


class Tally:
    """Reads pods' counters off one counter of work that all pods in rotation share.

    Between two readings a counter grows by what the pod served, disturbed by a Poisson-sized error that belongs to the
    reading and to the pod's place in it. So windows of any length see the noise of as many requests as they count.
    """

    __slots__ = ("_noise", "_pods", "_reading")

    def __init__(self, noise: Noise | None) -> None:
        self._noise = noise
        self._pods: dict[int, list[float]] = {}  # [work when it joined, when it left, seen so far, counter]
        self._reading = -1

    def join(self, pod: int, work: float) -> None:
        """Begin to count, the shared counter being at ``work``."""
        self._pods[pod] = [work, math.inf, 0.0, 0.0]

    def leave(self, pod: int, work: float) -> None:
        """Count no further than ``work``."""
        self._pods[pod][1] = work

    def fall_behind(self, pod: int, work: float) -> None:
        """Let a pod have done ``work`` less than the shared counter says."""
        if pod in self._pods:
            self._pods[pod][0] += work

    def forget(self, pod: int) -> None:
        """Drop a pod that is gone."""
        self._pods.pop(pod, None)

    def read(self, pods: Sequence[int], work: float) -> Floats:
        """Give the counters now, shape ``(pods,)``; begins a new reading."""
        self._reading += 1
        noise = self._row(len(pods))
        found = []
        for pod, disturbance in zip(pods, noise, strict=True):
            count = self._pods.get(pod)
            if count is None:
                found.append(0.0)
                continue
            served = min(work, count[1]) - count[0]
            grown = served - count[2]
            count[2] = served
            count[3] += max(0.0, grown + disturbance * math.sqrt(grown))
            found.append(count[3])
        return np.array(found)

    def spread(self, mean: float, pods: int) -> Floats:
        """Give ``pods`` Poisson-like numbers around ``mean``, the same disturbances as in the last reading."""
        return np.maximum(0.0, mean + np.array(self._row(pods)) * math.sqrt(mean))

    def _row(self, pods: int) -> Sequence[float]:
        return [0.0] * pods if self._noise is None else self._noise.normals(self._reading, pods)
