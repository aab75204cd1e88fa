"""How a decision came about, step by step: metrics, combination, windows, rate rules, bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from autoscaler.cli.evaluation_layout import Clock, counted, row
from autoscaler.config.durations import print_duration
from autoscaler.engine.constrain.budgets import Budget
from autoscaler.engine.explain import metric_label
from autoscaler.engine.explained import Explained
from autoscaler.engine.recommend.calculation import Tolerance
from autoscaler.engine.waterfall import UPSTREAM, Rates, Waterfall
from autoscaler.model.decision import PodCounts, Proposal, Stage
from autoscaler.model.policy import RateRuleType, SelectPolicy

#: What a step is called here, where its own name says too little.
_NAMES = {"competition": "others"}


def steps(explained: Explained, clock: Clock) -> Iterator[str]:
    """Every step, one row each, the answer last."""
    decision = explained.decision
    for proposal in decision.proposals:
        yield from row(metric_label(proposal.name), *_asked(proposal, explained.tolerance))
    if explained.waterfall is not None:
        yield from _Rules(explained, explained.waterfall, clock).rows()
    else:
        yield from _settled(decision.stages)
    if decision.error and not decision.proposals:
        yield from row("error", decision.error)
    change = f"from {decision.current}" if decision.rescale else "no change"
    answer = "none" if decision.current is None else f"{decision.desired} ({change})"
    yield from row("answer", f"{answer}: {decision.reason}")


def _settled(stages: tuple[Stage, ...]) -> Iterator[str]:
    """What settled the number where the metrics were not followed."""
    for stage in stages:
        if stage.stage != "metric":
            name = "combined" if stage.stage == "combine" else stage.stage
            moved = f"{stage.after}" if stage.before == stage.after else f"{stage.before} -> {stage.after}"
            yield from row(name, f"{moved}: {stage.why}")


def _asked(proposal: Proposal, band: Tolerance) -> Iterator[str]:
    if proposal.replicas is None:
        yield f"cannot be read: {proposal.error}"
        return
    ratio = math.nan if proposal.ratio is None else proposal.ratio
    side = "within" if band.holds(ratio) else "outside"
    tolerance = f"the tolerance of {band.low:g} to {band.high:g}"
    yield f"{proposal.observed} against {proposal.target}: ratio {ratio:.3f}, {side} {tolerance}"
    if proposal.pods is not None:
        yield f"pods: {_groups(proposal.pods)}"
    if proposal.adjusted_ratio is not None:
        yield f"with {_filled(proposal, ratio)}: ratio {proposal.adjusted_ratio:.3f}"
    yield f"asks for {proposal.replicas}: {proposal.note}"


def _groups(pods: PodCounts) -> str:
    groups = (
        (pods.ready, "counted"),
        (pods.missing, "without a sample"),
        (pods.unready, "not ready, or too young to trust"),
        (pods.ignored, "failed or leaving, ignored"),
    )
    return ", ".join(f"{number} {what}" for number, what in groups if number)


def _filled(proposal: Proposal, ratio: float) -> str:
    """Say what pods without a usable sample are taken to use: whatever makes the change smaller."""
    if ratio > 1:
        return "the others taken to be idle"
    if ratio < 1:
        amount = "their whole request" if proposal.observed.endswith("%") else "just the target"
        return f"those without a sample taken to use {amount}"
    return "nothing filled in, the ratio being 1"


@dataclass(frozen=True, slots=True)
class _Rules:
    """The steps after the metrics, also those that let the number pass."""

    explained: Explained
    steps: Waterfall
    clock: Clock

    def rows(self) -> Iterator[str]:
        proposals = self.explained.decision.proposals
        failed = sum(one.replicas is None for one in proposals)
        if len(proposals) > 1:
            unless = f"; {failed} of {len(proposals)} metrics failed, so nothing may shrink" if failed else ""
            yield from row("combined", f"{self.steps.asked}: the largest proposal counts{unless}")
        yield from row("stabilization", self._stabilization())
        yield from row("rate rules", *self._rates())
        yield from row("bounds", self._bounds())
        if self.explained.policy.guarding is not None:
            yield from row("guards", *self._guards())
        for stage in self.explained.decision.steps:
            if stage.stage not in UPSTREAM and stage.stage != "guards":
                yield from row(_NAMES.get(stage.stage, stage.stage), self._moved_by(stage))

    def _guards(self) -> Iterator[str]:
        stages = [one for one in self.explained.decision.stages if one.stage == "guards"]
        if not stages:
            yield f"{self.steps.desired} stands"
        yield from map(self._moved_by, stages)

    def _moved_by(self, stage: Stage) -> str:
        until = "" if stage.until is None else f", for {self.clock.until(stage.until)}"
        moved = f"{stage.before} -> {stage.after}" if stage.before != stage.after else f"{stage.after} stays"
        return f"{moved}: {stage.why}{until}"

    def _stabilization(self) -> str:
        now, windows = self.steps, self.steps.windows
        stage = next((one for one in self.explained.decision.stages if one.stage == "stabilization"), None)
        held = windows.held_by
        if stage is None or stage.until is None or held is None:
            span = f"{print_duration(windows.down)} down"
            span = span if windows.up is None else f"{print_duration(windows.up)} up, {span}"
            many = len(windows.remembered)
            return f"{now.asked} stands: {counted(many, 'recommendation') if many else 'nothing'} remembered ({span})"
        direction, length = ("down", windows.down) if now.held > now.asked else ("up", windows.up or 0)
        return (
            f"{now.asked} -> {now.held}: {held.replicas} was asked for {self.clock.ago(held.at)}, and the "
            f"scale-{direction} window of {print_duration(length)} remembers it for {self.clock.until(stage.until)}"
        )

    def _rates(self) -> Iterator[str]:
        rates, held = self.steps.rates, self.steps.held
        if rates is None:
            yield "nothing to limit: no change is asked for"
            return
        direction, limit = "up" if rates.grows else "down", rates.limit
        if limit is None:
            yield f"{held} stands: without `behavior` nothing limits scaling {direction}"
            return
        moved = self._moved(limit)
        if rates.select is SelectPolicy.DISABLED:
            yield f"{moved}: scaling {direction} is disabled"
        elif rates.select is None:
            yield f"{moved}: without `behavior` at most {limit} at once"
        else:
            yield f"{moved}: the rules for scaling {direction} allow {limit} now"
            yield from (self._budget(budget, rates) for budget in rates.budgets)

    def _moved(self, limit: int) -> str:
        held = self.steps.held
        if self._before_bounds() != held:
            return f"{held} -> {limit}"
        rates = self.steps.rates
        is_beyond = held > limit if rates is not None and rates.grows else held < limit
        return f"{held} is left to the bounds" if is_beyond else f"{held} stands"

    def _budget(self, budget: Budget, rates: Rates) -> str:
        rule = budget.rule
        what = f"{rule.value}%" if rule.type is RateRuleType.PERCENT else counted(rule.value, "pod")
        more = "" if budget.frees_at is None else f", more {self.clock.when(budget.frees_at)}"
        picked = f" <- {rates.select}" if budget.binds and len(rates.budgets) > 1 else ""
        began = f"{budget.start} when the period began, so {budget.limit}"
        return f"  {what} per {rule.period_seconds}s: {began}; {budget.left} left{more}{picked}"

    def _bounds(self) -> str:
        low, high, desired = self.steps.low, self.steps.high, self.steps.desired
        before = self._before_bounds()
        if desired != before:
            return f"{before} -> {desired}: {'maxReplicas' if desired < before else 'minReplicas'} is {desired}"
        return f"{desired} is {'within' if low <= desired <= high else 'outside'} {low} to {high}"

    def _before_bounds(self) -> int:
        rates, held = self.steps.rates, self.steps.held
        if rates is None or rates.limit is None or self._bounds_come_first(rates.limit):
            return held
        return min(held, rates.limit) if rates.grows else max(held, rates.limit)

    def _bounds_come_first(self, limit: int) -> bool:
        """Whether the bounds leave no more room than the rules: then they are what is named, as upstream does."""
        rates = self.steps.rates
        return limit >= self.steps.high if rates is not None and rates.grows else limit <= self.steps.low
