"""How many policies there are, by whether they can be used, over all the sources that they come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prometheus_client import Gauge

STATES: Final = ("in_force", "waiting", "refused")


class PolicyCounts:
    """Adds up what each source counts, and shows it on a gauge with the label ``state``."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._counts: list[Mapping[str, int]] = []

    def of_source(self) -> Counts:
        """Give one more source its own counts."""
        self._counts.append({})
        return Counts(self, len(self._counts) - 1)

    def take(self, source: int, counts: Mapping[str, int]) -> None:
        """Take what a source counts now."""
        self._counts[source] = counts
        for state in STATES:
            self._gauge.labels(state).set(sum(each.get(state, 0) for each in self._counts))


class Counts:
    """One source's counts."""

    def __init__(self, whole: PolicyCounts, source: int) -> None:
        self._whole = whole
        self._source = source

    def set(self, **counts: int) -> None:
        """Say how many are ``in_force``, ``waiting`` and ``refused``; what is not named is none."""
        self._whole.take(self._source, counts)
