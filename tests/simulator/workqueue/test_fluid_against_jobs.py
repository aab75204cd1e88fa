"""Plain workers as a fluid against the same workers job by job: a crowd, with a policy that follows the queue."""

from __future__ import annotations

from pathlib import Path
from statistics import mean

import pytest

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import Fidelity, Scenario
from autoscaler.simulator.inputs import Overrides, prepare
from autoscaler.simulator.result import Score
from autoscaler.simulator.simulation import bind, simulate

ROOT = Path(__file__).parents[3]
SCENARIO = {
    "name": "plain",
    "duration": "1h",
    "traffic": {
        "sum": [
            {"constant": {"rps": 100}},
            {"flash_crowd": {"at": "20m", "peak": 600, "rise": "30s", "hold": "4m", "half_life": "1m"}},
        ]
    },
    "workers": {"job_time": "500ms", "concurrency": 10},
    "slo": {"latency": "10s"},
    "pods": {"initial_replicas": 8},
    "metrics": {"external": {"email_unfinished": "jobs_unfinished"}},
}


def scores(fidelity: Fidelity) -> list[Score]:
    (policy,) = load_policies([ROOT / "policies/email-workers-hpa.yaml"]).policies
    found = []
    for seed in range(1, 9):
        inputs = prepare(Scenario.model_validate(SCENARIO), ROOT, Overrides(fidelity=fidelity, seed=seed))
        found.append(simulate(inputs, bind(policy, inputs.scenario.target)[0]).score)
    return found


def test_both_see_the_same_crowd() -> None:
    fluid, single = scores(Fidelity.FLUID), scores(Fidelity.REQUEST)

    def both(measure):
        return tuple(mean(measure(score) for score in run) for run in (fluid, single))

    hours = both(lambda score: score.replica_hours)
    late = both(lambda score: score.late / score.requests)
    assert hours[0] == pytest.approx(hours[1], rel=0.02)
    assert late[1] > 0.1
    assert late[0] == pytest.approx(late[1], abs=0.005)
    assert {score.peak_replicas for score in (*fluid, *single)} == {30}
