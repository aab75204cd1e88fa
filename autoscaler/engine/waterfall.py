"""The way from what the metrics asked for to the answer, with the figures of every step, also of those that let it pass.

A decision records only the steps that changed the number, so that quiet passes stay cheap; this works the others out
from the same inputs, when somebody asks.
"""

from __future__ import annotations

from msgspec import Struct

from autoscaler.engine.constrain.budgets import Budget, budgets
from autoscaler.engine.constrain.rates import (
    scale_down_limit,
    scale_up_limit,
    scale_up_limit_without_behavior,
)
from autoscaler.engine.constrain.stabilize import window_of
from autoscaler.engine.course import lower_bound
from autoscaler.engine.evaluate import seeded
from autoscaler.engine.recommend.calculation import Tolerance, tolerance_of
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig
from autoscaler.model.decision import Decision, Stage
from autoscaler.model.memory import Memory, Recommendation
from autoscaler.model.policy import ScalingPolicy, SelectPolicy
from autoscaler.model.time import Instant, Nanoseconds

#: Steps that upstream takes too; whatever comes after them is ours.
UPSTREAM = frozenset({"metric", "combine", "stabilization", "rate rules", "bounds"})


class Windows(Struct, frozen=True, kw_only=True, gc=False):
    """The stabilization windows. ``up`` is ``None`` on the path without ``behavior``, which has none."""

    up: Nanoseconds | None
    down: Nanoseconds
    remembered: tuple[Recommendation, ...]  #: what lies in the longer of the two, in order of time
    held_by: Recommendation | None  #: what keeps the number from going where the metrics want it


class Rates(Struct, frozen=True, kw_only=True, gc=False):
    """How far the target may move at once in the direction that is asked for.

    ``select`` is ``None`` on the path without ``behavior``, where a fixed rule limits growth and nothing shrinking.
    ``limit`` is ``None`` where there is none.
    """

    grows: bool
    select: SelectPolicy | None
    limit: int | None
    budgets: tuple[Budget, ...] = ()


class Waterfall(Struct, frozen=True, kw_only=True, gc=False):
    """Every step after the metrics. ``rates`` is ``None`` where no change is asked for."""

    tolerance: Tolerance
    current: int
    asked: int  #: by the metrics together
    held: int  #: after the windows
    desired: int  #: after the rules and bounds, before a guarded policy's guards
    windows: Windows
    rates: Rates | None
    low: int
    high: int


def waterfall(
    policy: ScalingPolicy, decision: Decision, memory: Memory, config: ControllerConfig = DEFAULT_CONFIG
) -> Waterfall | None:
    """Work out every step of ``decision``, made with ``memory``. ``None`` where the metrics were not followed at all."""
    if decision.current is None or not any(proposal.replicas is not None for proposal in decision.proposals):
        return None
    if decision.status.metrics is None or _is_refused(decision):
        return None
    memory = seeded(memory, decision.current, decision.at)
    held_at, guarded_at = _stage(decision, "stabilization"), _after_upstream(decision)
    limit_at = _stage(decision, "rate rules") or _stage(decision, "bounds")
    desired = decision.desired if guarded_at is None else guarded_at.before
    held = held_at.after if held_at is not None else limit_at.before if limit_at is not None else desired
    return Waterfall(
        tolerance=tolerance_of(policy, config),
        current=decision.current,
        asked=held if held_at is None else held_at.before,
        held=held,
        desired=desired,
        windows=_windows(policy, memory, config, decision.at, held_at),
        rates=_rates(policy, memory, config, decision, held),
        low=lower_bound(policy),
        high=policy.max_replicas,
    )


def _after_upstream(decision: Decision) -> Stage | None:
    """Give the first step that is not upstream's and has a say in the number: guards, budgets, competitors."""
    return next((one for one in decision.steps if one.stage not in UPSTREAM and one.before != one.after), None)


def _is_refused(decision: Decision) -> bool:
    """Whether a metric failed and the others would shrink, so that nothing was followed."""
    return any(one.reason == "FailedComputeMetricsReplicas" for one in decision.closing)


def _stage(decision: Decision, name: str) -> Stage | None:
    return next((stage for stage in decision.stages if stage.stage == name), None)


def _windows(
    policy: ScalingPolicy, memory: Memory, config: ControllerConfig, at: Instant, held_at: Stage | None
) -> Windows:
    behavior = policy.behavior
    if behavior is None:
        up, down = None, config.downscale_stabilization
    else:
        up = window_of(behavior.scale_up.stabilization_window_seconds, 0)
        down = window_of(behavior.scale_down.stabilization_window_seconds, config.downscale_stabilization)
    since = at - max(up or 0, down)
    entries = memory.recommendations or ()
    inside = (entry for entry in entries if entry.at > since or (behavior is None and entry.at == since))
    return Windows(
        up=up,
        down=down,
        remembered=tuple(sorted(inside, key=lambda entry: entry.at)),
        held_by=None if held_at is None else _holder(held_at, entries),
    )


def _holder(held_at: Stage, entries: tuple[Recommendation, ...]) -> Recommendation | None:
    """The entry that holds: of several made at one instant the one furthest from what is asked for."""
    grows = held_at.after < held_at.before
    made_then = sorted((entry for entry in entries if entry.at == held_at.since), key=lambda entry: entry.replicas)
    return (made_then[0] if grows else made_then[-1]) if made_then else None


def _rates(
    policy: ScalingPolicy, memory: Memory, config: ControllerConfig, decision: Decision, held: int
) -> Rates | None:
    current, at, behavior = decision.current or 0, decision.at, policy.behavior
    if held == current:
        return None
    grows = held > current
    if behavior is None:
        factor, least = config.scale_up_limit_factor, config.scale_up_limit_minimum
        limit = scale_up_limit_without_behavior(current, factor, least) if grows else None
        return Rates(grows=grows, select=None, limit=limit)
    ups, downs = memory.scale_ups, memory.scale_downs
    rules = behavior.scale_up if grows else behavior.scale_down
    if grows:
        limit = max(scale_up_limit(rules, ups, downs, current, at), current)
    else:
        limit = min(scale_down_limit(rules, ups, downs, current, at), current)
    return Rates(
        grows=grows,
        select=rules.select_policy,
        limit=limit,
        budgets=budgets(rules, memory, current, at, grows=grows),
    )
