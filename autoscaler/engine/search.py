"""Where, nearest to where we stand, a function of one whole number first gives another answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

Answer = TypeVar("Answer")

_GRID: Final = 48  #: evenly spaced points that are looked at besides the doubling ones


def nearest_change(
    answer: Callable[[int], Answer], start: int, limit: int, *, probes: Iterable[int] = ()
) -> tuple[int, Answer] | None:
    """Give the number from ``start`` towards ``limit`` at which ``answer`` first differs, and its answer there.

    The number before it, on the side of ``start``, gives the answer of ``start``: both were asked. Exact where the
    answers from ``start`` to ``limit`` change once; where they may turn back, a run of other answers that holds neither
    a power of two away from ``start`` nor a point of the grid or of ``probes`` is overlooked.
    """
    base = answer(start)
    same = start
    for point in _points(start, limit, probes):
        found = answer(point)
        if found != base:
            return _between(answer, base, same, point, found)
        same = point
    return None


def _points(start: int, limit: int, probes: Iterable[int]) -> list[int]:
    """Points to look at, nearest first, ``limit`` last."""
    low, high = min(start, limit), max(start, limit)
    towards = 1 if limit >= start else -1
    points = {limit, *probes}
    points.update(start + towards * 2**power for power in range((high - low).bit_length()))
    points.update(start + (limit - start) * step // _GRID for step in range(_GRID))
    inside = {point for point in points if low <= point <= high and point != start}
    return sorted(inside, reverse=towards < 0)


def _between(answer: Callable[[int], Answer], base: Answer, same: int, other: int, found: Answer) -> tuple[int, Answer]:
    """Halve the way between a point that answers ``base`` and one that does not, until they are neighbours."""
    while abs(other - same) > 1:
        middle = (same + other) // 2
        answered = answer(middle)
        if answered == base:
            same = middle
        else:
            other, found = middle, answered
    return other, found
