"""Sections 8 and 9 of the semantics, one sentence a line: windows, rate limits, the storing of history and of events.

Written for the tests from the specification; slow, and shares nothing with ``engine.constrain``.
"""

from __future__ import annotations

from dataclasses import dataclass

from autoscaler.model.memory import Recommendation, ScaleEvent
from autoscaler.model.policy import Behavior, RateRule, ScalingRules
from autoscaler.model.time import SECOND
from tests.engine.oracle_numbers import i32, i32_ceil

LIMIT_FACTOR, LIMIT_MINIMUM = 2.0, 4.0
LEAST, MOST = -(2**31), 2**31 - 1  # of int32: where upstream's search for the extreme begins
DOWNSCALE_WINDOW = 300 * SECOND


@dataclass(frozen=True, kw_only=True)
class Case:
    """What normalization depends on."""

    now: int
    current: int
    asked: int
    low: int
    high: int
    past: list[Recommendation]
    ups: list[ScaleEvent]
    downs: list[ScaleEvent]
    behavior: Behavior | None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Replicas, the reasons of AbleToScale and ScalingLimited with the latter's status, and the history left."""

    replicas: int
    able: str
    limited: str
    is_limited: bool
    past: list[Recommendation]


def normalize(case: Case) -> Answer:
    """Both paths."""
    return _plain(case) if case.behavior is None else _with_behavior(case, case.behavior)


def _plain(case: Case) -> Answer:
    cutoff = case.now - DOWNSCALE_WINDOW
    old = [index for index, entry in enumerate(case.past) if entry.at < cutoff]
    held = max([case.asked, *(entry.replicas for entry in case.past if not entry.at < cutoff)])
    able = "ScaleDownStabilized" if held != case.asked else "ReadyForNewScale"
    up = i32(max(LIMIT_FACTOR * case.current, LIMIT_MINIMUM))
    ceiling, ceiling_reason = (up, "ScaleUpLimit") if case.high > up else (case.high, "TooManyReplicas")
    if held < case.low:
        result, reason = case.low, "TooFewReplicas"
    elif held > ceiling:
        result, reason = ceiling, ceiling_reason
    else:
        result, reason = held, "DesiredWithinRange"
    return Answer(replicas=result, able=able, limited=reason, is_limited=result != held, past=_stored(case, old))


def _with_behavior(case: Case, behavior: Behavior) -> Answer:
    up_window = (behavior.scale_up.stabilization_window_seconds or 0) * SECOND
    down_seconds = behavior.scale_down.stabilization_window_seconds
    down_window = DOWNSCALE_WINDOW if down_seconds is None else down_seconds * SECOND
    up_cut, down_cut = case.now - up_window, case.now - down_window
    up_rec = min([case.asked, *(entry.replicas for entry in case.past if entry.at > up_cut)])
    down_rec = max([case.asked, *(entry.replicas for entry in case.past if entry.at > down_cut)])
    old = [index for index, entry in enumerate(case.past) if entry.at < up_cut and entry.at < down_cut]
    held = case.current
    if held < up_rec:
        held = up_rec
    if held > down_rec:
        held = down_rec
    able = "ReadyForNewScale"
    if held != case.asked:
        able = "ScaleUpStabilized" if case.asked >= case.current else "ScaleDownStabilized"
    result, reason = held, "DesiredWithinRange"
    if held > case.current:
        limit = max(_up_limit(case, behavior.scale_up), case.current)
        ceiling, why = (limit, "ScaleUpLimit") if case.high > limit else (case.high, "TooManyReplicas")
        if held > ceiling:
            result, reason = ceiling, why
    elif held < case.current:
        limit = min(_down_limit(case, behavior.scale_down), case.current)
        floor, why = (limit, "ScaleDownLimit") if case.low < limit else (case.low, "TooFewReplicas")
        if held < floor:
            result, reason = floor, why
    return Answer(replicas=result, able=able, limited=reason, is_limited=result != held, past=_stored(case, old))


def _stored(case: Case, old: list[int]) -> list[Recommendation]:
    """The number asked for, over the last old entry or at the end."""
    past, entry = list(case.past), Recommendation(case.now, case.asked)
    if old:
        past[old[-1]] = entry
    else:
        past.append(entry)
    return past


def _period_start(case: Case, rule: RateRule) -> int:
    since = case.now - rule.period_seconds * SECOND
    added = sum(event.change for event in case.ups if event.at > since)
    removed = sum(event.change for event in case.downs if event.at > since)
    return case.current - added + removed


def _up_limit(case: Case, rules: ScalingRules) -> int:
    proposals = []
    for rule in rules.rules:
        start = _period_start(case, rule)
        percent = i32_ceil(float(start) * (1 + float(rule.value) / 100))
        proposals.append(start + rule.value if rule.type == "Pods" else percent)
    return {"Disabled": case.current, "Min": min(proposals, default=MOST), "Max": max(proposals, default=LEAST)}[
        rules.select_policy
    ]


def _down_limit(case: Case, rules: ScalingRules) -> int:
    proposals = []
    for rule in rules.rules:
        start = _period_start(case, rule)
        percent = i32(float(start) * (1 - float(rule.value) / 100))
        proposals.append(start - rule.value if rule.type == "Pods" else percent)
    return {"Disabled": case.current, "Min": max(proposals, default=LEAST), "Max": min(proposals, default=MOST)}[
        rules.select_policy
    ]


def stored_events(events: list[ScaleEvent], rules: ScalingRules, change: int, now: int) -> list[ScaleEvent]:
    """Section 9.3: one direction's list after a change of ``change`` replicas."""
    longest = max((rule.period_seconds for rule in rules.rules), default=0) * SECOND
    marked = [ScaleEvent(event.at, event.change, event.outdated or event.at < now - longest) for event in events]
    outdated = [index for index, event in enumerate(marked) if event.outdated]
    if outdated:
        marked[outdated[-1]] = ScaleEvent(now, change)
    else:
        marked.append(ScaleEvent(now, change))
    return marked
