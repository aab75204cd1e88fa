"""Guards that bring a number nearer to the current replicas: steps, collapse, coverage, warm-up, pauses."""

from __future__ import annotations

import math
from collections.abc import Iterator

from msgspec.structs import replace

from autoscaler.engine.guarded.flapping import spent_budget
from autoscaler.engine.guarded.partial import partial_answer
from autoscaler.engine.guarded.targets import against_growing_target, against_shrinking_target
from autoscaler.engine.guarded.verdict import Verdict
from autoscaler.model.decision import Decision, Reason
from autoscaler.model.memory import Memory
from autoscaler.model.observation import Observation
from autoscaler.model.policy import ScalingPolicy
from autoscaler.model.safety import Guarding, Safety
from autoscaler.model.time import SECOND

#: Growth that no step limit forbids: from one pod a multiple is little.
_ALWAYS_ALLOWED = 4


def limits(
    policy: ScalingPolicy, guarding: Guarding, observation: Observation, decision: Decision, memory: Memory
) -> Iterator[Verdict]:
    """Give the verdict of every guard that stands in the way of the decision's direction."""
    current, desired, safety = decision.current or 0, decision.desired, guarding.safety
    if desired < current:
        yield from _against_shrinking(safety, decision, current, memory)
        yield from against_shrinking_target(safety, observation, current, memory)
        if safety.flap_budget is not None and current <= policy.max_replicas:
            yield from spent_budget(safety.flap_budget, decision, current, memory)
        least = None if decision.reason is Reason.FALLBACK else safety.min_coverage
        if least is not None and (partial := partial_answer(policy.metrics, observation.readings, least)):
            yield Verdict(current, partial, Reason.METRIC_PARTIAL)
        if guarding.pause_scale_down:
            yield Verdict(current, "shrinking is paused", Reason.PAUSED)
    elif desired > current:
        if (limit := _step_up(safety, current)) < desired:
            yield Verdict(limit, f"one step adds no more than {limit - current}", Reason.STEP_LIMITED)
        yield from against_growing_target(policy, observation, current, memory)
        if guarding.pause_scale_up:
            yield Verdict(current, "growing is paused", Reason.PAUSED)


def remember_collapse(safety: Safety, decision: Decision, memory: Memory) -> Memory:
    """Note since when the metrics have asked for far less than there is, without a break."""
    asked = max((proposal.replicas for proposal in decision.proposals if proposal.replicas is not None), default=None)
    current = decision.current or 0
    falls = (
        safety.collapse is not None
        and asked is not None
        and current > 0
        and asked < current * (1.0 - safety.collapse.drop)
    )
    since = (decision.at if memory.collapse_since is None else memory.collapse_since) if falls else None
    return memory if since == memory.collapse_since else replace(memory, collapse_since=since)


def _against_shrinking(safety: Safety, decision: Decision, current: int, memory: Memory) -> Iterator[Verdict]:
    desired = decision.desired
    if safety.max_step_down is not None:
        least = math.ceil(current * (1.0 - safety.max_step_down))
        if desired < least:
            yield Verdict(least, f"one step takes away no more than {current - least}", Reason.STEP_LIMITED)
    since = memory.collapse_since
    if safety.collapse is not None and since is not None and decision.at - since < safety.collapse.confirm:
        share = f"{safety.collapse.drop:.0%}"
        seconds = safety.collapse.confirm // SECOND
        words = f"a fall of more than {share} has to be asked for throughout {seconds} s before it is believed"
        yield Verdict(current, words, Reason.CONFIRMING, since + safety.collapse.confirm)
    if decision.reason is Reason.FALLBACK:
        return  # what follows doubts the metrics, and this number is not theirs
    if memory.guards is not None and memory.guards.warm_up is not None:
        left = memory.guards.warm_up.samples
        words = f"the metrics were away: {left} more good sample{'s' if left > 1 else ''} before anything shrinks"
        yield Verdict(current, words, Reason.WARMING_UP)
    if safety.min_coverage is not None and (poor := _poor_coverage(decision, safety.min_coverage)):
        yield Verdict(current, poor, Reason.METRIC_PARTIAL)


def _poor_coverage(decision: Decision, least: float) -> str:
    """Say which metric knows too few of its pods; empty: none."""
    for proposal in decision.proposals:
        pods = proposal.pods
        if pods is None or not pods.missing:
            continue
        known = pods.ready + pods.unready
        if known < least * (known + pods.missing):
            return f"only {known} of {known + pods.missing} pods have a sample, less than {least:.0%}"
    return ""


def _step_up(safety: Safety, current: int) -> int:
    if safety.max_step_up is None:
        return 1 << 31
    return max(math.floor(current * safety.max_step_up), current + _ALWAYS_ALLOWED)
