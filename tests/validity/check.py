"""A check: one row of the table in docs/simulator-validity.md, and what judging it found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

#: Standard errors by which a mean over replications may miss its reference: one in 2,000 true ones does.
_MOST_ERRORS: Final = 3.5


class Kind(StrEnum):
    """What a check compares with; the table has a section for each."""

    IDENTITY = "Identities"
    CLOSED_FORM = "Closed forms"
    FLUID = "The fluid against single requests"
    REALITY = "A real server"


class MachineBusyError(RuntimeError):
    """A check by the clock cannot judge: something else keeps the machine busy."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. ``reference`` and ``found`` are for the table; ``holds``: is it accepted?"""

    reference: str
    found: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Check:
    """One row. ``run`` judges; a ``quick`` run is what CI has time for, and may be smaller, never laxer."""

    name: str  #: names the test
    kind: Kind
    what: str  #: for the table
    accepted: str  #: for the table
    run: Callable[[bool], Finding]
    in_ci: bool = True


def exactly(found: int, of: int, what: str) -> Finding:
    """Give the finding that ``found`` of ``of`` things are equal, as all must be."""
    return Finding(f"{of:,} {what}", "all equal" if found == of else f"{of - found:,} differ", found == of)


def near(reference: float, values: Sequence[float], within: float, show: Callable[[float], str]) -> Finding:
    """Give the finding that the mean of replications is within a share ``within`` of ``reference``, and not by accident.

    The difference must also be no more than 3.5 standard errors: a bias that the tolerance hides would show there.
    """
    mean = float(np.mean(values))
    error = float(np.std(values, ddof=1)) / len(values) ** 0.5
    z = (mean - reference) / error if error else (0.0 if mean == reference else float("inf"))
    relative = mean / reference - 1.0
    found = f"{show(mean)} ({relative:+.2%}, z {z:+.1f}, {len(values)} runs)"
    return Finding(show(reference), found, abs(relative) <= within and abs(z) <= _MOST_ERRORS)


def milliseconds(seconds: float) -> str:
    """Show a time."""
    return f"{seconds * 1e3:.5g} ms"


def share(value: float) -> str:
    """Show a share."""
    return f"{value:.5g}"
