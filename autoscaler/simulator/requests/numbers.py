"""Random numbers of our own, compiled, so that results depend on no library's version.

Nothing here is called from another compiled file: numba freezes what it calls.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.requests.jit import compiler, inner

Array = NDArray[Any]

_njit = compiler(Path(__file__))


def _exponential_layers() -> tuple[Array, Array, Array]:
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
_U11, _U12, _U17, _U19, _U23, _U41, _U45, _U255 = (np.uint64(n) for n in (11, 12, 17, 19, 23, 41, 45, 255))
_TO_UNIT: Final = 2.0**-52


@inner
def _next(a: Any, b: Any, c: Any, d: Any) -> Any:
    """Draw 64 bits by xoshiro256++ (Blackman and Vigna, 2019), and give them with the generator's next state."""
    total = a + d
    drawn = ((total << _U23) | (total >> _U41)) + a
    shifted = b << _U17
    c, d = c ^ a, d ^ b
    b, a = b ^ c, a ^ d
    return drawn, a, b, c ^ shifted, (d << _U45) | (d >> _U19)


@_njit
def uniforms(generator: Array, out: Array) -> None:
    """Fill with numbers in (0, 1)."""
    a, b, c, d = generator[0], generator[1], generator[2], generator[3]
    for i in range(len(out)):
        drawn, a, b, c, d = _next(a, b, c, d)
        out[i] = (np.int64(drawn >> _U12) + 0.5) * _TO_UNIT
    generator[0], generator[1], generator[2], generator[3] = a, b, c, d


@_njit
def exponentials(generator: Array, out: Array, mean: float) -> None:
    """Fill with exponential numbers."""
    a, b, c, d = generator[0], generator[1], generator[2], generator[3]
    for i in range(len(out)):
        while True:
            drawn, a, b, c, d = _next(a, b, c, d)
            layer, mantissa = np.int64(drawn & _U255), np.int64(drawn >> _U11)
            x = mantissa * _WIDTH[layer]
            if mantissa < _BOUND[layer]:
                break
            drawn, a, b, c, d = _next(a, b, c, d)
            u = (np.int64(drawn >> _U12) + 0.5) * _TO_UNIT
            if layer == 0:
                x = _EDGE - math.log(u)
                break
            if _HEIGHT[layer] + u * (_HEIGHT[layer - 1] - _HEIGHT[layer]) < math.exp(-x):
                break
        out[i] = x * mean
    generator[0], generator[1], generator[2], generator[3] = a, b, c, d


@inner
def _normal(generator: Array, pair: Array) -> Any:
    """Draw a standard normal number by the polar method (Marsaglia, 1964)."""
    while True:
        uniforms(generator, pair)
        x, y = 2.0 * pair[0] - 1.0, 2.0 * pair[1] - 1.0
        radius = x * x + y * y
        if 0.0 < radius < 1.0:
            return x * math.sqrt(-2.0 * math.log(radius) / radius)


@_njit
def lognormals(generator: Array, out: Array, mean: float, deviation: float) -> None:
    """Fill with numbers whose logarithm is normal with ``mean`` and ``deviation``."""
    pair = np.empty(2)
    for i in range(len(out)):
        out[i] = math.exp(mean + deviation * _normal(generator, pair))


@_njit
def gammas(generator: Array, out: Array, scale: float, shape: float) -> None:
    """Fill with gamma numbers of mean ``scale * shape`` (Marsaglia and Tsang, A simple method, 2000)."""
    pair, one = np.empty(2), np.empty(1)
    raised = shape if shape >= 1.0 else shape + 1.0
    d = raised - 1.0 / 3.0
    for i in range(len(out)):
        boost = scale * d
        if shape < 1.0:
            uniforms(generator, one)
            boost *= math.pow(one[0], 1.0 / shape)
        while True:
            x = _normal(generator, pair)
            root = 1.0 + x / math.sqrt(9.0 * d)
            v = root * root * root
            uniforms(generator, one)
            if v > 0.0 and math.log(one[0]) < 0.5 * x * x + d - d * v + d * math.log(v):
                break
        out[i] = boost * v


@_njit
def arrivals(rates: Array, place: Array, units: Array, used_units: int, out: Array) -> Any:
    """Map unit exponentials through the integral of ``rates``, each constant over its second, to arrivals [s].

    ``place`` is where the last arrival was: the second, how much of its rate has been used, and how much of the next
    exponential is left (negative: none has been begun). Gives how many arrivals were found and how many exponentials
    used when one of the three ends: rates, exponentials, room.
    """
    second, used, needed, n = np.int64(place[0]), place[1], place[2], 0
    while n < len(out):
        if needed < 0.0:
            if used_units == len(units):
                break
            needed, used_units = units[used_units], used_units + 1
        while second < len(rates) and needed > rates[second] - used:
            needed -= rates[second] - used
            used, second = 0.0, second + 1
        if second == len(rates):
            break
        used, needed = used + needed, -1.0
        out[n], n = second + used / rates[second], n + 1
    place[0], place[1], place[2] = second, used, needed
    return n, used_units
