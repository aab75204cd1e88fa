"""The two policies that nobody can have: they keep the objective, and one of them for the least that it takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoscaler.config.scenario import load_scenario
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.references import needed_pods, references

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("rps", "pods"), [(0, 1), (80, 1), (90, 2), (180, 2), (970, 10), (1_000, 11)])
def test_needed_pods_leave_room_for_chance(scenario, rps, pods):
    # a pod of ten slots serves 100/s; but at 90/s its p99 is 625 ms already (M/M/10), and more pods share their luck
    inputs = prepare(scenario(traffic={"constant": {"rps": rps}}, slo={"latency": "600ms"}), ROOT)
    assert set(needed_pods(inputs).tolist()) == {pods}


def test_an_objective_below_the_service_time_asks_for_nine_tenths(scenario):
    inputs = prepare(scenario(traffic={"constant": {"rps": 100}}, slo={"latency": "10ms"}), ROOT)
    assert set(needed_pods(inputs).tolist()) == {2}


@pytest.mark.parametrize("name", ["flash-crowd", "ramp-10-to-10000", "steps"])
def test_both_keep_the_objective_and_the_clairvoyant_is_cheaper(name):
    path = ROOT / f"simulations/{name}.yaml"
    peak, clairvoyant = references(prepare(load_scenario(path), path.parent))
    assert (peak.score.slo_minutes_violated, clairvoyant.score.slo_minutes_violated) == (0, 0)
    assert (peak.score.failed, clairvoyant.score.failed) == (0, 0)
    assert clairvoyant.score.replica_hours < peak.score.replica_hours
    assert (peak.score.scale_ups, peak.score.scale_downs) == (0, 0)
    assert clairvoyant.score.scale_ups >= 1


def test_with_a_slow_start_the_clairvoyant_asks_earlier(scenario):
    steps = {"steps": [{"at": "0s", "rps": 50}, {"at": "10m", "rps": 500}]}
    for startup, asked in (("20s", 555.0), ("2m", 450.0)):
        inputs = prepare(scenario(traffic=steps, duration="20m", pods={"startup": startup}), ROOT)
        (action,) = references(inputs)[1].actions
        assert (action.t, action.before, action.after) == (asked, 1, 6)
        assert action.sentence == "The traffic to come needs 6."


def test_references_can_be_stopped_and_tell_how_far_they_came(scenario, tmp_path):
    inputs = prepare(scenario(traffic={"constant": {"rps": 50}}, duration="1h"), tmp_path)
    shares = []
    assert len(references(inputs, shares.append)) == 2
    assert shares == sorted(shares)
    assert len(shares) == 22  # every five minutes of each, but at their beginning and end
    peak, clairvoyant = references(inputs, lambda share: share > 0.75)
    assert (peak.is_complete, clairvoyant.is_complete) == (True, False)
    assert clairvoyant.inputs.duration == 1800


def test_the_clairvoyant_lets_go_at_once_but_bridges_a_gap_shorter_than_a_start(scenario):
    def asked(gap):
        steps = [{"at": "0s", "rps": 500}, {"at": "10m", "rps": 50}, {"at": f"{600 + gap}s", "rps": 500}]
        inputs = prepare(scenario(traffic={"steps": steps}, duration="20m", pods={"startup": "55s"}), ROOT)
        return [(action.t, action.after) for action in references(inputs)[1].actions]

    assert asked(75) == []  # a start of 60 s, and up to two ticks for its grid
    assert asked(300) == [(600.0, 1), (825.0, 6)]
