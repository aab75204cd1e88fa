"""Comparisons counted by spans of some minutes: a log of every pass would be large and say no more."""

from __future__ import annotations

from msgspec.structs import replace

from autoscaler.model.comparison import Comparison, Tally, Verdict
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import MINUTE, Nanoseconds

#: How long one tally grows; what is lost when the process is killed.
SPAN: Nanoseconds = 5 * MINUTE

_Kind = tuple[Verdict, int, int]


class Tallies:
    """Counts, for each policy, passes with one verdict; of a real difference each pair of numbers by itself."""

    def __init__(self, span: Nanoseconds = SPAN) -> None:
        self._span = span
        self._open: dict[PolicyKey, dict[_Kind, Tally]] = {}

    def add(self, comparison: Comparison) -> tuple[Tally, ...]:
        """Count a comparison; give the tallies that are full."""
        counting = self._open.setdefault(comparison.key, {})
        full = tuple(tally for tally in counting.values() if comparison.at - tally.first >= self._span)
        for tally in full:
            del counting[_kind(tally)]
        fresh = _begin(comparison)
        known = counting.get(_kind(fresh))
        counting[_kind(fresh)] = replace(known, last=fresh.last, passes=known.passes + 1) if known else fresh
        return full

    def close(self, key: PolicyKey) -> tuple[Tally, ...]:
        """Give all that was counted of a policy, and begin anew."""
        return tuple(self._open.pop(key, {}).values())

    def close_all(self) -> tuple[Tally, ...]:
        """Give all that was counted, and begin anew."""
        return tuple(tally for key in tuple(self._open) for tally in self.close(key))


def _begin(comparison: Comparison) -> Tally:
    differs = comparison.verdict is not Verdict.AGREED
    return Tally(
        key=comparison.key,
        verdict=comparison.verdict,
        first=comparison.at,
        last=comparison.at,
        passes=1,
        ours=comparison.ours if differs else None,
        theirs=comparison.theirs if differs else None,
    )


def _kind(tally: Tally) -> _Kind:
    """Benign differences come in every number; only their count matters."""
    if tally.verdict.is_explained or tally.ours is None or tally.theirs is None:
        return tally.verdict, 0, 0
    return tally.verdict, tally.ours.desired, tally.theirs.desired
