"""An emulated cluster has its own nodes: a scenario's nodes and neighbours are left out, and that is said."""

from __future__ import annotations

from pathlib import Path

from autoscaler.config.scenario import load_scenario
from autoscaler.emulator.scene import Scene, left_out
from autoscaler.simulator.inputs import prepare

ROOT = Path(__file__).parents[2]


def test_a_scenario_with_nodes_and_neighbours_can_be_staged():
    inputs = prepare(load_scenario(ROOT / "simulations/spot-storm.yaml"), ROOT)
    scene = Scene(inputs, speed=1.0)
    scene._warm_up()
    assert scene.workload.probe().ready == inputs.scenario.pods.initial_replicas == 3
    assert list(left_out(inputs.scenario)) == [
        "nodes are not played here: the emulated cluster has nodes of its own, as many as its pods need",
        "beside is not played here: there is no reports, only web",
    ]
