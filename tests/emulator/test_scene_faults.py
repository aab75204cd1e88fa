"""Faults of a scenario whose pods are made through the API: they hit those pods, counted from the first request on."""

from __future__ import annotations

import math

from autoscaler.config.scenario import Scenario
from autoscaler.emulator.scene import Scene, left_out
from autoscaler.model.time import SECOND
from autoscaler.simulator.inputs import prepare


def scenario(*faults, **more):
    return Scenario.model_validate(
        {
            "name": "faulty",
            "duration": "1h",
            "traffic": {"constant": {"rps": 100}},
            "pods": {"initial_replicas": 4, "startup": "20s", "readiness": "5s", "jitter": 0},
            "faults": list(faults),
            **more,
        }
    )


def scene_of(made, tmp_path):
    scene = Scene(prepare(made, tmp_path), speed=1.0)
    scene._warm_up()
    first = scene.clock.now()

    def go(second):
        for at in range(math.floor((scene.clock.now() - first) / SECOND) + 1, second + 1):
            scene.clock.stand_at(first + at * SECOND)
            scene._cluster.advance(scene.clock.now())

    return scene, go


def test_a_slow_service_and_an_outage_count_from_the_first_request(tmp_path):
    faults = [
        {"at": "10s", "for": "10s", "slow_service": {"factor": 4}},
        {"at": "30s", "for": "30s", "metrics_outage": {}},
    ]
    scene, go = scene_of(scenario(*faults), tmp_path)
    seen = []
    for second in (9, 10, 20, 40, 60):
        go(second)
        seen.append((scene.workload.probe().capacity, len(scene.api.metrics.source.external())))
    assert seen == [(400, 1), (100, 1), (400, 1), (400, 0), (400, 1)]


def test_what_is_not_played_is_said():
    faults = ({"at": "1m", "killed_pods": {"count": 1}}, {"at": "2m", "clock_jump": {"by": "1h"}})
    made = scenario(*faults, rollouts=[{"at": "3m"}], pods={"crashes": {"per_pod_hour": 1}})
    assert list(left_out(made)) == [
        "rollouts are not played here; `kubectl rollout restart` begins one",
        "pods.crashes is not played here: the kubelet does not look at containers again once they are ready",
        "faults[0] is not played here: `kubectl delete pod --grace-period=0 --force` ends one",
        "faults[1] is not played here: the controller has a clock of its own",
    ]
    assert list(left_out(scenario())) == []
