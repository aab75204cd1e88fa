"""The same pass with other inputs, for `what-if`: a metric at another value or not readable, other replicas, a later time."""

from __future__ import annotations

from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.recommend.requests import pod_requests
from autoscaler.engine.variations import scaled, uniform, with_reading
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import Proposal
from autoscaler.model.memory import Memory
from autoscaler.model.observation import (
    ExternalReading,
    Milli,
    NoReading,
    ObjectReading,
    Observation,
    PrometheusReading,
    Reading,
)
from autoscaler.model.policy import ContainerResourceMetric, Metric, ResourceMetric, ScalingPolicy

#: A percentage is whole; this many milli-units further the value is surely beyond it.
_STEPS = 64
_NOT_READ = NoReading(error="the metric was not read")


def present_value(reading: Reading, proposal: Proposal | None) -> Milli | None:
    """Give a metric's value: the average per pod, or the whole [milli-units]; ``None``: it gave no answer."""
    if proposal is None or proposal.replicas is None:
        return None
    match reading:
        case ObjectReading() | PrometheusReading():
            return reading.value
        case ExternalReading():
            return sum(reading.values)
        case _:
            return proposal.usage


def requested(metric: Metric, observation: Observation) -> tuple[Milli, int]:
    """Give what all pods request of a metric's resource [milli-units], and how many they are; of other metrics nothing.

    Raises:
        MetricFailedError: a pod lacks the request.
    """
    if not isinstance(metric, ResourceMetric | ContainerResourceMetric):
        return 0, 0
    container = metric.container if isinstance(metric, ContainerResourceMetric) else ""
    requests = pod_requests(observation.pods, metric.resource, container, pod_level=True)
    return sum(requests.values()), len(requests)


class Alternative:
    """One pass, to be changed input by input."""

    def __init__(
        self, policy: ScalingPolicy, observation: Observation, memory: Memory, config: ControllerConfig
    ) -> None:
        self._policy = policy
        self._memory = memory
        self._config = config
        self.observation = observation

    def value(self, index: int) -> Milli | None:
        """Give the present value of the metric at ``index`` of the policy; ``None``: it gives no answer."""
        return present_value(self._reading(index), self._proposal(index, self.observation))

    def set_value(self, index: int, value: Milli) -> None:
        """Put a metric at ``value`` [milli-units]: each pod keeps its share; a metric that failed is made up."""
        self.observation = self._at(index, value)

    def set_percent(self, index: int, percent: int) -> None:
        """Put a resource metric at that whole percentage of the requests.

        Raises:
            MetricFailedError: a pod lacks the request.
        """
        metric = self._policy.metrics[index]
        total, pods = requested(metric, self.observation)
        start = -(-total * percent // (100 * max(pods, 1)))
        wanted = f"{percent}%"
        for value in range(start, start + _STEPS):
            changed = self._at(index, value)
            proposal = self._proposal(index, changed)
            if proposal is None or proposal.observed == wanted:
                self.observation = changed
                return
        self.observation = self._at(index, start)

    def lose(self, index: int) -> None:
        """Make a metric unreadable."""
        self.observation = with_reading(self.observation, index, NoReading(error="what if it could not be read"))

    def _at(self, index: int, value: Milli) -> Observation:
        metric, now = self._policy.metrics[index], self.value(index)
        reading = (
            uniform(metric, self.observation, value)
            if now is None
            else scaled(self._reading(index), metric, now, value)
        )
        return with_reading(self.observation, index, reading)

    def _reading(self, index: int) -> Reading:
        readings = self.observation.readings
        return readings[index] if index < len(readings) else _NOT_READ

    def _proposal(self, index: int, observation: Observation) -> Proposal | None:
        proposals = evaluate(self._policy, observation, self._memory, self._config)[0].proposals
        return proposals[index] if index < len(proposals) else None
