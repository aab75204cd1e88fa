"""Bounds and behavior: rules that never act, windows that hold nothing, and directions that are closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from autoscaler.config.lint.finding import Note
from autoscaler.config.lint.manifests import value_at
from autoscaler.config.lint.rule import Notes
from autoscaler.config.lint.scalers import Hpa
from autoscaler.config.lint.surroundings import Surroundings
from autoscaler.engine.constrain.rates import limit_rate, remember_event, rule_limit
from autoscaler.model.memory import ScaleEvent
from autoscaler.model.policy import (
    Behavior,
    ContainerResourceMetric,
    RateRule,
    ResourceMetric,
    ScalingRules,
    SelectPolicy,
)
from autoscaler.model.time import SECOND

_SYNC_PERIOD: Final = 15  #: seconds between two passes, unless the controller is told otherwise
_RESOURCE_RESOLUTION: Final = 15  #: seconds between two samples of metrics-server, as it is shipped
_CUSTOM_RESOLUTION: Final = 60  #: seconds that a custom metric stands for where it does not say
_DEFAULT_WINDOW: Final = 300  #: seconds of the scale-down window where none is written
_LONGEST_LOOK: Final = 7200  #: seconds of a ramp that are worth following
_MOST_COUNTS: Final = 2000  #: replica counts to try a rate rule on
_FULL_TOLERANCE: Final = 1.0
_TINY_TOLERANCE: Final = 0.01


def equal_bounds(hpa: Hpa, _: Surroundings) -> Notes:
    """The minimum and the maximum are the same.

    Why: Nothing can ever be scaled, yet the replicas can no longer be set on the workload.
    Fix: raise maxReplicas, or remove the policy and set the replicas on the workload
    Bad:
        minReplicas: 10
        maxReplicas: 10
    Good:
        minReplicas: 2
        maxReplicas: 10
    """
    if hpa.min_replicas == hpa.max_replicas:
        what = f"minReplicas and maxReplicas are both {hpa.max_replicas}: nothing can scale"
        yield Note(path=hpa.max_path, what=what)


def direction_disabled(hpa: Hpa, _: Surroundings) -> Notes:
    """A direction has selectPolicy Disabled.

    Why: The workload can then only grow, or only shrink: what one peak or one quiet night has set stays for good. The
        bounds still act: outside of them the count jumps back in.
    Fix: use a slow rate rule instead, such as 1 pod in 600 s, unless something else moves the other way
    Bad:
        behavior: {scaleDown: {selectPolicy: Disabled}}
    Good:
        behavior: {scaleDown: {policies: [{type: Pods, value: 1, periodSeconds: 600}]}}
    """
    for path, rules, grows in _directions(hpa):
        if rules.select_policy is SelectPolicy.DISABLED:
            word = "grow" if grows else "shrink"
            yield Note(path=f"{path}.selectPolicy", what=f"Disabled: the workload can never {word}")


def rate_rule_without_effect(hpa: Hpa, _: Surroundings) -> Notes:
    """A rate rule that never decides, because another of the same period always does.

    Why: Max takes the rule that allows the largest change and Min the one that allows the smallest, so a rule that is
        never the largest, or never the smallest, between the bounds does nothing.
    Fix: remove it, or use the other selectPolicy
    Bad:
        behavior:
          scaleUp:
            policies:
            - {type: Pods, value: 4, periodSeconds: 60}
            - {type: Pods, value: 2, periodSeconds: 60}
    Good:
        behavior:
          scaleUp:
            policies:
            - {type: Pods, value: 4, periodSeconds: 60}
            - {type: Percent, value: 100, periodSeconds: 60}
    """
    for path, rules, grows in _directions(hpa):
        counts = _counts(hpa)
        for index, rule in enumerate(_written_rules(hpa, path, rules)):
            rival = _rival(index, rules, counts, grows=grows)
            if rules.select_policy is SelectPolicy.DISABLED:
                yield Note(path=f"{path}.policies[{index}]", what="never acts: selectPolicy is Disabled")
            elif rival is not None:
                what = f"never acts: policies[{rival}] always allows {_more(rules)} in {rule.period_seconds} s"
                yield Note(path=f"{path}.policies[{index}]", what=what)


def period_shorter_than_a_pass(hpa: Hpa, _: Surroundings) -> Notes:
    """A rate rule whose period is shorter than the 15 s between two passes.

    Why: The count changes at most once in a pass, so 5 pods in 5 s are 5 pods in 15 s: a third of the rate that is written.
    Fix: write a period of 15 s or more
    Bad:
        behavior:
          scaleUp: {policies: [{type: Pods, value: 5, periodSeconds: 5}]}
    Good:
        behavior:
          scaleUp: {policies: [{type: Pods, value: 5, periodSeconds: 15}]}
    """
    for path, rules, _grows in _directions(hpa):
        for index, rule in enumerate(_written_rules(hpa, path, rules)):
            if rule.period_seconds < _SYNC_PERIOD:
                what = f"a period of {rule.period_seconds} s is shorter than a pass: it counts as {_SYNC_PERIOD} s"
                yield Note(path=f"{path}.policies[{index}].periodSeconds", what=what)


def scale_down_window_too_short(hpa: Hpa, _: Surroundings) -> Notes:
    """A scale-down window that is no longer than the time between two samples of the metric.

    Why: The window holds the count at the highest recommendation within it. If no earlier sample is within it, one low
        reading removes pods, and the next high one brings them back.
    Fix: write 300, or leave it out: the controller's own window is 300 s
    Bad:
        behavior: {scaleDown: {stabilizationWindowSeconds: 10}}
    Good:
        behavior: {scaleDown: {stabilizationWindowSeconds: 300}}
    """
    window = hpa.behavior.scale_down.stabilization_window_seconds if hpa.behavior is not None else None
    resolution = max((_resolution(metric.metric) for metric in hpa.metrics), default=_RESOURCE_RESOLUTION)
    if window is not None and window <= resolution:
        what = f"a window of {window} s holds no second sample: the metrics bring one in {resolution} s"
        yield Note(path="spec.behavior.scaleDown.stabilizationWindowSeconds", what=what)


def scale_up_window_without_effect(hpa: Hpa, _: Surroundings) -> Notes:
    """A scale-up window that is not 0 but no longer than the 15 s between two passes.

    Why: An earlier recommendation counts only while it is younger than the window, and the last pass was 15 s ago: the
        window holds nothing.
    Fix: write 0, or at least 30
    Bad:
        behavior: {scaleUp: {stabilizationWindowSeconds: 15}}
    Good:
        behavior: {scaleUp: {stabilizationWindowSeconds: 30}}
    """
    window = hpa.behavior.scale_up.stabilization_window_seconds if hpa.behavior is not None else None
    if window and window <= _SYNC_PERIOD:
        what = f"a window of {window} s holds nothing: the last pass was {_SYNC_PERIOD} s ago"
        yield Note(path="spec.behavior.scaleUp.stabilizationWindowSeconds", what=what)


def odd_tolerance(hpa: Hpa, _: Surroundings) -> Notes:
    """A tolerance of 100 % or more, or below 1 %.

    Why: The tolerance is a share of the target. From 1 on, nothing below twice the target adds a pod, or nothing at all
        removes one; below 0.01 the noise of every sample changes the count.
    Fix: write a share of the target: 0.05 is 5 %
    Bad:
        behavior: {scaleUp: {tolerance: 5}}
    Good:
        behavior: {scaleUp: {tolerance: "0.05"}}
    """
    for path, rules, _grows in _directions(hpa):
        if rules.tolerance is None:
            continue
        share = rules.tolerance.as_float()
        if share >= _FULL_TOLERANCE or share < _TINY_TOLERANCE:
            yield Note(
                path=f"{path}.tolerance", what=f"a tolerance of {rules.tolerance} is {share * 100:g} % of the target"
            )


def shrinks_faster_than_it_grows(hpa: Hpa, _: Surroundings) -> Notes:
    """The way from the maximum to the minimum is quicker than the way back.

    Why: Too few pods cost users, too many cost only money. A dip of the load that is shorter than the way back up leaves
        users with too few.
    Fix: let scaleUp be the quicker one: larger rules or shorter periods upwards, a longer window downwards
    Bad:
        behavior:
          scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 300}]}
    Good:
        behavior:
          scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 15}]}
          scaleDown: {policies: [{type: Percent, value: 50, periodSeconds: 60}]}
    """
    if hpa.behavior is None or hpa.min_replicas >= hpa.max_replicas:
        return
    climb = _way(hpa.behavior, hpa.min_replicas, hpa.max_replicas)
    fall = _way(hpa.behavior, hpa.max_replicas, hpa.min_replicas)
    if climb is not None and fall is not None and fall < climb:
        low, high = hpa.min_replicas, hpa.max_replicas
        what = f"{low} to {high} replicas takes {climb} s, {high} to {low} only {fall} s, windows included"
        yield Note(path="spec.behavior", what=what)


def _directions(hpa: Hpa) -> Iterator[tuple[str, ScalingRules, bool]]:
    """Both directions of a behavior that is written: path, rules, and whether it is the way up."""
    if hpa.behavior is not None:
        yield "spec.behavior.scaleUp", hpa.behavior.scale_up, True
        yield "spec.behavior.scaleDown", hpa.behavior.scale_down, False


def _written_rules(hpa: Hpa, path: str, rules: ScalingRules) -> Sequence[RateRule]:
    """The rate rules of the file; those that the API server fills in are nobody's mistake."""
    return rules.rules if value_at(hpa.manifest.value, *path.split("."), "policies") else ()


def _counts(hpa: Hpa) -> Sequence[int]:
    step = max(1, (hpa.max_replicas - hpa.min_replicas) // _MOST_COUNTS)
    return range(max(1, hpa.min_replicas), hpa.max_replicas + 1, step)


def _rival(index: int, rules: ScalingRules, counts: Sequence[int], *, grows: bool) -> int | None:
    """Find the rule of the same period that decides in the place of the one at ``index``, whatever the count."""
    mine = rules.rules[index]
    wants_larger = grows is (rules.select_policy is SelectPolicy.MAX)

    def limits(rule: RateRule) -> list[int]:
        return [rule_limit(rule, count, grows=grows) for count in counts]

    own = limits(mine)
    for other, rule in enumerate(rules.rules):
        if other == index or rule.period_seconds != mine.period_seconds:
            continue
        theirs = limits(rule)
        if theirs == own and other > index:
            continue  # of two that always agree the first one stays
        if all(a >= b if wants_larger else a <= b for a, b in zip(theirs, own, strict=True)):
            return other
    return None


def _more(rules: ScalingRules) -> str:
    return "as much or more" if rules.select_policy is SelectPolicy.MAX else "as little or less"


def _resolution(metric: object) -> int:
    return _RESOURCE_RESOLUTION if isinstance(metric, ResourceMetric | ContainerResourceMetric) else _CUSTOM_RESOLUTION


def _way(behavior: Behavior, start: int, goal: int) -> int | None:
    """How long the way takes if the metrics ask for the goal at once [s]; ``None`` where it is longer than two hours."""
    rules = behavior.scale_up if goal > start else behavior.scale_down
    window = rules.stabilization_window_seconds
    waited = window if window is not None else _DEFAULT_WINDOW
    bounds = (min(start, goal), max(start, goal))
    events: dict[bool, tuple[ScaleEvent, ...]] = {True: (), False: ()}
    count, grows = start, goal > start
    for second in range(0, _LONGEST_LOOK, _SYNC_PERIOD):
        at = second * SECOND
        reached = limit_rate(behavior, events[True], events[False], count, goal, bounds, at).replicas
        if reached == goal:
            return waited + second
        if reached != count:
            events[grows] = remember_event(events[grows], rules, abs(reached - count), at)
            count = reached
    return None
