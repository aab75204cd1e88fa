"""Two controllers of one policy in virtual time: one acts, the other shadows it half a period later or so.

Everything the shadow learns comes as from the API: the scale as it is, the metrics of its own moment, and the status of
the object, written in whole seconds and only when it changed. Equal controllers must never differ without an explanation.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from autoscaler.config.hpa_status import status_from_object, status_to_object
from autoscaler.control.controller import Controller
from autoscaler.control.messages import (
    EvaluationDue,
    Instruction,
    Observe,
    PolicyAccepted,
    Record,
    ScaleWritten,
    StatusWrittenElsewhere,
    TargetObserved,
    WriteScale,
    WriteStatus,
)
from autoscaler.control.shadowing import Shadowing
from autoscaler.engine.adopt import history_needed
from autoscaler.model.comparison import Comparison, Verdict
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig
from autoscaler.model.observation import ExternalReading, NoReading, Observation, Reading, Scale
from autoscaler.model.policy import (
    Behavior,
    ExternalMetric,
    MetricName,
    MetricTarget,
    Mode,
    ObjectRef,
    PolicyKey,
    RateRule,
    RateRuleType,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import HOUR, MILLISECOND, MINUTE, SECOND, Instant

KEY = PolicyKey(namespace="shop", name="web")
PERIOD = DEFAULT_CONFIG.sync_period
LATENCY = 40 * MILLISECOND  # of a status from its writer to the shadow
SCRAPE = 30 * SECOND  # the metrics stand still in between


def rules(window: int | None, *pairs: tuple[RateRuleType, int, int], select: SelectPolicy = SelectPolicy.MAX):
    made = tuple(RateRule(type=kind, value=value, period_seconds=period) for kind, value, period in pairs)
    return ScalingRules(stabilization_window_seconds=window, rules=made, select_policy=select)


PODS, PERCENT = RateRuleType.PODS, RateRuleType.PERCENT
BEHAVIORS = {
    "upstreams-defaults": Behavior(
        scale_up=rules(0, (PERCENT, 100, 15), (PODS, 4, 15)), scale_down=rules(None, (PERCENT, 100, 15))
    ),
    "slow-both-ways": Behavior(scale_up=rules(60, (PODS, 2, 120)), scale_down=rules(120, (PODS, 1, 180))),
    "no-windows-long-periods": Behavior(
        scale_up=rules(0, (PODS, 5, 300), (PERCENT, 20, 60), select=SelectPolicy.MIN),
        scale_down=rules(0, (PERCENT, 30, 240)),
    ),
    "never-down": Behavior(scale_up=rules(30, (PODS, 3, 45)), scale_down=rules(0, select=SelectPolicy.DISABLED)),
    "the-older-path": None,
}


def policy(behavior: Behavior | None, mode: Mode) -> ScalingPolicy:
    metric = ExternalMetric(
        metric=MetricName(name="requests"),
        target=MetricTarget(type="AverageValue", average_value=Quantity.parse("1000")),
    )
    return ScalingPolicy(
        key=KEY,
        target=ObjectRef(api_version="apps/v1", kind="Deployment", name="web"),
        min_replicas=1,
        max_replicas=60,
        metrics=(metric,),
        behavior=behavior,
        mode=mode,
        uid="1",
    )


class World:
    """The target, the load, and both controllers."""

    def __init__(self, behavior: Behavior | None, seed: int, ours: ControllerConfig, failing: float = 0.0) -> None:
        self.policy = policy(behavior, Mode.APPLY)
        self.actor, self.shadow = Controller(), Controller(ours)
        self.actor.handle(PolicyAccepted(policy=self.policy))
        self.shadowing = Shadowing(ours)
        self.replicas = 4
        self.load = 20 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.15, size=600)))
        self.failing = np.random.default_rng(seed).random(600) < failing
        self.news: list[tuple[Instant, StatusWrittenElsewhere]] = []
        self.comparisons: list[Comparison] = []

    def run(self, span: int, phase: int, *, joins: int = 0) -> None:
        """Both pass once a period; the shadow ``phase`` [ns] after the other, and only from ``joins`` [ns] on."""
        for start in range(0, span, PERIOD):
            self._carry_out(self._look(self.actor, start), start)
            if start < joins:
                continue
            if start == joins:
                self._join(start + phase)
            self._hear(start + phase)
            (record,) = self._look(self.shadow, start + phase)
            assert isinstance(record, Record)
            self.comparisons.extend(self.shadowing.decided(record))

    def _join(self, now: Instant) -> None:
        """The shadow finds the object as it is now; what came before it cannot know."""
        found = [news for news in self.news if news[0] <= now][-1]
        observed = policy(self.policy.behavior, Mode.OBSERVE)
        self.shadow.handle(PolicyAccepted(policy=observed, status=found[1].status))
        self.shadowing.follow(observed, now)
        self.news = [(now, found[1])]

    def verdicts(self) -> Counter[Verdict]:
        return Counter(comparison.verdict for comparison in self.comparisons)

    def _look(self, controller: Controller, at: Instant) -> tuple[Instruction, ...]:
        (look,) = controller.handle(EvaluationDue(key=KEY, at=at))
        assert isinstance(look, Observe)
        scale = Scale(spec_replicas=self.replicas, status_replicas=self.replicas, selector="app=web")
        seen = Observation(at=at, scale=scale, readings=(self._reading(at),))
        return controller.handle(TargetObserved(key=KEY, observation=seen))

    def _reading(self, at: Instant) -> Reading:
        if self.failing[at // SCRAPE % 600]:
            return NoReading(error="the adapter is down")
        return ExternalReading(values=(round(self.load[at // SCRAPE % 600] * 1_000_000),), at=at)

    def _carry_out(self, instructions: tuple[Instruction, ...], at: Instant) -> None:
        for instruction in instructions:
            match instruction:
                case WriteScale():
                    self.replicas = instruction.replicas
                    self._carry_out(self.actor.handle(ScaleWritten(key=KEY)), at)
                case WriteStatus():
                    served = {"status": status_to_object(instruction.status, self.policy)}
                    heard = at + LATENCY
                    status = status_from_object(served)
                    self.news.append((heard, StatusWrittenElsewhere(key=KEY, status=status, at=heard)))

    def _hear(self, now: Instant) -> None:
        while self.news and self.news[0][0] <= now:
            heard, written = self.news.pop(0)
            self.shadowing.seen(KEY, written.status, heard)
            self.shadow.handle(written)


@pytest.mark.parametrize("behavior", BEHAVIORS.values(), ids=BEHAVIORS)
@pytest.mark.parametrize("phase", [200 * MILLISECOND, 7 * SECOND, 14_800 * MILLISECOND], ids=["soon", "half", "late"])
def test_equal_controllers_never_differ_without_an_explanation(behavior: Behavior | None, phase: int) -> None:
    told: Counter[Verdict] = Counter()
    for seed in range(3):
        world = World(behavior, seed, DEFAULT_CONFIG)
        world.run(3 * HOUR, phase)
        told += world.verdicts()

    assert not {verdict: count for verdict, count in told.items() if not verdict.is_explained}
    assert told[Verdict.AGREED] > 0.9 * told.total()


@pytest.mark.parametrize("behavior", BEHAVIORS.values(), ids=BEHAVIORS)
def test_a_shadow_that_joins_late_differs_for_as_long_as_a_window_and_no_longer(behavior: Behavior | None) -> None:
    told: Counter[Verdict] = Counter()
    late: list[Comparison] = []
    for minute in range(10, 70, 3):
        world = World(behavior, minute, DEFAULT_CONFIG)
        world.run(2 * HOUR, 7 * SECOND, joins=minute * MINUTE)
        told += world.verdicts()
        needed = minute * MINUTE + history_needed(world.policy, DEFAULT_CONFIG) + 3 * PERIOD
        late += [one for one in world.comparisons if one.verdict is Verdict.START and one.at > needed]

    assert not {verdict: count for verdict, count in told.items() if not verdict.is_explained}
    assert late == []


def test_lost_metrics_are_told_as_such() -> None:
    world = World(BEHAVIORS["upstreams-defaults"], 1, DEFAULT_CONFIG, failing=0.1)
    world.run(5 * HOUR, 7 * SECOND)

    assert not {verdict: count for verdict, count in world.verdicts().items() if not verdict.is_explained}


def test_c73_over_a_day_a_shadow_asks_for_no_write_and_every_pass_is_compared() -> None:
    """``World.run`` takes nothing but a record from the shadow: no write of a scale, of a status, or of an event."""
    world = World(BEHAVIORS["upstreams-defaults"], 1, DEFAULT_CONFIG)
    world.run(24 * HOUR, 7 * SECOND)

    verdicts = world.verdicts()
    assert 24 * HOUR // PERIOD - 2 <= verdicts.total() <= 24 * HOUR // PERIOD
    assert not {verdict: count for verdict, count in verdicts.items() if not verdict.is_explained}
    assert verdicts[Verdict.AGREED] > 0.9 * verdicts.total()


@pytest.mark.parametrize(
    "ours",
    [
        pytest.param(ControllerConfig(tolerance=0.3), id="another-tolerance"),
        pytest.param(ControllerConfig(downscale_stabilization=30 * SECOND), id="another-window"),
    ],
)
def test_another_flag_shows(ours: ControllerConfig) -> None:
    world = World(None, 1, ours)
    world.run(5 * HOUR, 7 * SECOND)

    assert world.verdicts()[Verdict.REPLICAS] > 0.02 * world.verdicts().total()
