"""Every knob of a scenario turns what it should, in the direction it should (statement C88 of the field's comparison)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import Balancing, Crashes, Rollout, TimedFault, Warmup, load_scenario
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.simulation import simulate

ROOT = Path(__file__).parents[2]
CROWD = load_scenario(ROOT / "simulations/flash-crowd.yaml")
(WEB,) = load_policies([ROOT / "policies/web-app-hpa.yaml"]).policies


def score(**changes):
    """Run the flash crowd with some fields changed, as ``section__field=value``, or whole sections."""
    sections = {name: value for name, value in changes.items() if "__" not in name}
    scenario = CROWD.model_copy(update=sections)
    for name, value in ((name, value) for name, value in changes.items() if "__" in name):
        section, field = name.split("__")
        part = getattr(scenario, section).model_copy(update={field: value})
        scenario = scenario.model_copy(update={section: part})
    return simulate(prepare(scenario, ROOT), replace(WEB, max_replicas=12)).score


def fault(**kind):
    """Make a fault that lasts for five minutes from the crowd's begin on."""
    return {"faults": (TimedFault.model_validate({"at": "10m", "for": "5m", **kind}),)}


@pytest.fixture(scope="module")
def base():
    return score()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"pods__startup": 90.0}, id="slower-start"),
        pytest.param({"pods__readiness": 60.0}, id="later-readiness"),
        pytest.param({"pods__image_pull": 60.0}, id="image-pull"),
        pytest.param({"pods__warmup": Warmup(span="2m", slowness=4.0)}, id="slow-young-pods"),
        pytest.param({"pods__crashes": Crashes(share_of_starts=0.5)}, id="starts-that-fail"),
        pytest.param({"pods__crashes": Crashes(per_pod_hour=20.0)}, id="pods-that-crash"),
        pytest.param({"metrics__scrape_interval": 60.0}, id="rarer-scrapes"),
        pytest.param({"metrics__resource_window": 120.0}, id="longer-window"),
        pytest.param({"metrics__lag": 45.0}, id="later-metrics"),
        pytest.param({"metrics__dropped_samples": 0.6}, id="missing-samples"),
        pytest.param(fault(metrics_outage={}), id="no-metrics"),
        pytest.param(fault(metrics_outage={"answer": "stale"}), id="stale-metrics"),
        pytest.param(fault(metrics_lag={"extra": "1m"}), id="late-metrics"),
        pytest.param(fault(slow_service={"factor": 2}), id="a-slow-service"),
        pytest.param(fault(failing_writes={}), id="writes-that-fail"),
        pytest.param(fault(failing_reads={}), id="reads-that-fail"),
        pytest.param(fault(controller_restart={}), id="no-controller"),
        pytest.param({"faults": (TimedFault(at="12m", killed_pods={"share": 0.5}),)}, id="pods-that-are-killed"),
        pytest.param(
            {"rollouts": (Rollout(at="11m", max_surge=0, max_unavailable="50%"),)}, id="a-rollout-at-its-peak"
        ),
        pytest.param({"control__sync_period": 60.0}, id="rarer-evaluations"),
        pytest.param({"control__sync_phase": 14.0}, id="evaluations-out-of-step-with-scrapes"),
        pytest.param({"service__slots": 30}, id="fewer-slots"),
        pytest.param({"service__cpu_per_request": 0.0007}, id="cpu-that-hides-the-load"),
    ],
)
def test_c88_what_makes_a_crowd_worse(base, change):
    worse = score(**change)
    assert worse.failed + worse.late > 1.02 * (base.failed + base.late)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"pods__startup": 5.0, "pods__readiness": 0.0}, id="quick-start"),
        pytest.param({"service__slots": 80}, id="more-slots"),
        pytest.param({"service__cpu_per_request": 0.002}, id="cpu-that-shows-the-load"),
    ],
)
def test_c88_what_makes_a_crowd_better(base, change):
    better = score(**change)
    assert better.failed + better.late < 0.98 * (base.failed + base.late)


def test_a_clock_set_ahead_shrinks_sooner(base):
    ahead = {"faults": (TimedFault(at="25m", clock_jump={"by": "10m"}),)}
    assert score(**ahead).replica_hours < base.replica_hours


def test_surge_pods_are_paid_for(base):
    assert score(rollouts=(Rollout(at="40m", max_surge="100%"),)).replica_hours > base.replica_hours


def test_a_queue_keeps_requests_that_would_be_rejected(base):
    assert score(service__queue_limit=0).rejected > base.rejected
    assert score(service__queue_limit=5_000).rejected < base.rejected


def test_pods_that_ask_for_more_cpu_seem_less_busy(base):
    assert score(pods__cpu_request=2.0).peak_replicas < base.peak_replicas


def test_cpu_spent_on_starting_asks_for_more_pods(base):
    warmup = Warmup(span="5m", slowness=1.0)  # beyond the time that the controller distrusts young pods
    assert score(pods__startup_cpu=0.8, pods__warmup=warmup).replica_hours > base.replica_hours


def test_memory_per_request_can_drive_the_replicas(base):
    hungry = score(service__memory_per_request=float(8 * 2**20))
    assert hungry.replica_hours > base.replica_hours


def test_requests_longer_than_the_grace_period_are_lost(base):
    assert base.lost == pytest.approx(0, abs=1e-6)
    assert score(service__mean_service_time=2.0, service__slots=2_200, pods__termination_grace=1.0).lost > 100


def test_a_stricter_objective_is_broken_more_often(base):
    assert score(slo__latency=0.15).slo_minutes_violated > base.slo_minutes_violated


def test_random_balancing_makes_requests_wait_earlier(base):
    # half of all requests come while there is room; in the crowd itself, who comes to a new pod waits less than in one line
    assert score(service__balancing=Balancing.RANDOM).latency_p50 > base.latency_p50


def test_blind_balancing_spares_new_pods_the_queue_of_old_ones(base):
    assert score(service__balancing=Balancing.ROUND_ROBIN).late < base.late
