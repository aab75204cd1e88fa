"""Notes about policies that are valid but probably not meant."""

from __future__ import annotations

import pytest

from autoscaler.config.documents import load
from autoscaler.config.hpa import ReadOptions, read_policy
from autoscaler.config.lint import lint

FRAME = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 10
"""
CPU = "  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}\n"


def notes(text: str) -> list[str]:
    (document,) = load(text, "f")
    assert isinstance(document.value, dict)
    found = lint(read_policy(document, ReadOptions()), document.value)
    return [f"{document.line_of(note.path)}: {note.path}: {note.what} | {note.hint}" for note in found]


def metric(text: str) -> str:
    return FRAME + "  metrics:\n" + CPU + f"  - {text}\n"


def test_a_plain_policy_has_no_notes() -> None:
    assert notes(FRAME + "  metrics:\n" + CPU) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            FRAME,
            "4: spec: no metrics: the API server adds CPU at 80 % of the request "
            "| write `metrics:`, so that the file says what happens",
            id="no-metrics",
        ),
        pytest.param(
            FRAME + "  minReplicas: 10\n  metrics:\n" + CPU,
            "6: spec.maxReplicas: minReplicas and maxReplicas are both 10: the policy can never scale "
            "| raise maxReplicas, or set the replicas on the workload",
            id="equal-bounds",
        ),
        pytest.param(
            FRAME + "  metrics:\n" + CPU.replace("cpu", "memory"),
            "7: spec.metrics: memory is the only metric: memory that the application keeps holds the replicas up for good "
            "| follow the demand: CPU, or requests per second",
            id="memory-alone",
        ),
        pytest.param(
            metric("{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 100}}}"),
            "9: spec.metrics[1].resource.target.averageValue: 100 of cpu is 100 whole cores for each pod "
            "| 100m is a thousandth of that",
            id="cores-for-millicores",
        ),
        pytest.param(
            metric("{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 500m}}}"),
            "9: spec.metrics[1].resource.target.averageValue: 500m of memory is less than a mebibyte "
            "| write Mi or Gi; m is a thousandth of a byte",
            id="milli-for-mega",
        ),
        pytest.param(
            metric("{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 7000}}}"),
            "9: spec.metrics[1].resource.target.averageUtilization: 7000 % of the request is a high target "
            "| percent: 70 is 70 % of what the pods request",
            id="thousands-of-percent",
        ),
        pytest.param(
            metric("{type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: 1000m}}}"),
            "9: spec.metrics[1].pods.target.averageValue: 1000m is 1 | m is a thousandth; for 1000 leave it out",
            id="a-thousandth-of-a-request",
        ),
        pytest.param(
            metric("{type: External, external: {metric: {name: q}, target: {type: Value, averageValue: 30}}}"),
            "9: spec.metrics[1].external.target.type: type Value does not fit the value given: the type is ignored "
            "| write type: AverageValue",
            id="a-type-that-is-ignored",
        ),
        pytest.param(
            metric(
                "{type: Object, object: {metric: {name: q}, describedObject: {kind: Service, name: a}, "
                "target: {type: AverageValue, value: 30}}}"
            ),
            "9: spec.metrics[1].object.target.type: type AverageValue does not fit the value given: "
            "the metric will always fail | write type: Value",
            id="a-type-that-is-heeded",
        ),
        pytest.param(
            FRAME + "  metrics:\n" + CPU + "  behavior: {scaleDown: {selectPolicy: Disabled}}\n",
            "9: spec.behavior.scaleDown.selectPolicy: Disabled: the workload can never shrink | ",
            id="never-shrinks",
        ),
        pytest.param(
            FRAME + "  metrics:\n" + CPU + "  behavior: {scaleUp: {tolerance: 5}}\n",
            "9: spec.behavior.scaleUp.tolerance: a tolerance of 5 is 500 % of the target "
            "| a share of the target: 0.05 is 5 %",
            id="tolerance-in-percent",
        ),
    ],
)
def test_each_slip_is_noted_at_its_line(text: str, expected: str) -> None:
    assert notes(text) == [expected]
