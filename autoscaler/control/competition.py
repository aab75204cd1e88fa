"""Who else sets the replicas of a target: other autoscalers by name, and writers that undo what we wrote.

Two scalers of one count would fight without end, so we stop first. Another autoscaler of the same target stops us at once.
A writer that only sets replicas now and then (``kubectl scale``, a GitOps controller that applies a manifest) is told from
the number alone: it is another one than we left. Once is no fight, and the next decision goes on from it; one that undoes us
again and again is left alone for a while that doubles each time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from autoscaler.model.decision import Decision, WriteOutcome, WriteResult
from autoscaler.model.observation import Observation, Scale
from autoscaler.model.policy import Mode, ObjectRef, PolicyKey, ScalingPolicy
from autoscaler.model.target import Competition, ForeignChange, OtherScaler
from autoscaler.model.time import HOUR, MINUTE, Instant, Nanoseconds

#: So many of our writes may undo somebody else's within ``WITHIN``; then we leave the target alone.
REVERTS: Final = 3
WITHIN: Final[Nanoseconds] = 5 * MINUTE
#: For so long at first, doubled each time that it begins again, and never longer than ``LONGEST``.
FIRST: Final[Nanoseconds] = 5 * MINUTE
LONGEST: Final[Nanoseconds] = HOUR
#: A write of ours that stood for so long proves that the fight is over.
STOOD: Final[Nanoseconds] = 10 * MINUTE

_Target = tuple[str, str, str, str]


@dataclass(slots=True)
class _Writers:
    """What was seen of one target's number. ``left``: what it may be if nobody else writes; empty: not known.

    ``change``: what somebody else did since our last write. ``strikes``: how often we backed off without peace since.
    """

    uid: str = ""
    left: tuple[int, ...] = ()
    change: ForeignChange | None = None
    writer: str = ""
    reverts: list[Instant] = field(default_factory=list)
    strikes: int = 0
    until: Instant | None = None
    wrote_at: Instant | None = None
    spoke: bool = False

    def look(self, observation: Observation, scale: Scale) -> ForeignChange | None:
        """Take note of the number as it is; gives what somebody else made of it since the last look."""
        at, current = observation.at, scale.spec_replicas
        uid = observation.target.uid if observation.target is not None else ""
        if uid != self.uid:
            self.uid, self.left = uid, ()
        change = None
        if self.left and current not in self.left:
            change = ForeignChange(before=self.left[-1], after=current, manager=_manager(observation, current))
        self.left = (current,)
        self._weigh(at, change)
        return change

    def settle(self, decision: Decision, outcome: WriteOutcome) -> None:
        """Take note of how a pass ended."""
        current, desired = decision.current, decision.desired
        if current is None or not decision.rescale:
            return
        if outcome.result is WriteResult.WRITTEN:
            if self.change is not None and (self.change.after - self.change.before) * (desired - current) < 0:
                self.reverts.append(decision.at)
            self.left, self.change, self.wrote_at = (desired,), None, decision.at
        elif outcome.result is WriteResult.FAILED:
            self.left = (current, desired)  # an answer that got lost may have been a yes

    def _weigh(self, at: Instant, change: ForeignChange | None) -> None:
        """Begin to back off, go on, or end it."""
        self.reverts = [each for each in self.reverts if at - each < WITHIN]
        if change is not None:
            self.change = change
            self.writer = change.manager or self.writer
            if self.until is not None and at < self.until:
                self.until = max(self.until, at + FIRST)
            elif self.wrote_at is not None and (self.strikes or len(self.reverts) >= REVERTS):
                self.until = at + min(FIRST << min(self.strikes, 16), LONGEST)
                self.strikes += 1
        elif self.until is not None and at >= self.until:
            self.until, self.change, self.wrote_at = None, None, None
            self.reverts.clear()
        elif self.strikes and self.until is None and self.wrote_at is not None and at - self.wrote_at >= STOOD:
            self.strikes = 0


class Competitors:
    """What is known of each policy's competitors. An exact policy has some only where its target is looked at."""

    def __init__(self) -> None:
        self._policies: dict[PolicyKey, _Target] = {}
        self._by_target: dict[_Target, set[PolicyKey]] = {}
        self._writers: dict[PolicyKey, _Writers] = {}

    def follow(self, policy: ScalingPolicy) -> None:
        """Take part with a policy, or a new version of it."""
        target = _target_of(policy)
        if self._policies.get(policy.key) == target:
            return
        self.forget(policy.key)
        self._policies[policy.key] = target
        self._by_target.setdefault(target, set()).add(policy.key)

    def forget(self, key: PolicyKey) -> None:
        """Take part with a policy no longer."""
        target = self._policies.pop(key, None)
        if target is not None:
            self._by_target[target].discard(key)
            if not self._by_target[target]:
                del self._by_target[target]
        self._writers.pop(key, None)

    def seen(self, policy: ScalingPolicy, observation: Observation) -> Competition | None:
        """Say who competes, as far as this look at the target shows; ``None``: nobody does, and nobody did before."""
        if not _minds(policy, observation) or not isinstance(observation.scale, Scale):
            return None
        writers = self._writers.setdefault(policy.key, _Writers())
        others = self._others(policy, observation)
        if policy.mode is Mode.OBSERVE:  # whoever scales it now is expected to
            return Competition(others=others) if others else None
        change = writers.look(observation, observation.scale)
        if not others and change is None and writers.until is None:
            spoke, writers.spoke = writers.spoke, False
            return Competition() if spoke else None
        writers.spoke = True
        return Competition(
            others=others,
            writer=(writers.writer or "somebody else") if writers.until is not None else "",
            until=writers.until,
            change=change,
        )

    def settled(self, key: PolicyKey, decision: Decision, outcome: WriteOutcome) -> None:
        """Take note of how a pass ended."""
        writers = self._writers.get(key)
        if writers is not None:
            writers.settle(decision, outcome)

    def _others(self, policy: ScalingPolicy, observation: Observation) -> tuple[OtherScaler, ...]:
        """Give other autoscalers of the same target, by name; an HPA object of the policy's own name is its own."""
        target, scalers = self._policies.get(policy.key), observation.target.scalers if observation.target else ()
        ours = self._by_target[target] if target is not None else ()
        if len(ours) <= 1 and not scalers:
            return ()
        found = {
            (each.namespace, each.name): OtherScaler(kind="policy", namespace=each.namespace, name=each.name)
            for each in ours
            if each != policy.key
        }
        own = (policy.key.namespace, policy.key.name)
        for scaler in scalers:
            if scaler.kind != "HorizontalPodAutoscaler" or (scaler.namespace, scaler.name) != own:
                found.setdefault((scaler.namespace, scaler.name), scaler)
        return tuple(found[name] for name in sorted(found))


def _minds(policy: ScalingPolicy, observation: Observation) -> bool:
    if policy.guarding is not None:
        return policy.guarding.safety.yield_to_others
    return observation.target is not None and observation.target.uid != "" and policy.mode is Mode.APPLY


def _manager(observation: Observation, current: int) -> str:
    """Name who wrote the number, where what is known of the target is as new as the number itself."""
    workload = observation.target.workload if observation.target is not None else None
    if workload is None or workload.writer is None or workload.spec_replicas != current:
        return ""
    return workload.writer.manager


def _target_of(policy: ScalingPolicy) -> _Target:
    target: ObjectRef = policy.target
    return (policy.key.namespace, target.api_version.partition("/")[0], target.kind, target.name)
