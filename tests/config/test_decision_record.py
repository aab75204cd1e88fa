"""Statement C82: each evaluation yields a versioned record, and a week of them fits the schema that is exported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest

from autoscaler.cli.app import run
from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import Scenario
from autoscaler.control.controller import Controller
from autoscaler.control.messages import Record as PassRecord
from autoscaler.control.past import Past
from autoscaler.daemon.explanations import decision_document
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.time import MINUTE, SECOND
from autoscaler.simulator.driver import Driver
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.world import started

PERIOD = 5 * MINUTE
WEEK = 7 * 24 * 60 * MINUTE
POLICY = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 12
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
  - type: External
    external: {metric: {name: waiting}, target: {type: AverageValue, averageValue: "10"}}
  behavior:
    scaleUp: {policies: [{type: Pods, value: 3, periodSeconds: 600}]}
    scaleDown: {stabilizationWindowSeconds: 900}
"""


def week(folder: Path) -> list[Past]:
    """Play a week in which traffic follows the hours and metrics fail for a while; give every pass."""
    file = folder / "web.yaml"
    file.write_text(POLICY)
    scenario = Scenario.model_validate(
        {
            "name": "week",
            "duration": "7d",
            "traffic": {"diurnal": {"low": 20, "high": 400}},
            "pods": {"initial_replicas": 2},
            "metrics": {"external": {"waiting": "queue_depth"}},
            "faults": [
                {"at": "30h", "for": "90m", "metrics_outage": {}},
                {"at": "40h", "for": "2h", "dropped_samples": {"share": 0.5}},
            ],
        }
    )
    inputs = prepare(scenario, folder)
    world = started(inputs.scenario)
    world.add(inputs.scenario, inputs.traffic)
    config = ControllerConfig(sync_period=PERIOD)
    controller, passes = Controller(config), list[Past]()

    def keep(record: PassRecord) -> None:
        past = controller.past_of(record.key)
        assert past is not None
        passes.append(past)

    driver = Driver(world, controller, keep)
    driver.accept(load_policies([file]).policies)
    driver.run(range(world.start + 22 * SECOND, world.start + WEEK, PERIOD))
    return passes


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Every pass of the second day, on which metrics fail, and every fourth of the others."""
    passes = week(tmp_path_factory.mktemp("week"))
    day = len(passes) // 7
    chosen = [past for index, past in enumerate(passes) if day <= index < 2 * day or index % 4 == 0]
    assert len(passes) == WEEK // PERIOD
    return [decision_document(past) for past in chosen]


def test_c82_a_week_of_records_fits_the_schema(
    documents: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["schema", "decision"]) == 0
    fits = fastjsonschema.compile(json.loads(capsys.readouterr().out))
    for document in documents:
        fits(document)
    assert {document["apiVersion"] for document in documents} == {"autoscaler.dev/v1alpha1"}
    assert len({document["decisionId"] for document in documents}) == len(documents)
    assert {document["result"]["reason"] for document in documents} == {
        "ScaledUp", "ScaledDown", "StabilizationHold", "AtMin", "AtMax", "RateLimited", "Unchanged", "MetricMissing",
    }  # fmt: skip


def test_c82_a_record_holds_all_that_the_decision_followed_from(documents: list[dict[str, Any]]) -> None:
    held = next(one for one in documents if one["result"]["reason"] == "StabilizationHold")
    cpu, waiting = held["metrics"]
    assert cpu["sampledAt"] is not None
    assert 0 < cpu["ageSeconds"] < 90
    assert sum(cpu["pods"].values()) == held["result"]["current"]
    assert (waiting["source"], waiting["pods"], waiting["health"]) == ("external", None, "ok")
    assert held["windows"]["downSeconds"] == 900
    assert held["windows"]["heldBy"]["replicas"] == held["result"]["desired"]
    assert held["bounds"] == {"min": 2, "max": 12}
    assert held["result"]["binding"] == "stabilization"
    assert 0 < held["result"]["remainingWaitSeconds"] <= 900
    assert held["write"] == {"attempted": False, "result": "not_needed", "error": ""}


def test_c82_a_lost_metric_and_missing_pods_show(documents: list[dict[str, Any]]) -> None:
    lost = next(one for one in documents if one["result"]["reason"] == "MetricMissing")
    assert [metric["health"] for metric in lost["metrics"]] == ["missing", "missing"]
    assert all(metric["error"] and metric["sampledAt"] is None for metric in lost["metrics"])
    partial = next(one["metrics"][0] for one in documents if one["metrics"][0]["health"] == "partial")
    assert partial["pods"]["missing"] + partial["pods"]["unready"] > 0
