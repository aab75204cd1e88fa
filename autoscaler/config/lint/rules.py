"""Every rule there is, in the order of the documentation."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from autoscaler.config.lint import behavior, capacity, metrics, owners, requests, targets, units
from autoscaler.config.lint.finding import Finding, Severity
from autoscaler.config.lint.rule import Rule, for_hpa, for_scaler
from autoscaler.config.lint.surroundings import Surroundings

_ERROR: Final = Severity.ERROR

RULES: Final[tuple[Rule, ...]] = (
    for_hpa(units.cpu_in_whole_cores),
    for_hpa(units.hardly_any_cpu),
    for_hpa(units.memory_below_a_mebibyte),
    for_scaler(units.odd_utilization),
    for_hpa(units.thousandths_of_a_count),
    for_hpa(units.hardly_any_requests),
    for_hpa(units.latency_in_milliseconds),
    for_hpa(units.share_in_percent),
    for_hpa(units.hardly_any_bytes),
    for_hpa(metrics.no_metrics),
    for_hpa(metrics.memory_alone),
    for_hpa(metrics.target_type_ignored),
    for_hpa(metrics.object_target_type, _ERROR),
    for_hpa(metrics.metric_twice),
    for_hpa(metrics.counter_as_metric),
    for_hpa(metrics.backlog_by_total),
    for_hpa(behavior.equal_bounds),
    for_hpa(behavior.direction_disabled),
    for_hpa(behavior.rate_rule_without_effect),
    for_hpa(behavior.period_shorter_than_a_pass),
    for_hpa(behavior.scale_down_window_too_short),
    for_hpa(behavior.scale_up_window_without_effect),
    for_hpa(behavior.odd_tolerance),
    for_hpa(behavior.shrinks_faster_than_it_grows),
    for_scaler(owners.name_taken, _ERROR),
    for_scaler(owners.two_scalers, _ERROR),
    for_scaler(owners.vertical_on_same_resource, _ERROR),
    for_scaler(owners.schedule_sets_replicas, _ERROR),
    for_scaler(targets.replicas_in_the_manifest),
    for_scaler(targets.target_cannot_scale, _ERROR),
    for_scaler(targets.target_missing),
    for_scaler(targets.pods_of_two_workloads),
    for_scaler(requests.container_missing, _ERROR),
    for_scaler(requests.request_missing, _ERROR),
    for_scaler(requests.target_out_of_reach),
    for_scaler(capacity.beyond_quota),
    for_scaler(capacity.beyond_quota_together),
    for_scaler(capacity.beyond_nodes),
    for_scaler(capacity.budget_blocks_eviction),
)
RULES_BY_NAME: Final = {rule.name: rule for rule in RULES}


def lint(around: Surroundings, ignored: Collection[str] = ()) -> Iterator[Finding]:
    """Apply every rule but the ``ignored`` ones."""
    for rule in RULES:
        if rule.name not in ignored:
            yield from rule.findings(around)
