"""Arrivals and service times of the request kernel's own streams, for whoever serves them in another way."""

from __future__ import annotations

from typing import Final

import numpy as np

from autoscaler.simulator.native.compiled import overflowing
from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests import numbers
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Drawer, Drawn, Floats

_AT_ONCE: Final = 10_000.0  #: arrivals a second, where only service times are wanted


class Draws:
    """Draws request after request; the k-th is what the kernel would serve as its k-th."""

    def __init__(self, source: Drawn, physics: Physics) -> None:
        """``physics``: only its distribution of service times counts."""
        self._drawer = Drawer(source, physics)

    def know(self, seconds: int) -> None:
        """Make the rates of that many seconds known; requests are drawn no further."""
        self._drawer.know(seconds)

    def block(self) -> tuple[Floats, Floats]:
        """Give the next arrivals and service times [s], shape ``(n,)`` each; ``n`` falls to 0 where rates end."""
        rows, n = self._drawer.block()
        return rows[k.ARRIVAL, :n].copy(), rows[k.SERVICE_TIME, :n].copy()


def service_times(physics: Physics, seed: tuple[int, ...], n: int) -> Floats:
    """Give the service times [s] of the first ``n`` requests."""
    draws = Draws(Drawn(rates=lambda first, last: np.full(last - first, _AT_ONCE), seed=seed), physics)
    draws.know(2 + 2 * n // int(_AT_ONCE))
    parts, missing = [np.zeros(0)], n
    while missing > 0:
        parts.append(draws.block()[1][:missing])
        missing -= len(parts[-1])
    return np.concatenate(parts)


class Uniforms:
    """A stream of numbers in (0, 1) of its own for each ``stream``."""

    def __init__(self, seed: tuple[int, ...], spawn: int, streams: int) -> None:
        """``spawn`` tells the family of streams; the kernel's own is 1."""
        children = (np.random.SeedSequence(seed, spawn_key=(spawn, stream)) for stream in range(streams))
        self._random = np.array([child.generate_state(4, np.uint64) for child in children])

    def draw(self, stream: int, n: int) -> Floats:
        """Give the next ``n`` numbers of a stream."""
        drawn = np.empty(n)
        with overflowing():
            numbers.uniforms(self._random[stream], drawn)
        return drawn
