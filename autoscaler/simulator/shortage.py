"""Time to capacity: how long each stretch lasted in which more was asked for than pods in rotation can serve."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ROUNDING: Final = 1e-9  #: demand this share above capacity is still met: sums of floats differ in their last digits


def shortages(demand: Floats, capacity: Floats) -> NDArray[np.int64]:
    """Give the length [s] of every stretch of seconds with ``demand`` above ``capacity``, in order of time.

    Both are [requests/s], shape ``(seconds,)``. The demand is the expected one, not what chance made of it; otherwise a
    service that is just large enough would be short every other second. A stretch that has not ended by the end of the
    run counts as long as it has lasted.
    """
    is_short = np.concatenate(([False], demand > capacity * (1.0 + _ROUNDING), [False]))
    edges = np.flatnonzero(is_short[1:] != is_short[:-1])
    return np.asarray(edges[1::2] - edges[::2])
