"""How a run tells how far it is, and is told to stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from autoscaler.model.time import MINUTE, Nanoseconds

#: Told the share of a run that is done; the answer True stops the run there.
Progress: TypeAlias = Callable[[float], bool | None]

TOLD_EVERY: Final[Nanoseconds] = 5 * MINUTE  #: of simulated time, where nothing else sets the pace
STEP: Final = 1 / 500  #: share of a run by which it moves until it is worth showing
