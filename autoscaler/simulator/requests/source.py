"""Where requests come from: drawn at random, or given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.native.compiled import overflowing
from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests import numbers
from autoscaler.simulator.requests.layout import Balancer, Distribution
from autoscaler.simulator.requests.physics import Physics

Floats = NDArray[np.float64]

_FIRST_BLOCK: Final = 256  #: requests drawn at a time: few at first, so that short runs are quick
_BLOCK: Final = 8_192
_ARRIVALS, _SERVICES, _CHOICES = range(3)  # streams


class Rates(Protocol):
    """Expected arrivals by second."""

    def __call__(self, first: int, last: int) -> Floats:
        """Give them for the seconds from ``first`` up to ``last``, shape ``(last - first,)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Poisson arrivals with service times of the physics' distribution. Request k is the same under every policy."""

    rates: Rates
    seed: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Requests that are known, in order of arrival, shape ``(n,)`` each.

    ``chances`` in [0, 1) are what a random balancer uses, ``costs`` the work of each: 1 is an average request.
    """

    arrivals: Floats  #: [s]
    services: Floats  #: [s]
    chances: Floats | None = None
    costs: Floats | None = None
    seed: tuple[int, ...] = field(default=(0,))  #: of the pauses between retries

    def __post_init__(self) -> None:
        rows = [row for row in (self.arrivals, self.services, self.chances, self.costs) if row is not None]
        if any(row.shape != self.arrivals.shape or row.ndim != 1 for row in rows):
            raise ValueError("arrivals, services, chances and costs must have one shape, (n,)")
        if not all(np.isfinite(row).all() and (row >= 0.0).all() for row in rows):
            raise ValueError("arrivals, services, chances and costs must be finite and not negative")
        if (np.diff(self.arrivals) < 0.0).any():
            raise ValueError("arrivals must be in order")
        if self.chances is not None and not (self.chances < 1.0).all():
            raise ValueError("chances must be below 1")

    def rows(self) -> Floats:
        """Give them as the kernel takes them."""
        n = len(self.arrivals)
        chances = np.zeros(n) if self.chances is None else self.chances
        costs = np.ones(n) if self.costs is None else self.costs
        return np.array([self.arrivals, self.services, chances, costs], np.float64)


class Drawer:
    """Draws requests, block after block, as far as the rates are known.

    Arrivals, service times and balancers' choices have streams of their own, so that the k-th of each is the same
    whatever is made of them.
    """

    def __init__(self, drawn: Drawn, physics: Physics) -> None:
        self._drawn = drawn
        self._physics = physics
        self._generators = [
            np.random.SeedSequence(drawn.seed, spawn_key=(1, stream)).generate_state(4, np.uint64).astype(np.uint64)
            for stream in range(3)
        ]
        self._rates: Floats = np.zeros(0)
        self._place = np.array([0.0, 0.0, -1.0])  # see numbers.arrivals
        self._rows = np.ones((k.SOURCE, _FIRST_BLOCK))

    @property
    def known(self) -> int:
        """Seconds whose rates are known."""
        return len(self._rates)

    def know(self, seconds: int) -> None:
        """Look up the rates of that many seconds; requests are drawn no further."""
        if seconds > self.known:
            self._rates = np.concatenate((self._rates, self._drawn.rates(self.known, seconds)))

    def block(self) -> tuple[Floats, int]:
        """Give the next requests as the kernel takes them, and how many there are: none where the rates end.

        The array is used again by the next call.
        """
        rows = self._rows
        with overflowing():
            n = numbers.arrivals(self._generators[_ARRIVALS], self._rates, self._place, rows[k.ARRIVAL])
            self._services(rows[k.SERVICE_TIME, :n])
            if self._physics.balancer in (Balancer.RANDOM, Balancer.POWER_OF_TWO):
                numbers.uniforms(self._generators[_CHOICES], rows[k.CHANCE, :n])
        if rows.shape[1] < _BLOCK:
            self._rows = np.ones((k.SOURCE, 2 * rows.shape[1]))
        return rows, n

    def _services(self, out: Floats) -> None:
        generator, physics = self._generators[_SERVICES], self._physics
        match physics.distribution:
            case Distribution.EXPONENTIAL:
                numbers.exponentials(generator, out, physics.mean)
            case Distribution.CONSTANT:
                out[:] = physics.mean
            case Distribution.LOGNORMAL:
                numbers.lognormals(generator, out, physics.mean, physics.shape)
            case Distribution.GAMMA:
                numbers.gammas(generator, out, physics.mean, physics.shape)
            case Distribution.EMPIRICAL:
                numbers.uniforms(generator, out)
                steps = np.linspace(0.0, 1.0, len(physics.quantiles))
                out[:] = np.interp(out, steps, physics.quantiles)
