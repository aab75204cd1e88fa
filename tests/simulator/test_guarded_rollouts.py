"""F6: surge pods and a new version that never gets ready move a guarded policy by one step at most, and never downwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import Scenario
from autoscaler.control.controller import Controller
from autoscaler.control.messages import Record
from autoscaler.model.decision import Reason
from autoscaler.model.policy import ScalingPolicy
from autoscaler.model.time import MINUTE, SECOND
from autoscaler.simulator.driver import Driver
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.world import started

POLICY = """\
apiVersion: autoscaler.dev/v1alpha1
kind: ScalingPolicy
metadata: {name: web, namespace: default}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 200
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]
  behavior:
    scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 15}]}
    scaleDown: {stabilizationWindowSeconds: 0}
"""


@pytest.fixture
def policy(tmp_path: Path) -> ScalingPolicy:
    file = tmp_path / "web.yaml"
    file.write_text(POLICY)
    (loaded,) = load_policies([file]).policies
    return loaded


@pytest.mark.parametrize("surge", ["25%", "50%", "100%"])
@pytest.mark.parametrize("startup", ["25s", "25m"], ids=["a-sound-version", "one-that-never-gets-ready"])
def test_f6_a_rollout_moves_replicas_by_one_step_at_most(
    policy: ScalingPolicy, surge: str, startup: str, tmp_path: Path
) -> None:
    scenario = Scenario.model_validate(
        {
            "name": "rollout",
            "duration": "30m",
            "target": {"name": "web", "namespace": "default"},
            "traffic": {"ramp": {"from": 900, "to": 2400, "over": "30m"}},
            "service": {"mean_service_time": "40ms", "slots": 20, "cpu_per_request": "12m"},
            "pods": {"initial_replicas": 20, "startup": startup},
            "rollouts": [{"at": "10m", "max_surge": surge, "max_unavailable": 0}],
        }
    )
    inputs, records = prepare(scenario, tmp_path), list[Record]()
    world = started(scenario)
    world.add(scenario, inputs.traffic)
    driver = Driver(world, Controller(), records.append)
    driver.accept([policy])
    driver.run(range(world.start + SECOND, world.start + 30 * MINUTE, 15 * SECOND))
    rolling = [one for one in records if one.observation.target is not None]
    began = rolling[0].decision.current
    assert began is not None
    assert [one.decision.reason for one in rolling if one.decision.desired < (one.decision.current or 0)] == []
    assert max(one.decision.desired for one in rolling) <= began + 4
    assert rolling[0].decision.at - records[0].decision.at >= 9 * 60 * SECOND
    if startup == "25m" and surge != "100%":  # with as many pods again on their way, the metrics ask for no more
        assert Reason.ROLLING in {one.decision.reason for one in rolling}
