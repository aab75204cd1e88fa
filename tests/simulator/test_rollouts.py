"""Rolling updates: how many pods of which template there are at each moment, as a Deployment does it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import Scenario
from autoscaler.model.policy import ExternalMetric, MetricName, MetricTarget
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import SECOND, seconds
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.simulation import simulate
from autoscaler.simulator.traffic import constant
from autoscaler.simulator.world import started

ROOT = Path(__file__).parents[2]
(WEB,) = load_policies([ROOT / "policies/web-app-hpa.yaml"]).policies


def world_of(made, rps=0):
    world = started(made)
    return world, world.add(made, constant(rps))


def steps(world, workload, until, first=0):
    """Tell each change of (old pods, new pods, ready pods), as ``(second, old, new, ready)``."""
    seen = []
    for second in range(first, until):
        world.advance(world.start + second * SECOND)
        templates = Counter(pod.template for pod in workload._pods.pods if not pod.deleting)
        newest = max(templates)
        now = (sum(n for t, n in templates.items() if t != newest), templates[newest], workload.probe().ready)
        if not seen or seen[-1][1:] != now:
            seen.append((second, *now))
    return seen


def test_the_default_replaces_a_quarter_at_a_time(scenario):
    # 10 pods: at most 13 exist and 8 serve; new ones are ready 25 s after they are made
    world, web = world_of(scenario(pods={"initial_replicas": 10}, rollouts=[{"at": "10s"}]))
    assert steps(world, web, 120) == [
        (0, 0, 10, 10),
        (10, 8, 5, 8),
        (35, 3, 10, 8),
        (60, 0, 10, 10),
    ]


def test_one_more_at_a_time_never_serves_with_fewer(scenario):
    rollout = {"at": "10s", "max_surge": 1, "max_unavailable": 0}
    world, web = world_of(scenario(pods={"initial_replicas": 4}, rollouts=[rollout]))
    assert steps(world, web, 130) == [
        (0, 0, 4, 4),
        (10, 4, 1, 4),
        (35, 3, 2, 4),
        (60, 2, 3, 4),
        (85, 1, 4, 4),
        (110, 0, 4, 4),
    ]


def test_none_more_takes_old_pods_first(scenario):
    rollout = {"at": "10s", "max_surge": 0, "max_unavailable": "50%"}
    world, web = world_of(scenario(pods={"initial_replicas": 4}, rollouts=[rollout]))
    assert steps(world, web, 80) == [(0, 0, 4, 4), (10, 2, 2, 2), (35, 0, 4, 2), (60, 0, 4, 4)]


def test_surge_pods_count_in_the_status_and_are_selected(scenario):
    world, web = world_of(scenario(pods={"initial_replicas": 10}, rollouts=[{"at": "10s"}]))
    world.advance(world.start + 20 * SECOND)
    assert (web.scale().spec_replicas, web.scale().status_replicas) == (10, 13)
    assert len({pod.labels for pod in web.pods()}) == 1


def test_scaling_in_the_middle_keeps_every_template_s_share(scenario):
    rollout = {"at": "10s", "max_surge": 1, "max_unavailable": 0}
    world, web = world_of(scenario(pods={"initial_replicas": 4}, rollouts=[rollout]))
    steps(world, web, 70)
    web.set_replicas(8)  # two old and three new ones of five become nine
    assert steps(world, web, 71, 70) == [(70, 3, 6, 4)]
    assert steps(world, web, 200, 71)[-1][1:] == (0, 8, 8)


def test_a_version_that_never_gets_ready_stops_the_rollout(scenario):
    crashing = {"initial_replicas": 10, "crashes": {"share_of_starts": 1}}
    world, web = world_of(scenario(pods=crashing, rollouts=[{"at": "10s"}]))
    assert steps(world, web, 1800) == [(0, 0, 10, 10), (10, 8, 5, 8)]


def test_a_second_rollout_takes_over_from_the_first(scenario):
    world, web = world_of(scenario(pods={"initial_replicas": 10}, rollouts=[{"at": "10s"}, {"at": "20s"}]))
    world.advance(world.start + 20 * SECOND)  # the five that did not serve yet go at once
    assert Counter(pod.template for pod in web._pods.pods if not pod.deleting) == {0: 8, 2: 5}
    assert steps(world, web, 200, 21)[-1][1:] == (0, 10, 10)
    assert {pod.template for pod in web._pods.pods} == {2}


def test_nobody_loses_a_request_to_a_rollout_with_time_to_drain(scenario):
    world, web = world_of(scenario(pods={"initial_replicas": 4}, rollouts=[{"at": "10s"}]), rps=150)
    world.advance(world.start + 200 * SECOND)
    ledger = web.ledger
    assert (ledger.lost[:200].sum(), ledger.rejected[:200].sum()) == (pytest.approx(0, abs=1e-9), 0)


def test_a_rollout_under_load_is_mistaken_for_more_pods_to_multiply(scenario):
    # The value is a third above its target, which asks for 10 * 4/3, so 14 pods. But three new pods serve at 66.5 s, and
    # at 67 s the three old ones they replace have not ended yet: all 13 are multiplied.
    total = ExternalMetric(
        metric=MetricName(name="arriving"), target=MetricTarget(type="Value", value=Quantity.parse("300"))
    )
    policy = replace(WEB, metrics=(total,), max_replicas=200)
    made = {"duration": "10m", "pods": {"initial_replicas": 10, "readiness": 0}, "traffic": {"constant": {"rps": 400}}}
    metrics = {"external": {"arriving": "requests_per_second"}}

    def first(**more):
        action = simulate(prepare(scenario(**made, metrics=metrics, **more), ROOT), policy).actions[0]
        return action.t, action.before, action.after

    assert first(control={"sync_period": "60s"}) == (67, 10, 14)
    rollout = {"at": "46.5s", "max_unavailable": 0}
    assert first(control={"sync_period": "60s"}, rollouts=[rollout]) == (67, 10, 18)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    at_start=st.integers(0, 12),
    surge=st.sampled_from([1, "25%", "100%", 0]),
    missing=st.sampled_from([1, "25%", "100%"]),
    moves=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 20)), max_size=5),
    killed=st.integers(0, 5),
)
def test_every_rollout_ends_with_all_pods_new_and_as_many_as_wanted(at_start, surge, missing, moves, killed):
    made = Scenario.model_validate(
        {
            "name": "any",
            "duration": "1h",
            "traffic": {"constant": {"rps": 0}},
            "pods": {"initial_replicas": at_start, "jitter": "50%"},
            "rollouts": [{"at": f"{at}s", "max_surge": surge, "max_unavailable": missing} for at in (10, 40)],
        }
    )
    world, web = world_of(made)
    at, wanted = 5, at_start
    for wait, replicas in moves:
        at, wanted = at + wait, replicas
        world.advance(world.start + seconds(at))
        web.set_replicas(replicas)
        web._pods.lose(web._pods.pods[:killed], world.now)
    world.advance(world.start + 3000 * SECOND)
    assert len(web.pods()) == wanted == web.probe().ready
    assert {pod.template for pod in web._pods.pods} <= {2}
