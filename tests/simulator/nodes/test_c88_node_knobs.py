"""Every knob of nodes turns what it should, in the direction it should (statement C88 of the field's comparison)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import NodePool, load_scenario
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.result import Score
from autoscaler.simulator.simulation import simulate

ROOT = Path(__file__).parents[3]
CROWD = load_scenario(ROOT / "simulations/flash-crowd.yaml")
(WEB,) = load_policies([ROOT / "policies/web-app-hpa.yaml"]).policies
POOL: dict[str, Any] = {
    "name": "nodes", "shape": {"cpu": 2, "memory": "8Gi"}, "provisioning": "60s", "jitter": 0, "price_per_hour": 0.1, "max": 8,
}  # fmt: skip


def score(pods: dict[str, Any] | None = None, spot: dict[str, Any] | None = None, **changes: Any) -> Score:
    pool = NodePool.model_validate({**POOL, **changes, "spot": spot})
    scenario = CROWD.model_copy(update={"nodes": (pool,), "pods": CROWD.pods.model_copy(update=pods or {})})
    return simulate(prepare(scenario, ROOT), replace(WEB, max_replicas=12)).score


@pytest.fixture(scope="module")
def base() -> Score:
    return score()


def bad(of: Score) -> float:
    return of.failed + of.late


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"provisioning": "4m"}, id="slower-nodes"),
        pytest.param({"max": 2}, id="fewer-nodes"),
        pytest.param({"reserved": {"cpu": "1"}, "max": 4}, id="less-of-each-node"),
        pytest.param({"shape": {"cpu": 2, "memory": "8Gi", "pods": 1}, "max": 4}, id="fewer-pods-a-node"),
        pytest.param({"pods": {"image_pull": 60.0}}, id="image-pull"),
        pytest.param({"spot": {"storms": [{"at": "15m"}]}}, id="a-storm"),
        pytest.param({"spot": {"interruptions_per_hour": 6}}, id="interruptions"),
    ],
)
def test_what_makes_a_crowd_worse(base, change):
    assert bad(score(**change)) > 1.02 * bad(base)


def test_nodes_that_are_there_already_make_a_crowd_better(base):
    assert bad(score(min=6)) < 0.8 * bad(base)


def test_a_drought_makes_a_storm_worse_and_a_notice_spares_what_is_in_service():
    storm = {"at": "15m", "dry": "10m"}
    short = score(spot={"storms": [{"at": "15m"}]})
    assert bad(score(spot={"storms": [storm]})) > 1.1 * bad(short)
    assert score(spot={"storms": [{"at": "15m"}], "notice": 0}).lost > 100 * short.lost
    assert bad(score(spot={"storms": [{"at": "15m", "share": "30%"}]})) < bad(short)


def test_what_nodes_cost(base):
    assert score(price_per_hour=0.2).cost == pytest.approx(2 * base.cost)
    assert score(scale_down_after="3m").cost < 0.9 * base.cost
    assert score(scale_down_below="100%").cost < base.cost
    assert score(min=4).cost > base.cost
