"""Several services on the same nodes: each with its own traffic, policy and luck, all with one bill."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autoscaler.config.policies import load_policies
from autoscaler.model.policy import ObjectRef
from autoscaler.simulator.inputs import Overrides, prepare
from autoscaler.simulator.simulation import simulate

ROOT = Path(__file__).parents[2]
WEB = load_policies([ROOT / "policies" / "web-app-hpa.yaml"]).policies[0]
API = replace(WEB, target=ObjectRef(api_version="apps/v1", kind="Deployment", name="api"))
BUSY = {"steps": [{"at": "0s", "rps": 50}, {"at": "10m", "rps": 320}]}
POOL = {"name": "small", "shape": {"cpu": 1, "memory": "4Gi"}, "jitter": 0, "price_per_hour": 0.1}


def api(**sections):
    return {
        "target": {"name": "api"},
        "traffic": {"constant": {"rps": 50}},
        "service": {"cpu_per_request": "5m"},
        **sections,
    }


def inputs_of(scenario, overrides=None):
    return prepare(scenario, ROOT, overrides)


def test_a_neighbour_that_no_policy_names_keeps_its_size(scenario):
    result = simulate(inputs_of(scenario(beside=[api(pods={"initial_replicas": 3})])), WEB)
    (beside,) = result.neighbours
    assert (beside.name, beside.policy) == ("api", "")
    assert (beside.score.requests, beside.score.replica_hours) == (pytest.approx(180_000), pytest.approx(3))


def test_a_neighbour_begins_with_what_its_own_traffic_needs(scenario):
    (beside,) = inputs_of(scenario(beside=[api(traffic={"constant": {"rps": 400}})])).neighbours
    assert beside.scenario.pods.initial_replicas == 6  # each serves 100/s, kept 70 % busy


def test_a_neighbour_is_scaled_by_the_policy_that_names_it(scenario):
    inputs = inputs_of(scenario(beside=[api(traffic=BUSY)]))
    (beside,) = simulate(inputs, WEB, beside=[API]).neighbours
    assert (beside.policy, beside.score.peak_replicas, beside.score.scale_ups) == ("web", 5, 3)


def test_alone_or_not_the_main_workload_meets_the_same_luck(scenario):
    alone = simulate(inputs_of(scenario(traffic=BUSY)), WEB)
    together = simulate(inputs_of(scenario(traffic=BUSY, beside=[api()])), WEB, beside=[API])
    assert together.score == alone.score
    assert together.actions == alone.actions


def test_workloads_compete_for_room(scenario):
    # two pods to a node and at most two nodes: what api takes is not there for web
    nodes = [{**POOL, "max": 2}]
    busy = {"traffic": BUSY, "nodes": nodes, "service": {"cpu_per_request": "5m"}}
    alone = simulate(inputs_of(scenario(**busy)), WEB)
    together = simulate(inputs_of(scenario(**busy, beside=[api(pods={"initial_replicas": 2})])), WEB)
    assert (int(alone.replicas.ready.max()), int(together.replicas.ready.max())) == (4, 2)
    assert together.score.failed > alone.score.failed
    assert [note.split(",")[0] for note in together.notes] == ["web: up to 1 pod found no room"]


def test_the_bill_is_one_for_all_nodes(scenario):
    inputs = inputs_of(
        scenario(nodes=[POOL], beside=[api(pods={"initial_replicas": 3})], traffic={"constant": {"rps": 1}})
    )
    result = simulate(inputs, replace(WEB, min_replicas=1))
    assert (result.score.node_hours, result.score.cost) == (
        pytest.approx(2),
        pytest.approx(0.2),
    )  # 4 pods on 2 nodes, 1 h
    assert result.neighbours[0].score.cost is None


def test_without_nodes_each_workload_has_its_own_bill(scenario):
    priced = {"initial_replicas": 1, "price_per_hour": 0.5}
    inputs = inputs_of(scenario(pods=priced, beside=[api(pods={"initial_replicas": 2, "price_per_hour": 0.25})]))
    result = simulate(inputs, replace(WEB, min_replicas=1, max_replicas=1))
    assert (result.score.cost, result.neighbours[0].score.cost) == (pytest.approx(0.5), pytest.approx(0.5))
    assert result.series.cost.tolist() == pytest.approx([0.5] * len(result.series.cost))


def test_traffic_played_faster_is_faster_for_all(scenario):
    step = {"steps": [{"at": "0s", "rps": 1}, {"at": "30m", "rps": 9}]}
    inputs = inputs_of(scenario(traffic=step, beside=[api(traffic=step)]), Overrides(speed_up=2.0))
    rates = [each.traffic.rate(np.array([899.0, 900.0])).tolist() for each in (inputs, *inputs.neighbours)]
    assert (inputs.duration, rates) == (1800, [[1, 9], [1, 9]])


def test_a_policy_for_nobody_beside_is_a_mistake_of_the_caller(scenario):
    with pytest.raises(ValueError, match="web is for Deployment api, which is not beside"):
        simulate(inputs_of(scenario()), WEB, beside=[API])
