"""The simulated world as the controller's driver talks to it: what an API server answers to looks and writes."""

from __future__ import annotations

from typing import Protocol

from autoscaler.control.messages import Observe, ScaleConflicted, ScaleRefused, ScaleWritten, WriteScale
from autoscaler.model.observation import Observation, ScaleUnavailable
from autoscaler.model.policy import ObjectRef, PolicyKey
from autoscaler.simulator.world import Workload, World

Written = ScaleWritten | ScaleConflicted | ScaleRefused


class Api(Protocol):
    """What a driver asks of the world."""

    def observe(self, ask: Observe) -> Observation:
        """Look at a target: its scale, its pods and one reading for each metric."""

    def write(self, write: WriteScale) -> Written:
        """Set a target's replicas."""


class WorldApi:
    """Answers without fail."""

    __slots__ = ("_world",)

    def __init__(self, world: World) -> None:
        self._world = world

    def observe(self, ask: Observe) -> Observation:
        """Look at a target."""
        workload = self._target(ask.key, ask.target)
        if workload is None:
            return Observation(at=ask.at, scale=ScaleUnavailable(error=_not_found(ask.target), absent=True))
        return Observation(
            at=ask.at,
            scale=workload.scale(),
            pods=workload.pods(),
            readings=workload.readings(ask.metrics),
            target=workload.target_state(),
        )

    def write(self, write: WriteScale) -> Written:
        """Set a target's replicas, unless somebody else has done so since it was looked at."""
        workload = self._target(write.key, write.target)
        if workload is None:
            return ScaleRefused(key=write.key, error=_not_found(write.target))
        scale = workload.scale()
        if write.resource_version not in ("", scale.resource_version):
            return ScaleConflicted(key=write.key, fresh=scale, error=conflict(write.target))
        workload.set_replicas(write.replicas)
        return ScaleWritten(key=write.key)

    def _target(self, key: PolicyKey, target: ObjectRef) -> Workload | None:
        return self._world.workloads.get((key.namespace, target.name))


def conflict(target: ObjectRef) -> str:
    """Say what a write is told that comes too late."""
    return (
        f'Operation cannot be fulfilled on {target.kind.lower()}s "{target.name}": the object has been modified; please '
        "apply your changes to the latest version and try again"
    )


def _not_found(target: ObjectRef) -> str:
    return f'{target.kind.lower()}s "{target.name}" not found'
