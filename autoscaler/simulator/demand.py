"""When the work of a traffic is to be done: at once, but of queue workers' jobs those that are delayed later."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.scenario import Workers

Floats = NDArray[np.float64]


def due(workers: Workers | None, added: Floats) -> Floats:
    """Give how many requests or jobs are due in each second, from how many come or are added; shape ``(seconds,)``."""
    delayed = workers.delayed if workers is not None else None
    if delayed is None:
        return added
    by = min(round(delayed.by), len(added))
    later = np.concatenate((np.zeros(by), added[: len(added) - by]))
    return np.asarray((1.0 - delayed.share) * added + delayed.share * later)
