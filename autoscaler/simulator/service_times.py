"""How times in service vary around their mean, as a fluid needs it. Times here are in units of the mean."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from autoscaler.config.scenario import Spread, TimeShape

Floats = NDArray[np.float64]

_POINTS: Final = 32  #: times that stand for all of them where a wait has to be added
_FINE_POINTS: Final = 4_096  #: and where a single figure is worked out, once


def squared_variation(spread: Spread) -> float:
    """Give the variance over the squared mean: 1 of exponential times."""
    match spread.shape:
        case TimeShape.CONSTANT:
            return 0.0
        case TimeShape.EXPONENTIAL:
            return 1.0
        case TimeShape.LOGNORMAL | TimeShape.GAMMA:
            return (spread.cv or 1.0) ** 2
        case TimeShape.EMPIRICAL:
            times = measured(spread)
            low, high = times[:-1], times[1:]
            return float(((low * low + low * high + high * high) / 3.0).mean() - 1.0)


def beyond(spread: Spread, t: Floats) -> Floats:
    """Give the share of requests whose time in service is longer than each ``t``."""
    match spread.shape:
        case TimeShape.CONSTANT:
            return np.asarray(t < 1.0, dtype=np.float64)
        case TimeShape.EXPONENTIAL:
            return np.exp(-t)
        case TimeShape.LOGNORMAL:
            sigma = _sigma(spread)
            return np.asarray(special.ndtr(-(np.log(np.maximum(t, 1e-300)) + sigma * sigma / 2.0) / sigma))
        case TimeShape.GAMMA:
            shape = 1.0 / squared_variation(spread)
            return np.asarray(special.gammaincc(shape, shape * np.maximum(t, 0.0)))
        case TimeShape.EMPIRICAL:
            times = measured(spread)
            return np.asarray(1.0 - np.interp(t, times, np.linspace(0.0, 1.0, len(times))))


@lru_cache(maxsize=64)
def points(spread: Spread, count: int = _POINTS) -> Floats:
    """Give times that are equally likely and together stand for all, from the shortest to the longest."""
    share = (np.arange(count) + 0.5) / count
    match spread.shape:
        case TimeShape.CONSTANT:
            return np.ones(1)
        case TimeShape.EXPONENTIAL:
            return np.asarray(-np.log1p(-share))
        case TimeShape.LOGNORMAL:
            sigma = _sigma(spread)
            return np.asarray(np.exp(sigma * special.ndtri(share) - sigma * sigma / 2.0))
        case TimeShape.GAMMA:
            shape = 1.0 / squared_variation(spread)
            return np.asarray(special.gammaincinv(shape, share) / shape)
        case TimeShape.EMPIRICAL:
            times = measured(spread)
            return np.asarray(np.interp(share, np.linspace(0.0, 1.0, len(times)), times))


def still_running(spread: Spread, t: float) -> float:
    """Give the share of the requests in service at some moment that are so at ``t`` later, nobody new coming."""
    if spread.shape is TimeShape.EXPONENTIAL:
        return float(np.exp(-t))
    times = points(spread, _FINE_POINTS)
    return float(np.maximum(times - t, 0.0).sum() / times.sum())


def longest_left(spread: Spread, requests: int) -> float:
    """Give how long the last of so many requests in service takes until it is done, about on average."""
    if spread.shape is TimeShape.EXPONENTIAL:  # the harmonic number
        return float(np.log(requests) + np.euler_gamma + 1.0 / (2.0 * requests))
    low, high = 0.0, float(points(spread, _FINE_POINTS)[-1])
    for _ in range(50):
        middle = (low + high) / 2.0
        low, high = (middle, high) if still_running(spread, middle) > 1.0 / (requests + 1) else (low, middle)
    return high


@lru_cache(maxsize=64)
def measured(spread: Spread) -> Floats:
    """Give the measured times at equal steps of probability, scaled to a mean of 1; straight lines lie between them."""
    times = np.array(spread.quantiles)
    return np.asarray(times / ((times[1:] + times[:-1]) / 2.0).mean())


def _sigma(spread: Spread) -> float:
    """Give the standard deviation of the logarithm."""
    return float(np.sqrt(np.log1p(squared_variation(spread))))
