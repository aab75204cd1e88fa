"""The world from outside: pods come after their delay, metrics are averaged and late, time only goes forward."""

from __future__ import annotations

import pytest

from autoscaler.model.observation import NoReading, PodPhase
from autoscaler.model.policy import ExternalMetric, MetricName, MetricTarget, PodsMetric, ResourceMetric
from autoscaler.model.time import HOUR, SECOND, seconds
from autoscaler.simulator.traffic import constant, stairs
from autoscaler.simulator.world import started

CPU = ResourceMetric(resource="cpu", target=MetricTarget(type="Utilization", average_utilization=70))
RPS = PodsMetric(metric=MetricName(name="http_requests_per_second"), target=MetricTarget(type="AverageValue"))
DEPTH = ExternalMetric(metric=MetricName(name="redis_queue_depth"), target=MetricTarget(type="AverageValue"))


def world_of(scenario, traffic=None):
    world = started(scenario)
    return world, world.add(scenario, traffic or constant(50))


def counts(workload):
    now = workload.history()[-1]
    return now.wanted, now.created, now.ready


def go(world, second):
    world.advance(world.start + seconds(second))


def test_pods_that_run_at_the_start_have_been_ready_for_long(scenario):
    world, web = world_of(scenario())
    (pod,) = web.pods()
    assert (pod.name, pod.phase, pod.ready.status) == ("web-00000", PodPhase.RUNNING, "True")
    assert pod.started_at == world.start - HOUR


def test_a_new_pod_is_pending_then_running_then_ready(scenario):
    world, web = world_of(scenario())
    go(world, 10)
    web.set_replicas(2)
    seen = []
    for second in (10, 29.9, 30, 34.9, 35):
        go(world, second)
        new = web.pods()[1]
        seen.append((str(new.phase), new.ready.status, *counts(web)))
    assert seen == [
        ("Pending", "False", 2, 2, 1),
        ("Pending", "False", 2, 2, 1),
        ("Running", "False", 2, 2, 1),
        ("Running", "False", 2, 2, 1),
        ("Running", "True", 2, 2, 2),
    ]
    assert web.pods()[1].ready.last_transition == world.start + 35 * SECOND


def test_scaling_down_takes_the_pod_that_serves_least(scenario):
    world, web = world_of(scenario(pods={"initial_replicas": 2}))
    go(world, 10)
    web.set_replicas(4)
    go(world, 20)
    web.set_replicas(3)
    assert [pod.name for pod in web.pods() if pod.deleting] == ["web-00003"]
    go(world, 60)
    web.set_replicas(2)
    assert [pod.name for pod in web.pods() if pod.deleting] == ["web-00002"]


def test_a_leaving_pod_is_seen_until_its_requests_are_done(scenario):
    world, web = world_of(scenario(pods={"initial_replicas": 2}, service={"mean_service_time": "2s"}))
    web.set_replicas(1)
    go(world, 5)  # ten exponential requests of 2 s: the longest takes 5.86 s on average
    assert (len(web.pods()), *counts(web)) == (2, 1, 1, 1)
    go(world, 6)
    assert len(web.pods()) == 1


def test_a_deleted_pod_stays_gone_until_replicas_are_set_again(scenario):
    world, web = world_of(scenario(pods={"initial_replicas": 2}))
    web.delete_pod("web-00000")
    go(world, 30)
    assert [pod.name for pod in web.pods()] == ["web-00001"]
    web.set_replicas(2)
    assert [pod.name for pod in web.pods()] == ["web-00001", "web-00002"]


def test_pods_are_the_same_objects_until_they_change(scenario):
    world, web = world_of(scenario())
    before = web.pods()
    go(world, 100)
    assert web.pods() is before
    web.set_replicas(2)
    assert web.pods()[0] is before[0]


def test_writing_the_scale_makes_a_new_version(scenario):
    _, web = world_of(scenario())
    first = web.scale()
    web.set_replicas(1)
    assert web.scale() == first
    web.set_replicas(3)
    assert (web.scale().spec_replicas, web.scale().status_replicas) == (3, 3)
    assert web.scale().resource_version != first.resource_version


def test_cpu_is_the_cost_of_requests_over_the_window_with_counting_noise(scenario):
    world, web = world_of(scenario(service={"cpu_per_request": "10m", "cpu_at_rest": "0"}))
    values = []
    for scrape in range(2, 202):
        go(world, 15 * scrape + 2)
        (usage,) = web.readings((CPU,))[0].pods
        values.append(usage.containers[0].usage[0][1])
    mean = sum(values) / len(values)
    spread = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
    # 750 requests a window, each 10 ms: 500 milli-cores, and sqrt(750) requests of noise: 18 milli-cores
    assert mean == pytest.approx(500.5, abs=4)
    assert spread == pytest.approx(18.3, rel=0.2)


def test_a_scrape_is_known_after_its_lag(scenario):
    world, web = world_of(scenario(metrics={"lag": "4s"}))
    go(world, 33.9)
    assert web.readings((CPU,))[0].pods[0].at == world.start + 15 * SECOND
    go(world, 34)
    assert web.readings((CPU,))[0].pods[0].at == world.start + 30 * SECOND


def test_before_the_second_scrape_nothing_is_known(scenario):
    world, web = world_of(scenario())
    go(world, 14)
    assert web.readings((CPU, RPS, DEPTH))[0].pods == ()


def test_a_rate_is_averaged_over_its_window(scenario):
    # 10/s, then 90/s from 120 s on: at the scrape at 150 s, half of the 60 s window is new
    world, web = world_of(scenario(), stairs_of((0, 10), (120, 90)))
    go(world, 152)
    (sample,) = web.readings((RPS,))[0].samples
    assert sample.window == 60 * SECOND
    assert sample.value / 1000 == pytest.approx(50, abs=3)


def test_a_new_pod_has_cpu_once_it_was_scraped_twice(scenario):
    world, web = world_of(scenario(pods={"startup": "4s", "readiness": "1s"}))
    go(world, 10)
    web.set_replicas(2)
    go(world, 17)  # runs since 14 s, scraped at 15 s
    assert [usage.pod for usage in web.readings((CPU,))[0].pods] == ["web-00000"]
    go(world, 32)
    assert [usage.pod for usage in web.readings((CPU,))[0].pods] == ["web-00000", "web-00001"]


def test_the_queue_is_seen_as_an_external_metric(scenario):
    world, web = world_of(scenario(), constant(110))
    go(world, 17)
    reading = web.readings((DEPTH,))[0]
    assert (reading.values, reading.at) == ((100_000,), world.start + 15 * SECOND)


def test_a_metric_nobody_serves_is_a_failure_not_a_zero(scenario):
    _, web = world_of(scenario())
    unknown = PodsMetric(metric=MetricName(name="nope"), target=MetricTarget(type="AverageValue"))
    assert web.readings((unknown,)) == (NoReading(error="the server could not find the metric nope for pods"),)


def test_memory_comes_in_whole_kibibytes(scenario):
    world, web = world_of(scenario(service={"memory_at_rest": "100000001"}))
    go(world, 32)
    assert web.readings((CPU,))[0].pods[0].containers[0].usage[1] == ("memory", 97_657 * 1024 * 1000)


def test_the_probe_tells_demand_and_capacity(scenario):
    world, web = world_of(scenario(pods={"initial_replicas": 3}), constant(120))
    go(world, 30)
    probe = web.probe()
    assert (probe.demand, probe.capacity, probe.waiting, probe.ready) == (pytest.approx(120), pytest.approx(300), 0, 3)


def test_time_does_not_go_back(scenario):
    world, _ = world_of(scenario())
    go(world, 10)
    with pytest.raises(ValueError, match="time does not go back"):
        go(world, 9)


def test_jitter_is_seeded_and_within_its_share(scenario):
    def ready_times(seed):
        world, web = world_of(scenario(seed=seed, pods={"jitter": 0.2}))
        web.set_replicas(30)
        go(world, 60)
        return [(pod.ready.last_transition - world.start) / SECOND for pod in web.pods()[1:]]

    assert ready_times(1) == ready_times(1) != ready_times(2)
    assert min(ready_times(1)) >= 20
    assert max(ready_times(1)) <= 30
    assert max(ready_times(1)) - min(ready_times(1)) > 5


def test_how_finely_time_moves_changes_nothing(scenario):
    def story(step):
        world, web = world_of(scenario(), stairs_of((0, 60), (100, 400)))
        seen = []
        for k in range(1, 21):
            while world.now < world.start + 15 * k * SECOND:
                world.advance(min(world.now + seconds(step), world.start + 15 * k * SECOND))
            seen.append((web.readings((CPU, RPS, DEPTH)), web.pods(), web.probe()))
            web.set_replicas(1 + k // 4)
        return seen

    assert story(15.0) == story(0.7)


def stairs_of(*steps):
    from autoscaler.config.traffic import Step

    return stairs(tuple(Step(at=f"{at}s", rps=rps) for at, rps in steps))
