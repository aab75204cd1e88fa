"""Many small policies under one controller, every one of them asked in turn, every write done at once."""

from __future__ import annotations

from dataclasses import replace

from autoscaler.control.controller import Controller
from autoscaler.control.messages import (
    EvaluationDue,
    Observe,
    PolicyAccepted,
    Record,
    ScaleWritten,
    TargetObserved,
    WriteScale,
    WriteStatus,
)
from autoscaler.control.recording import RecordedController
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig
from autoscaler.model.decision import PolicyStatus
from autoscaler.model.memory import Memory
from autoscaler.model.observation import ExternalReading, NoReading, Observation, Scale
from autoscaler.model.policy import ExternalMetric, MetricName, MetricTarget, Mode, ObjectRef, PolicyKey, ScalingPolicy
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import SECOND

#: Shrinks as soon as it is asked to: windows are not what is tested here.
HASTY = replace(DEFAULT_CONFIG, downscale_stabilization=0)
METRIC = ExternalMetric(
    metric=MetricName(name="requests"),
    target=MetricTarget(type="AverageValue", average_value=Quantity.parse("1000")),
)
DOWN = NoReading(error="the adapter is down")


def policy_of(name: str, namespace: str = "shop", **more: object) -> ScalingPolicy:
    """A policy that follows one number; ``more`` names its other fields."""
    given = ScalingPolicy(
        key=PolicyKey(namespace=namespace, name=name),
        target=ObjectRef(api_version="apps/v1", kind="Deployment", name=name),
        max_replicas=1000,
        metrics=(METRIC,),
        mode=Mode.APPLY,
    )
    return replace(given, **more)  # type: ignore[arg-type]  # the test names fields


class Fleet:
    """Policies with the sizes of their targets and what their metric asks for; ``None``: it cannot be read."""

    def __init__(self, config: ControllerConfig = HASTY) -> None:
        self.controller: Controller | RecordedController = Controller(config)
        self.sizes: dict[PolicyKey, int] = {}
        self.asked: dict[PolicyKey, int | None] = {}
        self.records: dict[PolicyKey, Record] = {}
        self.statuses: dict[PolicyKey, PolicyStatus] = {}
        self.loses_writes = False  #: no answer to any write

    def add(self, policy: ScalingPolicy, size: int, asked: int | None, memory: Memory | None = None) -> PolicyKey:
        """Put a policy in force; unless told otherwise nothing is remembered that would hold it."""
        memory = memory or Memory(recommendations=())
        self.controller.handle(PolicyAccepted(policy=policy, memory=memory))
        self.sizes[policy.key], self.asked[policy.key] = size, asked
        return policy.key

    def ask(self, asked: int | None) -> None:
        """Let every policy's metric ask for the same."""
        self.asked = dict.fromkeys(self.asked, asked)

    def tick(self, second: float) -> int:
        """Evaluate every policy once; give the pods of all targets afterwards."""
        for key in self.sizes:
            self._tell(EvaluationDue(key=key, at=round(second * SECOND)))
        return sum(self.sizes.values())

    def _tell(self, event: EvaluationDue | TargetObserved | ScaleWritten) -> None:
        for instruction in self.controller.handle(event):
            match instruction:
                case Observe(key=key, at=at):
                    size, asked = self.sizes[key], self.asked[key]
                    reading = DOWN if asked is None else ExternalReading(values=(asked * 1_000_000,), at=at)
                    scale = Scale(spec_replicas=size, status_replicas=size, selector=f"app={key.name}")
                    self._tell(
                        TargetObserved(key=key, observation=Observation(at=at, scale=scale, readings=(reading,)))
                    )
                case WriteScale() if self.loses_writes:
                    pass
                case WriteScale(key=key, replicas=replicas):
                    self.sizes[key] = replicas
                    self._tell(ScaleWritten(key=key))
                case Record(key=key):
                    self.records[key] = instruction
                case WriteStatus(key=key, status=status):
                    self.statuses[key] = status
                case _:
                    pass
