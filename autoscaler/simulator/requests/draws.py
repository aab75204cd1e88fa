"""Arrivals and service times of the request kernel's own streams, for whoever serves them in another way."""

from __future__ import annotations

import numpy as np

from autoscaler.simulator.requests import kernel as k
from autoscaler.simulator.requests.jit import overflowing
from autoscaler.simulator.requests.kernel import Array
from autoscaler.simulator.requests.state import Drawn, Floats, Physics, new_state


class Draws:
    """Draws request after request; the k-th is what the kernel would serve as its k-th."""

    def __init__(self, source: Drawn, physics: Physics) -> None:
        """``physics``: only its distribution of service times counts."""
        self._source = source
        self._state = new_state(physics, source, 0, 0)

    def know(self, seconds: int) -> None:
        """Make the rates of that many seconds known; requests are drawn no further."""
        have = len(self._state.rates)
        if seconds > have:
            rates = np.concatenate((self._state.rates, self._source.rates(have, seconds)))
            self._state = self._state._replace(rates=rates)

    def block(self) -> tuple[Floats, Floats]:
        """Give the next arrivals and service times [s], shape ``(n,)`` each; ``n`` falls to 0 where rates end."""
        state = self._state
        with overflowing():
            k._draw(state.ints, state.floats, state.source, state.spare, state.rates, state.random, state.quantiles)
        n = int(state.ints[k.DRAWN])
        return state.source[k.ARRIVAL, :n].copy(), state.source[k.SERVICE_TIME, :n].copy()


class Uniforms:
    """A stream of numbers in (0, 1) of its own for each ``stream``."""

    def __init__(self, seed: tuple[int, ...], spawn: int, streams: int) -> None:
        """``spawn`` tells the family of streams; the kernel's own is 1."""
        children = (np.random.SeedSequence(seed, spawn_key=(spawn, stream)) for stream in range(streams))
        self._random: Array = np.array([child.generate_state(4, np.uint64) for child in children])

    def draw(self, stream: int, n: int) -> Floats:
        """Give the next ``n`` numbers of a stream."""
        drawn = np.empty(n)
        with overflowing():
            k._uniforms(self._random, stream, drawn, n)
        return drawn
