"""One budget that several policies share: what was taken within the last period, and who waits for more.

Order is fair: who waits longest is served first, by an equal share of the budget at a time, and then goes to the end.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter, deque
from dataclasses import dataclass, field

from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import Instant, Nanoseconds

#: Policies that took most are named; the others are counted.
_NAMED = 3


@dataclass(frozen=True, slots=True, order=True)
class Taken:
    """Pods that one policy took out of a budget."""

    at: Instant
    key: PolicyKey = field(compare=False)
    pods: int = field(compare=False)


@dataclass(slots=True)
class _Waiting:
    """A policy that did not get all it wants. ``asked_at``: when it last said so."""

    pods: int
    asked_at: Instant


class Ledger:
    """Keeps account of one budget of ``limit`` pods within any ``per``. Who has not asked for ``patience`` waits no more,
    as soon as somebody looks.
    """

    def __init__(self, limit: int, per: Nanoseconds, *, patience: Nanoseconds) -> None:
        self.limit = limit
        self.per = per
        self._patience = patience
        self._taken: deque[Taken] = deque()
        self._used = 0
        self._by_key: Counter[PolicyKey] = Counter()
        self._waiting: dict[PolicyKey, _Waiting] = {}  # in the order in which they are served
        self._swept_at = 0
        self._named: str | None = None  # who took how much, as long as nobody takes more

    def claim(self, key: PolicyKey, at: Instant, wanted: int) -> int:
        """Give how many of ``wanted`` pods a policy may have now; nothing is taken yet."""
        self._forget(at)
        left = self.limit - self._used
        if left <= 0:
            return 0
        left -= self._kept_for_others(key, left)
        others = len(self._waiting) - (key in self._waiting)
        share = max(1, self.limit // (others + 1))
        return max(0, min(wanted, left, share if others else wanted))

    def answer(self, key: PolicyKey, at: Instant, wanted: int, granted: int) -> None:
        """Note what a policy was told: one that got less than it wants waits; one that got something goes to the end."""
        if granted >= wanted:
            self._waiting.pop(key, None)
            return
        if granted:
            self._waiting.pop(key, None)
        self._waiting[key] = _Waiting(wanted - granted, at)

    def take(self, taken: Taken) -> None:
        """Count pods as taken, also beyond the limit."""
        if self._taken and taken < self._taken[-1]:
            insort(self._taken, taken)
        else:
            self._taken.append(taken)
        self._count(taken.key, taken.pods)

    def give_back(self, taken: Taken) -> None:
        """Count pods as not taken after all."""
        for index in range(len(self._taken) - 1, -1, -1):
            if self._taken[index] is taken:
                del self._taken[index]
                self._count(taken.key, -taken.pods)
                return

    def leave(self, key: PolicyKey) -> None:
        """Let a policy wait no longer. What it took stays taken."""
        self._waiting.pop(key, None)

    @property
    def more_at(self) -> Instant | None:
        """Give when there is room again, for whoever waits longest; ``None``: there is."""
        lacking = self._used + 1 - self.limit
        if lacking <= 0:
            return None
        for taken in self._taken:
            lacking -= taken.pods
            if lacking <= 0:
                return taken.at + self.per
        return None

    def takers(self, *, with_namespace: bool) -> str:
        """Say who took how much, such as ``web took 8, api 5 and 3 others 12``."""
        if self._named is None:
            self._named = self._ranking(with_namespace)
        return self._named

    def _ranking(self, with_namespace: bool) -> str:
        most = self._by_key.most_common(_NAMED)
        named = [f"{key if with_namespace else key.name} {pods}" for key, pods in most]
        others = len(self._by_key) - len(most)
        if others:
            left = self._used - sum(pods for _, pods in most)
            named.append(f"{others} other{'s' if others > 1 else ''} {left}")
        return ", ".join(named)

    @property
    def used(self) -> int:
        """Pods taken within the last period, as of the last claim."""
        return self._used

    def _kept_for_others(self, key: PolicyKey, left: int) -> int:
        """What those before ``key`` are to have first, of the ``left`` pods."""
        share, kept = max(1, self.limit // max(1, len(self._waiting))), 0
        for other, waiting in self._waiting.items():
            if kept >= left or other == key:
                break
            kept += min(waiting.pods, share)  # min() is slow, and this is asked often
        return kept

    def _count(self, key: PolicyKey, pods: int) -> None:
        self._used += pods
        self._by_key[key] += pods
        if not self._by_key[key]:
            del self._by_key[key]
        self._named = None

    def _forget(self, at: Instant) -> None:
        while self._taken and self._taken[0].at <= at - self.per:
            gone = self._taken.popleft()
            self._count(gone.key, -gone.pods)
        if at - self._swept_at >= self._patience:
            self._swept_at = at
            silent = [key for key, waiting in self._waiting.items() if at - waiting.asked_at > self._patience]
            for key in silent:
                del self._waiting[key]
