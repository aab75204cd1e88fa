"""Guards over a decision: what the metrics and the policy's rules allow may still be too much to be done now.

In this order: what stands in for metrics that are away; limits, which only ever bring a number nearer to the current
replicas, the strictest of them; how many pods are let in; and what people impose. Each that changes the number is a stage
that says why.
"""

from __future__ import annotations

from msgspec.structs import replace

from autoscaler.engine.guarded.blindness import remember_sight, stand_in
from autoscaler.engine.guarded.flapping import begin_account
from autoscaler.engine.guarded.holds import imposed
from autoscaler.engine.guarded.limits import limits, remember_collapse
from autoscaler.engine.guarded.targets import let_in
from autoscaler.engine.guarded.verdict import Verdict
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import Decision, Reason, Stage
from autoscaler.model.memory import Memory
from autoscaler.model.observation import Observation
from autoscaler.model.policy import ScalingPolicy
from autoscaler.model.safety import Guarding
from autoscaler.model.time import earliest

#: Reasons whose number is not the metrics', so that an event about it gives the guard's words.
_IMPOSING = frozenset({Reason.HELD, Reason.FALLBACK, Reason.QUOTA_LIMITED, Reason.PODS_REFUSED})


def guard(
    policy: ScalingPolicy, observation: Observation, decision: Decision, memory: Memory, config: ControllerConfig
) -> tuple[Decision, Memory]:
    """Hold a decision to what the policy's guards allow; ``memory`` is the one it leaves behind."""
    guarding = policy.guarding or Guarding()
    if decision.current is None or decision.reason is Reason.TARGET_AT_ZERO:
        return decision, memory
    period = policy.period_or(config.sync_period)
    memory = _remember(guarding, decision, memory, period)
    guarded = _with_stand_in(policy, guarding, decision, memory)
    for verdict in limits(policy, guarding, observation, guarded, memory):
        guarded = limited(guarded, verdict)
    refused = let_in(policy, guarding.safety, observation, guarded)
    guarded = guarded if refused is None else _overruled(guarded, refused)
    word, memory = imposed(policy, guarding, decision, guarded, memory, period)
    return (guarded if word is None else _overruled(guarded, word)), memory


def limited(decision: Decision, verdict: Verdict) -> Decision:
    """Bring a decision nearer to the current replicas; one that is nearer already stays as it is."""
    current, desired = decision.current or 0, decision.desired
    if desired < current:
        return _overruled(decision, verdict) if verdict.replicas > desired else decision
    return _overruled(decision, verdict) if verdict.replicas < desired else decision


def _remember(guarding: Guarding, decision: Decision, memory: Memory, period: int) -> Memory:
    safety = guarding.safety
    memory = remember_collapse(safety, decision, memory)
    if safety.flap_budget is not None:
        memory = begin_account(safety.flap_budget, memory)
    return remember_sight(safety, decision, memory, period)


def _with_stand_in(policy: ScalingPolicy, guarding: Guarding, decision: Decision, memory: Memory) -> Decision:
    fallback = guarding.safety.fallback
    verdict = None if fallback is None else stand_in(policy, fallback, decision, memory)
    if verdict is None:
        return decision
    if verdict.replicas == decision.desired:
        stage = Stage(stage="guards", before=decision.desired, after=decision.desired, why=verdict.why)
        return replace(decision, steps=(*decision.steps, stage))
    return _overruled(decision, verdict)


def _overruled(decision: Decision, verdict: Verdict) -> Decision:
    """Put another number in a decision's place. What is told of a change is why this number, where it is the guard's own."""
    if verdict.replicas == decision.desired and verdict.reason is not Reason.HELD:
        return decision  # a person's word is told also where the metrics happen to say the same
    current = decision.current or 0
    stage = Stage(stage="guards", before=decision.desired, after=verdict.replicas, why=verdict.why, until=verdict.until)
    imposes = verdict.reason in _IMPOSING
    return replace(
        decision,
        desired=verdict.replicas,
        rescale=verdict.replicas != current,
        reason=verdict.reason,
        rescale_reason=verdict.why if imposes else decision.rescale_reason,
        steps=(*decision.steps, stage),
        status=replace(decision.status, desired_replicas=verdict.replicas),
        next_possible_change_at=earliest(decision.next_possible_change_at, verdict.until),
    )
