"""The shared files of single requests, replayed: every row is served, with its own time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autoscaler.config.scenario import Scenario
from autoscaler.model.time import SECOND
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.world import started

SHARED = Path(os.environ.get("AUTOSCALER_TRACES", "../shared/traces"))


def play(file, **sections):
    if not (SHARED / file).exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no {file} in {SHARED}; set AUTOSCALER_TRACES")
    requests = {"path": file, "size": "output_tokens", "service_time_per": "25ms", "service_time_base": "300ms"}
    base = {"name": "calls", "fidelity": "request", "traffic": {"requests": requests}, "slo": {"latency": "20s"}}
    pods = {"initial_replicas": 100, "startup": "10s"}
    inputs = prepare(Scenario.model_validate(base | {"pods": pods} | sections), SHARED)
    world = started(inputs.scenario)
    workload = world.add(inputs.scenario, inputs.traffic, inputs.duration)
    world.advance(world.start + (inputs.duration + 60) * SECOND)
    return inputs, workload


@pytest.mark.parametrize(
    "sections",
    [
        pytest.param({"service": {"slots": 8, "queue_limit": 1_000, "balancing": "round_robin"}}, id="requests"),
        pytest.param({"workers": {"concurrency": 8}}, id="jobs"),
    ],
)
def test_an_hour_of_chat(sections):
    inputs, workload = play("azure_llm_conv_requests.csv", **sections)
    assert (inputs.duration, inputs.notes) == (3502, ())
    assert workload.ledger.served.sum() == workload.ledger.arrived[:3502].sum() == 19_366
    assert inputs.scenario.service.mean_service_time == pytest.approx(0.3 + 0.025 * 211.1259, rel=1e-6)
    # with room for all of them a latency is the time in service: 129 tokens are the median, 601 the 99th percentile
    p50, _, p99 = workload.latencies().percentiles()
    assert p50 == pytest.approx(0.3 + 0.025 * 129, rel=0.02)
    assert p99 == pytest.approx(0.3 + 0.025 * 601, rel=0.02)


def test_arrivals_in_groups_keep_their_order():
    inputs, workload = play("mooncake_conversation_requests.csv", workers={"concurrency": 8})
    assert workload.ledger.arrived[: inputs.duration].sum() == 12_031
    assert workload.ledger.arrived[1] == 0
    assert workload.ledger.served.sum() == 12_031
