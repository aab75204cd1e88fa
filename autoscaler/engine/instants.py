"""When time alone may change an answer: something remembered is forgotten, or a pod comes of age."""

from __future__ import annotations

from collections.abc import Iterator

from autoscaler.engine.constrain.rates import period_ends
from autoscaler.engine.constrain.stabilize import window_of
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.memory import Memory
from autoscaler.model.observation import Observation
from autoscaler.model.policy import Behavior, ScalingPolicy
from autoscaler.model.time import Instant


def instants_that_matter(
    policy: ScalingPolicy, observation: Observation, memory: Memory, config: ControllerConfig
) -> tuple[Instant, ...]:
    """Every instant after the observation's at which the same observation may be answered otherwise, in order.

    Complete: between two neighbours the answer stays the same. ``memory`` has been seeded.
    """
    at = observation.at
    moments = {
        *_forgotten(policy.behavior, memory, config),
        *_periods_over(policy.behavior, memory, at),
        *(pod.started_at + config.cpu_initialization_period for pod in observation.pods if pod.started_at is not None),
    }
    return tuple(sorted(moment for moment in moments if moment > at))


def _forgotten(behavior: Behavior | None, memory: Memory, config: ControllerConfig) -> Iterator[Instant]:
    """When each recommendation leaves each window."""
    if behavior is None:  # on this path an entry exactly as old as the window still counts
        windows = [config.downscale_stabilization + 1]
    else:
        down = behavior.scale_down.stabilization_window_seconds
        windows = [
            window_of(behavior.scale_up.stabilization_window_seconds, 0),
            window_of(down, config.downscale_stabilization),
        ]
    for entry in memory.recommendations or ():
        yield from (entry.at + window for window in windows)


def _periods_over(behavior: Behavior | None, memory: Memory, at: Instant) -> Iterator[Instant]:
    """When each change leaves each rate rule's period."""
    if behavior is None:
        return
    for rules in (behavior.scale_up, behavior.scale_down):
        yield from period_ends(rules, memory.scale_ups + memory.scale_downs, at)
