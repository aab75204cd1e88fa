"""One dry decision with everything that explains it: its steps, what follows from it, what would change it."""

from __future__ import annotations

from dataclasses import dataclass

from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.recommend.calculation import Tolerance, tolerance_of
from autoscaler.engine.sensitivity import Sensitivity, sensitivities
from autoscaler.engine.settle import settle
from autoscaler.engine.waterfall import Waterfall, waterfall
from autoscaler.model.controller_config import DEFAULT_CONFIG, ControllerConfig
from autoscaler.model.decision import Decision, Settlement, WriteOutcome, WriteResult
from autoscaler.model.memory import Memory
from autoscaler.model.observation import Observation
from autoscaler.model.policy import ScalingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A decision with everything that explains it, in the model's own values."""

    policy: ScalingPolicy
    observation: Observation
    decision: Decision
    settlement: Settlement
    memory: Memory  #: for the next pass
    tolerance: Tolerance
    waterfall: Waterfall | None
    sensitivities: tuple[Sensitivity, ...]


def explain(
    policy: ScalingPolicy,
    observation: Observation,
    memory: Memory,
    config: ControllerConfig = DEFAULT_CONFIG,
    *,
    made: tuple[Decision, Settlement] | None = None,
) -> Explained:
    """Make one dry decision, as if its write succeeded, and gather what explains it.

    ``made``: the decision that was made for real, and how it ended. It may hold what no policy knows by itself, such as
    a budget that all policies share.
    """
    decision, after = evaluate(policy, observation, memory, config)
    result = WriteResult.WRITTEN if decision.rescale else WriteResult.NOT_NEEDED
    settlement, final = settle(policy, decision, after, WriteOutcome(result=result), config)
    if made is not None:
        decision, settlement = made
    return Explained(
        policy=policy,
        observation=observation,
        decision=decision,
        settlement=settlement,
        memory=final,
        tolerance=tolerance_of(policy, config),
        waterfall=waterfall(policy, decision, memory, config),
        sensitivities=sensitivities(policy, observation, memory, config),
    )
