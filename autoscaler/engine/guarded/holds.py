"""Numbers that people impose, and the gentle way back from them."""

from __future__ import annotations

import math

from msgspec.structs import replace

from autoscaler.engine.guarded.blindness import is_blind
from autoscaler.engine.guarded.verdict import Verdict
from autoscaler.model.decision import Decision, Reason
from autoscaler.model.guard_memory import GuardMemory, Held
from autoscaler.model.memory import Memory
from autoscaler.model.policy import ScalingPolicy
from autoscaler.model.safety import Guarding, Hold
from autoscaler.model.time import Nanoseconds


def imposed(
    policy: ScalingPolicy,
    guarding: Guarding,
    asked: Decision,
    decision: Decision,
    memory: Memory,
    period: Nanoseconds,
) -> tuple[Verdict | None, Memory]:
    """Give what people's word makes of a decision, and what is remembered of it; ``None``: they have none in it.

    ``asked`` is the decision as the policy's rules left it, before any guard.
    """
    hold = guarding.hold_at(decision.at)
    if hold is not None:
        held = min(max(hold.replicas, 0), policy.max_replicas)
        memory = _with(memory, Held(decision.at, held) if guarding.safety.hold_return is not None else None)
        if hold.is_floor and decision.desired >= held:
            return None, memory
        return Verdict(held, _words(hold), Reason.HELD, hold.until), memory
    before = memory.guards.held if memory.guards is not None else None
    if before is None or guarding.safety.hold_return is None:
        return None, memory
    return _way_back(before, 1.0 - guarding.safety.hold_return, asked, decision, memory, period)


def _way_back(
    before: Held, keep: float, asked: Decision, decision: Decision, memory: Memory, period: Nanoseconds
) -> tuple[Verdict | None, Memory]:
    """Let go of an imposed number by a share in each period, until the metrics' number is reached.

    While metrics are away, or another guard holds more, it goes no further, and then goes on from there.
    """
    current = decision.current or 0
    limit = _limit(before, keep, (decision.at - before.at) // period)
    if not is_blind(asked) and asked.desired >= min(limit, current):
        return None, _with(memory, None)
    if decision.desired >= min(limit, current):
        return None, _with(memory, Held(decision.at, decision.desired))
    words = (
        f"{limit} on the way back from {before.replicas}, which was imposed: {1.0 - keep:.0%} at most in each period"
    )
    next_at = before.at + ((decision.at - before.at) // period + 1) * period
    return Verdict(min(limit, current), words, Reason.RETURNING, next_at), memory


def _limit(before: Held, keep: float, periods: int) -> int:
    """Rounded up, so that a small number too goes by one at a time."""
    return math.ceil(before.replicas * keep ** max(0, periods) - 1e-9)


def _words(hold: Hold) -> str:
    what = "keeps it at no less than" if hold.is_floor else "holds it at"
    return f"{hold.author} {what} {hold.replicas}: {hold.reason}"


def _with(memory: Memory, held: Held | None) -> Memory:
    guards = memory.guards or GuardMemory()
    return memory if guards.held == held else replace(memory, guards=replace(guards, held=held))
