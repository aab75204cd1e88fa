"""A day as a fluid beside its policy: the world, what the policy would read, scores and series, without its controller."""

from __future__ import annotations

from autoscaler.control.messages import Observe
from autoscaler.model.policy import ScalingPolicy
from autoscaler.model.time import SECOND, seconds
from autoscaler.simulator.api import WorldApi
from autoscaler.simulator.inputs import Inputs
from autoscaler.simulator.result import Result, ScaleAction
from autoscaler.simulator.simulation import simulate
from autoscaler.simulator.stage import Stage, set_up


class Follower:
    """Lets the same day pass again, looked at as the policy looks and scaled when and as it scaled."""

    def __init__(self, inputs: Inputs, policy: ScalingPolicy) -> None:
        """``policy`` is bound to the scenario's workload.

        Raises:
            RuntimeError: the day that follows is not the policy's own.
        """
        self._inputs = inputs
        self._policy = policy
        self._lived = simulate(inputs, policy)
        self._sizes = {self._instant(action): action.after for action in self._lived.actions}
        if self.day().score != self._lived.score:
            raise RuntimeError("the day that follows a policy's actions differs from the day of the policy")

    def day(self) -> Result:
        """Play it, and score it."""
        return self.scored(self.played())

    def played(self) -> Stage:
        """Play it up to its end."""
        inputs, policy, control = self._inputs, self._policy, self._inputs.scenario.control
        stage = set_up(inputs)
        world, api = stage.world, WorldApi(stage.world)
        start, end = world.start, world.start + inputs.duration * SECOND
        period = seconds(control.sync_period)
        for tick in range(start + period + seconds(control.sync_phase), end + 1, period):
            world.advance(tick)
            api.observe(Observe(key=policy.key, target=policy.target, metrics=policy.metrics, at=tick))
            size = self._sizes.get(tick - start)
            if size is not None:
                stage.workload.set_replicas(size)
        world.advance(end)
        return stage

    def scored(self, stage: Stage) -> Result:
        """Work out the scores and series of a day that is over."""
        return stage.result(policy=self._lived.policy, actions=self._lived.actions, metrics=self._lived.metrics)

    def _instant(self, action: ScaleAction) -> int:
        return seconds(action.t)
