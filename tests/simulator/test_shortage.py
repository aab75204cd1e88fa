"""Time to capacity: which stretches count, and how long they are."""

from __future__ import annotations

import numpy as np
import pytest

from autoscaler.config.policies import load_policies
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.shortage import shortages
from autoscaler.simulator.simulation import simulate


@pytest.mark.parametrize(
    ("demand", "capacity", "lengths"),
    [
        pytest.param([5, 5, 5], [5, 5, 5], [], id="just-enough-is-enough"),
        pytest.param([5, 9, 9, 5, 9, 5], [5] * 6, [2, 1], id="two-stretches"),
        pytest.param([9, 9, 5], [5] * 3, [2], id="from-the-beginning"),
        pytest.param([5, 9, 9], [5] * 3, [2], id="until-the-end"),
        pytest.param([1, 1], [0, 0], [2], id="no-capacity-at-all"),
        pytest.param([0, 0], [0, 0], [], id="nothing-asked-nothing-there"),
        pytest.param([10 * (1 + 1e-12)], [10], [], id="rounding-is-no-shortage"),
    ],
)
def test_stretches(demand, capacity, lengths):
    assert shortages(np.array(demand, dtype=float), np.array(capacity, dtype=float)).tolist() == lengths


def test_a_run_tells_its_time_to_capacity(scenario, tmp_path):
    # A pod serves 100/s. At 10:00 the load goes from 70 to 190/s: too much for the one pod that is there. The controller
    # looks at 10:07 and sees the scrape of 10:00, which shows nothing yet; at 10:22 it sees that of 10:15, and the second
    # and third pod are ready 25 s later.
    steps = {"steps": [{"at": "0s", "rps": 70}, {"at": "10m", "rps": 190}]}
    service = {"cpu_per_request": "5m", "cpu_at_rest": "0", "memory_at_rest": "4Mi"}
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    (loaded,) = load_policies([policy]).policies
    score = simulate(prepare(scenario(traffic=steps, service=service, duration="20m"), tmp_path), loaded).score
    assert (score.shortages, score.time_to_capacity_median, score.time_to_capacity_worst) == (1, 47, 47)


POLICY = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 5
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
"""
