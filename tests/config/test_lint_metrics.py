"""Rules about metrics: where each threshold lies, and whose requests count."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.lint_findings import REQUESTS, rules_of


@pytest.mark.parametrize(("tolerance", "reaches"), [("", False), ("0.05", True), ("0.1", False)])
def test_a_target_within_the_limits_but_not_beyond_the_tolerance_is_out_of_reach(
    tolerance: str, reaches: bool, tmp_path: Path
) -> None:
    behavior = f"behavior: {{scaleUp: {{tolerance: {tolerance}}}}}\n" if tolerance else ""
    example = (
        f"{behavior}metrics:\n- type: Resource\n"
        "  resource: {name: cpu, target: {type: Utilization, averageUtilization: 92}}\n"
        "---\ncontainers: [{name: app, resources: {limits: {cpu: 500m}}}]\n"
    )

    assert rules_of(tmp_path, example) == ([] if reaches else ["target-out-of-reach"])


def resource_target(resource: str, target: str) -> str:
    return f"metrics:\n- {{type: Resource, resource: {{name: {resource}, target: {{{target}}}}}}}\n"


def pods_target(name: str, amount: str) -> str:
    target = f"{{type: AverageValue, averageValue: {amount}}}"
    return f"metrics:\n- {{type: Pods, pods: {{metric: {{name: {name}}}, target: {target}}}}}\n"


UTILIZATION, AVERAGE = "type: Utilization, averageUtilization: ", "type: AverageValue, averageValue: "


@pytest.mark.parametrize(
    ("rule", "found_in", "fine"),
    [
        ("odd-utilization", resource_target("cpu", UTILIZATION + "9"), resource_target("cpu", UTILIZATION + "10")),
        ("odd-utilization", resource_target("cpu", UTILIZATION + "201"), resource_target("cpu", UTILIZATION + "200")),
        ("cpu-in-whole-cores", resource_target("cpu", AVERAGE + "32"), resource_target("cpu", AVERAGE + "31999m")),
        ("hardly-any-cpu", resource_target("cpu", AVERAGE + "9m"), resource_target("cpu", AVERAGE + "10m")),
        ("hardly-any-requests", pods_target("rps", "4"), pods_target("rps", "5")),
        ("share-in-percent", pods_target("hit_ratio", "5"), pods_target("hit_ratio", "4900m")),
        ("hardly-any-bytes", pods_target("backlog_bytes", "1023"), pods_target("backlog_bytes", "1Ki")),
        ("latency-in-milliseconds", pods_target("latency_seconds", "30"), pods_target("latency_seconds", "29")),
        (
            "scale-down-window-too-short",
            "behavior: {scaleDown: {stabilizationWindowSeconds: 15}}\n",
            "behavior: {scaleDown: {stabilizationWindowSeconds: 16}}\n",
        ),
        (
            "scale-up-window-without-effect",
            "behavior: {scaleUp: {stabilizationWindowSeconds: 15}}\n",
            "behavior: {scaleUp: {stabilizationWindowSeconds: 16}}\n",
        ),
        (
            "period-shorter-than-a-pass",
            "behavior: {scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 14}]}}\n",
            "behavior: {scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 15}]}}\n",
        ),
        (
            "odd-tolerance",
            'behavior: {scaleUp: {tolerance: "1"}}\n',
            'behavior: {scaleUp: {tolerance: "0.99"}, scaleDown: {tolerance: "0.01"}}\n',
        ),
        (  # 2 to 10: one pod at 0, 60, ... 420 s; down all at once, when the window has passed
            "shrinks-faster-than-it-grows",
            "behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}, "
            "scaleDown: {stabilizationWindowSeconds: 419}}\n",
            "behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}, "
            "scaleDown: {stabilizationWindowSeconds: 420}}\n",
        ),
    ],
)
def test_where_each_threshold_lies(rule: str, found_in: str, fine: str, tmp_path: Path) -> None:
    assert rule in rules_of(tmp_path, found_in)
    assert rule not in rules_of(tmp_path, fine)


def test_a_metric_of_one_container_needs_that_containers_request_only(tmp_path: Path) -> None:
    metric = (
        "metrics:\n- type: ContainerResource\n"
        "  containerResource: {name: cpu, container: app, target: {type: Utilization, averageUtilization: 70}}\n---\n"
    )

    assert rules_of(tmp_path, f"{metric}containers: [{{name: app, {REQUESTS}}}, {{name: proxy}}]\n") == []
    assert rules_of(tmp_path, f"{metric}containers: [{{name: app}}, {{name: proxy, {REQUESTS}}}]\n") == [
        "request-missing"
    ]
