"""The flap budget: pods that were started and stopped count, not what was gained by it; when it is spent, only growth passes.

A rate rule cannot see flapping: it forgets a change upwards when it judges one downwards.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from autoscaler.engine.guarded.verdict import Verdict
from autoscaler.model.budgets import NO_BUDGETS
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import Decision, Reason
from autoscaler.model.guard_memory import GuardMemory, SizeChange
from autoscaler.model.memory import Memory
from autoscaler.model.policy import ScalingPolicy
from autoscaler.model.safety import FlapBudget
from autoscaler.model.time import MINUTE, Nanoseconds


def account_period(policy: ScalingPolicy, config: ControllerConfig) -> Nanoseconds:
    """Give for how long changes of a policy are to be remembered, for its own budget and for those it shares; 0: not."""
    shared = 0 if config.budgets is NO_BUDGETS else config.budgets.longest
    budget = None if policy.guarding is None else policy.guarding.safety.flap_budget
    return shared if budget is None else max(shared, budget.per)


def begin_account(budget: FlapBudget, memory: Memory) -> Memory:
    """Begin to keep account of changes, where nobody has.

    If the status tells of a change within the period, an account was lost or never kept: then all of it counts as spent
    until that change is forgotten.
    """
    guards = memory.guards or GuardMemory()
    if guards.changes is not None:
        return memory
    last = memory.status.last_scale_at
    until = None if last is None else last + budget.per
    return replace(memory, guards=replace(guards, changes=(), spent_until=until))


def remember_change(memory: Memory, change: SizeChange, keep: Nanoseconds) -> Memory:
    """Note a change that was written, and forget those older than ``keep``."""
    guards = memory.guards or GuardMemory()
    kept = tuple(each for each in guards.changes or () if each.at > change.at - keep)
    return replace(memory, guards=replace(guards, changes=(*kept, change)))


def spent_budget(budget: FlapBudget, decision: Decision, current: int, memory: Memory) -> Iterator[Verdict]:
    """Give the verdict on a decision that shrinks, where the budget does not allow all of it."""
    guards, at = memory.guards or GuardMemory(), decision.at
    if guards.spent_until is not None and at < guards.spent_until:
        words = (
            f"what was changed within the last {_minutes(budget.per)} is not known, so the flap budget counts as spent"
        )
        yield Verdict(current, words, Reason.FLAP_BUDGET, guards.spent_until)
        return
    counted = [change for change in guards.changes or () if change.at > at - budget.per]
    used = sum(change.pods for change in counted)
    limit = budget.limit(max((current, *(max(change.before, change.after) for change in counted))))
    allowed = max(decision.desired, current - max(0, limit - used))
    if allowed > decision.desired:
        words = f"the flap budget is spent: {used} of {limit} starts and stops in {_minutes(budget.per)}"
        if allowed < current:
            words = f"the flap budget allows {current - allowed}: {used} of {limit} starts and stops are spent"
        yield Verdict(allowed, words, Reason.FLAP_BUDGET, counted[0].at + budget.per if counted else None)


def _minutes(period: Nanoseconds) -> str:
    return f"{period / MINUTE:g} min"
