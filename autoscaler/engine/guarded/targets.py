"""Guards that look at the target itself: a rollout, pods that are not ready or not let in, a target made anew.

Source: what upstream's controller gets wrong there: kubernetes #72775 (surge pods of a rollout count as capacity), #130130
(no pod ready: the proposal is 0).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from msgspec.structs import replace

from autoscaler.engine.course import lower_bound
from autoscaler.engine.guarded.verdict import Verdict
from autoscaler.model.decision import Decision, Reason, Stage
from autoscaler.model.guard_memory import GuardMemory, TargetMemory
from autoscaler.model.memory import Memory
from autoscaler.model.observation import NoReading, Observation, Pod, PodPhase
from autoscaler.model.policy import RateRule, RateRuleType, ScalingPolicy, SelectPolicy
from autoscaler.model.safety import Safety
from autoscaler.model.target import WorkloadState
from autoscaler.model.time import SECOND

#: A refusal must be this old [ns] before replicas are taken back for it: counts of created pods lag behind.
_SETTLED = 10 * SECOND
#: What upstream lets grow at once where a policy has no ``behavior``: twofold, and four pods always.
_FACTOR, _FEW = 2, 4


def acquainted(observation: Observation, memory: Memory) -> Memory:
    """Give the memory to decide with: a target made anew starts afresh, and a rollout is remembered from its start."""
    known, target = known_of(memory), observation.target
    uid = target.uid if target is not None and target.uid else known.uid
    if known.uid and uid != known.uid:
        memory, known = Memory(), TargetMemory()
    met = TargetMemory(
        uid=uid,
        rolling_from=_rolling_from(known, observation),
        was_measured=known.was_measured or _is_measured(observation),
    )
    return memory if met == known else replace(memory, guards=replace(memory.guards or GuardMemory(), target=met))


def known_of(memory: Memory) -> TargetMemory:
    """Give what is remembered of the target."""
    return TargetMemory() if memory.guards is None else memory.guards.target


def against_shrinking_target(
    safety: Safety, observation: Observation, current: int, memory: Memory
) -> Iterator[Verdict]:
    """Give what keeps a target of ``current`` replicas from shrinking."""
    workload = _workload(observation)
    if safety.rollout_hold and workload is not None and workload.is_rolling:
        yield Verdict(current, f"{_rollout(workload)}: nothing shrinks until it is over", Reason.ROLLING)
    if safety.unready_hold and observation.pods and not any(map(_is_ready, observation.pods)):
        many = f"none of {len(observation.pods)} pods is" if len(observation.pods) > 1 else "its only pod is not"
        yield Verdict(current, f"{many} ready, so low figures prove nothing", Reason.NO_READY_PODS)
    if safety.first_sample and not known_of(memory).was_measured:
        words = "until one was read for the first time nothing is taken away"
        yield Verdict(current, words, Reason.METRIC_MISSING)


def against_growing_target(
    policy: ScalingPolicy, observation: Observation, current: int, memory: Memory
) -> Iterator[Verdict]:
    """Give how far a target may grow in the middle of a rollout: surge pods and young ones are no measure."""
    workload, safety = _workload(observation), policy.guarding.safety if policy.guarding else Safety()
    if safety.rollout_hold and workload is not None and workload.is_rolling:
        start = known_of(memory).rolling_from
        most = max(current, one_step(policy, current if start is None else start))
        words = f"{_rollout(workload)}: until it is over no more than one step up, to {most}"
        yield Verdict(most, words, Reason.ROLLING)


def let_in(policy: ScalingPolicy, safety: Safety, observation: Observation, decision: Decision) -> Verdict | None:
    """Ask for one pod more than there are where pods are refused, so that it shows when there is room again.

    Never for fewer than there are: counts lag behind creation, so a young refusal takes nothing back yet, and pods that
    were seen count too. Nor is anything taken back while a metric cannot be read, or in the middle of a rollout.
    """
    workload, current = _workload(observation), decision.current or 0
    refusal = workload.refusal if workload is not None else None
    if not safety.refusal_cap or workload is None or refusal is None or decision.desired == 0:
        return None
    created = max(workload.replicas, sum(not pod.deleting for pod in observation.pods))
    cap = max(created + 1, lower_bound(policy))
    is_blind = any(one.replicas is None for one in decision.proposals)
    if observation.at - refusal.since < _SETTLED or is_blind or workload.is_rolling:
        cap = max(cap, current)
    if decision.desired <= cap:
        return None
    reason = Reason.QUOTA_LIMITED if refusal.is_quota else Reason.PODS_REFUSED
    return Verdict(cap, f"only {created} pods were let in: {' '.join(refusal.message.split())}", reason)


def with_notes(decision: Decision, observation: Observation, memory: Memory) -> Decision:
    """Add what people should know of the target although it settles nothing; ``memory`` is from before the pass."""
    target, known, current = observation.target, known_of(memory).uid, decision.current
    if target is None or current is None:
        return decision
    words = []
    if known and target.uid and target.uid != known:
        words.append("the target was deleted and made anew: windows and rates begin afresh")
    workload = target.workload
    if workload is not None and workload.paused:
        words.append(f"its rollout is paused, which stops no scaling{_half_done(workload)}")
    if workload is not None and current == 0 and workload.writer is not None and workload.spec_replicas == 0:
        words.append(f"it was set to 0 by {workload.writer.manager}")
    if not words:
        return decision
    notes = tuple(Stage(stage="target", before=current, after=current, why=text) for text in words)
    return replace(decision, steps=(*decision.steps, *notes))


def one_step(policy: ScalingPolicy, start: int) -> int:
    """Give how far the scale-up rules let a target of ``start`` replicas grow at once."""
    if policy.behavior is None or not policy.behavior.scale_up.rules:
        return max(_FACTOR * start, _FEW)
    rules = policy.behavior.scale_up
    if rules.select_policy is SelectPolicy.DISABLED:
        return start
    reached = [_reached(rule, start) for rule in rules.rules]
    return min(reached) if rules.select_policy is SelectPolicy.MIN else max(reached)


def _reached(rule: RateRule, start: int) -> int:
    if rule.type is RateRuleType.PODS:
        return start + rule.value
    return math.ceil(start * (100 + rule.value) / 100)


def _workload(observation: Observation) -> WorkloadState | None:
    return None if observation.target is None else observation.target.workload


def _rolling_from(known: TargetMemory, observation: Observation) -> int | None:
    target = observation.target
    if target is None or target.workload is None or not target.workload.is_rolling:
        return None
    return target.workload.spec_replicas if known.rolling_from is None else known.rolling_from


def _is_measured(observation: Observation) -> bool:
    return any(not isinstance(reading, NoReading) for reading in observation.readings)


def _is_ready(pod: Pod) -> bool:
    return pod.phase == PodPhase.RUNNING and pod.ready is not None and pod.ready.status == "True"


def _rollout(workload: WorkloadState) -> str:
    return f"a rollout has {workload.updated_replicas} of {workload.replicas} pods replaced"


def _half_done(workload: WorkloadState) -> str:
    if not workload.has_old_pods:
        return ""
    return f"; {workload.replicas - workload.updated_replicas} of {workload.replicas} pods are of an older template"
