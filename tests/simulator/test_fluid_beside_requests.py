"""The fluid's answers beside those of the same world request by request: young pods, slow services, pods that end."""

from __future__ import annotations

import pytest

from autoscaler.config.scenario import Fidelity
from autoscaler.model.time import SECOND
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.scoring import Scorer
from autoscaler.simulator.world import started

STEPS = {"steps": [{"at": "0s", "rps": 1500}, {"at": "2m", "rps": 2600}, {"at": "7m", "rps": 1500}]}


def score(scenario, tmp_path, fidelity, **sections):
    """Play ten minutes: 4 pods of 500 requests/s each, 8 from 150 s on, without a controller."""
    pods = {"initial_replicas": 4, "startup": "10s", "readiness": 0, **sections.pop("pods", {})}
    service = {
        "mean_service_time": "40ms",
        "slots": 20,
        "queue_limit": 200,
        "timeout": "2s",
        **sections.pop("service", {}),
    }
    made = scenario(traffic=STEPS, duration="10m", pods=pods, service=service, slo={"latency": "250ms"}, **sections)
    inputs = prepare(made.model_copy(update={"fidelity": fidelity}), tmp_path)
    world = started(inputs.scenario)
    web = world.add(inputs.scenario, inputs.traffic, inputs.duration)
    world.advance(world.start + 150 * SECOND)
    web.set_replicas(8)
    world.advance(world.start + 600 * SECOND)
    return Scorer(inputs.scenario, web.ledger, web.latencies()).score(web.history(), (), world.start)


@pytest.mark.parametrize(
    "sections",
    [
        pytest.param({"pods": {"warmup": {"for": "2m", "slowness": 4}}}, id="young-pods"),
        pytest.param(
            {"pods": {"warmup": {"for": "2m", "slowness": 4}}, "service": {"balancing": "shared"}}, id="shared"
        ),
        pytest.param({"faults": [{"at": "3m", "for": "2m", "slow_service": {"factor": 2}}]}, id="a-slow-service"),
        pytest.param({"faults": [{"at": "4m", "killed_pods": {"share": "50%"}}]}, id="killed-pods"),
        pytest.param({"faults": [{"at": "149s", "killed_pods": {"count": 2}}]}, id="killed-with-a-queue"),
        pytest.param({"pods": {"crashes": {"per_pod_hour": 20}}}, id="crashes"),
    ],
)
def test_both_fidelities_agree(scenario, tmp_path, sections):
    fluid, single = (score(scenario, tmp_path, each, **dict(sections)) for each in (Fidelity.FLUID, Fidelity.REQUEST))
    came = single.requests
    assert fluid.requests == pytest.approx(came, rel=0.005)
    assert fluid.replica_hours == single.replica_hours
    assert fluid.rejected / came == pytest.approx(single.rejected / came, abs=0.005)
    assert fluid.late / came == pytest.approx(single.late / came, abs=0.01)
    assert fluid.lost == pytest.approx(single.lost, rel=0.15, abs=40)
    assert fluid.latency_p95 == pytest.approx(single.latency_p95, rel=0.08)
    assert fluid.latency_p99 == pytest.approx(single.latency_p99, rel=0.08)
