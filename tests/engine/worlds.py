"""Small worlds for the engine's tests: pods, readings, policies, and a run over several ticks."""

from __future__ import annotations

from collections.abc import Sequence

from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.settle import settle
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig
from autoscaler.model.decision import Decision, PolicyStatus, WriteOutcome, WriteResult
from autoscaler.model.memory import Memory, Recommendation
from autoscaler.model.observation import (
    ContainerSpec,
    ContainerUsage,
    ExternalReading,
    NoReading,
    ObjectReading,
    Observation,
    Pod,
    PodPhase,
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
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    MetricName,
    MetricTarget,
    ObjectMetric,
    ObjectRef,
    PodsMetric,
    PolicyKey,
    Profile,
    RateRule,
    RateRuleType,
    ResourceMetric,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import HOUR, SECOND

KEY = PolicyKey(namespace="shop", name="web")
TARGET = ObjectRef(api_version="apps/v1", kind="Deployment", name="web")
LONG_AGO = -HOUR


def at(second: float) -> int:
    """An instant of the test's own clock [s]."""
    return round(second * SECOND)


def cpu(percent: int) -> ResourceMetric:
    return ResourceMetric(resource="cpu", target=MetricTarget(type="Utilization", average_utilization=percent))


def memory_use(percent: int) -> ResourceMetric:
    return ResourceMetric(resource="memory", target=MetricTarget(type="Utilization", average_utilization=percent))


def container_cpu(container: str, percent: int) -> ContainerResourceMetric:
    target = MetricTarget(type="Utilization", average_utilization=percent)
    return ContainerResourceMetric(resource="cpu", container=container, target=target)


def per_pod(name: str, average: str) -> PodsMetric:
    target = MetricTarget(type="AverageValue", average_value=Quantity.parse(average))
    return PodsMetric(metric=MetricName(name=name), target=target)


def external_total(name: str, value: str) -> ExternalMetric:
    return ExternalMetric(metric=MetricName(name=name), target=MetricTarget(type="Value", value=Quantity.parse(value)))


def external_average(name: str, average: str) -> ExternalMetric:
    target = MetricTarget(type="AverageValue", average_value=Quantity.parse(average))
    return ExternalMetric(metric=MetricName(name=name), target=target)


def object_total(name: str, value: str) -> ObjectMetric:
    described = ObjectRef(api_version="networking.k8s.io/v1", kind="Ingress", name="front")
    target = MetricTarget(type="Value", value=Quantity.parse(value))
    return ObjectMetric(described=described, metric=MetricName(name=name), target=target)


def rule(kind: str, value: int, period: int) -> RateRule:
    return RateRule(type=RateRuleType(kind), value=value, period_seconds=period)


def rules(*given: RateRule, window: int | None = None, select: str = "Max", tolerance: str = "") -> ScalingRules:
    return ScalingRules(
        stabilization_window_seconds=window,
        select_policy=SelectPolicy(select),
        rules=given,
        tolerance=Quantity.parse(tolerance) if tolerance else None,
    )


#: What the API server makes of ``behavior: {}``.
DEFAULT_BEHAVIOR = Behavior(
    scale_up=rules(rule("Pods", 4, 15), rule("Percent", 100, 15), window=0),
    scale_down=rules(rule("Percent", 100, 15)),
)
#: At once in both directions: what the metrics ask for is what happens.
FREE = Behavior(scale_up=rules(rule("Pods", 10_000, 1), window=0), scale_down=rules(rule("Pods", 10_000, 1), window=0))


def policy(
    *metrics: Metric,
    low: int | None = 1,
    high: int = 100,
    behavior: Behavior | None = None,
    profile: Profile = Profile.EXACT,
) -> ScalingPolicy:
    return ScalingPolicy(
        key=KEY,
        target=TARGET,
        min_replicas=low,
        max_replicas=high,
        metrics=metrics,
        behavior=behavior,
        profile=profile,
    )


def resources(**requests: str) -> PodResources:
    """One container ``app`` that requests cpu=..., memory=...; nothing given: a whole core."""
    asked = requests or {"cpu": "1"}
    amounts = tuple((name, Quantity.parse(text)) for name, text in asked.items())
    return PodResources(containers=(ContainerSpec(name="app", requests=amounts),))


ONE_CORE = resources()


def pod(
    name: str,
    *,
    ready: str = "True",
    since: int = LONG_AGO,
    started: int | None = LONG_AGO,
    phase: PodPhase = PodPhase.RUNNING,
    deleting: bool = False,
    asks: PodResources = ONE_CORE,
) -> Pod:
    return Pod(
        name=name,
        resources=asks,
        phase=phase,
        deleting=deleting,
        started_at=started,
        ready=ReadyCondition(status=ready, last_transition=since) if ready else None,
        labels=(("app", "web"),),
    )


def pods(count: int, **more: object) -> tuple[Pod, ...]:
    return tuple(pod(f"p{index}", **more) for index in range(count))  # type: ignore[arg-type]  # pod's own options


def usage(values: dict[str, int] | Sequence[int], resource: str = "cpu", when: int = 0) -> ResourceReading:
    """What metrics.k8s.io says of each pod's only container, in milli-units."""
    named = values if isinstance(values, dict) else {f"p{index}": value for index, value in enumerate(values)}
    return ResourceReading(
        pods=tuple(
            PodUsage(
                pod=name,
                containers=(ContainerUsage(name="app", usage=((resource, value),)),),
                at=when,
                window=60 * SECOND,
            )
            for name, value in named.items()
        )
    )


def samples(values: Sequence[int]) -> PodsReading:
    return PodsReading(
        samples=tuple(
            PodSample(pod=f"p{index}", value=value, at=0, window=60 * SECOND) for index, value in enumerate(values)
        )
    )


def total(*values: int) -> ExternalReading:
    return ExternalReading(values=values, at=0)


def object_value(value: int) -> ObjectReading:
    return ObjectReading(value=value, at=0)


BROKEN = NoReading(error="the adapter is down")


def seen(
    second: float,
    current: int,
    *readings: Reading,
    among: tuple[Pod, ...] | None = None,
    status_replicas: int | None = None,
) -> Observation:
    scale = Scale(
        spec_replicas=current,
        status_replicas=current if status_replicas is None else status_replicas,
        selector="app=web",
    )
    return Observation(at=at(second), scale=scale, pods=pods(current) if among is None else among, readings=readings)


def decide(rules_of: ScalingPolicy, observation: Observation, config: ControllerConfig = DEFAULT_CONFIG) -> Decision:
    """One decision with no past: the window holds nothing but this recommendation."""
    return evaluate(rules_of, observation, Memory(recommendations=()), config)[0]


def remembering(*entries: tuple[float, int], status: PolicyStatus | None = None) -> Memory:
    """A memory that holds recommendations made at these seconds."""
    return Memory(
        recommendations=tuple(Recommendation(at(second), replicas) for second, replicas in entries),
        status=status or PolicyStatus(),
    )


class Run:
    """One policy over many ticks, every wanted change written at once."""

    def __init__(self, rules_of: ScalingPolicy, start: int, config: ControllerConfig = DEFAULT_CONFIG) -> None:
        self.policy, self.config = rules_of, config
        self.replicas = start
        self.memory = Memory()

    def tick(self, second: float, *readings: Reading, among: tuple[Pod, ...] | None = None) -> Decision:
        observation = seen(second, self.replicas, *readings, among=among)
        decision, memory = evaluate(self.policy, observation, self.memory, self.config)
        result = WriteResult.WRITTEN if decision.rescale else WriteResult.NOT_NEEDED
        _, self.memory = settle(self.policy, decision, memory, WriteOutcome(result=result), self.config)
        self.replicas = decision.desired
        return decision

    def path(self, seconds: Sequence[float], *readings: Reading) -> list[tuple[float, int]]:
        """Every change of size: (second, replicas)."""
        return [(second, self.replicas) for second in seconds if self.tick(second, *readings, among=()).rescale]
