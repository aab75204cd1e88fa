"""What the metrics APIs say of the emulated cluster."""

from __future__ import annotations

import pytest

from autoscaler.config.scenario import Scenario
from autoscaler.emulator.api_server import ApiServer
from autoscaler.emulator.builtin import DEPLOYMENTS
from autoscaler.emulator.cluster import EmulatedCluster
from autoscaler.emulator.cluster_metrics import ClusterMetrics
from autoscaler.emulator.manifests import workload
from autoscaler.emulator.scaled_clock import ScaledClock
from autoscaler.model.json_types import JsonObject
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import SECOND
from autoscaler.simulator.traffic import constant
from autoscaler.simulator.world import World

NOON = 1_795_521_600 * SECOND

#: Two pods of 100 requests/s each at most, 10 ms of cpu a request; 80 requests/s arrive, so 40 to each.
SCENARIO = Scenario.model_validate(
    {
        "name": "web",
        "duration": "1h",
        "traffic": {"constant": {"rps": 80}},
        "service": {"mean_service_time": "100ms", "slots": 10, "cpu_per_request": 0.01, "cpu_at_rest": 0.02},
        "pods": {"initial_replicas": 2, "startup": "20s", "readiness": "5s", "jitter": 0},
        "metrics": {"scrape_interval": "15s", "resource_window": "15s", "custom_window": "60s", "lag": "2s"},
    }
)


@pytest.fixture
def metrics() -> ClusterMetrics:
    """Run the scenario for four minutes beside a pod that serves nobody."""
    clock = ScaledClock(NOON, 1)
    api = ApiServer(clock=clock.time_of_day)
    world = World(NOON)
    bare = SCENARIO.model_copy(update={"pods": SCENARIO.pods.model_copy(update={"initial_replicas": 0})})
    world.add(bare, constant(80.0))
    cluster = EmulatedCluster(api.store, world)
    api.store.create(DEPLOYMENTS, workload(SCENARIO), "default")
    quiet: JsonObject = {
        "metadata": {"labels": {"app": "quiet"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    }
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "quiet"}}, "template": quiet}
    api.store.create(DEPLOYMENTS, {"metadata": {"name": "quiet"}, "spec": spec}, "default")
    for _ in range(240):
        clock.stand_at(clock.now() + SECOND)
        cluster.advance(clock.now())
    return ClusterMetrics(api.store, world)


def test_pods_under_traffic_use_what_their_requests_cost(metrics: ClusterMetrics) -> None:
    busy = [usage for usage in metrics.pods() if usage.labels["app"] == "web"]
    cpu = [Quantity.parse(usage.containers["app"]["cpu"]).milli() for usage in busy]

    assert len(busy) == 2
    assert all(330 <= each <= 510 for each in cpu)  # 20m at rest and 40 requests/s of 10 ms, with the noise of counting
    assert {usage.window_s for usage in busy} == {15.0}
    assert {usage.at.timestamp() % 15 for usage in busy} == {0.0}


def test_quiet_pods_are_measured_too(metrics: ClusterMetrics) -> None:
    (quiet,) = [usage for usage in metrics.pods() if usage.labels["app"] == "quiet"]

    assert quiet.containers == {"c": {"cpu": "1m", "memory": "16384Ki"}}


def test_nodes_add_up_their_pods(metrics: ClusterMetrics) -> None:
    nodes = {usage.name: Quantity.parse(usage.usage["cpu"]).milli() for usage in metrics.nodes()}
    pods = sum(
        Quantity.parse(container["cpu"]).milli() for usage in metrics.pods() for container in usage.containers.values()
    )

    assert sorted(nodes) == ["node-1", "node-2", "node-3"]
    assert sum(nodes.values()) == pods + 3 * 120


def test_custom_metrics_are_per_pod(metrics: ClusterMetrics) -> None:
    values = metrics.custom()

    assert {(value.resource, value.metric) for value in values} == {("pods", "http_requests_per_second")}
    assert len(values) == 2
    assert all(30 <= Quantity.parse(value.value).as_float() <= 50 for value in values)


def test_external_metrics_belong_to_the_workload_s_namespace(metrics: ClusterMetrics) -> None:
    (depth,) = metrics.external()

    assert (depth.namespace, depth.metric, depth.value, depth.labels) == (
        "default",
        "redis_queue_depth",
        "0",
        {"app": "web"},
    )
