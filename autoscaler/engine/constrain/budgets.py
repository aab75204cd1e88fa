"""What each rate rule has left to give, one by one: the figures behind the limit that ``rates`` computes."""

from __future__ import annotations

from msgspec import Struct

from autoscaler.engine.constrain.rates import period_ends, period_start, rule_limit
from autoscaler.model.memory import Memory
from autoscaler.model.policy import RateRule, ScalingRules, SelectPolicy
from autoscaler.model.time import Instant


class Budget(Struct, frozen=True, kw_only=True, gc=False):
    """One rate rule at one instant."""

    rule: RateRule
    start: int  #: replicas when the rule's period began
    limit: int  #: the most, or the fewest, replicas that the rule allows now
    left: int  #: replicas that may still be added, or removed, at once
    frees_at: Instant | None  #: when the first change that counts against it leaves its period
    binds: bool  #: whether it is the rule that ``selectPolicy`` picks


def budgets(rules: ScalingRules, memory: Memory, current: int, at: Instant, *, grows: bool) -> tuple[Budget, ...]:
    """Every rule of one direction; none where the direction is disabled."""
    if rules.select_policy is SelectPolicy.DISABLED:
        return ()
    ups, downs = memory.scale_ups, memory.scale_downs
    starts = [period_start(rule, ups, downs, current, at) for rule in rules.rules]
    limits = [rule_limit(rule, start, grows=grows) for rule, start in zip(rules.rules, starts, strict=True)]
    is_most_change = rules.select_policy is SelectPolicy.MAX
    picked = max(limits, default=0) if grows is is_most_change else min(limits, default=0)
    return tuple(
        Budget(
            rule=rule,
            start=start,
            limit=limit,
            left=max(limit - current if grows else current - limit, 0),
            frees_at=next(iter(period_ends(ScalingRules(rules=(rule,)), ups + downs, at)), None),
            binds=limit == picked,
        )
        for rule, start, limit in zip(rules.rules, starts, limits, strict=True)
    )
