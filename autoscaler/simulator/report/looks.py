"""How policies are told apart: each has a line of its own colour *and* dash, and a marker, the same in every plot."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from autoscaler.simulator.references import CLAIRVOYANT, STATIC_PEAK
from autoscaler.simulator.result import Result
from autoscaler.simulator.trials import PolicyTrials, Trials

#: Outlines around (0, 0), as SVG paths: circle, square, triangle, diamond, star of three, plus.
_MARKERS: Final = (
    "M5 0A5 5 0 1 1 -5 0A5 5 0 1 1 5 0Z",
    "M-4.5 -4.5H4.5V4.5H-4.5Z",
    "M0 -5.5L5.2 4H-5.2Z",
    "M0 -6L5 0L0 6L-5 0Z",
    "M-5.2 -4H5.2L0 5.5Z",
    "M-1.7 -5.5H1.7V-1.7H5.5V1.7H1.7V5.5H-1.7V1.7H-5.5V-1.7H-1.7Z",
)
MOST: Final = len(_MARKERS)  #: policies that one plot can tell apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One policy's results and what it looks like."""

    trials: PolicyTrials
    key: str  #: begins the names of its plots in the page
    style: str  #: class that sets colour and dash
    marker: str  #: path of its marker

    @property
    def name(self) -> str:
        """What people call it."""
        return self.trials.policy

    @property
    def result(self) -> Result:
        """The result that stands for all: the first seed's."""
        return self.trials.counted[0]

    @property
    def swatch(self) -> str:
        """A sample of its line with its marker, for legends and tables."""
        return (
            f'<svg class="swatch" viewBox="0 0 34 12" aria-hidden="true"><path class="line {self.style}" d="M0 6H34"/>'
            f'<path class="mark {self.style}" transform="translate(17 6) scale(.8)" d="{self.marker}"/></svg>'
        )

    @property
    def heading(self) -> str:
        """The sample and the name, as markup."""
        return f"{self.swatch}{html.escape(self.name)}"


def looks_of(trials: Trials) -> tuple[Look, ...]:
    """Give every policy that one could have its looks, in order; beyond ``MOST`` they repeat."""
    return tuple(
        Look(trials=each, key=f"p{i}", style=f"c{i % MOST}", marker=_MARKERS[i % MOST])
        for i, each in enumerate(trials.contenders)
    )


def reference_looks(references: Sequence[PolicyTrials]) -> tuple[Look, ...]:
    """Give the references thin grey lines: they are there to measure by."""
    styles = {STATIC_PEAK: ("peak", _MARKERS[1]), CLAIRVOYANT: ("seer", _MARKERS[0])}
    return tuple(
        Look(trials=each, key=f"r{i}", style=f"reference {styles[each.policy][0]}", marker=styles[each.policy][1])
        for i, each in enumerate(references)
    )
