"""Random numbers of our own, compiled, so that results depend on no library's version."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.native.compiled import compiled
from autoscaler.simulator.native.kinds import Bits, Floats
from autoscaler.simulator.native.marks import rare


def _exponential_layers() -> tuple[NDArray[np.int64], Floats, Floats]:
    """Give the 256 layers of equal area under exp(-x): acceptance bound of 53 bits, width of a bit, height.

    Source: Marsaglia and Tsang, The ziggurat method for generating random variables, 2000.
    """
    bound, width, height = np.zeros(256, np.int64), np.zeros(256), np.ones(256)
    edge, area, unit = 7.69711747013104972, 0.0039496598225815571993, 2.0**53
    bottom = area / np.exp(-edge)
    bound[0], width[0], width[255], height[255] = edge / bottom * unit, bottom / unit, edge / unit, np.exp(-edge)
    for layer in range(254, 0, -1):
        inner = -np.log(area / edge + np.exp(-edge))
        bound[layer + 1], width[layer], height[layer] = inner / edge * unit, inner / unit, np.exp(-inner)
        edge = inner
    return bound, width, height


_BOUND, _WIDTH, _HEIGHT = _exponential_layers()
_EDGE: Final = 7.69711747013104972
_TO_UNIT: Final = 2.0**-52


def _next(generator: Bits) -> np.uint64:
    """Draw 64 bits by xoshiro256++ (Blackman and Vigna, 2019)."""
    a, b, c, d = generator[0], generator[1], generator[2], generator[3]
    total = a + d
    c, d = c ^ a, d ^ b
    generator[0], generator[1], generator[2] = a ^ d, b ^ c, c ^ (b << 17)
    generator[3] = (d << 45) | (d >> 19)
    drawn: np.uint64 = ((total << 23) | (total >> 41)) + a
    return drawn


def _unit(generator: Bits) -> float:
    """Draw a number in (0, 1)."""
    return float((int(_next(generator) >> 12) + 0.5) * _TO_UNIT)


@compiled
def uniforms(generator: Bits, out: Floats) -> None:
    """Fill with numbers in (0, 1)."""
    for i in range(len(out)):
        out[i] = _unit(generator)


def _exponential(generator: Bits) -> float:
    """Draw an exponential number of mean 1."""
    drawn = _next(generator)
    layer, mantissa = int(drawn & 255), int(drawn >> 11)
    x = mantissa * _WIDTH[layer]
    if mantissa >= _BOUND[layer]:  # one in a hundred
        return _outside(generator, layer, x)
    return float(x)


@compiled
def exponentials(generator: Bits, out: Floats, mean: float) -> None:
    """Fill with exponential numbers."""
    for i in range(len(out)):
        out[i] = _exponential(generator) * mean


@rare
def _outside(generator: Bits, layer: int, x: float) -> float:
    """Give an exponential number after one that the quick test of the ziggurat left open."""
    while True:
        u = _unit(generator)
        if layer == 0:
            return _EDGE - math.log(u)
        if _HEIGHT[layer] + u * (_HEIGHT[layer - 1] - _HEIGHT[layer]) < math.exp(-x):
            return x
        drawn = _next(generator)
        layer, mantissa = int(drawn & 255), int(drawn >> 11)
        x = mantissa * _WIDTH[layer]
        if mantissa < _BOUND[layer]:
            return x


def _normal(generator: Bits) -> float:
    """Draw a standard normal number by the polar method (Marsaglia, 1964)."""
    while True:
        x = 2.0 * _unit(generator) - 1.0
        y = 2.0 * _unit(generator) - 1.0
        radius = x * x + y * y
        if 0.0 < radius and radius < 1.0:
            return x * math.sqrt(-2.0 * math.log(radius) / radius)


@compiled
def lognormals(generator: Bits, out: Floats, mean: float, deviation: float) -> None:
    """Fill with numbers whose logarithm is normal with ``mean`` and ``deviation``."""
    for i in range(len(out)):
        out[i] = math.exp(mean + deviation * _normal(generator))


@compiled
def gammas(generator: Bits, out: Floats, scale: float, shape: float) -> None:
    """Fill with gamma numbers of mean ``scale * shape`` (Marsaglia and Tsang, A simple method, 2000)."""
    raised = shape if shape >= 1.0 else shape + 1.0
    d = raised - 1.0 / 3.0
    for i in range(len(out)):
        boost = scale * d
        if shape < 1.0:
            boost *= math.pow(_unit(generator), 1.0 / shape)
        while True:
            x = _normal(generator)
            root = 1.0 + x / math.sqrt(9.0 * d)
            v = root * root * root
            u = _unit(generator)
            if v > 0.0 and math.log(u) < 0.5 * x * x + d - d * v + d * math.log(v):
                break
        out[i] = boost * v


# what ``arrivals`` has in ``place``: the second of the last arrival, how much of that second's rate has been used, and how
# much of the next exponential is left (negative: none has been begun)
A_SECOND, A_USED, A_NEEDED = range(3)


@compiled
def arrivals(generator: Bits, rates: Floats, place: Floats, out: Floats) -> int:
    """Map unit exponentials through the integral of ``rates``, each constant over its second, to arrivals [s].

    Gives how many arrivals were found when one of the two ends: rates, room.
    """
    second, used, needed, n = int(place[A_SECOND]), place[A_USED], place[A_NEEDED], 0
    while n < len(out):
        if needed < 0.0:
            needed = _exponential(generator)
        while second < len(rates) and needed > rates[second] - used:
            needed -= rates[second] - used
            used = 0.0
            second += 1
        if second == len(rates):
            break
        used += needed
        needed = -1.0
        out[n] = second + used / rates[second]
        n += 1
    place[A_SECOND], place[A_USED], place[A_NEEDED] = second, used, needed
    return n
