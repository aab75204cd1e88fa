"""Kinds of cases that the data at hand do not hold, with answers taken from the written semantics."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.hpa import Case, check, load, report, run
from tests.conformance.hpa_texts import number_text

HPA = {
    "metadata": {"name": "h", "namespace": "ns"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
        "maxReplicas": 10,
        "metrics": [
            {
                "type": "External",
                "external": {"metric": {"name": "queue"}, "target": {"type": "AverageValue", "averageValue": "1"}},
            }
        ],
    },
}
STEP = {
    "at": 0,
    "scale": {"spec_replicas": 4, "selector": "app=x"},
    "external_metrics": [{"metric": "queue", "values": ["8"], "timestamp": 0}],
}
RULE = {"type": "Pods", "value": 2, "periodSeconds": 60}


def passes(kind: str, case: dict[str, Any], expect: Any) -> None:
    assert check(Case(kind, "x", {"case": {"kind": kind, **case}, "expect": expect})) == []


def reconcile(observed: dict[str, Any], hpa: dict[str, Any] | None = None, **step: Any) -> None:
    case = {"kind": "reconcile", "hpa": hpa or HPA, "steps": [STEP | step]}
    assert check(Case("reconcile", "x", {"case": case, "expect": {}, "observed": [observed]})) == []


def test_normalize() -> None:
    case = {
        "hpa": HPA,
        "current": 4,
        "desired": 2,
        "min": 1,
        "state": {"recommendations": [{"at": -10, "replicas": 3}]},
    }
    passes("normalize", case, {
        "desired": 3,
        "conditions": [
            {"type": "AbleToScale", "status": "True", "reason": "ScaleDownStabilized", "last_transition": 0},
            {"type": "ScalingLimited", "status": "False", "reason": "DesiredWithinRange", "last_transition": 0},
        ],
        "state": {"recommendations": [{"at": -10, "replicas": 3}, {"at": 0, "replicas": 2}]},
    })  # fmt: skip


def test_limit_downwards_min_is_the_larger_floor() -> None:
    rules = {"selectPolicy": "Min", "policies": [RULE, {"type": "Percent", "value": 50, "periodSeconds": 60}]}
    passes("limit", {"direction": "down", "rules": rules, "current": 10}, {"limit": 8})


def test_replicas_change_leaves_out_the_edge() -> None:
    state = {
        "scale_up_events": [{"at": -60, "change": 5}, {"at": -59, "change": 2}],
        "scale_down_events": [{"at": -1, "change": 3}],
    }
    passes("replicas_change", {"period_seconds": 60, "state": state}, {"up": 2, "down": 3})


def test_selectors() -> None:
    passes(
        "selector",
        {"selector": "b=2,a in (x)", "labels": {"a": "x", "b": "2"}},
        {"string": "a in (x),b=2", "matches": True},
    )
    passes("selector", {"label_selector": {"matchLabels": {"b": "2", "a": "1"}}}, {
        "string": "a=1,b=2",
        "printed": "&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{},}",
    })  # fmt: skip
    passes("selector", {"selector": "a in (", "labels": {}}, {
        "error": "unable to parse requirement: found '', expected: ',', ')' or identifier",
    })  # fmt: skip


@pytest.mark.parametrize(("value", "printed"), [("5m", "5m"), ('" 5m "', "5m"), (5, "5"), (None, "0"), ("007", "007")])
def test_json_quantities(value: Any, printed: str) -> None:
    passes("quantity", {"json_value": value}, {"string": printed})


def test_a_conflict_is_retried_and_its_times_are_not_exact() -> None:
    scale = {**STEP["scale"], "update_errors": ["Operation cannot be fulfilled: the object has been modified"]}  # type: ignore[dict-item]
    reconcile({"error": None, "scale_updates": [8], "last_scale_time": 0.012}, scale=scale)


def test_a_refused_status_replaces_the_error_and_keeps_the_old_status() -> None:
    reconcile(
        {
            "error": "failed to update status for h: etcd is slow",
            "current_replicas": 0,
            "events": [
                {"type": "Normal", "reason": "SuccessfulRescale"},
                {"type": "Warning", "reason": "FailedUpdateStatus", "message": "etcd is slow"},
            ],
            "monitor": {"reconciles": [{"action": "scale_up", "error": "internal"}]},
        },
        status_error="etcd is slow",
    )


def test_a_target_reference_that_cannot_be_resolved() -> None:
    hpa = deepcopy(HPA)
    hpa["spec"]["scaleTargetRef"] = {"apiVersion": "a/b/c", "kind": "Deployment", "name": "d"}  # type: ignore[index]
    error = "invalid API version in scale target reference: unexpected GroupVersion string: a/b/c"
    reconcile({"error": error, "monitor": {"reconciles": [{"action": "none", "error": "spec"}]}}, hpa)


def test_a_namespace_is_read_by_the_hpas_own_name() -> None:
    hpa = deepcopy(HPA)
    described = {"apiVersion": "v1", "kind": "Namespace", "name": "ignored"}
    target = {"type": "Value", "value": "1"}
    hpa["spec"]["metrics"] = [  # type: ignore[index]
        {"type": "Object", "object": {"metric": {"name": "hits"}, "describedObject": described, "target": target}}
    ]
    root = {"kind": "Namespace", "group": "", "name": "ns", "root": True}
    entry = {"metric": "hits", "object": root, "value": "1", "timestamp": 0}
    told = {"metric": {"name": "hits"}, "current": {"value": "1"}, "describedObject": described}
    reconcile({"error": None, "current_metrics": [{"type": "Object", "object": told}]}, hpa, custom_metrics=[entry])


def differences(vector: dict[str, Any]) -> list[str]:
    return check(Case(str(vector["case"].get("kind")), "x", vector))


def test_a_vector_that_asserts_nothing_fails() -> None:
    assert differences({"case": {"kind": "ratio", "values": {"a": 5}, "target": 10}}) == ["nothing is asserted"]


def test_an_unknown_kind_or_assertion_fails() -> None:
    assert differences({"case": {"kind": "vertical"}, "expect": {}}) == ["unknown kind 'vertical'"]
    case = {"kind": "reconcile", "hpa": HPA, "steps": [STEP]}
    assert differences({"case": case, "expect": {"mood": "good"}}) == [
        "mood: upstream says 'good', which no pass here answers"
    ]


def test_an_object_that_cannot_be_read_is_not_one_without_faults() -> None:
    hpa = deepcopy(HPA)
    hpa["spec"]["maxReplicas"] = "5"  # type: ignore[index]
    text = (
        "json: cannot unmarshal string into Go struct field HorizontalPodAutoscalerSpec.spec.maxReplicas of type int32"
    )
    told = differences({"case": {"kind": "validate", "hpa": hpa}, "expect": {"errors": []}})
    assert told == [f"decode_error: upstream None, here '{text}'"]
    assert differences({"case": {"kind": "validate", "hpa": hpa}, "expect": {"decode_error": text}}) == []


@pytest.mark.parametrize("errors", [[], None])
def test_no_errors_are_none_at_all(errors: list[Any] | None) -> None:
    hpa = deepcopy(HPA)
    assert differences({"case": {"kind": "validate", "hpa": hpa}, "expect": {"errors": errors}}) == []
    hpa["spec"]["maxReplicas"] = -1  # type: ignore[index]
    assert len(differences({"case": {"kind": "validate", "hpa": hpa}, "expect": {"errors": errors}})) == 2


def test_data_of_another_form_fail_case_by_case(tmp_path: Path) -> None:
    (tmp_path / "vectors.json").write_text('{"vectors": [5, {"id": "a"}, {"case": {}}, {"case": 7, "expect": {}}]}')
    tallies = run(load(tmp_path))
    assert {kind: len(tally.failures) for kind, tally in tallies.items()} == {"None": 4}


def test_a_failure_names_the_fields_that_were_ignored() -> None:
    case = {
        "kind": "reconcile",
        "hpa": HPA,
        "mood": 1,
        "steps": [STEP | {"weather": 1, "pods": [{"colour": 1, "name": "p"}]}],
    }
    assert differences({"case": case, "expect": {"desired_replicas": 8}}) == []
    assert differences({"case": case, "expect": {"desired_replicas": 7}}) == [
        "not understood, and ignored: mood, steps.pods.colour, steps.weather",
        "desired_replicas: upstream 7, here 8",
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-1.0, "-1"),
        (0.0001, "0.0001"),
        (1e-05, "1e-05"),
        (999999.0, "999999"),
        (1e6, "1e+06"),
        (-1234567.5, "-1.2345675e+06"),
        (1e100, "1e+100"),
        (float("inf"), "+Inf"),
        (float("-inf"), "-Inf"),
        (float("nan"), "NaN"),
    ],
)
def test_doubles_are_written_as_go_writes_them(number: float, text: str) -> None:
    assert number_text(number) == text


def test_another_number_of_steps_fails() -> None:
    case = {"kind": "reconcile", "hpa": HPA, "steps": [STEP]}
    assert differences({"case": case, "expect": {}, "observed": [{}, {}]}) == ["steps: upstream answers 2, here 1"]


def test_the_event_of_a_rescale_is_checked() -> None:
    case = {"kind": "reconcile", "hpa": HPA, "steps": [STEP]}
    assert differences({"case": case, "expect": {"rescale_event": True}}) == []
    assert differences({"case": case, "expect": {"rescale_event": False}}) == [
        "rescale_event: upstream False, here True"
    ]


def test_a_status_must_be_the_same_as_a_whole() -> None:
    case = {"kind": "reconcile", "hpa": HPA, "steps": [STEP]}
    theirs = {"status": {"desiredReplicas": 8, "currentReplicas": 4, "lastScaleTime": "2000-01-01T00:00:00Z"}}
    assert [text.partition(":")[0] for text in differences({"case": case, "observed": [theirs]})] == [
        "step 0.status.currentMetrics",
        "step 0.status.conditions",
    ]


def test_a_defaulted_object_must_be_the_same_as_a_whole() -> None:
    told = differences({"case": {"kind": "default", "hpa": {"spec": {"maxReplicas": 5}}}, "expect": {"hpa": {}}})
    assert [text.partition(":")[0] for text in told] == ["hpa.spec"]


def test_nulls_count_as_absent() -> None:
    step = STEP | {"spec": None, "status_error": None, "custom_metrics": None, "pods": None}
    step["scale"] = {"spec_replicas": 4, "status_replicas": None, "selector": "app=x", "update_errors": None}
    case = {"kind": "reconcile", "hpa": HPA, "steps": [step], "registered": None, "gates": {"HPAScaleToZero": None}}
    case |= {"config": {"tolerance": None}, "state": None, "other_hpas": None, "apply_defaults": None}
    assert differences({"case": case, "expect": {"desired_replicas": 8, "error": None}}) == []


def test_a_metric_whose_own_selector_is_wrong_fails_alone() -> None:
    hpa = deepcopy(HPA)
    selector = {"matchExpressions": [{"key": "a", "operator": "Near"}]}
    metric = {"name": "rps", "selector": selector}
    hpa["spec"]["metrics"][:] = [  # type: ignore[index]
        {"type": "Pods", "pods": {"metric": metric, "target": {"type": "AverageValue", "averageValue": "1"}}}
    ]
    fault = '"Near" is not a valid label selector operator'
    error = f"invalid metrics (1 invalid out of 1), first error is: failed to get pods metric value: {fault}"
    entry = {"metric": "rps", "pods": [{"name": "p", "value": "1"}]}
    reconcile(
        {"events": [
            {"type": "Warning", "reason": "FailedGetPodsMetric", "message": fault},
            {"type": "Warning", "reason": "FailedComputeMetricsReplicas", "message": error},
        ]},
        hpa, custom_metrics=[entry],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "source", "error"),
    [
        ("Object", {"describedObject": {"kind": "Ingress", "name": "i"}}, "failed to get object metric value: "),
        ("External", {}, "failed to get rps external metric value: failed to get rps external metric: "),
    ],
)
def test_a_wrong_selector_fails_an_object_metric_before_its_calculation(
    kind: str, source: dict[str, Any], error: str
) -> None:
    """So the words that the calculation's failures get between are missing; External checks inside of it."""
    hpa = deepcopy(HPA)
    selector = {"matchExpressions": [{"key": "a", "operator": "Near"}]}
    target = {"type": "AverageValue", "averageValue": "1"}
    hpa["spec"]["metrics"][:] = [  # type: ignore[index]
        {"type": kind, kind.lower(): {"metric": {"name": "rps", "selector": selector}, "target": target, **source}}
    ]
    first = f'{error}"Near" is not a valid label selector operator'
    what = "failed to compute desired number of replicas based on listed metrics for Deployment/ns/d"
    reconcile({"error": f"{what}: invalid metrics (1 invalid out of 1), first error is: {first}"}, hpa)


@pytest.mark.parametrize(
    ("function", "world", "expected"),
    [
        ("GetExternalMetricReplicas", {"external_metrics": [{"metric": "q", "values": ["8"], "timestamp": 7}]}, None),
        ("GetExternalPerPodMetricReplicas", {"external_metrics": [{"metric": "q", "values": ["8"], "timestamp": 7}]}, 7),
        ("GetMetricReplicas", {"custom_metrics": [{"metric": "q", "pods": [
            {"name": "p", "value": "8", "timestamp": 7}, {"name": "o", "value": "8", "timestamp": 9}]}]}, 7),
    ],
)  # fmt: skip
def test_timestamps(function: str, world: dict[str, Any], expected: int | None) -> None:
    case = {"fn": function, "current": 4, "target": 1000, "metric": "q", "pods": [{"name": "p"}], **world}
    passes("replicas", case, {"error": None, "timestamp": expected})


def test_differences_are_told_and_counted() -> None:
    bad = Case("ratio", "wrong", {"case": {"kind": "ratio", "values": {"a": 5}, "target": 10}, "expect": {"usage": 6}})
    text = report(run(iter([bad])), shown=3)

    assert "ratio wrong\n    usage: upstream 6, here 5" in text
    assert text.splitlines()[-1].split() == ["all", "0", "1"]
