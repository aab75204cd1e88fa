"""What we asked for beside what there was, over hours or days: for policies that only observe, and for those that act.

Each decision started from the replicas that there were, so this compares decisions, not what would have followed from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

from autoscaler.model.decision import Reason
from autoscaler.model.time import Instant, Nanoseconds

#: A pass counts until the next one, but no longer than this many usual periods: a controller that was away saw nothing.
_LONGEST = 2
_BLIND = (Reason.METRIC_MISSING, Reason.TARGET_MISSING)


class Looked(Struct, frozen=True, kw_only=True, gc=False):
    """One pass: what there was, what was asked for, and why."""

    policy: str
    at: Instant
    current: int | None  #: ``None``: the scale could not be read
    desired: int
    reason: str
    why: str


class Difference(Struct, frozen=True, kw_only=True, gc=False):
    """A stretch in which we asked for more than there was, or for less, throughout."""

    policy: str
    since: Instant
    until: Instant
    passes: int
    current: int  #: at its widest
    desired: int
    why: str  #: then

    @property
    def weight(self) -> int:
        """How much it amounts to [replica-nanoseconds]."""
        return abs(self.desired - self.current) * max(self.until - self.since, 1)


class Hindsight(Struct, frozen=True, kw_only=True, gc=False):
    """One policy over the whole time. Shares are of the time that was seen, averages are by time.

    ``moves``: how often the replicas there were changed. ``wanted``: how often our decision moved, up or down, to a number
    that it had not asked for at the pass before. ``turns``: moves of ours opposite to the one before.
    """

    policy: str
    since: Instant
    until: Instant
    passes: int
    seen: Nanoseconds
    same: float
    more: float
    less: float
    blind: float  #: without a metric, or without the scale
    average: float
    wished: float
    moves: int
    wanted: int
    turns: int
    differences: tuple[Difference, ...]


def hindsight(passes: Iterable[Looked]) -> tuple[Hindsight, ...]:
    """Sum up each policy, by name; ``passes`` of one policy come in order of time."""
    by_policy: dict[str, list[Looked]] = {}
    for one in passes:
        by_policy.setdefault(one.policy, []).append(one)
    return tuple(_of_one(policy, by_policy[policy]) for policy in sorted(by_policy))


def _of_one(policy: str, passes: Sequence[Looked]) -> Hindsight:
    spans = _spans(passes)
    known = [(one, one.current, span) for one, span in zip(passes, spans, strict=True) if one.current is not None]
    seen, counted = sum(spans), sum(span for _, _, span in known)
    more = sum(span for one, current, span in known if one.desired > current)
    less = sum(span for one, current, span in known if one.desired < current)
    blind = sum(span for one, span in zip(passes, spans, strict=True) if one.reason in _BLIND)
    sizes = [current for _, current, _ in known]
    wishes = list(_wishes(passes))
    return Hindsight(
        policy=policy,
        since=passes[0].at,
        until=passes[-1].at + spans[-1],
        passes=len(passes),
        seen=seen,
        same=_share(counted - more - less, counted),
        more=_share(more, counted),
        less=_share(less, counted),
        blind=_share(blind, seen),
        average=_share(sum(current * span for _, current, span in known), counted),
        wished=_share(sum(one.desired * span for one, _, span in known), counted),
        moves=sum(before != after for before, after in pairwise(sizes)),
        wanted=len(wishes),
        turns=sum(before != after for before, after in pairwise(wishes)),
        differences=tuple(_differences(passes, spans)),
    )


def _spans(passes: Sequence[Looked]) -> list[Nanoseconds]:
    """How long each pass counts [ns]."""
    gaps = [later.at - one.at for one, later in pairwise(passes)]
    if not gaps:
        return [0]
    usual = round(median(gaps))
    return [*(min(gap, _LONGEST * usual) for gap in gaps), usual]


def _wishes(passes: Sequence[Looked]) -> Iterator[bool]:
    """Give the direction of each move of ours, upwards is true; asking for the same again is none."""
    asked: int | None = None
    for one in passes:
        if one.current is not None and one.desired not in (one.current, asked):
            yield one.desired > one.current
        asked = one.desired


def _differences(passes: Sequence[Looked], spans: Sequence[Nanoseconds]) -> Iterator[Difference]:
    """Join passes that follow each other and differ to the same side."""
    begun: list[tuple[Looked, int]] = []

    def ended(until: Instant) -> Iterator[Difference]:
        if begun:
            widest, current = max(begun, key=lambda pair: abs(pair[0].desired - pair[1]))
            yield Difference(
                policy=widest.policy,
                since=begun[0][0].at,
                until=until,
                passes=len(begun),
                current=current,
                desired=widest.desired,
                why=widest.why,
            )
            begun.clear()

    end = passes[0].at
    for one, span in zip(passes, spans, strict=True):
        if one.current is None or one.desired == one.current:
            yield from ended(end)
        else:
            if begun and (begun[-1][0].desired > begun[-1][1]) != (one.desired > one.current):
                yield from ended(end)
            begun.append((one, one.current))
        end = one.at + span
    yield from ended(end)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
