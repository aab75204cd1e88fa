"""Writes an explained decision down as a ``decision_record.Record``."""

from __future__ import annotations

from autoscaler.config.decision_metrics import metric_parts
from autoscaler.config.decision_record import (
    BoundaryPart,
    Bounds,
    BudgetPart,
    ChangePart,
    EventPart,
    RatesPart,
    Record,
    Remembered,
    Result,
    StagePart,
    WindowsPart,
    WritePart,
)
from autoscaler.config.hpa_status import status_to_object
from autoscaler.config.moments import print_time
from autoscaler.engine.course import lower_bound
from autoscaler.engine.explain import ShowInstant, binding_stage, metric_label, sentence
from autoscaler.engine.explained import Explained
from autoscaler.engine.sensitivity import Boundary, Input, Sensitivity
from autoscaler.engine.turn import reference_of
from autoscaler.engine.waterfall import Rates, Windows
from autoscaler.model.decision import Stage, WriteOutcome, WriteResult
from autoscaler.model.memory import Memory, Recommendation
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    ObjectMetric,
    PrometheusMetric,
    ResourceMetric,
)
from autoscaler.model.quantity import Format, Quantity
from autoscaler.model.time import SECOND, Instant


def record_of(
    explained: Explained,
    *,
    show: ShowInstant | None = None,
    version: str,
    outcome: WriteOutcome | None = None,
    notes: tuple[str, ...] = (),
) -> Record:
    """Write the record. ``show`` prints instants in the sentence; ``version`` names the rules followed.

    ``outcome``: of the write, where the decision was made for real.
    """
    policy, decision, settlement = explained.policy, explained.decision, explained.settlement
    steps = explained.waterfall
    told = (*decision.announcements, *settlement.announcements, *decision.closing)
    return Record(
        decision_id=f"{policy.key}@{print_time(decision.at)}",
        policy=str(policy.key),
        generation=policy.generation,
        mode=policy.mode.value,
        target=reference_of(policy),
        kubernetes_version=version,
        at=print_time(decision.at),
        sentence=sentence(decision, outcome, show=show),
        result=_result(explained),
        bounds=Bounds(min=lower_bound(policy), max=policy.max_replicas),
        tolerance=(explained.tolerance.low, explained.tolerance.high),
        metrics=metric_parts(explained),
        stages=[_stage(stage) for stage in decision.stages],
        windows=None if steps is None else _windows(steps.windows),
        rates=None if steps is None or steps.rates is None else _rates(steps.rates),
        status=status_to_object(settlement.status, policy),
        events=[EventPart(type=one.type, reason=one.reason, message=one.message) for one in told],
        changes=_changes(explained),
        remembers=_remembers(explained.memory),
        write=None if outcome is None else _write(outcome),
        notes=list(notes),
    )


def quantity_text(metric: Metric | None, milli: int) -> str:
    """Write milli-units exactly, as the metric's status does: memory in powers of 1024 where that loses nothing."""
    return Quantity.from_milli(milli, Format.BINARY_SI if _is_memory(metric) else Format.DECIMAL_SI).canonical()


def readable(metric: Metric, milli: int) -> str:
    """Write milli-units for people: memory in Mi to one digit, cpu as its quantity, everything else as a number."""
    if _is_memory(metric):
        return f"{milli / 1000 / 2**20:.1f}Mi"
    if isinstance(metric, ResourceMetric | ContainerResourceMetric):
        return quantity_text(metric, milli)
    return f"{milli // 1000}.{milli % 1000:03d}".rstrip("0").rstrip(".") if milli % 1000 else str(milli // 1000)


def _is_memory(metric: Metric | None) -> bool:
    return isinstance(metric, ResourceMetric | ContainerResourceMetric) and metric.resource == "memory"


def _result(explained: Explained) -> Result:
    decision = explained.decision
    binding, wait = binding_stage(decision), decision.next_possible_change_at
    return Result(
        current=decision.current,
        desired=decision.desired,
        action=decision.action,
        reason=decision.reason,
        binding=None if binding is None else binding.stage,
        next_possible_change_at=_time(decision.next_possible_change_at),
        remaining_wait_seconds=None if wait is None else max(wait - decision.at, 0) / SECOND,
        error=explained.settlement.error,
    )


def _time(at: Instant | None) -> str | None:
    return None if at is None else print_time(at)


def _write(outcome: WriteOutcome) -> WritePart:
    attempted = outcome.result in (WriteResult.WRITTEN, WriteResult.FAILED)
    return WritePart(attempted=attempted, result=outcome.result.value, error=outcome.error)


def _stage(stage: Stage) -> StagePart:
    return StagePart(
        stage=stage.stage,
        before=stage.before,
        after=stage.after,
        why=stage.why,
        since=_time(stage.since),
        until=_time(stage.until),
    )


def _remembered(entry: Recommendation) -> Remembered:
    return Remembered(at=print_time(entry.at), replicas=entry.replicas)


def _windows(windows: Windows) -> WindowsPart:
    return WindowsPart(
        up_seconds=None if windows.up is None else windows.up / SECOND,
        down_seconds=windows.down / SECOND,
        remembered=[_remembered(entry) for entry in windows.remembered],
        held_by=None if windows.held_by is None else _remembered(windows.held_by),
    )


def _rates(rates: Rates) -> RatesPart:
    return RatesPart(
        direction="up" if rates.grows else "down",
        select_policy=rates.select,
        limit=rates.limit,
        rules=[
            BudgetPart(
                type=budget.rule.type,
                value=budget.rule.value,
                period_seconds=budget.rule.period_seconds,
                start=budget.start,
                limit=budget.limit,
                left=budget.left,
                frees_at=_time(budget.frees_at),
                binds=budget.binds,
            )
            for budget in rates.budgets
        ],
    )


def _changes(explained: Explained) -> list[ChangePart]:
    metrics = iter(explained.policy.metrics)
    return [_change(one, next(metrics) if one.input is Input.METRIC else None) for one in explained.sensitivities]


def _change(one: Sensitivity, metric: Metric | None) -> ChangePart:
    def value(number: int) -> str:
        match one.input:
            case Input.METRIC:
                return quantity_text(metric, number)
            case Input.REPLICAS:
                return str(number)
            case Input.TIME:
                return print_time(number)

    def boundary(found: Boundary | None) -> BoundaryPart | None:
        if found is None:
            return None
        return BoundaryPart(value=value(found.value), observed=found.observed, desired=found.desired)

    return ChangePart(
        input=one.input,
        name=one.name,
        label=metric_label(one.name) if metric is not None else str(one.input),
        now=None if one.now is None else value(one.now),
        unit=_unit(metric),
        at_target=boundary(one.at_start),
        lower=boundary(one.lower),
        higher=boundary(one.higher),
    )


def _unit(metric: Metric | None) -> str:
    match metric:
        case None:
            return ""
        case ObjectMetric() | ExternalMetric() | PrometheusMetric():
            return "total"
        case _:
            return "average per pod"


def _remembers(memory: Memory) -> dict[str, object]:
    """In the shape of an observation's history. Two changes at one instant, one each way, become their sum."""
    changes: dict[str, int] = {}
    for events, sign in ((memory.scale_ups, 1), (memory.scale_downs, -1)):
        for event in events:
            at = print_time(event.at)
            changes[at] = changes.get(at, 0) + sign * event.change
    remembered: dict[str, object] = {"changes": {at: change for at, change in sorted(changes.items()) if change}}
    if memory.recommendations is not None:
        asked: dict[str, list[int]] = {}
        for entry in sorted(memory.recommendations, key=lambda entry: entry.at):
            asked.setdefault(print_time(entry.at), []).append(entry.replicas)
        remembered["recommendations"] = {at: one[0] if len(one) == 1 else one for at, one in asked.items()}
    if memory.status.last_scale_at is not None:
        remembered["last_scale"] = print_time(memory.status.last_scale_at)
    return remembered
