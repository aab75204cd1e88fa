"""Traffic as a rate over time whose integral is exact: what arrives in a second does not depend on how time is cut.

Times are seconds from the start of the run, arrays of any shape; rates are requests per second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.traces import Trace
from autoscaler.config.traffic import Diurnal, FlashCrowd, Ramp, Step

Floats = NDArray[np.float64]

#: Nodes and weights on [0, 1] of the quadrature used where no closed form exists (exact to degree 7).
_NODES, _WEIGHTS = (
    0.5 * (part + shift) for part, shift in zip(np.polynomial.legendre.leggauss(4), (1.0, 0.0), strict=True)
)
_CELL: Final = 1.0  #: width of one quadrature cell [s]


class RateFunction(Protocol):
    """A rate over time."""

    def rate(self, t: Floats) -> Floats:
        """Give the rate at each time [requests/s]."""

    def integral(self, t: Floats) -> Floats:
        """Give the number of requests that arrive between 0 and each time."""


def arrivals(traffic: RateFunction, first: int, last: int) -> Floats:
    """Give how many requests arrive in each second from ``first`` up to ``last``, shape ``(last - first,)``."""
    return np.maximum(np.diff(traffic.integral(np.arange(first, last + 1, dtype=np.float64))), 0.0)


@dataclass(frozen=True, slots=True)
class Line:
    """Straight lines between knots; the first and last rate hold before and after. A constant is one knot."""

    times: Floats
    rates: Floats

    def rate(self, t: Floats) -> Floats:
        return np.interp(t, self.times, self.rates)

    def integral(self, t: Floats) -> Floats:
        return self._from_first(t) - self._from_first(np.zeros(1))

    def _from_first(self, t: Floats) -> Floats:
        areas = _accumulated(np.diff(self.times) * (self.rates[1:] + self.rates[:-1]) / 2)
        inside = np.clip(t, self.times[0], self.times[-1])
        knot = np.clip(np.searchsorted(self.times, inside, side="right") - 1, 0, len(self.times) - 1)
        part = (inside - self.times[knot]) * (self.rates[knot] + self.rate(inside)) / 2
        before = np.minimum(t - self.times[0], 0.0) * self.rates[0]
        after = np.maximum(t - self.times[-1], 0.0) * self.rates[-1]
        return np.asarray(areas[knot] + part + before + after)


@dataclass(frozen=True, slots=True)
class Stairs:
    """A rate that holds from each edge to the next: ``edges`` has one more entry than ``rates``; zero outside."""

    edges: Floats
    rates: Floats

    def rate(self, t: Floats) -> Floats:
        step = np.searchsorted(self.edges, t, side="right") - 1
        inside = (step >= 0) & (step < len(self.rates))
        return np.where(inside, self.rates[np.clip(step, 0, len(self.rates) - 1)], 0.0)

    def integral(self, t: Floats) -> Floats:
        areas = _accumulated(np.diff(self.edges) * self.rates)
        return np.asarray(np.interp(t, self.edges, areas) - np.interp(0.0, self.edges, areas))


@dataclass(frozen=True, slots=True)
class Sine:
    """A mean rate with one sine on it."""

    mean: float
    amplitude: float
    period: float
    peak_at: float

    def rate(self, t: Floats) -> Floats:
        return self.mean + self.amplitude * np.cos(2 * np.pi * (t - self.peak_at) / self.period)

    def integral(self, t: Floats) -> Floats:
        turn = 2 * np.pi / self.period
        swing = np.sin(turn * (t - self.peak_at)) - np.sin(-turn * self.peak_at)
        return np.asarray(self.mean * t + self.amplitude / turn * swing)


@dataclass(frozen=True, slots=True)
class Crowd:
    """A flash crowd: linear rise, plateau, exponential decay."""

    at: float
    peak: float
    rise: float
    hold: float
    half_life: float

    def rate(self, t: Floats) -> Floats:
        rising = np.clip((t - self.at) / self.rise, 0.0, 1.0)
        fading = np.maximum(t - self.at - self.rise - self.hold, 0.0)
        return np.asarray(self.peak * rising * np.exp2(-fading / self.half_life))

    def integral(self, t: Floats) -> Floats:
        rising = np.clip(t - self.at, 0.0, self.rise)
        holding = np.clip(t - self.at - self.rise, 0.0, self.hold)
        fading = np.maximum(t - self.at - self.rise - self.hold, 0.0)
        tail = self.half_life / np.log(2) * (1 - np.exp2(-fading / self.half_life))
        return np.asarray(self.peak * (rising**2 / (2 * self.rise) + holding + tail))


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of several rates."""

    parts: tuple[RateFunction, ...]

    def rate(self, t: Floats) -> Floats:
        return np.asarray(np.sum([part.rate(t) for part in self.parts], axis=0))

    def integral(self, t: Floats) -> Floats:
        return np.asarray(np.sum([part.integral(t) for part in self.parts], axis=0))


@dataclass(frozen=True, slots=True)
class Product:
    """The product of several rates, integrated by quadrature on cells of a second."""

    parts: tuple[RateFunction, ...]

    def rate(self, t: Floats) -> Floats:
        return np.asarray(np.prod([part.rate(t) for part in self.parts], axis=0))

    def integral(self, t: Floats) -> Floats:
        cells = np.floor(t / _CELL)
        begins = np.arange(int(cells.max()), dtype=np.float64) * _CELL
        whole = _accumulated(self._area(begins, np.full(len(begins), _CELL)))
        return whole[cells.astype(np.int64)] + self._area(cells * _CELL, t - cells * _CELL)

    def _area(self, begin: Floats, width: Floats) -> Floats:
        return width * (self.rate(begin[:, None] + width[:, None] * _NODES) @ _WEIGHTS)


@dataclass(frozen=True, slots=True)
class Affine:
    """``offset + factor * rate``: how traffic is mapped to a range."""

    part: RateFunction
    offset: float
    factor: float

    def rate(self, t: Floats) -> Floats:
        return self.offset + self.factor * self.part.rate(t)

    def integral(self, t: Floats) -> Floats:
        return self.offset * t + self.factor * self.part.integral(t)


@dataclass(frozen=True, slots=True)
class Sped:
    """A rate that is played ``speed`` times as fast."""

    part: RateFunction
    speed: float

    def rate(self, t: Floats) -> Floats:
        return self.part.rate(t * self.speed)

    def integral(self, t: Floats) -> Floats:
        return np.asarray(self.part.integral(t * self.speed) / self.speed)


def constant(rps: float) -> Line:
    """Give the same rate throughout."""
    return Line(np.zeros(1), np.array([rps]))


def ramp(shape: Ramp) -> Line:
    """Give a straight line between two rates, flat before and after."""
    return Line(np.array([shape.begin, shape.begin + shape.over]), np.array([shape.start, shape.end]))


def diurnal(shape: Diurnal) -> Sine:
    """Give a daily wave."""
    return Sine((shape.low + shape.high) / 2, (shape.high - shape.low) / 2, shape.period, shape.peak_at)


def crowd(shape: FlashCrowd) -> Crowd:
    """Give a flash crowd."""
    return Crowd(shape.at, shape.peak, shape.rise, shape.hold, shape.half_life)


def stairs(steps: tuple[Step, ...]) -> Stairs:
    """Give a rate that jumps; the last step holds for ever."""
    edges = [step.at for step in steps] + [np.inf]
    return Stairs(np.minimum(np.array(edges), 1e12), np.array([step.rps for step in steps]))


def replay(trace: Trace, offset: float = 0.0) -> Line | Stairs:
    """Give a trace's rate from ``offset`` [s after its first row] on; past its end, zero where it holds per bin."""
    times = trace.times - trace.times[0] - offset
    if trace.is_linear:
        return Line(times, trace.rates)
    return Stairs(np.append(times, times[-1] + trace.step), trace.rates)


def scaled(traffic: RateFunction, lowest: float, highest: float, duration: float) -> RateFunction:
    """Map the lowest and highest rate within ``duration`` [s] to the two given; a constant rate goes to the highest."""
    seen = traffic.rate(np.linspace(0.0, duration, int(min(max(duration, 1.0), 10_000_000)), endpoint=False))
    low, high = float(seen.min()), float(seen.max())
    if high == low:
        return constant(highest)
    factor = (highest - lowest) / (high - low)
    return Affine(traffic, lowest - factor * low, factor)


def _accumulated(parts: Floats) -> Floats:
    """Give the running total, beginning with 0: shape ``(n + 1,)``."""
    total = np.zeros(len(parts) + 1)
    np.cumsum(parts, out=total[1:])
    return total
