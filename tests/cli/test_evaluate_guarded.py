"""`evaluate` shows what guards did to a number, as a step of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoscaler.cli.app import run

POLICY = """\
apiVersion: autoscaler.dev/v1alpha1
kind: ScalingPolicy
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 20
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
  behavior: {scaleDown: {stabilizationWindowSeconds: 0}}
"""


@pytest.mark.parametrize(
    ("cpu", "more", "expected"),
    [
        pytest.param("10%", "", "  guards          2 -> 5: one step takes away no more than 5", id="a-step"),
        pytest.param("50%", "", "  guards          8 stands", id="nothing-to-do"),
        pytest.param("50%", "  pauseScaleDown: true\n", "  guards          8 -> 10: shrinking is paused", id="a-pause"),
    ],
)
def test_guards_are_a_step(
    cpu: str, more: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, observation = tmp_path / "policy.yaml", tmp_path / "observation.yaml"
    policy.write_text(POLICY + more)
    observation.write_text(f"scale: 10\npods: {{count: 10, requests: {{cpu: 500m}}}}\nmetrics: {{cpu: {cpu}}}\n")
    assert run(["evaluate", "-f", str(policy), "--observation", str(observation)]) == 0
    assert expected in capsys.readouterr().out.splitlines()
