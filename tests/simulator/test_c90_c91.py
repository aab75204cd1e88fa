"""C90 and C91 of the field's comparison: an hour of 10 to 10,000 requests/s, every one served; and the same bytes anywhere.

How long the hour takes is measured by ``python -m benchmarks.simulator``; a test times nothing.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import Scenario, load_scenario
from autoscaler.model.errors import InvalidScenarioError
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.simulation import simulate

ROOT = Path(__file__).parents[2]
HOUR = """\
name: hour
duration: 1h
fidelity: request
traffic: {ramp: {from: 10, to: 10000, over: 1h}}
service: {mean_service_time: 99ms, slots: 100, queue_limit: 1000, cpu_per_request: 1m}
pods: {cpu_request: "1", startup: 20s}
"""


def test_c90_an_hour_from_10_to_10000_is_served_request_by_request(tmp_path: Path) -> None:
    file = tmp_path / "hour.yaml"
    file.write_text(HOUR)
    inputs = prepare(load_scenario(file), tmp_path)
    (policy,) = load_policies([ROOT / "policies/web-app-hpa.yaml"]).policies
    score = simulate(inputs, replace(policy, max_replicas=20)).score

    assert score.requests == 18_016_341  # 18,018,000 are expected; so many came
    assert score.requests - score.served == 981  # in service when the hour is over: 10,000/s of 99 ms each
    assert (score.rejected, score.timed_out, score.lost, score.slo_minutes_violated) == (0, 0, 0, 0)
    assert (score.peak_replicas, score.scale_ups, score.turns) == (13, 10, 0)


@pytest.mark.parametrize("fidelity", ["fluid", "request"])
def test_c91_the_same_trace_config_and_seed_give_the_same_bytes_in_any_process(fidelity: str, tmp_path: Path) -> None:
    digests = set()
    for seed in ("0", "4711"):
        report = tmp_path / f"{seed}.html"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "autoscaler", "simulate", "simulations/flash-crowd.yaml"),
                *("-p", "policies/web-app-hpa.yaml", "--scale-to", "10:1000", "--until", "20m"),
                *("--fidelity", fidelity, "--report", str(report), "-o", "json"),
            ],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        digests.add(hashlib.sha256(done.stdout + report.read_bytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sevrice": {}}, "sevrice"),
        ({"service": {"retries": {"attempts": 3}}}, "a fluid has no single requests to send again"),
    ],
)
def test_c91_what_is_not_supported_is_refused_and_not_ignored(change: dict[str, object], message: str) -> None:
    from pydantic import ValidationError

    document = {"name": "odd", "duration": "10m", "traffic": {"constant": {"rps": 10}}, **change}
    with pytest.raises((InvalidScenarioError, ValidationError), match=message):
        Scenario.model_validate(document)
