"""The conditions of a ScalingPolicy: the engine's own, and four that sum up how the policy fares.

    Ready           False: it is refused, its target or all its metrics cannot be read, a write failed, or it is not in force
    MetricsHealthy  every metric was read; Unknown where none was asked for
    Paused          somebody stopped all of it, or one direction
    Degraded        it goes on with less than it should have: a metric missing, too few pods, an older version of itself

A transition time moves only when a status flips; each says of which generation it speaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from autoscaler.control.messages import Record
from autoscaler.engine.competing import CONFLICT
from autoscaler.engine.conditions import ABLE_TO_SCALE, FALSE, SCALING_ACTIVE, TRUE, Conditions, set_condition
from autoscaler.engine.explain import metric_label
from autoscaler.model.decision import Condition, Reason, WriteResult
from autoscaler.model.policy import Mode, ScalingPolicy
from autoscaler.model.time import Instant

READY: Final = "Ready"
METRICS_HEALTHY: Final = "MetricsHealthy"
PAUSED: Final = "Paused"
DEGRADED: Final = "Degraded"
UNKNOWN: Final = "Unknown"
#: Conditions that the engine knows nothing of: a policy's memory starts without them.
SUMMARY: Final = frozenset({READY, METRICS_HEALTHY, PAUSED, DEGRADED})
#: A person's zero is no fault: the engine says that scaling is not active, and the policy is ready to go on.
_SWITCHED_OFF: Final = "ScalingDisabled"
_PARTIAL: Final = frozenset({Reason.METRIC_MISSING, Reason.METRIC_PARTIAL})


class Trouble(NamedTuple):
    """Why the object's newest version is not in force. ``in_force``: the generation that is, 0 where none is."""

    reason: str
    message: str
    in_force: int = 0


class _Said(NamedTuple):
    status: str
    reason: str
    message: str


def conditions_of_policy(
    policy: ScalingPolicy | None,
    record: Record | None,
    before: Sequence[Condition],
    *,
    at: Instant,
    generation: int,
    trouble: Trouble | None = None,
) -> tuple[Condition, ...]:
    """Give every condition. ``before``: those last shown; ``policy`` and ``record``: what is in force, and its last pass."""
    conditions = Conditions(before)
    for engine in record.settlement.status.conditions if record is not None else ():
        speaks_of = engine.observed_generation or (policy.generation if policy else 0)
        conditions.generation = speaks_of or None
        set_condition(conditions, engine.type, engine.status, engine.reason, engine.message, engine.last_transition)
    if record is not None:  # one that the engine no longer has is over
        kept = {engine.type for engine in record.settlement.status.conditions} | SUMMARY
        conditions[:] = [condition for condition in conditions if condition.type in kept]
    conditions.generation = generation or None
    said = {
        READY: _ready(policy, record, trouble),
        METRICS_HEALTHY: _metrics(policy, record),
        PAUSED: _paused(policy),
        DEGRADED: _degraded(record, trouble),
    }
    for kind, (status, reason, message) in said.items():
        set_condition(conditions, kind, status, reason, message, at)
    return tuple(conditions)


def _ready(policy: ScalingPolicy | None, record: Record | None, trouble: Trouble | None) -> _Said:
    if trouble is not None:
        return _Said(FALSE, trouble.reason, trouble.message)
    if policy is not None and policy.mode is Mode.PAUSED:
        return _Said(TRUE, "Paused", "nothing is decided while mode is Paused")
    if record is None:
        return _Said(UNKNOWN, "NotEvaluated", "the policy was not evaluated yet")
    if record.outcome.result is WriteResult.FAILED:
        return _Said(FALSE, "WriteFailed", record.outcome.error)
    for condition in record.settlement.status.conditions:
        concerns = condition.type in (ABLE_TO_SCALE, SCALING_ACTIVE) and condition.reason != _SWITCHED_OFF
        if concerns and condition.status == FALSE:
            return _Said(FALSE, condition.reason, condition.message)
        if condition.type == CONFLICT and condition.status == TRUE:
            return _Said(FALSE, CONFLICT, condition.message)
    if policy is not None and policy.mode is Mode.OBSERVE:
        return _Said(TRUE, "Observing", "decisions are made and shown; replicas are not written")
    return _Said(TRUE, "InForce", "decisions are made, and replicas written")


def _metrics(policy: ScalingPolicy | None, record: Record | None) -> _Said:
    if record is None or not record.decision.proposals:
        why = (
            "nothing is decided while mode is Paused" if policy and policy.mode is Mode.PAUSED else "none was asked for"
        )
        return _Said(UNKNOWN, "NotRead", why)
    failed = [one for one in record.decision.proposals if one.replicas is None]
    if not failed:
        return _Said(TRUE, "AllRead", "every metric was read")
    told = "; ".join(f"{metric_label(one.name)}: {one.error}" for one in failed)
    return _Said(FALSE, "NoneRead" if len(failed) == len(record.decision.proposals) else "SomeUnread", told)


def _paused(policy: ScalingPolicy | None) -> _Said:
    guarding = policy.guarding if policy is not None else None
    if policy is not None and policy.mode is Mode.PAUSED:
        return _Said(TRUE, "Paused", "mode is Paused: nothing is decided or written")
    if guarding is not None and (guarding.pause_scale_up or guarding.pause_scale_down):
        if guarding.pause_scale_up and guarding.pause_scale_down:
            return _Said(TRUE, "BothDirectionsPaused", "pauseScaleUp and pauseScaleDown are true: nothing changes")
        if guarding.pause_scale_up:
            return _Said(TRUE, "ScaleUpPaused", "pauseScaleUp is true: nothing grows")
        return _Said(TRUE, "ScaleDownPaused", "pauseScaleDown is true: nothing shrinks")
    return _Said(FALSE, "NotPaused", "neither direction is paused")


def _degraded(record: Record | None, trouble: Trouble | None) -> _Said:
    if trouble is not None and trouble.in_force:
        message = f"generation {trouble.in_force} stays in force, because the newest one is refused"
        return _Said(TRUE, "OlderVersionInForce", message)
    proposals = record.decision.proposals if record is not None else ()
    failed = sum(one.replicas is None for one in proposals)
    if failed:
        return _Said(TRUE, "MetricsMissing", f"{failed} of {len(proposals)} metrics could not be read: nothing shrinks")
    if record is not None and record.decision.reason in _PARTIAL:
        return _Said(TRUE, record.decision.reason.value, "too few pods have a fresh sample: nothing shrinks")
    return _Said(FALSE, "AsIntended", "nothing is missing")
