"""A guarded policy over many passes, every wanted change written at once; its metric asks for a plain number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.promises import broken_promise
from autoscaler.engine.settle import settle
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig
from autoscaler.model.decision import Decision, WriteOutcome, WriteResult
from autoscaler.model.memory import Memory
from autoscaler.model.observation import ExternalReading, NoReading, Observation, Scale
from autoscaler.model.policy import (
    ExternalMetric,
    MetricName,
    MetricTarget,
    ObjectRef,
    PolicyKey,
    Profile,
    ScalingPolicy,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.safety import Guarding, Safety
from autoscaler.model.time import SECOND

#: No guard at all.
OFF = Safety(
    max_sample_age=None,
    min_coverage=None,
    max_step_down=None,
    max_step_up=None,
    collapse=None,
    flap_budget=None,
    fallback=None,
    warm_up=None,
    hold_return=None,
)
#: Shrinks as soon as it is asked to: the stabilization window is not what is tested here.
HASTY = replace(DEFAULT_CONFIG, downscale_stabilization=0)
METRIC = ExternalMetric(
    metric=MetricName(name="requests"), target=MetricTarget(type="AverageValue", average_value=Quantity.parse("1000"))
)


def policy_with(safety: Safety = OFF, high: int = 100, **guarding: object) -> ScalingPolicy:
    return ScalingPolicy(
        key=PolicyKey(namespace="shop", name="web"),
        target=ObjectRef(api_version="apps/v1", kind="Deployment", name="web"),
        min_replicas=2,
        max_replicas=high,
        metrics=(METRIC,),
        profile=Profile.GUARDED,
        guarding=Guarding(safety=safety, **guarding),  # type: ignore[arg-type]  # the test names fields
    )


class Story:
    """Passes every 15 s from ``begin`` [s] on, with the size that each led to."""

    def __init__(self, policy: ScalingPolicy, size: int, *, begin: float = 0, config: ControllerConfig = HASTY) -> None:
        self.policy, self.size, self.second, self.config = policy, size, begin, config
        self.memory = Memory(recommendations=())
        self.decision: Decision

    def see(self, asked: int | None) -> int:
        """One pass; ``None``: the metric cannot be read. Gives the size it led to."""
        at = round(self.second * SECOND)
        reading = NoReading(error="down") if asked is None else ExternalReading(values=(asked * 1_000_000,), at=at)
        scale = Scale(spec_replicas=self.size, status_replicas=self.size, selector="app=web")
        seen = Observation(at=at, scale=scale, readings=(reading,))
        self.decision, memory = evaluate(self.policy, seen, self.memory, self.config)
        result = WriteResult.WRITTEN if self.decision.rescale else WriteResult.NOT_NEEDED
        assert not self.decision.rescale or not broken_promise(self.policy, self.decision, self.config)
        _, self.memory = settle(self.policy, self.decision, memory, WriteOutcome(result=result), self.config)
        self.size = self.decision.desired
        self.second += 15
        return self.size

    def see_all(self, asked: Iterable[int | None]) -> list[int]:
        """Several passes, one for each number."""
        return [self.see(each) for each in asked]

    @property
    def why(self) -> str:
        """What the last guard of the last pass said."""
        return [stage.why for stage in self.decision.steps if stage.stage == "guards"][-1]
