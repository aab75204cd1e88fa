"""What the guarded profile adds to upstream's calculations."""

from __future__ import annotations

from autoscaler.engine.recommend.calculation import Calculation
from autoscaler.engine.recommend.grouping import Roster
from autoscaler.model.gonum import INT32_MAX, ceil_int32


def with_nobody_ready(calculation: Calculation, current: int, roster: Roster) -> Calculation:
    """Let a total that is above its target raise a target of which no pod is ready, in place of the 0 that upstream asks for.

    Upstream multiplies by the ready pods; here the ratio is that to the current replicas.
    Source: kubernetes #130130.
    """
    if calculation.replicas != 0 or calculation.ratio <= 1.0 or current == 0 or not roster.pods or roster.ready_count():
        return calculation
    wanted = calculation.ratio * current
    replicas = INT32_MAX if wanted > INT32_MAX else ceil_int32(wanted)
    note = f"{calculation.note}; guard: none of {len(roster.pods)} pods is ready, so the ratio times {current} replicas"
    return Calculation(replicas, calculation.usage, calculation.ratio, note, calculation.utilization)


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
