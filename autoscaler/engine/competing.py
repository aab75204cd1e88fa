"""What becomes of a decision while something else sets the same replicas: nothing is written, and everybody is told."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from autoscaler.engine.conditions import FALSE, TRUE, conditions_of, set_condition
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import Announcement, Decision, ErrorKind, Reason, Stage
from autoscaler.model.observation import Observation
from autoscaler.model.policy import Mode, ScalingPolicy
from autoscaler.model.target import Competition, ForeignChange, OtherScaler

CONFLICT = "Conflict"
COMPETITION = "competition"


def yielded(policy: ScalingPolicy, observation: Observation, decision: Decision, config: ControllerConfig) -> Decision:
    """Give the decision as competitors leave it; where the policy only observes, with a word about them."""
    competition = observation.competition
    if competition is None or decision.current is None:
        return decision
    if policy.mode is Mode.OBSERVE:
        words = f"{_they_scale(competition.others, policy)}: with --apply nothing would be written"
        return _noted(decision, words) if competition.others else decision
    if not competition.forbids:
        return _in_peace(policy, _changed(decision, competition.change), config)
    return _changed(_stopped(policy, competition, decision, config), competition.change)


def _stopped(policy: ScalingPolicy, competition: Competition, decision: Decision, config: ControllerConfig) -> Decision:
    """Leave the target as it is."""
    current = decision.current or 0
    words, reason = _told(policy, competition)
    conditions = conditions_of(decision.status, policy, config)
    known = next((each for each in conditions if each.type == CONFLICT), None)
    is_news = known is None or known.status != TRUE or known.message != words
    set_condition(conditions, CONFLICT, TRUE, reason, words, decision.at)
    told = Announcement(type="Warning", reason="ConflictingAutoscaler", message=words)
    stage = Stage(stage=COMPETITION, before=decision.desired, after=current, why=words, until=competition.until)
    return replace(
        decision,
        desired=current,
        rescale=False,
        reason=Reason.AMBIGUOUS,
        steps=(*decision.steps, stage),
        announcements=(*decision.announcements, told) if is_news else decision.announcements,
        status=replace(decision.status, desired_replicas=current, conditions=tuple(conditions)),
        error=decision.error or words,
        error_kind=decision.error_kind if decision.error else ErrorKind.SPEC,
        next_possible_change_at=competition.until,
    )


def _told(policy: ScalingPolicy, competition: Competition) -> tuple[str, str]:
    """Give the words, and the condition's reason."""
    if competition.others:
        which = "one of the two has" if len(competition.others) == 1 else "all but one have"
        return f"{_they_scale(competition.others, policy)}, so nothing is written: {which} to go", "OtherAutoscaler"
    undone = f"{competition.writer} keeps undoing what is written to {policy.target.kind} {policy.target.name}"
    return f"{undone}, so it is left alone for a while: one of the two must not set replicas", "ForeignWriter"


def _they_scale(others: Sequence[OtherScaler], policy: ScalingPolicy) -> str:
    names = " and ".join(map(str, others))
    return f"{names} {'scales' if len(others) == 1 else 'scale'} {policy.target.kind} {policy.target.name} too"


def _in_peace(policy: ScalingPolicy, decision: Decision, config: ControllerConfig) -> Decision:
    """Take the condition back, if there is one."""
    if not any(each.type == CONFLICT and each.status == TRUE for each in decision.status.conditions):
        return decision
    conditions = conditions_of(decision.status, policy, config)
    set_condition(conditions, CONFLICT, FALSE, "NoConflict", "nothing else sets the target's replicas", decision.at)
    return replace(decision, status=replace(decision.status, conditions=tuple(conditions)))


def _changed(decision: Decision, change: ForeignChange | None) -> Decision:
    """Note that the number is not the one that was left."""
    if change is None or (change.after == 0 and change.manager):  # a zero is told all the time that it lasts
        return decision
    return _noted(decision, f"its replicas were changed from {change.before} to {change.after} by {change.author}")


def _noted(decision: Decision, words: str) -> Decision:
    current = decision.current or 0
    return replace(decision, steps=(*decision.steps, Stage(stage="target", before=current, after=current, why=words)))
