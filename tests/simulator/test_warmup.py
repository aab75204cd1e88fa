"""Young pods and slow ones: what they can serve, how long their requests take, what their counters say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autoscaler.config.scenario import Service, Warmup
from autoscaler.model.time import SECOND, seconds
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.service import FluidService
from autoscaler.simulator.traffic import constant
from autoscaler.simulator.warmup import speed
from autoscaler.simulator.world import started

SPEC = Service.model_validate({"mean_service_time": "100ms", "slots": 10, "queue_limit": 10**6, "timeout": "1h"})
MINUTE = Warmup.model_validate({"for": "60s", "slowness": 3})


def service(rps, warmup=MINUTE, pods=(0,)):
    made = FluidService(SPEC, Ledger(constant(rps)), 0, warmup=warmup)
    for pod in pods:
        made.join(pod, 0)
    return made


@pytest.mark.parametrize(("first", "last"), [(0, 60), (10, 30), (50, 90), (60, 61), (0, 0.1)])
def test_the_speed_of_a_stretch_is_the_mean_of_its_moments(first, last):
    ages = np.linspace(first, last, 100_001)
    slowness = np.maximum(1, 3 - 2 * ages / 60)
    assert speed(MINUTE, first, last) == pytest.approx(
        float(np.trapezoid(1 / slowness, ages)) / (last - first), rel=1e-6
    )


def test_a_pod_serves_a_third_at_first_and_all_a_minute_later():
    young = service(1000)
    young.catch_up(90 * SECOND)
    served = young.ledger.served[:90]
    assert served[0] == pytest.approx(100 / (3 - 2 / 120), rel=1e-4)
    assert served[:60].sum() == pytest.approx(6000 * math.log(3) / 2, rel=1e-12)
    assert served[60:].tolist() == pytest.approx([100] * 30)


def test_capacity_grows_with_age():
    young = service(10, pods=(0, 1))
    capacities = []
    for second in (0, 30, 60):
        young.catch_up(second * SECOND)
        capacities.append(young.capacity)
    assert capacities == pytest.approx([200 / 3, 100, 200])


def test_how_often_it_is_asked_changes_nothing():
    def story(step):
        made = service(150, pods=(0,))
        for at in np.arange(0, 120, step):
            made.catch_up(seconds(float(at)))
            if at == 12:
                made.join(1, seconds(12.25))
            if at == 48:
                made.leave(0, seconds(48.5))
        made.catch_up(120 * SECOND)
        return made.ledger.served[:120], made.ledger.slots[:120], made.counters((0, 1)).work

    for one, other in zip(story(12), story(0.5), strict=True):
        assert one == pytest.approx(other, rel=1e-12)


def test_counters_tell_young_pods_from_warm_ones():
    both = service(120, pods=(0,))
    both.catch_up(100 * SECOND)
    before = float(both.counters((0,)).work[0])
    both.join(1, 100 * SECOND)
    both.catch_up(101 * SECOND)
    warm, young = both.counters((0, 1)).work
    assert warm - before + young == pytest.approx(float(both.ledger.served[100]))
    assert young / (warm - before) == pytest.approx(1 / (3 - 2 / 120), rel=1e-4)


def test_a_slow_service_serves_less_and_takes_longer():
    slow = service(20, warmup=None)
    slow.slow_down(2.0, 0)
    slow.catch_up(600 * SECOND)
    assert slow.capacity == 50
    assert slow.latencies().percentiles()[0] == pytest.approx(0.2 * math.log(2), rel=0.02)
    assert slow.in_service == pytest.approx(4)
    assert slow.counters((0,)).work.tolist() == pytest.approx([20 * 600])  # the work is the same, it only takes longer
    slow.slow_down(1.0, 600 * SECOND)
    slow.catch_up(601 * SECOND)
    assert (slow.capacity, slow.ledger.slots[600]) == (100, 10)


def test_a_slow_part_of_a_run_shows_in_its_latencies():
    made = service(10, warmup=None)
    made.slow_down(4.0, 300 * SECOND)
    made.slow_down(1.0, 600 * SECOND)
    made.catch_up(900 * SECOND)
    medians = made.latencies().over(0, 900, 300)[0]
    assert medians.tolist() == pytest.approx([0.0693, 0.277, 0.0693], rel=0.03)


def test_pods_that_were_there_before_are_warm(scenario):
    world = started(scenario())
    web = world.add(scenario(pods={"initial_replicas": 2, "warmup": {"for": "60s", "slowness": 3}}), constant(10))
    assert web.probe().capacity == 200
    web.set_replicas(3)
    world.advance(world.start + 25 * SECOND)
    assert web.probe().capacity == pytest.approx(200 + 100 / 3)


def test_cpu_spent_on_a_start_fades_with_the_warm_up(scenario):
    from autoscaler.model.policy import MetricTarget, ResourceMetric

    metric = ResourceMetric(resource="cpu", target=MetricTarget(type="Utilization", average_utilization=70))
    pods = {"readiness": 0, "startup": "25s", "startup_cpu": "600m", "warmup": {"for": "60s", "slowness": 3}}
    world = started(scenario())
    web = world.add(scenario(pods=pods, service={"cpu_at_rest": 0}), constant(0))
    world.advance(world.start + 5 * SECOND)
    web.set_replicas(2)
    seen = []
    for second in range(62, 123, 15):  # ready at 30 s: of 600m, 62.5 % are left halfway from 45 s to 60 s, and so on
        world.advance(world.start + second * SECOND)
        seen.append([u.containers[0].usage[0][1] for u in web.readings((metric,))[0].pods if u.pod == "web-00001"])
    assert seen == [[375], [225], [75], [0], [0]]
