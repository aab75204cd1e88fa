"""How well two controllers agreed over days: a share for each policy, and the differences, biggest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from autoscaler.model.comparison import Tally, Verdict
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import Instant

#: What each kind of difference means, for people.
MEANINGS: Mapping[Verdict, str] = {
    Verdict.REPLICAS: (
        "Another number for the same inputs. Look for controller flags or a release that differ from our settings."
    ),
    Verdict.CONDITIONS: "The same number, but another condition of the HPA, or another reason for it.",
    Verdict.UNREAD: (
        "Only one of the two could read the metrics or the target: a lost answer, or a right that one of them lacks."
    ),
    Verdict.PHASE: (
        "Benign. The two look at different moments of the period: what one said lies between what the other said just "
        "before and just after, or around a change of size both hold one number for different reasons."
    ),
    Verdict.START: (
        "Benign. One of the two was held by what it remembers, and we had not run for as long as that yet: a window "
        "seeded with the replicas we found, a peak or a change before our time."
    ),
    Verdict.EDITED: "Benign. The policy changed at that moment, and the two may have decided by different versions.",
    Verdict.SILENT: (
        "Not compared. The object has no status yet, so that no controller seems to be in charge, or our copy of it was "
        "out of date."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAgreement:
    """One policy: passes by verdict, from ``first`` to ``last``."""

    key: PolicyKey
    first: Instant
    last: Instant
    passes: Mapping[Verdict, int]

    @property
    def compared(self) -> int:
        """Passes for which both said something."""
        return sum(count for verdict, count in self.passes.items() if verdict.is_compared)

    @property
    def share(self) -> float | None:
        """Share of those in which both said the same; ``None`` where nothing was compared."""
        return self.passes.get(Verdict.AGREED, 0) / self.compared if self.compared else None

    @property
    def unexplained(self) -> int:
        """Passes with a difference in how the two decide."""
        return sum(count for verdict, count in self.passes.items() if not verdict.is_explained)


def agreement_by_policy(tallies: Iterable[Tally]) -> tuple[PolicyAgreement, ...]:
    """Sum up each policy; those with most unexplained passes come first, then those that agree least."""
    counted: dict[PolicyKey, Counter[Verdict]] = {}
    spans: dict[PolicyKey, tuple[Instant, Instant]] = {}
    for tally in tallies:
        counted.setdefault(tally.key, Counter())[tally.verdict] += tally.passes
        first, last = spans.get(tally.key, (tally.first, tally.last))
        spans[tally.key] = (min(first, tally.first), max(last, tally.last))
    summed = [
        PolicyAgreement(key=key, first=spans[key][0], last=spans[key][1], passes=passes)
        for key, passes in counted.items()
    ]
    return tuple(sorted(summed, key=lambda one: (-one.unexplained, 1.0 if one.share is None else one.share, one.key)))


def differences(tallies: Iterable[Tally]) -> tuple[Tally, ...]:
    """Give each difference once, whenever it came back: what needs a look first, of that the biggest.

    The size is replicas times passes. Benign ones of one policy count together, by kind.
    """
    merged: dict[tuple[object, ...], Tally] = {}
    for tally in tallies:
        if tally.verdict in (Verdict.AGREED, Verdict.SILENT):
            continue
        identity = _identity(tally)
        known = merged.get(identity)
        merged[identity] = tally if known is None else _together(known, tally)
    return tuple(sorted(merged.values(), key=_rank))


def recent(tallies: Sequence[Tally], span: int) -> list[Tally]:
    """Keep the tallies of the last ``span`` [ns] before the newest."""
    newest = max((tally.last for tally in tallies), default=0)
    return [tally for tally in tallies if tally.last > newest - span]


def _identity(tally: Tally) -> tuple[object, ...]:
    if tally.verdict.is_explained or tally.ours is None or tally.theirs is None:
        return tally.key, tally.verdict
    ours, theirs = tally.ours, tally.theirs
    return tally.key, tally.verdict, ours.desired, theirs.desired, ours.conditions, theirs.conditions


def _together(one: Tally, other: Tally) -> Tally:
    """Both, with the words of the one that differs most."""
    told = one if one.distance >= other.distance else other
    passes = one.passes + other.passes
    return replace(told, first=min(one.first, other.first), last=max(one.last, other.last), passes=passes)


def _rank(tally: Tally) -> tuple[object, ...]:
    return tally.verdict.is_explained, -tally.distance * tally.passes, -tally.passes, tally.key, tally.verdict.value
