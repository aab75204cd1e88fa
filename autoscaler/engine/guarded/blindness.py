"""Metrics that cannot be read: how long that has been so, what stands in for them, and how they are trusted again."""

from __future__ import annotations

from msgspec.structs import replace

from autoscaler.engine.course import lower_bound
from autoscaler.engine.guarded.usual import remember_usual, usual_at
from autoscaler.engine.guarded.verdict import Verdict
from autoscaler.model.decision import Decision, Reason
from autoscaler.model.guard_memory import Asked, GuardMemory, WarmUp
from autoscaler.model.memory import Memory
from autoscaler.model.policy import ScalingPolicy
from autoscaler.model.safety import Fallback, FallbackUse, Safety
from autoscaler.model.time import MINUTE, Instant, Nanoseconds


def is_blind(decision: Decision) -> bool:
    """Tell whether some metric could not be read, so that nothing is known of what it would have asked for."""
    return any(proposal.replicas is None for proposal in decision.proposals)


def remember_sight(safety: Safety, decision: Decision, memory: Memory, period: Nanoseconds) -> Memory:
    """Note whether the metrics could be read, and what they asked for. A pass that did not look at them says nothing."""
    if not decision.proposals:
        return memory
    before = memory.guards or GuardMemory()
    after = _blinded(safety, decision.at, before) if is_blind(decision) else _seeing(safety, decision, before, period)
    return memory if after == before else replace(memory, guards=after)


def stand_in(policy: ScalingPolicy, fallback: Fallback, decision: Decision, memory: Memory) -> Verdict | None:
    """Give what stands in for metrics that have been away for long enough; ``None``: the decision as it is."""
    guards, at = memory.guards or GuardMemory(), decision.at
    since = guards.blind_since
    if since is None or at - since < fallback.after or not is_blind(decision):
        return None
    away = f"the metrics have been away for {(at - since) / MINUTE:.3g} min"
    if fallback.limit is not None and at - since >= fallback.limit:
        return _stay(decision, f"{away}, longer than the fallback is meant for")
    number, what = _number(policy, fallback, guards, at)
    if number is None:
        return _stay(decision, f"{away}, and {what}")
    number = min(max(number, lower_bound(policy)), policy.max_replicas)
    if number < decision.desired and not (fallback.allow_decrease and decision.desired <= (decision.current or 0)):
        return _stay(decision, f"{away}; {what} is {number}, and a fallback takes nothing away unless allowed to")
    return Verdict(number, f"{away}; {what} is {number}", Reason.FALLBACK)


def _stay(decision: Decision, why: str) -> Verdict:
    return Verdict(decision.desired, why, decision.reason)


def _number(policy: ScalingPolicy, fallback: Fallback, guards: GuardMemory, at: Instant) -> tuple[int | None, str]:
    """Give the number that stands in, and what it is; or what keeps it from being known."""
    match fallback.use:
        case FallbackUse.HOLD:
            return None, "its size holds"
        case FallbackUse.MAX:
            return policy.max_replicas, "the maximum"
        case FallbackUse.FIXED:
            return fallback.replicas, "the fallback"
        case FallbackUse.LAST_GOOD:
            return (
                (None, "they were never there")
                if guards.asked is None
                else (guards.asked.replicas, "what they last asked for")
            )
        case FallbackUse.SCHEDULE:
            planned = [row.replicas for row in fallback.rows if row.window.covers(at)]
            number = max(planned, default=fallback.replicas)
            return number, "the plan for this hour" if number is not None else "nothing is planned for this hour"
        case FallbackUse.FORECAST:
            number = usual_at(guards.usual, at)
            return number, "the most of this time of day" if number is not None else "no whole day is known to go by"


def _blinded(safety: Safety, at: Instant, before: GuardMemory) -> GuardMemory:
    return replace(
        before,
        blind_since=at if before.blind_since is None else before.blind_since,
        warm_up=None if safety.warm_up is None else WarmUp(safety.warm_up, at),
    )


def _seeing(safety: Safety, decision: Decision, before: GuardMemory, period: Nanoseconds) -> GuardMemory:
    asked = max(proposal.replicas or 0 for proposal in decision.proposals)
    use = None if safety.fallback is None else safety.fallback.use
    if before.blind_since is not None or before.warm_up is not None:
        before = replace(before, blind_since=None, warm_up=_warmer(before.warm_up, decision.at, period))
    if use is FallbackUse.LAST_GOOD:
        return replace(before, asked=Asked(decision.at, asked))
    if use is FallbackUse.FORECAST:
        return replace(before, usual=remember_usual(before.usual, decision.at, asked))
    return before


def _warmer(before: WarmUp | None, at: Instant, period: Nanoseconds) -> WarmUp | None:
    """Count a good sample. Passes that follow each other faster than half a period see the same one."""
    if before is None or at - before.at < period // 2:
        return before
    return WarmUp(before.samples - 1, at) if before.samples > 1 else None
