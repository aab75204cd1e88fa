"""Faults inside the simulated world: metrics that fail, age or go missing, pods that end, a service that slows down."""

from __future__ import annotations

import pytest

from autoscaler.model.observation import ExternalReading, NoReading, PodsReading, ResourceReading
from autoscaler.model.policy import ExternalMetric, MetricName, MetricTarget, PodsMetric, ResourceMetric
from autoscaler.model.time import SECOND, seconds
from autoscaler.simulator.traffic import constant
from autoscaler.simulator.world import started

CPU = ResourceMetric(resource="cpu", target=MetricTarget(type="Utilization", average_utilization=70))
RPS = PodsMetric(metric=MetricName(name="http_requests_per_second"), target=MetricTarget(type="AverageValue"))
DEPTH = ExternalMetric(metric=MetricName(name="redis_queue_depth"), target=MetricTarget(type="AverageValue"))
ALL = (CPU, RPS, DEPTH)


def world_of(made, rps=50):
    world = started(made)
    return world, world.add(made, constant(rps))


def go(world, second):
    world.advance(world.start + seconds(second))


def kinds(workload):
    return [type(reading) for reading in workload.readings(ALL)]


def test_an_outage_is_a_failure_of_the_server_and_ends(scenario):
    world, web = world_of(scenario(faults=[{"at": "60s", "for": "30s", "metrics_outage": {}}]))
    go(world, 59.9)
    assert kinds(web) == [ResourceReading, PodsReading, ExternalReading]
    go(world, 60)
    assert web.readings(ALL) == (
        NoReading(error="the server is currently unable to handle the request (get pods.metrics.k8s.io)"),
        NoReading(
            error="the server is currently unable to handle the request "
            "(get pods.custom.metrics.k8s.io */http_requests_per_second)"
        ),
        NoReading(
            error="the server is currently unable to handle the request (get redis_queue_depth.external.metrics.k8s.io)"
        ),
    )
    go(world, 90)
    assert kinds(web) == [ResourceReading, PodsReading, ExternalReading]


@pytest.mark.parametrize(
    ("of", "failing"),
    [("resource", [True, False, False]), ("custom", [False, True, False]), ("external", [False, False, True])],
)
def test_an_outage_of_one_api_leaves_the_others(scenario, of, failing):
    world, web = world_of(scenario(faults=[{"at": "60s", "metrics_outage": {"of": of}}]))
    go(world, 600)
    assert [kind is NoReading for kind in kinds(web)] == failing


def test_stale_metrics_are_the_last_ones_with_their_old_times(scenario):
    stale = {"at": "60s", "for": "5m", "metrics_outage": {"answer": "stale"}}
    world, web = world_of(scenario(faults=[stale]))
    go(world, 60)
    before = web.readings(ALL)
    go(world, 359)
    assert web.readings(ALL) == before
    assert before[0].pods[0].at == world.start + 45 * SECOND
    go(world, 362)
    assert web.readings(ALL)[0].pods[0].at == world.start + 360 * SECOND


def test_dropped_samples_are_other_pods_each_time(scenario):
    world, web = world_of(
        scenario(pods={"initial_replicas": 200}, faults=[{"at": "60s", "for": "5m", "dropped_samples": {"share": 0.3}}])
    )
    go(world, 59)
    assert len(web.readings((CPU,))[0].pods) == 200
    seen = []
    for scrape in range(4, 24):
        go(world, 15 * scrape + 2)
        cpu, rps, _ = web.readings(ALL)
        assert [usage.pod for usage in cpu.pods] == [sample.pod for sample in rps.samples]
        seen.append({usage.pod for usage in cpu.pods})
    counts = [len(pods) for pods in seen]
    assert sum(counts) / len(counts) == pytest.approx(140, abs=5)
    assert len(seen[0] & seen[1]) == pytest.approx(98, abs=15)
    go(world, 377)
    assert len(web.readings((CPU,))[0].pods) == 200


def test_samples_that_come_late_leave_the_last_ones_standing(scenario):
    world, web = world_of(scenario(faults=[{"at": "60s", "for": "1m", "metrics_lag": {"extra": "40s"}}]))

    def known(second):
        go(world, second)
        return (web.readings((CPU,))[0].pods[0].at - world.start) / SECOND

    # scrapes from 60 s to 105 s take 42 s; that of 120 s is known before the one of 90 s
    seen = [known(second) for second in (59, 101, 102, 117, 121.9, 122, 137)]
    assert seen == [45, 45, 60, 75, 75, 120, 135]


def test_a_slow_service_serves_less_while_it_lasts_and_factors_multiply(scenario):
    faults = [
        {"at": "10s", "for": "20s", "slow_service": {"factor": 2}},
        {"at": "20s", "for": "20s", "slow_service": {"factor": 4}},
    ]
    world, web = world_of(scenario(faults=faults))
    capacities = []
    for second in (9, 10, 20, 30, 40):
        go(world, second)
        capacities.append(web.probe().capacity)
    assert capacities == [100, 50, 12.5, 25, 100]


def test_killed_pods_lose_what_they_serve_and_are_replaced(scenario):
    fault = {"at": "60s", "killed_pods": {"share": "50%"}}
    world, web = world_of(scenario(pods={"initial_replicas": 5}, faults=[fault]), rps=200)
    go(world, 59.9)
    before = {pod.name for pod in web.pods()}
    go(world, 60)
    after = {pod.name for pod in web.pods()}
    assert (len(before & after), len(after - before), web.probe().ready) == (2, 3, 2)  # half of five, rounded
    go(world, 90)
    assert (len(web.pods()), web.probe().ready) == (5, 5)
    assert web.ledger.lost.sum() == pytest.approx(12)  # 20 in service, three fifths of them in the pods that went


def test_which_pods_are_killed_is_up_to_the_seed(scenario):
    def left(seed):
        made = scenario(seed=seed, pods={"initial_replicas": 20}, faults=[{"at": "1s", "killed_pods": {"count": 5}}])
        world, web = world_of(made)
        go(world, 1)
        return [pod.name for pod in web.pods()][:15]

    assert left(1) == left(1) != left(2)


def test_more_pods_cannot_be_killed_than_there_are(scenario):
    world, web = world_of(scenario(faults=[{"at": "1s", "killed_pods": {"count": 50}}]))
    go(world, 2)
    assert (len(web.pods()), web.probe().ready) == (1, 0)


def test_a_share_of_samples_may_always_be_missing(scenario):
    world, web = world_of(scenario(pods={"initial_replicas": 100}, metrics={"dropped_samples": "20%"}))
    go(world, 47)
    assert 70 <= len(web.readings((CPU,))[0].pods) <= 90
