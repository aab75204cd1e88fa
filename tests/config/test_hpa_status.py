"""HPA status, read and written: the answers of upstream's controller come back byte for byte."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autoscaler.config.hpa_build import build_policy
from autoscaler.config.hpa_status import status_from_object, status_to_object
from autoscaler.model.decision import Condition, MetricStatus, PolicyStatus
from autoscaler.model.policy import Mode
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import SECOND, ZERO_TIME

VECTORS = Path(os.environ.get("AUTOSCALER_HPA_VECTORS", "../shared/hpa"))
AT = 1_767_323_045 * SECOND  # 2026-01-02T03:04:05Z

POLICY = build_policy(
    {
        "metadata": {"namespace": "shop", "name": "web"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "maxReplicas": 10,
            "metrics": [
                {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 70}}},
                {
                    "type": "External",
                    "external": {
                        "metric": {
                            "name": "depth",
                            "selector": {
                                "matchLabels": {"b": "2", "a": "1"},
                                "matchExpressions": [
                                    {"key": "x", "operator": "In", "values": ["1"]},
                                    {"key": "y", "operator": "Exists"},
                                ],
                            },
                        },
                        "target": {"averageValue": "30"},
                    },
                },
            ],
        },
    },
    Mode.APPLY,
)


def test_the_fields_stand_in_upstreams_order() -> None:
    status = PolicyStatus(
        current_replicas=3,
        desired_replicas=4,
        last_scale_at=AT,
        metrics=(
            MetricStatus(average_utilization=81, average_value=Quantity.parse("162m")),
            MetricStatus(average_value=Quantity.parse("8328m")),
        ),
        conditions=(
            Condition(type="AbleToScale", status="True", reason="R", message="M", last_transition=AT),
            Condition(type="ScaledToZero", status="False", reason="", message="", last_transition=ZERO_TIME),
        ),
    )

    assert json.dumps(status_to_object(status, POLICY)) == (
        '{"lastScaleTime": "2026-01-02T03:04:05Z", "currentReplicas": 3, "desiredReplicas": 4, "currentMetrics": ['
        '{"type": "Resource", "resource": {"name": "cpu", '
        '"current": {"averageValue": "162m", "averageUtilization": 81}}}, '
        '{"type": "External", "external": {"metric": {"name": "depth", "selector": {'
        '"matchLabels": {"a": "1", "b": "2"}, "matchExpressions": ['
        '{"key": "x", "operator": "In", "values": ["1"]}, {"key": "y", "operator": "Exists"}]}}, '
        '"current": {"averageValue": "8328m"}}}], "conditions": ['
        '{"type": "AbleToScale", "status": "True", "lastTransitionTime": "2026-01-02T03:04:05Z", '
        '"reason": "R", "message": "M"}, {"type": "ScaledToZero", "status": "False", "lastTransitionTime": null}]}'
    )


def test_a_fresh_status_says_what_upstreams_says() -> None:
    assert status_to_object(PolicyStatus(), POLICY) == {"desiredReplicas": 0, "currentMetrics": None}


def test_a_failed_metric_is_blank_at_its_place() -> None:
    status = PolicyStatus(metrics=(MetricStatus(), MetricStatus(average_value=Quantity.parse("5"))))

    written = status_to_object(status, POLICY)

    assert written["currentMetrics"][0] == {"type": ""}
    assert written["currentMetrics"][1]["type"] == "External"


@pytest.mark.parametrize(
    "status",
    [
        {},
        None,
        {"currentMetrics": None, "conditions": None},
        {"lastScaleTime": "yesterday", "currentMetrics": [{"type": "Pods", "pods": None}]},
    ],
)
def test_a_status_that_is_absent_or_odd_counts_as_never_written(status: Any) -> None:
    read = status_from_object({"status": status})

    assert (read.current_replicas, read.last_scale_at, read.conditions) == (0, None, ())


def _observed() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every status upstream's controller wrote in the shared vectors: (id, hpa, status)."""
    path = VECTORS / "vectors.json"
    if not path.exists():
        return
    for vector in json.loads(path.read_text())["vectors"]:
        if vector["case"]["kind"] != "reconcile":
            continue
        hpa = vector["case"]["hpa"]
        steps = vector["case"]["steps"]
        for number, (step, seen) in enumerate(zip(steps, vector.get("observed", []), strict=False)):
            if "spec" in step:
                hpa = {**hpa, "spec": step["spec"]}
            if seen.get("status"):
                yield f"{vector['id']}#{number}", hpa, seen["status"]


def test_upstreams_own_statuses_survive_reading_and_writing() -> None:
    observed = list(_observed())
    if not observed:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no vectors in {VECTORS}", pytrace=False)
        pytest.skip(f"no vectors in {VECTORS}")

    different = [
        name
        for name, hpa, status in observed
        if json.dumps(status_to_object(status_from_object({"status": status}), build_policy(hpa, Mode.OBSERVE)))
        != json.dumps(status)
    ]

    assert len(observed) > 50
    assert different == []


def test_the_observed_generation_is_written_first_and_only_where_it_is_known() -> None:
    known = status_to_object(PolicyStatus(observed_generation=3), POLICY)

    assert next(iter(known.items())) == ("observedGeneration", 3)
    assert status_from_object({"status": known}).observed_generation == 3
    assert status_from_object({"status": {}}).observed_generation is None


def test_a_condition_keeps_the_generation_it_was_set_for() -> None:
    condition = Condition(
        type="AbleToScale", status="True", reason="", message="", last_transition=SECOND, observed_generation=3
    )
    written = status_to_object(PolicyStatus(conditions=(condition,)), POLICY)

    assert written["conditions"][0]["observedGeneration"] == 3
    assert status_from_object({"status": written}).conditions == (condition,)
