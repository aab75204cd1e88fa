"""From a scenario file with nodes to a run: recorded pools are found, what fits nowhere is said, two files in one check."""

from __future__ import annotations

import pytest

from autoscaler.config.check import check_files
from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import load_scenario
from autoscaler.model.errors import InvalidTraceError
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.records import scenario_record
from autoscaler.simulator.simulation import simulate

EVENTS = "timestamp,event,node\n0,add,a\n0,add,b\n0,add,c\n0,add,d\n600,remove,a\n600,remove,b\n900,add,e\n"
SCENARIO = """\
name: recorded
duration: 1h
traffic:
  constant: {rps: 500}
pods: {initial_replicas: 8, startup: 20s, jitter: 0}
nodes:
  - name: spot
    shape: {cpu: 1, memory: 4Gi}
    price_per_hour: 0.1
    spot: {trace: pool.csv, notice: 0}
"""
POLICY = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 8
  maxReplicas: 8
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pool.csv").write_text(EVENTS)
    (tmp_path / "scenario.yaml").write_text(SCENARIO)
    (tmp_path / "policy.yaml").write_text(POLICY)
    return tmp_path


def inputs_in(folder, text=None):
    if text is not None:
        (folder / "scenario.yaml").write_text(text)
    return prepare(load_scenario(folder / "scenario.yaml"), folder)


def test_a_recorded_pool_is_played(folder):
    inputs = inputs_in(folder)
    assert inputs.notes == (f"{folder}/pool.csv: it ends after 15m; no node is taken back from then on",)
    result = simulate(inputs, load_policies([folder / "policy.yaml"]).policies[0])
    lost = [(int(t), int(n)) for t, n in zip(result.nodes.t, result.nodes.existing, strict=True) if 600 <= t < 1000]
    # each of four nodes is hit with the chance of one half; none is to be had until 900 s, and the pool is asked at 910 s
    assert lost[0][0] == 600
    assert lost[0][1] < 4
    assert lost[1] == (910, 4)
    assert int(result.nodes.ready[-1]) == 4
    assert result.score.cost == pytest.approx(0.1 * result.score.node_hours)


def test_another_recording_under_the_same_name_is_another_experiment(folder):
    first = scenario_record(inputs_in(folder)).digest
    assert scenario_record(inputs_in(folder)).digest == first
    (folder / "pool.csv").write_text(EVENTS.replace("900,add,e", "950,add,e"))
    assert scenario_record(inputs_in(folder)).digest != first


def test_a_recorded_pool_that_is_missing_is_named(folder):
    with pytest.raises(InvalidTraceError) as caught:
        inputs_in(folder, SCENARIO.replace("pool.csv", "none.csv"))
    assert caught.value.faults[0].source == f"{folder}/none.csv"


def test_pods_that_fit_on_no_node_are_named(folder):
    inputs = inputs_in(folder, SCENARIO + "beside:\n  - target: {name: db}\n    traffic: {constant: {rps: 1}}\n"
                       "    pods: {cpu_request: 500m, memory_request: 8Gi}\n")  # fmt: skip
    assert inputs.notes[1:] == (
        "a pod of db asks for 0.5 cores and 8 GiB and fits on no node: spot has 1 cores and 4 GiB; its pods stay pending",
    )


def test_check_finds_missing_files_and_misfits(folder):
    (folder / "scenario.yaml").write_text(
        SCENARIO.replace("pool.csv", "none.csv").replace("initial_replicas: 8", "cpu_request: 2")
    )
    found = [
        (finding.fault.path, finding.fault.line, finding.fault.what)
        for finding in check_files([folder / "scenario.yaml", folder / "pool.csv"]).findings
    ]
    assert found == [
        ("pods", 5, "a pod of web asks for 2 cores and 0.25 GiB and fits on no node: spot has 1 cores and 4 GiB; "
         "its pods stay pending"),
        ("nodes[0].spot.trace", 10, f"no such file: {folder}/none.csv"),
    ]  # fmt: skip
