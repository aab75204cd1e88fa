"""Compare our pass with what the built-in controller wrote at about that time, and say of which kind a difference is.

Compared are the number of replicas and the conditions' status and reason; messages hold measured values, which differ
with the moment of looking.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from autoscaler.engine.conditions import ABLE_TO_SCALE, SCALING_ACTIVE, SCALING_LIMITED, TRUE
from autoscaler.engine.explain import sentence
from autoscaler.model.comparison import Said, Verdict
from autoscaler.model.decision import Condition, Decision, MetricStatus, PolicyStatus, WriteOutcome, WriteResult

_COMPARED = (ABLE_TO_SCALE, SCALING_ACTIVE, SCALING_LIMITED)
#: What a status says when nothing is remarkable.
_USUAL = frozenset({"SucceededGetScale", "ReadyForNewScale", "ValidMetricFound", "DesiredWithinRange"})
#: Stages, and reasons in a status, that come from what a controller remembers.
_REMEMBERING = ("stabilization", "rate rules")
_REMEMBERED = ("Stabilized", "ScaleUpLimit", "ScaleDownLimit")
#: Reasons that come from what it recommends, remembered or not.
_BINDING = (*_REMEMBERED, "TooManyReplicas", "TooFewReplicas")
_UNREADABLE = (f"{ABLE_TO_SCALE}=False FailedGetScale", f"{SCALING_ACTIVE}=False FailedGet")
#: In the status of a pass that changes the size, in place of what stood there before.
_RESCALED = f"{ABLE_TO_SCALE}={TRUE} SucceededRescale"


class Circumstances(Struct, frozen=True, kw_only=True, gc=False):
    """What happened around a pass, that may explain a difference.

    ``is_young``: we may not remember yet all that they do. ``was_edited``: the policy changed at that time.
    ``was_rescaled``: they changed the size within the time that is remembered.
    """

    is_young: bool = False
    was_edited: bool = False
    was_rescaled: bool = False


_ORDINARY = Circumstances()


def said_by_us(decision: Decision, outcome: WriteOutcome) -> Said:
    """What our pass would have put into the status, had it been allowed to write."""
    status = decision.status
    return Said(
        current=decision.current,
        desired=status.desired_replicas,
        conditions=tuple(_stated(one, rescaled=decision.rescale) for one in _compared(status)),
        measured=_measured(status),
        held=any(stage.stage in _REMEMBERING and stage.before != stage.after for stage in decision.stages),
        why=sentence(decision, WriteOutcome(result=WriteResult.WITHHELD) if decision.rescale else outcome),
    )


def said_by_them(status: PolicyStatus) -> Said | None:
    """What the status says; ``None`` while no controller has written one."""
    if not status.conditions:
        return None
    telling = [one for one in status.conditions if one.reason not in _USUAL] or status.conditions[:1]
    return Said(
        current=status.current_replicas,
        desired=status.desired_replicas,
        conditions=tuple(_stated(one) for one in _compared(status)),
        measured=_measured(status),
        held=any(one.reason.endswith(_REMEMBERED) for one in _compared(status)),
        why="; ".join(f"{one.reason}: {one.message}" for one in telling),
    )


def judge(
    ours: Said, around: Sequence[Said], theirs: Sequence[Said], circumstances: Circumstances = _ORDINARY
) -> tuple[Verdict, Said | None]:
    """Give the verdict, and which of the other controller's answers it is about.

    ``around``: our own answers within a period before and after; ``theirs``: all that theirs said within that time,
    oldest first.
    """
    if not theirs:
        return Verdict.SILENT, None
    nearest = min(reversed(theirs), key=lambda said: _distance(ours, said))
    if _distance(ours, nearest) == (0, False):
        return Verdict.AGREED, nearest
    if circumstances.was_edited:
        return Verdict.EDITED, nearest
    if is_unread(ours) != is_unread(nearest):
        return Verdict.UNREAD, nearest
    if _is_of_another_moment(ours, nearest, around, theirs):
        return Verdict.PHASE, nearest
    is_same_number = ours.desired == nearest.desired
    if circumstances.is_young and (ours.held or nearest.held):
        return Verdict.START, nearest
    if circumstances.was_rescaled and is_same_number and _gives(_BINDING, ours, nearest):
        # What is recommended depends on the size at that moment: around a change the two remember different numbers.
        return Verdict.PHASE, nearest
    return (Verdict.CONDITIONS if is_same_number else Verdict.REPLICAS), nearest


def is_unread(said: Said) -> bool:
    """Whether the controller could not read the target, or a metric that it needed."""
    return any(condition.startswith(_UNREADABLE) for condition in said.conditions)


def _distance(ours: Said, theirs: Said) -> tuple[int, bool]:
    return abs(ours.desired - theirs.desired), ours.conditions != theirs.conditions


def _is_of_another_moment(ours: Said, nearest: Said, around: Sequence[Said], theirs: Sequence[Said]) -> bool:
    """Whether what one said lies between what the other said just before and after: they looked at other moments."""
    if ours.desired == nearest.desired:
        return ours.current != nearest.current or any(said.conditions == nearest.conditions for said in around)
    return _spans(around, nearest.desired) or _spans(theirs, ours.desired)


def _spans(answers: Sequence[Said], desired: int) -> bool:
    numbers = [said.desired for said in answers]
    return bool(numbers) and min(numbers) <= desired <= max(numbers)


def _gives(reasons: tuple[str, ...], *answers: Said) -> bool:
    return any(condition.endswith(reasons) for said in answers for condition in said.conditions)


def _compared(status: PolicyStatus) -> list[Condition]:
    """The conditions that both write, in one order: theirs depends on a history longer than ours."""
    known = {condition.type: condition for condition in status.conditions}
    return [known[name] for name in _COMPARED if name in known]


def _stated(condition: Condition, *, rescaled: bool = False) -> str:
    if rescaled and condition.type == ABLE_TO_SCALE:
        return _RESCALED
    return f"{condition.type}={condition.status} {condition.reason}"


def _measured(status: PolicyStatus) -> tuple[str, ...]:
    return tuple(_figure(metric) for metric in status.metrics or ())


def _figure(metric: MetricStatus) -> str:
    if metric.average_utilization is not None:
        return f"{metric.average_utilization}%"
    value = metric.average_value if metric.average_value is not None else metric.value
    return "unread" if value is None else str(value)
