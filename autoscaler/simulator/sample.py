"""One policy's measures over seeds, and what they tell: means, and differences from another policy.

It knows names and numbers only, so that results just computed and results read from files are compared by the same code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autoscaler.simulator.intervals import Estimate, estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Measures by seed, as ``measures.measure`` names them. ``played`` [s]: how far the runs came, ``None`` to the end.

    ``served``: what the workload serves, ``requests`` or ``jobs``.
    """

    policy: str
    runs: Mapping[int, Mapping[str, float | None]]
    is_reference: bool = False
    played: int | None = None
    served: str = "requests"

    def values(self, key: str) -> dict[int, float]:
        """Give one measure by seed, of those seeds in which it is known."""
        found = ((seed, values.get(key)) for seed, values in self.runs.items())
        return {seed: value for seed, value in found if value is not None}

    def estimate(self, key: str) -> Estimate:
        """Give the mean of a measure over the seeds."""
        return estimate(self.values(key).values())

    def difference(self, key: str, baseline: Sample) -> Estimate:
        """Give how much more this policy has of a measure than ``baseline``, seed by seed.

        Both met the same traffic and the same luck under a seed, so that much of the scatter falls out of the difference.
        Of runs that were interrupted there is none: they are of different lengths.
        """
        if self.played is not None or baseline.played is not None:
            return estimate(())
        ours, theirs = self.values(key), baseline.values(key)
        return estimate(ours[seed] - theirs[seed] for seed in ours if seed in theirs)
