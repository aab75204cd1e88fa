"""The controller: events in, instructions out. It reads no clock and does no I/O; a driver does both for it.

One pass of a policy:

    EvaluationDue  ->  Observe
    TargetObserved ->  Announce*, WriteScale           where the size is to change, else straight on to
    ScaleWritten   ->  Announce*, Record, WriteStatus?, Announce*
    StatusRefused  ->  Announce, Record                with the error that replaces the pass's own, where it does

A driver carries instructions out in order, and hands in each answer, and carries out what that returns, before it goes
on with the next: so the order of events is upstream's, also when a status write fails.
"""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from autoscaler.control.ambiguity import SelectorIndex
from autoscaler.control.budgets import SharedBudgets
from autoscaler.control.competition import Competitors
from autoscaler.control.halting import Halting
from autoscaler.control.messages import (
    Announce,
    EvaluationDue,
    Event,
    Instruction,
    Observe,
    PassAbandoned,
    PolicyAccepted,
    PolicyWithdrawn,
    Record,
    ScaleConflicted,
    ScaleRefused,
    ScaleWritten,
    StatusRefused,
    StatusWrittenElsewhere,
    TargetAppeared,
    TargetObserved,
    WriteScale,
    WritesHalted,
    WritesResumed,
    WriteStatus,
)
from autoscaler.control.past import Past
from autoscaler.control.tracked import Pass, Tracked
from autoscaler.engine.adopt import adopt
from autoscaler.engine.course import Course, course_of
from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.promises import broken_promise
from autoscaler.engine.settle import settle, with_status
from autoscaler.engine.statuses import same_status
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig
from autoscaler.model.decision import Announcement, Decision, ErrorKind, PolicyStatus, WriteOutcome, WriteResult
from autoscaler.model.memory import Memory
from autoscaler.model.observation import Observation, Scale
from autoscaler.model.policy import Mode, PolicyKey, ScalingPolicy

WRITE_ATTEMPTS = 5
"""How often one size is tried while others write the same scale in between: upstream's retry on conflict."""

_PAUSED, _OBSERVE, _COMPUTE = Mode.PAUSED, Mode.OBSERVE, Course.COMPUTE
_NOT_NEEDED = WriteOutcome(result=WriteResult.NOT_NEEDED)
_WITHHELD = WriteOutcome(result=WriteResult.WITHHELD)
_WRITTEN = WriteOutcome(result=WriteResult.WRITTEN)

Instructions = tuple[Instruction, ...]


class Controller:
    """Holds what is known of each policy, and nothing else."""

    def __init__(self, config: ControllerConfig = DEFAULT_CONFIG) -> None:
        self._config = config
        self._tracked: dict[PolicyKey, Tracked] = {}
        self._selectors = SelectorIndex()
        self._halting = Halting()
        self._budgets = None if config.budgets.are_off else SharedBudgets(config)
        self._competitors = Competitors()

    @property
    def policies(self) -> tuple[PolicyKey, ...]:
        """Keys of every policy in force."""
        return tuple(self._tracked)

    def memory_of(self, key: PolicyKey) -> Memory | None:
        """What is remembered of a policy, to be kept across restarts; ``None``: no such policy."""
        tracked = self._tracked.get(key)
        return None if tracked is None else tracked.memory

    def past_of(self, key: PolicyKey) -> Past | None:
        """The last pass of a policy, with what it was decided with; ``None``: there was none yet."""
        tracked = self._tracked.get(key)
        if tracked is None or tracked.last is None or tracked.explained_by is None:
            return None
        run = tracked.explained_by
        return Past(record=tracked.last, policy=run.policy, memory=run.before, config=self._config)

    def remembered(self) -> tuple[tuple[ScalingPolicy, Memory], ...]:
        """Give every policy in force and what is remembered of it."""
        return tuple((tracked.policy, tracked.memory) for tracked in self._tracked.values())

    def handle(self, event: Event) -> Instructions:
        """Take one event in and say what is to be done about it. An event of an unknown policy means nothing."""
        match event:
            case EvaluationDue():
                return self._begin(event)
            case TargetObserved():
                return self._decide(event)
            case PolicyAccepted():
                return self._accept(event)
            case PolicyWithdrawn():
                return self._withdraw(event.key)
            case ScaleWritten():
                return self._conclude(event.key, _WRITTEN)
            case ScaleConflicted():
                return self._retry(event)
            case ScaleRefused():
                return self._conclude(event.key, WriteOutcome(result=WriteResult.FAILED, error=event.error))
            case StatusRefused():
                return self._amend(event)
            case StatusWrittenElsewhere():
                return self._adopt(event)
            case TargetAppeared(key=key):
                if key in self._tracked:
                    self._tracked[key].absence = None
                return ()
            case PassAbandoned():
                return self._abandon(event.key)
            case WritesHalted(halt=halt):
                self._halting.throw(halt)
                return ()
            case WritesResumed():
                self._halting.release()
                return ()
            case _:
                assert_never(event)

    def _accept(self, event: PolicyAccepted) -> Instructions:
        """Put a policy in force. What is remembered stays, unless the object is another one of the same name."""
        key = event.policy.key
        self._competitors.follow(event.policy)
        known = self._tracked.get(key)
        if known is None:
            self._tracked[key] = Tracked.fresh(event.policy, event.status, event.memory)
            self._selectors.register(key)
            self._halting.follow(key, self._tracked[key].memory.status)
            if self._budgets is not None:
                self._budgets.recall(key, self._tracked[key].memory)
        elif known.policy.uid == event.policy.uid:
            known.policy, known.absence = event.policy, None
        else:
            self._tracked[key] = Tracked.fresh(event.policy, event.status or PolicyStatus(), known.memory)
        return ()

    def _withdraw(self, key: PolicyKey) -> Instructions:
        self._tracked.pop(key, None)
        self._selectors.forget(key)
        self._halting.forget(key)
        self._competitors.forget(key)
        if self._budgets is not None:
            self._budgets.forget(key)
        return ()

    def _begin(self, event: EvaluationDue) -> Instructions:
        """Start a pass, unless the policy is paused or its last pass still waits for an answer."""
        tracked = self._tracked.get(event.key)
        if tracked is None or tracked.policy.mode is _PAUSED or tracked.is_busy or tracked.is_waiting(event.at):
            return ()
        policy = tracked.policy
        tracked.observing = policy
        return (Observe(key=policy.key, target=policy.target, metrics=policy.metrics, at=event.at),)

    def _decide(self, event: TargetObserved) -> Instructions:
        tracked = self._tracked.get(event.key)
        if tracked is None or tracked.observing is None:
            return ()
        # Readings answer the metrics that were asked for; what may be written is what holds now.
        policy, tracked.observing = tracked.observing, None
        mode = tracked.policy.mode
        if mode is _PAUSED:
            return ()
        tracked.current = self._pass(policy, mode, tracked.met(event.observation), tracked.memory)
        told = () if mode is _OBSERVE else _told(event.key, tracked.current.decision.announcements)
        followed = self._follow(tracked.current)
        return (*told, *followed) if told else followed

    def _pass(self, policy: ScalingPolicy, mode: Mode, observation: Observation, memory: Memory) -> Pass:
        """Decide, once it is known who else has a say."""
        competition = self._competitors.seen(policy, observation)
        if competition is not None:
            observation = replace(observation, competition=competition)
        observation = self._with_rivals(policy, memory, observation)
        decision, after = evaluate(policy, observation, memory, self._config)
        if self._budgets is not None:
            decision = self._budgets.allow(decision, spends=mode is not _OBSERVE)
        return Pass(policy, mode, observation, decision, after, memory)

    def _follow(self, run: Pass) -> Instructions:
        """Write what was decided, or end the pass where there is nothing to write."""
        outcome = self._outcome_without_write(run.policy, run.mode, run.decision)
        if outcome is None and isinstance(run.observation.scale, Scale):
            return (_write(run, run.observation.scale),)
        return self._conclude(run.policy.key, outcome or _NOT_NEEDED)

    def _outcome_without_write(self, policy: ScalingPolicy, mode: Mode, decision: Decision) -> WriteOutcome | None:
        """Why nothing is to be written; ``None``: it is. A decision that breaks a promise of ours is never written."""
        if not decision.rescale:
            return _NOT_NEEDED
        broken = broken_promise(policy, decision, self._config)
        if broken:
            return WriteOutcome(result=WriteResult.FAILED, error=f"not written, this would be a defect: {broken}")
        return _WITHHELD if mode is _OBSERVE else self._halting.outcome(decision.at)

    def _with_rivals(self, policy: ScalingPolicy, memory: Memory, observation: Observation) -> Observation:
        """Note the selector of this pass, and who else selects its pods, if the pass looks at pods at all."""
        scale, key = observation.scale, policy.key
        if not isinstance(scale, Scale) or not scale.selector or self._selectors.is_settled(key, scale.selector):
            return observation
        if course_of(policy, scale.spec_replicas, memory.status, self._config) is not _COMPUTE:
            return observation
        self._selectors.update(key, scale.selector)
        rivals = self._selectors.rivals(key.namespace, observation.pods)
        return replace(observation, rivals=rivals) if rivals else observation

    def _retry(self, event: ScaleConflicted) -> Instructions:
        """Write the *same* size onto the scale as it is now, as upstream does; a guarded policy decides anew."""
        tracked = self._tracked.get(event.key)
        if tracked is None or tracked.current is None:
            return ()
        if halted := self._halting.outcome(tracked.current.decision.at):
            return self._conclude(event.key, halted)
        tracked.current.attempts += 1
        if tracked.current.attempts >= WRITE_ATTEMPTS:
            return self._conclude(event.key, WriteOutcome(result=WriteResult.FAILED, error=event.error))
        run = tracked.current
        if run.policy.guarding is None or not isinstance(run.observation.scale, Scale):
            return (_write(run, event.fresh),)
        if event.fresh.spec_replicas == run.observation.scale.spec_replicas:
            return (_write(run, event.fresh),)
        seen = replace(run.observation, scale=event.fresh, competition=None, rivals=())
        tracked.current = replace(self._pass(run.policy, run.mode, seen, run.before), attempts=run.attempts)
        return self._follow(tracked.current)

    def _conclude(self, key: PolicyKey, outcome: WriteOutcome) -> Instructions:
        """End a pass: remember, announce, record, write the status if it changed."""
        tracked = self._tracked.get(key)
        if tracked is None or tracked.current is None:
            return ()
        run, tracked.current = tracked.current, None
        settlement, tracked.memory = settle(run.policy, run.decision, run.memory, outcome, self._config)
        if self._halting.matters and run.mode is not _OBSERVE:
            settlement = self._halting.shown(key, settlement, run.decision.at)
            tracked.memory = with_status(tracked.memory, settlement.status)
        record = Record(
            key=key, observation=run.observation, decision=run.decision, outcome=outcome, settlement=settlement
        )
        tracked.last, tracked.explained_by = record, run
        self._competitors.settled(key, run.decision, outcome)
        if self._budgets is not None:
            self._budgets.settle(key, outcome)
        if run.mode is _OBSERVE:
            tracked.keep_status_of_others()
            return (record,)
        before, after = _told(key, settlement.announcements), _told(key, run.decision.closing)
        if tracked.written is not None and same_status(tracked.written, settlement.status):
            return (*before, record, *after)
        tracked.written_before, tracked.written = tracked.written, settlement.status
        return (*before, record, WriteStatus(key=key, status=settlement.status), *after)

    def _adopt(self, event: StatusWrittenElsewhere) -> Instructions:
        """Go on from what the controller in charge wrote and did; the next pass starts from it, as its own does."""
        tracked = self._tracked.get(event.key)
        if tracked is not None:
            tracked.others = event.status
            tracked.memory = adopt(tracked.policy, tracked.memory, event.status, event.at)
        return ()

    def _abandon(self, key: PolicyKey) -> Instructions:
        """Free a policy for its next pass; what the abandoned one decided is forgotten."""
        tracked = self._tracked.get(key)
        if tracked is not None:
            tracked.observing = tracked.current = None
            if self._budgets is not None:
                self._budgets.settle(key, _WRITTEN)  # for all that is known it was
        return ()

    def _amend(self, event: StatusRefused) -> Instructions:
        """The status could not be written: the next pass starts from what the object still holds."""
        tracked = self._tracked.get(event.key)
        if tracked is None or tracked.last is None:
            return ()
        tracked.revert_status()
        told = Announcement(type="Warning", reason="FailedUpdateStatus", message=event.error)
        announce = Announce(key=event.key, announcement=told)
        last = tracked.last
        if last.decision.closing or last.decision.current is None or last.outcome.result is WriteResult.FAILED:
            return (announce,)  # a pass that failed before keeps its own error
        settlement = replace(
            last.settlement,
            error=f"failed to update status for {event.key.name}: {event.error}",
            error_kind=ErrorKind.INTERNAL,
        )
        tracked.last = replace(last, settlement=settlement, amends=True)
        return (announce, tracked.last)


def _told(key: PolicyKey, announcements: tuple[Announcement, ...]) -> Instructions:
    return tuple(Announce(key=key, announcement=one) for one in announcements) if announcements else ()


def _write(run: Pass, scale: Scale) -> WriteScale:
    return WriteScale(
        key=run.policy.key,
        target=run.policy.target,
        replicas=run.decision.desired,
        resource_version=scale.resource_version,
    )
