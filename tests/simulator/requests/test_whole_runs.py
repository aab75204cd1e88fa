"""Whole runs at request level: they agree with the fluid, and they repeat to the last byte."""

from __future__ import annotations

from dataclasses import astuple, replace
from pathlib import Path

import pytest

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import Fidelity, load_scenario
from autoscaler.simulator.inputs import Overrides, prepare
from autoscaler.simulator.result import Result
from autoscaler.simulator.simulation import simulate

ROOT = Path(__file__).parents[3]
CROWD = load_scenario(ROOT / "simulations/flash-crowd.yaml")
(WEB,) = load_policies([ROOT / "policies/web-app-hpa.yaml"]).policies


def run(fidelity: Fidelity, seed: int = 1) -> Result:
    overrides = Overrides(fidelity=fidelity, seed=seed, scale_to=(10.0, 1_000.0))
    return simulate(prepare(CROWD, ROOT / "simulations", overrides), WEB)


def test_single_requests_fare_as_the_fluid_says() -> None:
    fluid, single = run(Fidelity.FLUID).score, run(Fidelity.REQUEST).score

    assert single.requests == pytest.approx(fluid.requests, rel=0.005)
    assert single.failed / single.requests == pytest.approx(fluid.failed / fluid.requests, abs=0.005)
    assert single.late / single.requests == pytest.approx(fluid.late / fluid.requests, abs=0.005)
    assert single.replica_hours == pytest.approx(fluid.replica_hours, rel=0.02)
    assert single.latency_p50 == pytest.approx(fluid.latency_p50, rel=0.03)


def test_a_run_repeats_itself() -> None:
    one, again, other = run(Fidelity.REQUEST), run(Fidelity.REQUEST), run(Fidelity.REQUEST, seed=2)
    assert astuple(one.score) == astuple(again.score) != astuple(other.score)
    assert one.actions == again.actions
    assert one.series.latency.tobytes() == again.series.latency.tobytes()


def test_two_policies_meet_the_same_requests() -> None:
    inputs = prepare(CROWD, ROOT / "simulations", Overrides(fidelity=Fidelity.REQUEST, scale_to=(100.0, 4_000.0)))
    few, many = (simulate(inputs, replace(WEB, max_replicas=most)) for most in (2, 8))
    assert few.score.requests == many.score.requests
    assert few.series.demand.tobytes() == many.series.demand.tobytes()
    assert few.score.failed > many.score.failed
