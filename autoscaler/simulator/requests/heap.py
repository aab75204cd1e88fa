"""4-ary heaps of instants, each with what happens then.

Keys are the bits of times: of positive numbers they have the same order, and compare in a third of the time. Entries beyond
the heap's end are infinite, so that four children can always be compared: without branches, which nobody could predict.
"""

from __future__ import annotations

import numpy as np

from autoscaler.simulator.native.kinds import Floats, Ints, Words


def push(times: Floats, what: Words, n: int, at: float, item: int) -> None:
    """Put an entry into a heap of ``n`` entries."""
    _rise(times.view(np.int64), what, n, int(np.float64(at).view(np.int64)), item)


def replace_top(times: Floats, what: Words, n: int, at: float, item: int) -> None:
    """Put an entry in the place of the first of ``n``.

    The hole sinks to the bottom, where the entry rises from: it nearly always belongs there.
    """
    keys, place, child = times.view(np.int64), 0, 1
    while child < n:
        a, b, c, d = keys[child], keys[child + 1], keys[child + 2], keys[child + 3]
        left, right = child + (b < a), child + 2 + (d < c)
        low, high = min(a, b), min(c, d)
        least = right if high < low else left
        keys[place], what[place] = min(low, high), what[least]
        place, child = least, 4 * least + 1
    _rise(keys, what, place, int(np.float64(at).view(np.int64)), item)


def pop(times: Floats, what: Words, n: int) -> None:
    """Take the first of ``n`` entries out: the last one takes its place."""
    last, item = times[n - 1], what[n - 1]
    times[n - 1] = np.inf
    if n > 1:
        replace_top(times, what, n - 1, last, item)


def _rise(keys: Ints, what: Words, place: int, key: int, item: int) -> None:
    """Let an entry rise from a hole to where it belongs."""
    while place > 0:
        above = (place - 1) >> 2
        if keys[above] <= key:
            break
        keys[place], what[place] = keys[above], what[above]
        place = above
    keys[place], what[place] = key, item
