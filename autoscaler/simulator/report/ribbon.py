"""The ribbon: a row for each policy, dark where a minute broke the objective. It says when users suffered, and how long."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.numerals import clock, number
from autoscaler.simulator.report.looks import Look
from autoscaler.simulator.report.svg import LEFT, RIGHT, WIDTH, short

Floats = NDArray[np.float64]

_ROW: Final = 18.0
_INK: Final = 11.0  #: height of what is drawn in a row
_LEAST: Final = 2.0  #: width below which a minute of a long run would not be seen
_MINUTE: Final = 60.0


def ribbon(looks: Sequence[Look], seconds: float, key: str) -> str:
    """Draw the rows over a run of ``seconds``. Of several seeds, the darker the more of them broke that minute."""
    rows = [_row(look, i * _ROW, seconds) for i, look in enumerate(looks)]
    describe = "; ".join(f"{look.name}: {_told(look, seconds)}" for look in looks)
    return (
        f'<svg viewBox="0 0 {WIDTH:.0f} {_ROW * len(looks) + 2:.0f}" role="img" aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">Minutes that break the objective</title><desc id="{key}-d">{html.escape(describe)}</desc>'
        f"{''.join(rows)}</svg>"
    )


def broken_share(look: Look, seconds: float) -> Floats:
    """Give the share of seeds in which each minute broke the objective, shape ``(minutes,)``."""
    counted = look.trials.counted
    share = np.zeros(int(-(-seconds // _MINUTE)))
    for result in counted:
        share[list(result.broken_minutes)] += 1.0 / len(counted)
    return share


def _row(look: Look, top: float, seconds: float) -> str:
    share = broken_share(look, seconds)
    scale = (WIDTH - LEFT - RIGHT) / seconds
    marks = []
    for first, last in _runs(share):
        width = max(_LEAST, (min(last * _MINUTE, seconds) - first * _MINUTE) * scale)
        marks.append(
            f'<rect class="broken" x="{LEFT + first * _MINUTE * scale:.1f}" width="{width:.1f}" y="{top + 3:.1f}"'
            f' height="{_INK:.0f}" fill-opacity="{0.25 + 0.75 * share[first]:.2f}"/>'
        )
    middle = top + 3 + _INK / 2
    return (
        f'<rect class="kept" x="{LEFT:.0f}" width="{WIDTH - LEFT - RIGHT:.0f}" y="{top + 3:.1f}" height="{_INK:.0f}"/>'
        f"{''.join(marks)}"
        f'<text class="tick" x="{LEFT - 6:.0f}" y="{middle + 4:.1f}" text-anchor="end">{number(float(share.sum()))} min</text>'
        f'<path class="line {look.style}" d="M{WIDTH - RIGHT + 4:.0f} {middle:.1f}H{WIDTH - RIGHT + 20:.0f}"/>'
        f'<text class="tick name" x="{WIDTH - RIGHT + 23:.0f}" y="{middle + 4:.1f}">{html.escape(short(look.name))}</text>'
    )


def _runs(share: Floats) -> list[tuple[int, int]]:
    """Give the stretches of minutes with the same share above zero, as first and one past the last."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0.0], share, [0.0]))) != 0)
    return [(int(a), int(b)) for a, b in pairwise(edges) if share[a] > 0]


def _told(look: Look, seconds: float) -> str:
    share = broken_share(look, seconds)
    if not share.any():
        return "none"
    first, last = np.flatnonzero(share)[[0, -1]] * _MINUTE
    return f"{number(float(share.sum()))}, the first at {clock(float(first))}, the last at {clock(float(last))}"
