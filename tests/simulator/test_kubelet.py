"""From room to readiness: image, start, crashes and their back-off, as the API server shows them."""

from __future__ import annotations

import pytest

from autoscaler.model.observation import PodPhase
from autoscaler.model.policy import MetricTarget, ResourceMetric
from autoscaler.model.time import SECOND, seconds
from autoscaler.simulator.noise import Draw, Noise
from autoscaler.simulator.traffic import constant
from autoscaler.simulator.world import started

CPU = ResourceMetric(resource="cpu", target=MetricTarget(type="Utilization", average_utilization=70))
STARTS = {"share_of_starts": 1}


def world_of(scenario, rps=0):
    world = started(scenario)
    return world, world.add(scenario, constant(rps))


def story(world, workload, pod, until, step=0.5):
    """Tell each change of a pod's phase and readiness, as ``(second, phase, ready, since)``."""
    seen = []
    second = 0.0
    while second <= until:
        world.advance(world.start + seconds(second))
        value = workload.pods()[pod]
        since = (value.ready.last_transition - world.start) / SECOND
        now = (str(value.phase), value.ready.status, since)
        if not seen or seen[-1][1:] != now:
            seen.append((second, *now))
        second += step
    return seen


def test_an_image_is_pulled_before_the_containers_start(scenario):
    world, web = world_of(scenario(pods={"image_pull": "40s"}))
    web.set_replicas(2)
    assert story(world, web, 1, 70) == [
        (0, "Pending", "False", 0),
        (60, "Running", "False", 0),
        (65, "Running", "True", 65),
    ]


def test_a_start_that_fails_is_tried_again_at_once_then_after_a_wait_that_doubles(scenario):
    # each start takes 20 s and fails 5 s later; waits of 0, 10 and 20 s lie between
    world, web = world_of(scenario(pods={"crashes": STARTS}))
    web.set_replicas(2)
    runs = []
    for second in range(170):
        world.advance(world.start + second * SECOND)
        runs.append(len(web._pods.running()) == 2)
    changes = [second for second in range(1, 170) if runs[second] != runs[second - 1]]
    assert changes == [20, 25, 45, 50, 80, 85, 125, 130]
    pod = web.pods()[1]
    assert (pod.phase, pod.ready.status, pod.ready.last_transition) == (PodPhase.RUNNING, "False", world.start)
    assert web.history()[-1].ready == 1


def test_the_wait_has_a_limit(scenario):
    world, web = world_of(scenario(pods={"crashes": {**STARTS, "back_off": "10s", "back_off_limit": "15s"}}))
    web.set_replicas(2)
    (pod,) = (pod for pod in web._pods.pods if pod.ordinal == 1)
    starts = []
    for second in range(300):
        world.advance(world.start + second * SECOND)
        if len(starts) < pod.runs:
            starts.append(second)
    # 25 s for a start and its failure, then 0, 10, 15, 15 s and so on
    assert starts == [20, 45, 80, 120, 160, 200, 240, 280]


def test_a_pod_in_rotation_crashes_loses_its_requests_and_comes_back(scenario):
    world, web = world_of(
        scenario(pods={"initial_replicas": 0, "crashes": {"per_pod_hour": 60}}, service={"queue_limit": 10**6}), 50
    )
    web.set_replicas(1)
    seen = story(world, web, 0, 600, step=1)
    assert [ready for _, _, ready, _ in seen[:5]] == ["False", "False", "True", "False", "True"]
    (_, phase, _, crashed), (_, _, _, back) = seen[3], seen[4]
    assert (phase, back - crashed) == ("Running", 25)
    assert web.ledger.lost.sum() > 0


def test_crashes_come_at_the_rate_asked_for(scenario):
    world, web = world_of(
        scenario(pods={"initial_replicas": 0, "startup": 0, "readiness": 0, "crashes": {"per_pod_hour": 2}})
    )
    web.set_replicas(200)
    world.advance(world.start + 3600 * SECOND)
    crashes = sum(pod.runs - 1 for pod in web._pods.pods)
    assert crashes == pytest.approx(400, abs=60)  # three standard deviations of a Poisson number


def test_a_restart_counts_from_zero_and_has_no_rate_until_it_was_scraped_twice(scenario):
    world, web = world_of(
        scenario(
            pods={"initial_replicas": 0, "crashes": {"per_pod_hour": 30}},
            service={"cpu_per_request": "10m", "cpu_at_rest": 0},
        ),
        50,
    )
    web.set_replicas(1)
    values = []
    for second in range(60, 1800, 15):
        world.advance(world.start + (second + 2) * SECOND)
        values += [usage.containers[0].usage[0][1] for usage in web.readings((CPU,))[0].pods]
    assert max(values) < 1100  # after an outage the queue keeps the pod busy: 100 requests/s of 10 ms cpu
    assert min(values) >= 0
    assert 50 < len(values) < 110  # of 116 scrapes


def test_a_start_costs_cpu_until_it_is_over(scenario):
    world, web = world_of(scenario(pods={"readiness": "60s", "startup_cpu": "800m"}, service={"cpu_at_rest": "10m"}))
    world.advance(world.start + 5 * SECOND)
    web.set_replicas(2)
    seen = []
    for second in range(47, 123, 15):  # runs from 25 s to 85 s; scraped every 15 s, known 2 s later
        world.advance(world.start + second * SECOND)
        (usage,) = [usage for usage in web.readings((CPU,))[0].pods if usage.pod == "web-00001"]
        seen.append(usage.containers[0].usage[0][1])
    assert seen == [810, 810, 810, 544, 10, 10]  # ready at 85 s: 10 of 15 s


def test_draws_belong_to_what_they_are_for():
    one, same, other = Noise(1, 0), Noise(1, 0), Noise(1, 1)
    members = list(range(10_000))
    first = one.draws(Draw.START, 3, members)
    assert first.tolist() == [same.draw(Draw.START, 3, member) for member in members]
    assert abs(first.mean() - 0.5) < 0.01
    assert 0 <= first.min() < first.max() < 1
    for different in (
        one.draws(Draw.START, 4, members),
        one.draws(Draw.LIFE, 3, members),
        other.draws(Draw.START, 3, members),
    ):
        assert abs(float(((first - 0.5) * (different - 0.5)).mean()) * 12) < 0.04  # their correlation
