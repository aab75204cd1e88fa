"""Budgets that all policies share, of each namespace and of all together: no mistake that hits many may take too much away.

They hold for exact policies too, where an operator sets them; none is set by default. What a person holds counts, and is
not limited.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from autoscaler.control.ledger import Ledger, Taken
from autoscaler.model.budgets import Budgets, Cap
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import Decision, Reason, Stage, WriteOutcome, WriteResult
from autoscaler.model.memory import Memory
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import MINUTE, Instant, Nanoseconds, as_seconds, earliest

STAGE: Final = "shared budgets"
_ALL: Final = ""  #: in a namespace's place: the budget of all together

_Scoped = tuple[str, Ledger]


class _Budget:
    """One kind of budget, with a ledger for each namespace and one for all."""

    def __init__(self, what: str, cap: Cap, patience: Nanoseconds) -> None:
        self.what = what
        self._cap = cap
        self._patience = patience
        self._ledgers: dict[str, Ledger] = {}

    def of(self, key: PolicyKey) -> Iterator[_Scoped]:
        """Give the ledgers that count for a policy."""
        if self._cap.per_namespace is not None:
            yield key.namespace, self._ledger(key.namespace, self._cap.per_namespace)
        if self._cap.total is not None:
            yield _ALL, self._ledger(_ALL, self._cap.total)

    def leave(self, key: PolicyKey) -> None:
        """Let a policy wait no longer."""
        for _, ledger in self.of(key):
            ledger.leave(key)

    def words(self, scope: str, ledger: Ledger, granted: int) -> str:
        """Say which budget binds, and who took it."""
        whose = f"namespace {scope}" if scope else "all policies"
        budget = f"{ledger.limit} {self.what} in {_span(ledger.per)} for {whose}"
        taken = f"{ledger.takers(with_namespace=not scope)}" if ledger.used else "others wait first"
        return f"of {budget} there {'are' if granted != 1 else 'is'} {granted or 'none'} left for it now ({taken})"

    def _ledger(self, scope: str, limit: int) -> Ledger:
        found = self._ledgers.get(scope)
        if found is None:
            found = self._ledgers[scope] = Ledger(limit, self._cap.per, patience=self._patience)
        return found


class SharedBudgets:
    """Every budget that is set, what is being spent, and what was."""

    def __init__(self, config: ControllerConfig) -> None:
        budgets, patience = config.budgets, 2 * config.sync_period + config.sync_period // 2
        self._removals = _Budget("removals", budgets.removals, patience)
        self._changes = _Budget("starts and stops", budgets.changes, patience)
        self._growth = _Budget("new pods", _growth_cap(budgets, config.sync_period), patience)
        self._spending: dict[PolicyKey, list[tuple[Ledger, Taken]]] = {}

    def recall(self, key: PolicyKey, memory: Memory) -> None:
        """Count what a policy that comes into force is remembered to have changed."""
        for change in (memory.guards.changes if memory.guards is not None else None) or ():
            for budget in (self._changes,) if change.after > change.before else (self._removals, self._changes):
                for _, ledger in budget.of(key):
                    ledger.take(Taken(change.at, key, change.pods))

    def forget(self, key: PolicyKey) -> None:
        """Drop a policy that is gone; what it took stays taken."""
        self._spending.pop(key, None)
        for budget in (self._removals, self._changes, self._growth):
            budget.leave(key)

    def allow(self, decision: Decision, *, spends: bool) -> Decision:
        """Hold a decision to what is left. ``spends`` off: it is only to be looked at, and takes nothing."""
        key, at, current = decision.key, decision.at, decision.current
        self._give_back(key)
        if not decision.rescale or current is None:
            for budget in (self._removals, self._changes, self._growth) if spends else ():
                budget.leave(key)
            return decision
        shrinks = decision.desired < current
        wanted = abs(decision.desired - current)
        limiting = (self._removals, self._changes) if shrinks else (self._growth,)
        granted, words, until = wanted, "", None
        if decision.reason is not Reason.HELD:
            granted, words, until = self._grant(limiting, key, at, wanted, waits=spends)
        if spends and granted:
            counting = (self._removals, self._changes) if shrinks else (self._growth, self._changes)
            self._spend(counting, Taken(at, key, granted))
        if granted == wanted:
            return decision
        return _cut(decision, current - granted if shrinks else current + granted, words, until)

    def settle(self, key: PolicyKey, outcome: WriteOutcome) -> None:
        """Learn how the write of a decision went: what was not written was not spent."""
        if outcome.result is WriteResult.WRITTEN:
            self._spending.pop(key, None)
        else:
            self._give_back(key)

    def _grant(
        self, budgets: tuple[_Budget, ...], key: PolicyKey, at: Instant, wanted: int, *, waits: bool
    ) -> tuple[int, str, Instant | None]:
        """Give how many pods may go, or come, which budget keeps the others, and when there may be more."""
        claims = [
            (ledger.claim(key, at, wanted), budget, scope, ledger)
            for budget in budgets
            for scope, ledger in budget.of(key)
        ]
        granted = min((claim for claim, *_ in claims), default=wanted)
        words, until = "", None
        for claim, budget, scope, ledger in claims:
            binds = claim == granted < wanted
            if waits and binds:
                ledger.answer(key, at, wanted, granted)
            elif waits:
                ledger.leave(key)  # it waits where it is kept waiting, and nowhere else
            if binds and not words:
                words, until = budget.words(scope, ledger, granted), ledger.more_at
        return granted, words, until

    def _spend(self, budgets: tuple[_Budget, ...], taken: Taken) -> None:
        for budget in budgets:
            for _, ledger in budget.of(taken.key):
                ledger.take(taken)
                self._spending.setdefault(taken.key, []).append((ledger, taken))

    def _give_back(self, key: PolicyKey) -> None:
        for ledger, taken in self._spending.pop(key, ()):
            ledger.give_back(taken)


def _growth_cap(budgets: Budgets, period: Nanoseconds) -> Cap:
    """A rate as a number of pods in any period, since each policy has its turn once in it."""
    if budgets.growth is None:
        return Cap(per=period)
    return Cap(total=max(1, int(budgets.growth * as_seconds(period))), per=period)


def _cut(decision: Decision, desired: int, words: str, until: Instant | None) -> Decision:
    stage = Stage(stage=STAGE, before=decision.desired, after=desired, why=words, until=until)
    return replace(
        decision,
        desired=desired,
        rescale=desired != decision.current,
        reason=Reason.SHARED_BUDGET,
        steps=(*decision.steps, stage),
        status=replace(decision.status, desired_replicas=desired),
        next_possible_change_at=earliest(decision.next_possible_change_at, until),
    )


def _span(per: Nanoseconds) -> str:
    return f"{per // MINUTE} min" if per % MINUTE == 0 else f"{as_seconds(per):g} s"
