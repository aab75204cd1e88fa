"""Whole runs: the real controller in the simulated world, with its figures asserted literally."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import load_scenario
from autoscaler.model.decision import Reason
from autoscaler.model.policy import MetricName, MetricTarget, PodsMetric, Profile
from autoscaler.model.quantity import Quantity
from autoscaler.model.safety import Guarding
from autoscaler.model.time import SECOND
from autoscaler.simulator.inputs import Overrides, prepare
from autoscaler.simulator.simulation import bind, simulate

ROOT = Path(__file__).parents[2]
(WEB,) = load_policies([ROOT / "policies/web-app-hpa.yaml"]).policies


def moves(result):
    return [(action.t, action.before, action.after) for action in result.actions]


def shipped(name, **overrides):
    path = ROOT / f"simulations/{name}.yaml"
    return prepare(load_scenario(path), path.parent, Overrides(**overrides))


@pytest.fixture
def web_scenario(scenario):
    """A pod that is at 70 % of its cpu request with 70 requests/s, in a world without noise worth mentioning."""

    def make(traffic, **sections):
        service = {"cpu_per_request": "5m", "cpu_at_rest": "0", "memory_at_rest": "4Mi"}
        return prepare(scenario(traffic=traffic, service=service, **sections), ROOT)

    return make


def test_load_that_doubles_is_followed_after_the_metrics_show_it(web_scenario):
    # At 10:00 the load goes from 140 to 400/s. The scrape at 10:15 shows 80 % too much on 2 pods; the controller looks
    # at 10:22 (every 15 s from 22 s on), and the first rule allows to double or 4 pods more.
    steps = {"steps": [{"at": "0s", "rps": 140}, {"at": "10m", "rps": 400}]}
    result = simulate(web_scenario(steps, duration="12m", pods={"initial_replicas": 2}), WEB)
    first = result.actions[0]
    assert (first.t, first.before) == (622, 2)
    assert first.reason is Reason.SCALED_UP
    assert first.sentence.startswith("Growing from 2 to ")


def test_an_idle_service_shrinks_by_halves_after_its_window(web_scenario):
    # 50 pods for 3,500 requests/s; from minute 15 on there is nothing to do. Five minutes of memory hold them, then half
    # of them may go a minute: 25, 12, 6, 3, 2.
    steps = {"steps": [{"at": "0s", "rps": 3500}, {"at": "15m", "rps": 0}]}
    policy = replace(WEB, max_replicas=50)
    result = simulate(web_scenario(steps, duration="30m", pods={"initial_replicas": 50}), policy)
    down = [action for action in result.actions if action.t > 900]
    assert [(action.before, action.after) for action in down] == [(50, 25), (25, 12), (12, 6), (6, 3), (3, 2)]
    first = down[0].t
    assert [action.t - first for action in down] == [0, 60, 120, 180, 240]
    assert 1200 < first <= 1230


def test_a_metric_that_is_missing_scales_nothing_down(web_scenario):
    unknown = PodsMetric(
        metric=MetricName(name="nobody_knows"),
        target=MetricTarget(type="AverageValue", average_value=Quantity.parse("1")),
    )
    policy = replace(WEB, metrics=(*WEB.metrics, unknown))
    result = simulate(web_scenario({"constant": {"rps": 10}}, duration="30m", pods={"initial_replicas": 8}), policy)
    assert moves(result) == []
    (trouble,) = result.troubles
    assert (trouble.metric, trouble.evaluations, result.evaluations) == ("nobody_knows", 119, 119)
    assert trouble.error.endswith("the server could not find the metric nobody_knows for pods")


def test_the_same_run_twice_is_the_same(web_scenario):
    def run():
        return simulate(web_scenario({"diurnal": {"low": 50, "high": 600, "period": "1h"}}, duration="1h"), WEB)

    one, two = run(), run()
    assert (one.score, one.actions) == (two.score, two.actions)
    assert one.series.latency.tobytes() == two.series.latency.tobytes()
    assert np.array_equal(one.metrics[0].ratio, two.metrics[0].ratio)


def test_another_seed_is_another_run(web_scenario):
    traffic = {"diurnal": {"low": 50, "high": 600, "period": "1h"}}
    one, two = (simulate(web_scenario(traffic, duration="1h", seed=seed), WEB) for seed in (1, 2))
    assert not np.array_equal(one.metrics[0].ratio, two.metrics[0].ratio)


def test_every_request_is_accounted_for():
    score = simulate(shipped("flash-crowd"), WEB).score
    assert score.served + score.failed == pytest.approx(score.requests, rel=1e-9)
    assert score.requests == pytest.approx(600 * 3600 + 5400 * (30 + 600 + 240 / np.log(2)), rel=1e-3)


def test_the_flash_crowd_hurts_until_new_pods_are_ready():
    result = simulate(shipped("flash-crowd"), WEB)
    assert result.actions[0].before == 2
    assert 600 < result.actions[0].t <= 660
    assert 1 <= result.score.slo_minutes_violated <= 5
    assert 540 < result.worst.t[0] < 600  # so that the five minutes show the crowd's begin and the first new pods


def test_enough_pods_from_the_start_break_nothing():
    calm = replace(WEB, min_replicas=8, max_replicas=8)
    score = simulate(shipped("flash-crowd"), calm).score
    assert (score.slo_minutes_violated, score.failed) == (0, 0)


def test_replica_hours_of_a_constant_number(web_scenario):
    fixed = replace(WEB, min_replicas=3, max_replicas=3)
    inputs = web_scenario({"constant": {"rps": 10}}, duration="2h", pods={"initial_replicas": 3})
    score = simulate(inputs, fixed).score
    assert (score.replica_hours, score.mean_replicas, score.peak_replicas) == (6, 3, 3)


def test_progress_is_reported_at_every_evaluation_but_the_first(web_scenario):
    shares = []
    result = simulate(web_scenario({"constant": {"rps": 10}}, duration="1h"), WEB, progress=shares.append)
    assert shares == pytest.approx([(15 * i + 7) / 3600 for i in range(2, 240)], abs=1e-9)
    assert result.is_complete


def test_a_run_that_is_stopped_tells_how_far_it_came(web_scenario):
    inputs = web_scenario({"constant": {"rps": 10}}, duration="1h", pods={"initial_replicas": 2})
    result = simulate(inputs, WEB, progress=lambda share: share > 0.5)
    assert (result.is_complete, result.inputs.duration, inputs.duration) == (False, 1792, 3600)
    assert (result.score.requests, result.series.t[-1]) == (pytest.approx(17_920), 1790)


def test_a_run_that_is_stopped_at_once_has_played_up_to_its_first_evaluation(web_scenario):
    inputs = web_scenario({"constant": {"rps": 10}}, duration="1h", pods={"initial_replicas": 2})
    result = simulate(inputs, WEB, progress=lambda share: True)
    assert (result.is_complete, result.inputs.duration) == (False, 22)
    assert result.score.requests == pytest.approx(220)


def test_a_policy_for_another_workload_is_pointed_at_this_one(scenario):
    stranger = replace(WEB, target=replace(WEB.target, name="api"))
    bound, note = bind(stranger, scenario().target)
    assert bound.target.name == "web"
    assert note == "it is written for Deployment api; here it scales the scenario's Deployment web"
    assert bind(WEB, scenario().target)[1] == ""


def test_c31_a_policy_is_evaluated_at_its_own_period(web_scenario):
    inputs = web_scenario({"constant": {"rps": 140}}, duration="12m", pods={"initial_replicas": 2})
    often, seldom = (
        replace(WEB, profile=Profile.GUARDED, guarding=Guarding(period=period * SECOND)) for period in (5, 60)
    )
    # The first evaluation comes one period and the phase of 7 s after the start, the last one within the 720 s.
    assert [simulate(inputs, policy).evaluations for policy in (WEB, often, seldom)] == [47, 142, 11]
