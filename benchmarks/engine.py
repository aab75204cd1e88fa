"""How fast decisions are: `evaluate` alone, and whole passes through the controller.

`python -m benchmarks.engine [--quick] [--json FILE] [--seed N]`

Sizes: 1 metric and 5 pods, 2 and 20, 3 and 200 (cpu, then memory, then a custom metric per pod). *Steady* keeps one policy
going for hours with values that wander within tolerance; *busy* changes size in every pass; *cold* starts from nothing,
with pods never seen before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle

import numpy as np

from autoscaler.control.controller import Controller
from autoscaler.control.messages import EvaluationDue, PolicyAccepted, ScaleWritten, TargetObserved, WriteScale
from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.settle import settle
from autoscaler.model.decision import WriteOutcome, WriteResult
from autoscaler.model.memory import Memory
from autoscaler.model.observation import (
    ContainerSpec,
    ContainerUsage,
    Observation,
    Pod,
    PodResources,
    PodSample,
    PodsReading,
    PodUsage,
    Reading,
    ReadyCondition,
    ResourceReading,
    Scale,
)
from autoscaler.model.policy import (
    Behavior,
    Metric,
    MetricName,
    MetricTarget,
    Mode,
    ObjectRef,
    PodsMetric,
    PolicyKey,
    RateRule,
    RateRuleType,
    ResourceMetric,
    ScalingPolicy,
    ScalingRules,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import HOUR, SECOND, Instant
from benchmarks.harness import Case, measure, publish, read_options

SIZES = ((1, 5, 30_000.0), (2, 20, 12_000.0), (3, 200, 2_500.0))
"""Metrics, pods, and the wished passes per second on one core."""

_START: Instant = 1_750_000_000 * SECOND
_TICK = 15 * SECOND
_SITUATIONS = 64
_TEMPLATE_REQUESTS = (("cpu", Quantity.parse("500m")), ("memory", Quantity.parse("512Mi")))

_METRICS: tuple[Metric, ...] = (
    ResourceMetric(resource="cpu", target=MetricTarget(type="Utilization", average_utilization=70)),
    ResourceMetric(resource="memory", target=MetricTarget(type="Utilization", average_utilization=80)),
    PodsMetric(
        metric=MetricName(name="http_requests_per_second"),
        target=MetricTarget(type="AverageValue", average_value=Quantity.parse("1000")),
    ),
)


def policy_of(metrics: int) -> ScalingPolicy:
    """A policy with the first ``metrics`` metrics and rate rules in both directions."""
    return ScalingPolicy(
        key=PolicyKey(namespace="shop", name="web"),
        target=ObjectRef(api_version="apps/v1", kind="Deployment", name="web"),
        min_replicas=2,
        max_replicas=1000,
        metrics=_METRICS[:metrics],
        behavior=Behavior(
            scale_up=ScalingRules(
                stabilization_window_seconds=0,
                rules=(
                    RateRule(type=RateRuleType.PERCENT, value=100, period_seconds=15),
                    RateRule(type=RateRuleType.PODS, value=4, period_seconds=15),
                ),
            ),
            scale_down=ScalingRules(
                stabilization_window_seconds=300,
                rules=(RateRule(type=RateRuleType.PERCENT, value=50, period_seconds=60),),
            ),
        ),
        mode=Mode.APPLY,
    )


def observations(metrics: int, pods: int, noise: float, seed: int) -> list[Observation]:
    """Situations around the targets: each pod's use differs from the target by up to ``noise`` of it."""
    generator = np.random.default_rng(seed)
    resources = PodResources(containers=(ContainerSpec(name="app", requests=_TEMPLATE_REQUESTS),))
    running = tuple(_pod(index, resources) for index in range(pods))
    scale = Scale(spec_replicas=pods, status_replicas=pods, selector="app=web")
    situations = []
    for _ in range(_SITUATIONS):
        level = generator.uniform(1 - noise, 1 + noise)
        usage = ResourceReading(pods=tuple(_usage(pod.name, level * generator.uniform(0.8, 1.2)) for pod in running))
        custom = PodsReading(
            samples=tuple(
                PodSample(pod=pod.name, value=int(1_000_000 * level), at=_START, window=60 * SECOND) for pod in running
            )
        )
        readings: tuple[Reading, ...] = (usage, usage, custom)
        situations.append(Observation(at=_START, scale=scale, pods=running, readings=readings[:metrics]))
    return situations


def _pod(index: int, resources: PodResources) -> Pod:
    began = _START - HOUR
    return Pod(
        name=f"web-5d9c7b6f4-{index:05d}",
        resources=resources,
        started_at=began,
        ready=ReadyCondition(status="True", last_transition=began + 20 * SECOND),
        labels=(("app", "web"),),
    )


def _usage(pod: str, level: float) -> PodUsage:
    cpu, memory = int(350 * level), int(0.8 * 2**29 * level) * 1000
    usage = ContainerUsage(name="app", usage=(("cpu", cpu), ("memory", memory)))
    return PodUsage(pod=pod, containers=(usage,), at=_START, window=15 * SECOND)


def at_times(situations: list[Observation]) -> Iterator[Observation]:
    """The same situations over and over, a tick apart, as one endless day."""
    at = _START
    for seen in cycle(situations):
        at += _TICK
        yield Observation(at=at, scale=seen.scale, pods=seen.pods, readings=seen.readings)


def evaluation(policy: ScalingPolicy, situations: list[Observation]) -> Callable[[], object]:
    """One ``evaluate``, with the memory of all before."""
    memory, stream = Memory(), at_times(situations)
    not_needed = WriteOutcome(result=WriteResult.NOT_NEEDED)

    def call() -> None:
        nonlocal memory
        decision, memory = evaluate(policy, next(stream), memory)
        if memory.status.conditions != decision.status.conditions:
            _, memory = settle(policy, decision, memory, not_needed)

    return call


def cold_evaluation(policy: ScalingPolicy, situations: list[Observation]) -> Callable[[], object]:
    """One ``evaluate`` that knows nothing yet: no memory, and pods whose requests were never summed."""
    stream = cycle(situations)

    def call() -> None:
        seen = next(stream)
        for pod in seen.pods:
            pod.resources.memo.clear()
        evaluate(policy, seen, Memory())

    return call


def whole_pass(policy: ScalingPolicy, situations: list[Observation]) -> Callable[[], object]:
    """One pass through the controller: due, observed, written where needed, recorded."""
    controller, stream = Controller(), at_times(situations)
    controller.handle(PolicyAccepted(policy=policy))

    def call() -> None:
        observation = next(stream)
        controller.handle(EvaluationDue(key=policy.key, at=observation.at))
        for instruction in controller.handle(TargetObserved(key=policy.key, observation=observation)):
            if isinstance(instruction, WriteScale):
                controller.handle(ScaleWritten(key=policy.key))

    return call


def main() -> None:
    """Measure every size and print the figures."""
    options = read_options(__doc__)
    cases: list[Case] = []
    for metrics, pods, aim in SIZES:
        policy, size = policy_of(metrics), f"({metrics} metric{'s' * (metrics > 1)}, {pods} pods)"
        steady = observations(metrics, pods, 0.05, options.seed)
        busy = observations(metrics, pods, 0.9, options.seed)
        cases += [
            Case(name=f"evaluate, steady {size}", call=evaluation(policy, steady), aim=aim),
            Case(name=f"evaluate, busy {size}", call=evaluation(policy, busy)),
            Case(name=f"evaluate, cold {size}", call=cold_evaluation(policy, steady)),
            Case(name=f"whole pass, steady {size}", call=whole_pass(policy, steady), aim=aim),
            Case(name=f"whole pass, busy {size}", call=whole_pass(policy, busy)),
        ]
    publish("engine", measure(cases, options), options)


if __name__ == "__main__":
    main()
