"""What the kernel writes down about requests that are over."""

from __future__ import annotations

from typing import Final

import numpy as np

from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests.layout import State

# a float's exponent and first bits are its bin: 7 bits after the exponent make 128 bins an octave
_FINE_SHIFT: Final = 52 - 7
_FINE_FIRST: Final = (1023 + k.FINE_FROM) << 7
_COARSE_SHIFT: Final = 52 - 4
_COARSE_FIRST: Final = (1023 + k.COARSE_FROM) << 4


def fine_bin(value: float) -> int:
    """Give the bin of a fine histogram."""
    return min(max((int(np.float64(value).view(np.int64)) >> _FINE_SHIFT) - _FINE_FIRST, 0), k.FINE_BINS - 1)


def coarse_bin(value: float) -> int:
    """Give the bin of a coarse histogram."""
    return min(max((int(np.float64(value).view(np.int64)) >> _COARSE_SHIFT) - _COARSE_FIRST, 0), k.COARSE_BINS - 1)


def note_change(state: State, at: float) -> None:
    """Add up how many requests there were, before there are more or fewer."""
    ints, floats = state.ints, state.floats
    floats[k.AREA] += (ints[k.IN_SERVICE] + ints[k.WAITING]) * (at - floats[k.CHANGED])
    floats[k.CHANGED] = at


def note_latency(state: State, born: float, latency: float) -> None:
    """Count what a request took from its first attempt on."""
    state.fine[k.F_LATENCY, fine_bin(latency)] += 1
    state.cells[int(born / state.floats[k.CELL]), coarse_bin(latency)] += 1


def note_served(state: State, job: int, pod: int, at: float, is_plain: bool) -> None:
    """Count a request that is done."""
    floats, jobs, meters = state.floats, state.jobs, state.meters
    came = jobs[job, k.J_ARRIVED]
    wait = jobs[job, k.J_STARTED] - came
    born = came if is_plain else jobs[job, k.J_BORN]
    floats[k.SOJOURNS] += at - came
    floats[k.WAITS] += wait
    state.fine[k.F_WAIT, fine_bin(wait)] += 1
    note_latency(state, born, at - born)
    if at - born > floats[k.OBJECTIVE]:
        state.columns[int(born), k.LATE] += 1.0
    meters[pod, k.M_SERVED] += 1.0
    meters[pod, k.M_WORK] += jobs[job, k.J_COST]


def note_fate(state: State, job: int, pod: int, at: float, fate: float) -> None:
    """Write down how an attempt ended, if it is one of the first requests; ``pod`` 0 is none."""
    jobs, record, row = state.jobs, state.record, int(state.links[job, k.L_NUMBER])
    if row < len(record):
        record[row, 0], record[row, 1], record[row, 2] = jobs[job, k.J_ARRIVED], jobs[job, k.J_STARTED], at
        record[row, 3], record[row, 4] = state.meters[pod, k.M_NUMBER], fate
