"""What is written down about requests of a stretch, from its log: the same as the kernel writes down one by one."""

from __future__ import annotations

from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests.layout import State
from autoscaler.simulator.requests.notes import coarse_bin, fine_bin


def note_arrivals(state: State, request: int, following: int) -> None:
    """Count arrivals by second: few seconds, many arrivals."""
    source, last = state.source, following - 1
    while request < following:
        first, second = request, int(source[k.ARRIVAL, request])
        request = following if source[k.ARRIVAL, last] < second + 1.0 else request + 1
        while request < following and source[k.ARRIVAL, request] < second + 1.0:
            request += 1
        state.columns[second, k.ARRIVED] += request - first


def note_starts(state: State, count: int) -> None:
    """Count starts by second, in the place of those that wait at its end, until it is closed."""
    log, row = state.log, 0
    while row < count:
        first, second = row, int(log[row, k.G_BEGIN])
        row = count if log[count - 1, k.G_BEGIN] < second + 1.0 else row + 1
        while row < count and log[row, k.G_BEGIN] < second + 1.0:
            row += 1
        state.columns[second, k.QUEUED] += row - first


def note_ends(state: State, count: int) -> None:
    """Count the requests that ended, in that order."""
    log, second, served = state.log, 0, 0
    for row in range(count):
        arrived, end = log[row, k.G_ARRIVED], log[row, k.G_END]
        if arrived >= 0.0:
            if end >= second + 1.0:
                state.columns[second, k.SERVED] += served
                second, served = int(end), 0
            served += 1
            note_end(state, int(log[row, k.G_SLOT]), end, arrived, log[row, k.G_STARTED], log[row, k.G_COST])
    state.columns[second, k.SERVED] += served


def note_end(state: State, slot: int, end: float, arrived: float, started: float, cost: float) -> None:
    """Count a request that has ended."""
    floats, meters, pod = state.floats, state.meters, state.slot_pods[slot]
    latency, wait = end - arrived, started - arrived
    floats[k.SOJOURNS] += latency
    floats[k.WAITS] += wait
    state.fine[k.F_WAIT, fine_bin(wait)] += 1
    state.fine[k.F_LATENCY, fine_bin(latency)] += 1
    state.cells[int(arrived / floats[k.CELL]), coarse_bin(latency)] += 1
    if latency > floats[k.OBJECTIVE]:
        state.columns[int(arrived), k.LATE] += 1.0
    meters[pod, k.M_SERVED] += 1.0
    meters[pod, k.M_WORK] += cost


def close_seconds(state: State, upto: float, in_service: int, waiting: int) -> None:
    """Write down how many were in service and waiting at the end of each second, from those that were so at the start."""
    ints, columns, second = state.ints, state.columns, state.ints[k.SECOND]
    arrived_before, served_before = ints[k.ARRIVED_BEFORE], ints[k.SERVED_BEFORE]
    while second + 1.0 <= upto:
        starts = int(columns[second, k.QUEUED])
        waiting += int(columns[second, k.ARRIVED]) - arrived_before - starts
        in_service += starts - int(columns[second, k.SERVED]) + served_before
        columns[second, k.QUEUED], columns[second, k.BUSY] = waiting, in_service
        arrived_before, served_before, second = 0, 0, second + 1
    columns[second, k.QUEUED] = 0.0
    ints[k.SECOND] = second
    state.floats[k.REACHED] = 0.0
