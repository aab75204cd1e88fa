"""What the comments of the shipped spot scenario promise: the storm hurts, room on nodes that stay prevents it, at a price."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import Fidelity, load_scenario
from autoscaler.simulator.inputs import Overrides, prepare
from autoscaler.simulator.result import Result
from autoscaler.simulator.simulation import simulate

ROOT = Path(__file__).parents[2]
(WEB,) = load_policies([ROOT / "policies/web-app-hpa.yaml"]).policies


@cache
def run(
    on_demand: int = 1, with_storm: bool = True, fidelity: Fidelity | None = None, until: float | None = None
) -> Result:
    scenario = load_scenario(ROOT / "simulations/spot-storm.yaml")
    spot, other = scenario.nodes
    if not with_storm:
        spot = spot.model_copy(update={"spot": spot.spot.model_copy(update={"storms": ()})})
    nodes = (spot, other.model_copy(update={"min": on_demand}))
    scenario = scenario.model_copy(update={"nodes": nodes})
    return simulate(prepare(scenario, ROOT, Overrides(fidelity=fidelity, until=until)), WEB)


def test_the_storm_takes_every_spot_node_and_the_pods_on_them():
    result = run()
    at = {
        int(t): (int(ready), int(pending))
        for t, ready, pending in zip(result.nodes.t, result.nodes.ready, result.nodes.pending, strict=True)
    }
    assert at[4800] == (4, 7)  # the notice: their pods look for room elsewhere
    assert at[4920] == (4, 0)  # the spot nodes are gone, three of the other pool have come
    assert result.score.slo_minutes_violated == 2
    assert result.score.time_to_capacity_worst == pytest.approx(110, abs=3)
    assert result.score.unserved_share == pytest.approx(0.0063, abs=0.0003)


def test_room_on_nodes_that_stay_prevents_it_for_a_quarter_more():
    insured = run(on_demand=3)
    assert (insured.score.slo_minutes_violated, insured.score.failed) == (0, 0)
    assert insured.score.cost / run().score.cost == pytest.approx(1.28, abs=0.03)


def test_without_the_storm_the_day_is_cheaper_and_calm():
    calm = run(with_storm=False)
    assert (calm.score.slo_minutes_violated, calm.score.failed) == (0, 0)
    assert calm.score.cost < run().score.cost


def test_request_by_request_it_is_the_same_story():
    exact, fluid = run(fidelity=Fidelity.REQUEST, until=5_400.0), run(until=5_400.0)
    assert exact.score.slo_minutes_violated == fluid.score.slo_minutes_violated == 2
    assert exact.score.cost == pytest.approx(fluid.score.cost, rel=0.02)
    assert exact.score.unserved_share == pytest.approx(fluid.score.unserved_share, abs=0.002)
    in_service = exact.score.requests - exact.score.served - exact.score.failed - exact.series.waiting[-1]
    assert 0 < in_service < 8 * 44


@cache
def half(seed: int) -> Result:
    scenario = load_scenario(ROOT / "simulations/spot-storm.yaml")
    spot, other = scenario.nodes
    storm = spot.spot.storms[0].model_copy(update={"share": 0.5})
    spot = spot.model_copy(update={"spot": spot.spot.model_copy(update={"storms": (storm,)})})
    return simulate(prepare(scenario.model_copy(update={"nodes": (spot, other)}), ROOT, Overrides(seed=seed)), WEB)


@pytest.mark.parametrize("seed", [1, 2])
def test_c62_a_storm_over_half_the_spot_nodes_keeps_the_base_and_bounds_violations(seed):
    result = half(seed)
    assert result.score.slo_minutes_violated == 2
    assert result.nodes.ready[result.nodes.t <= 4919].min() >= 2
    again = simulate(result.inputs, WEB)
    assert again.score == result.score
    assert again.nodes.existing.tolist() == result.nodes.existing.tolist()
