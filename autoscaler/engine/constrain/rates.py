"""Rate rules: how far a target may move within any period, given what it has moved already.

Both directions look at both lists: a period's starting size is the current one with every recent change undone.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go (convertDesiredReplicasWithBehaviorRate and its limits,
storeScaleEvent), v1.36.2.
"""

from __future__ import annotations

from msgspec import Struct

from autoscaler.model.gonum import INT32_MAX, INT32_MIN, ceil_int32, int32_of, wrap_int32
from autoscaler.model.memory import ScaleEvent
from autoscaler.model.policy import Behavior, RateRule, RateRuleType, ScalingRules, SelectPolicy
from autoscaler.model.time import SECOND, Instant

Events = tuple[ScaleEvent, ...]

_DISABLED, _MIN, _PODS = SelectPolicy.DISABLED, SelectPolicy.MIN, RateRuleType.PODS

SCALE_UP_LIMIT = "ScaleUpLimit"
SCALE_DOWN_LIMIT = "ScaleDownLimit"
TOO_MANY = "TooManyReplicas"
TOO_FEW = "TooFewReplicas"
IN_RANGE = "DesiredWithinRange"

MESSAGES = {
    SCALE_UP_LIMIT: "the desired replica count is increasing faster than the maximum scale rate",
    SCALE_DOWN_LIMIT: "the desired replica count is decreasing faster than the maximum scale rate",
    TOO_MANY: "the desired replica count is more than the maximum replica count",
    TOO_FEW: "the desired replica count is less than the minimum replica count",
    IN_RANGE: "the desired count is within the acceptable range",
}


class Limited(Struct, frozen=True, gc=False):
    """A number inside the limits, and which limit it met."""

    replicas: int
    reason: str


def limit_rate(
    behavior: Behavior, ups: Events, downs: Events, current: int, desired: int, bounds: tuple[int, int], at: Instant
) -> Limited:
    """Hold a change back to what the rate rules and the bounds (min, max) allow.

    No change is not clamped at all, not even to the bounds.
    """
    low, high = bounds
    if desired > current:
        limit = max(scale_up_limit(behavior.scale_up, ups, downs, current, at), current)
        ceiling, reason = (limit, SCALE_UP_LIMIT) if high > limit else (high, TOO_MANY)
        if desired > ceiling:
            return Limited(ceiling, reason)
    elif desired < current:
        limit = min(scale_down_limit(behavior.scale_down, ups, downs, current, at), current)
        floor, reason = (limit, SCALE_DOWN_LIMIT) if low < limit else (low, TOO_FEW)
        if desired < floor:
            return Limited(floor, reason)
    return Limited(desired, IN_RANGE)


def limit_changes_at(
    behavior: Behavior,
    ups: Events,
    downs: Events,
    current: int,
    desired: int,
    bounds: tuple[int, int],
    at: Instant,
    limited: Limited,
) -> Instant | None:
    """When ``limit_rate`` first gives another number than ``limited``, everything but the time staying as it is."""
    if desired == current:
        return None
    rules = behavior.scale_up if desired > current else behavior.scale_down
    for when in period_ends(rules, ups + downs, at):
        if limit_rate(behavior, ups, downs, current, desired, bounds, when).replicas != limited.replicas:
            return when
    return None


def limit_without_behavior(current: int, desired: int, bounds: tuple[int, int], factor: float, least: float) -> Limited:
    """The path of policies without ``behavior``: at most ``factor`` times as many, or ``least``; no limit downwards."""
    low, high = bounds
    limit = scale_up_limit_without_behavior(current, factor, least)
    ceiling, reason = (limit, SCALE_UP_LIMIT) if high > limit else (high, TOO_MANY)
    if desired < low:
        return Limited(low, TOO_FEW)
    if desired > ceiling:
        return Limited(ceiling, reason)
    return Limited(desired, IN_RANGE)


def scale_up_limit_without_behavior(current: int, factor: float, least: float) -> int:
    """The most replicas that one pass may ask for without ``behavior``."""
    return int32_of(max(factor * current, least))


def scale_up_limit(rules: ScalingRules, ups: Events, downs: Events, current: int, at: Instant) -> int:
    """The most replicas that the rules allow now; below ``current`` where recent changes used the periods up."""
    if rules.select_policy is _DISABLED:
        return current
    proposals = [rule_limit(rule, period_start(rule, ups, downs, current, at), grows=True) for rule in rules.rules]
    if rules.select_policy is _MIN:
        return min(proposals, default=INT32_MAX)
    return max(proposals, default=INT32_MIN)


def scale_down_limit(rules: ScalingRules, ups: Events, downs: Events, current: int, at: Instant) -> int:
    """The fewest replicas that the rules allow now. ``Min`` means the least change, so the largest number."""
    if rules.select_policy is _DISABLED:
        return current
    proposals = [rule_limit(rule, period_start(rule, ups, downs, current, at), grows=False) for rule in rules.rules]
    if rules.select_policy is _MIN:
        return max(proposals, default=INT32_MIN)
    return min(proposals, default=INT32_MAX)


def period_start(rule: RateRule, ups: Events, downs: Events, current: int, at: Instant) -> int:
    """How many replicas there were when the rule's period began."""
    added = change_within(ups, rule.period_seconds, at)
    removed = change_within(downs, rule.period_seconds, at)
    return wrap_int32(current - added + removed)


def change_within(events: Events, period_seconds: int, at: Instant) -> int:
    """Replicas changed within the period; an event exactly as old as the period is outside."""
    cutoff = at - period_seconds * SECOND
    total = 0
    for event in events:
        if event.at > cutoff:
            total += event.change
    return total


def period_ends(rules: ScalingRules, events: Events, at: Instant) -> list[Instant]:
    """When, after ``at``, each event leaves each rule's period, in order: until the first of them no limit changes."""
    ends = {event.at + rule.period_seconds * SECOND for rule in rules.rules for event in events}
    return sorted(end for end in ends if end > at)


def remember_event(events: Events, rules: ScalingRules, change: int, at: Instant) -> Events:
    """Store a change: over the last outdated entry if there is one, else at the end.

    Entries older than the longest period of *this* direction are marked outdated; the mark alone never excludes an
    entry from a sum.
    """
    longest = max((rule.period_seconds for rule in rules.rules), default=0)
    cutoff = at - longest * SECOND
    marked = [
        event if event.outdated or event.at >= cutoff else ScaleEvent(event.at, event.change, outdated=True)
        for event in events
    ]
    fresh = ScaleEvent(at, change)
    for index in range(len(marked) - 1, -1, -1):
        if marked[index].outdated:
            marked[index] = fresh
            break
    else:
        marked.append(fresh)
    return tuple(marked)


def rule_limit(rule: RateRule, start: int, *, grows: bool) -> int:
    """The most, or the fewest, replicas that one rule allows, its period having begun with ``start``.

    In upstream's order of operations: percent rounds up when growing, so that 10 percent on 100 gives 111, and
    truncates when shrinking, so that 90 percent off 10 gives 0.
    """
    if rule.type is RateRuleType.PODS:
        return wrap_int32(start + rule.value if grows else start - rule.value)
    share = float(rule.value) / 100
    return ceil_int32(float(start) * (1 + share)) if grows else int32_of(float(start) * (1 - share))
