"""What the guarded profile adds to upstream's calculations."""

from __future__ import annotations

from autoscaler.engine.recommend.calculation import Calculation


def along_the_ratio(calculation: Calculation, current: int) -> Calculation:
    """Forbid a proposal against the direction of its ratio: above target never shrinks, below target never grows.

    Upstream multiplies the ratio by the *ready* pods only, so a target of which few pods are ready shrinks under
    overload; and a ratio beyond all numbers turns into the least integer. From zero replicas there is no direction.
    """
    ratio, replicas = calculation.ratio, calculation.replicas
    if current == 0 or (ratio > 1.0 and replicas >= current) or (ratio < 1.0 and replicas <= current):
        return calculation
    if replicas == current:
        return calculation
    return Calculation(
        current,
        calculation.usage,
        ratio,
        f"{calculation.note}; guard: {replicas} would go against the ratio",
        calculation.utilization,
        calculation.adjusted,
        calculation.pods,
    )
