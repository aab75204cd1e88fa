"""The state of every policy as a document: what `autoscaler status` prints, and a running controller serves at /status.

The shape is versioned (``apiVersion``). Times are RFC 3339 in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import Struct

from autoscaler.config.moments import print_time
from autoscaler.control.halting import CONDITION as HALTED
from autoscaler.control.messages import Record
from autoscaler.engine.course import lower_bound
from autoscaler.engine.explain import metric_label, sentence, short_figure
from autoscaler.model.decision import PolicyStatus
from autoscaler.model.policy import Metric, Mode, ScalingPolicy, UnknownMetric
from autoscaler.model.time import Instant

API_VERSION: Final = "autoscaler.dev/v1alpha1"


class StatusMetric(Struct, frozen=True, kw_only=True, rename="camel"):
    """One metric as the last decision read it. ``observed`` is empty where it could not be read."""

    label: str
    observed: str
    target: str
    replicas: int | None
    error: str = ""

    def __str__(self) -> str:
        """Print such as ``cpu 71%/60%``; a question mark stands for what is not known."""
        return f"{self.label} {short_figure(self.observed) or '?'}/{short_figure(self.target) or '?'}"


class PolicyState(Struct, frozen=True, kw_only=True, rename="camel"):
    """One policy in force, with its last decision; ``at`` is ``None`` where there was none yet."""

    policy: str
    target: str
    metrics: tuple[StatusMetric, ...] = ()
    min: int
    max: int
    current: int | None = None
    desired: int | None = None
    mode: str
    at: str | None = None
    reason: str = ""
    why: str
    action: str = ""
    write: str = ""
    last_scale_at: str | None = None
    next_possible_change_at: str | None = None
    generation: int = 0
    error: str = ""


class StatusDocument(Struct, frozen=True, kw_only=True, rename="camel"):
    """Every policy. ``refused``: what is wrong with those not in force. ``leader``: who acts, where we stand by."""

    api_version: str = API_VERSION
    kind: Literal["Status"] = "Status"
    at: str
    version: str = ""
    leader: str | None = None
    policies: tuple[PolicyState, ...] = ()
    refused: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


def policy_state(policy: ScalingPolicy, record: Record | None) -> PolicyState:
    """Give the state of one policy. ``record``: its last pass, if there was one."""
    target = f"{policy.target.kind}/{policy.target.name}"
    low, high, mode = lower_bound(policy), policy.max_replicas, policy.mode
    if record is None:
        why = "Paused: not evaluated." if mode is Mode.PAUSED else "Not evaluated yet."
        return PolicyState(policy=str(policy.key), target=target, min=low, max=high, mode=mode.value, why=why)
    decision, status = record.decision, record.settlement.status
    return PolicyState(
        policy=str(policy.key),
        target=target,
        metrics=tuple(_metrics(policy, record)),
        min=low,
        max=high,
        current=decision.current,
        desired=decision.desired,
        mode=f"{mode.value}, halted" if _is_halted(status) else mode.value,
        at=print_time(decision.at),
        reason=decision.reason.value,
        why=sentence(decision, record.outcome),
        action=decision.action.value,
        write=record.outcome.result.value,
        last_scale_at=_time(status.last_scale_at),
        next_possible_change_at=_time(decision.next_possible_change_at),
        generation=policy.generation,
        error=record.settlement.error or decision.error,
    )


def _metrics(policy: ScalingPolicy, record: Record) -> Iterator[StatusMetric]:
    targets = [_target(metric) for metric in policy.metrics]
    for index, one in enumerate(record.decision.proposals):
        yield StatusMetric(
            label=metric_label(one.name),
            observed=one.observed,
            target=one.target or (targets[index] if index < len(targets) else ""),
            replicas=one.replicas,
            error=one.error,
        )


def _target(metric: Metric) -> str:
    """Print what a metric is held at, also where it failed and its proposal does not say."""
    if isinstance(metric, UnknownMetric):
        return ""
    held = metric.target
    if held.average_utilization is not None:
        return f"{held.average_utilization}%"
    return str(held.average_value or held.value or "")


def _time(at: Instant | None) -> str | None:
    return None if at is None else print_time(at)


def _is_halted(status: PolicyStatus) -> bool:
    """Tell whether the kill switch is thrown, as the policy's own conditions show it."""
    return any(condition.type == HALTED for condition in status.conditions)
