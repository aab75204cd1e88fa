"""What the field tells about horizontal autoscaling comes out of the shipped demonstrations, figure by figure."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from autoscaler.config.check import check_files
from autoscaler.config.hpa import ReadOptions
from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import load_scenario
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.result import Result
from autoscaler.simulator.simulation import bind, simulate

DEMONSTRATIONS = Path(__file__).parents[2] / "simulations/demonstrations"


@cache
def run(demonstration: str, policy: str) -> Result:
    folder = DEMONSTRATIONS / demonstration
    inputs = prepare(load_scenario(folder / "scenario.yaml"), folder)
    (loaded,) = load_policies([folder / f"{policy}.yaml"]).policies
    return simulate(inputs, bind(loaded, inputs.scenario.target)[0], name=policy)


def counts(result: Result) -> list[int]:
    """How many replicas there were, one after the other."""
    return [result.actions[0].before, *(action.after for action in result.actions)]


def since_first(result: Result) -> list[float]:
    """Seconds from the first scale action to each."""
    return [action.t - result.actions[0].t for action in result.actions]


def test_the_walkthrough_goes_to_seven_pods_and_back_to_one():
    result = run("walkthrough", "cpu-50")

    assert counts(result) == [1, 4, 7, 1]
    assert "cpu asks for 7 (319% against 50%)" in result.actions[0].sentence
    assert since_first(result)[:2] == [0, 15]
    assert result.actions[2].t == pytest.approx(600 + 300 + 22, abs=1)  # load ends, window, and the way of a sample


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param("documented-default", [1, 5, 10, 20, 40, 80, 100], id="four-more-or-twice-as-many"),
        pytest.param("no-behavior", [1, 4, 8, 16, 32, 64, 100], id="four-or-twice-as-many"),
    ],
)
def test_default_growth_takes_75_seconds_to_a_hundred_pods(policy, expected):
    result = run("default-growth", policy)

    assert counts(result) == expected
    assert since_first(result) == [0, 15, 30, 45, 60, 75]


def test_fewer_pods_on_the_way_lose_more_requests():
    lost = {name: run("default-growth", name).score.failed for name in ("documented-default", "no-behavior")}

    assert lost == {"documented-default": pytest.approx(655_200), "no-behavior": pytest.approx(701_000)}


def test_fifty_pods_are_halved_once_a_minute_after_the_window():
    result = run("halving", "half-a-minute")
    first_low = 607.0  # the load falls at 600 s; evaluations are at 7 s past each quarter of a minute, samples 2 s old

    assert counts(result) == [50, 25, 12, 6, 3, 2]
    assert [action.t - first_low for action in result.actions] == [300, 360, 420, 480, 540]


def test_no_window_flaps_with_every_wave_beyond_the_tolerance():
    first_hour = [action for action in run("flapping", "no-window").actions if action.t < 3_600]
    score = run("flapping", "no-window").score

    assert first_hour == []  # 7 % are within the tolerance
    assert (score.scale_ups, score.scale_downs, score.turns) == (29, 30, 29)


@pytest.mark.parametrize(
    ("policy", "moves"),
    [
        pytest.param("default-window", [20, 23], id="a-window-longer-than-a-wave-keeps-what-crests-need"),
        pytest.param("wide-tolerance", [], id="a-wider-tolerance-ignores-the-wave"),
    ],
)
def test_what_stops_flapping(policy, moves):
    result = run("flapping", policy)

    assert (counts(result) if result.actions else []) == moves


def test_a_wilder_rate_rule_does_not_help_slow_starters():
    careful, wild = run("slow-starters", "cpu-80"), run("slow-starters", "cpu-80-any-rate")

    assert counts(careful) == counts(wild) == [4, 3, 4, 5, 6, 8]
    assert careful.score.slo_minutes_violated == wild.score.slo_minutes_violated == 14


def test_headroom_helps_slow_starters_and_costs():
    careful, roomy = run("slow-starters", "cpu-80").score, run("slow-starters", "cpu-50").score

    assert (careful.slo_minutes_violated, roomy.slo_minutes_violated) == (14, 5)
    assert (careful.unserved_share, roomy.unserved_share) == pytest.approx((0.0492, 0.0032), abs=1e-4)
    assert (careful.replica_hours, roomy.replica_hours) == pytest.approx((6.23, 9.59), abs=0.01)


def test_a_rollout_makes_cpu_run_away_under_steady_traffic():
    result = run("rollout", "cpu-70")
    ups = [action for action in result.actions if action.after > action.before]

    assert [action.after for action in ups] == [34, 54, 78]
    assert [action.t for action in ups] == [682, 742, 802]  # the rollout begins at 600 s
    assert counts(result)[-1] == 19


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param("cpu-70-calm", id="no-start-lasts-as-long-as-the-window"),
        pytest.param("requests", id="a-start-is-no-request"),
    ],
)
def test_what_keeps_a_rollout_from_looking_like_load(policy):
    result = run("rollout", policy)

    assert result.actions == ()
    assert result.score.peak_replicas == 25  # 20 and a quarter of surge


def test_an_outage_at_the_peak_changes_nothing_blindly():
    result = run("metrics-outage", "cpu-60")
    blind = [action for action in result.actions if 20 * 60 <= action.t < 45 * 60]

    assert blind == []
    assert counts(result) == [5, 6, 7, 8, 10, 12, 8, 7, 6, 5]
    assert (result.score.slo_minutes_violated, result.score.time_to_capacity_worst) == (12, 617)
    (trouble,) = result.troubles
    assert (trouble.metric, trouble.evaluations) == ("cpu", 100)  # 25 minutes, four a minute


def test_a_second_signal_grows_through_the_outage_but_does_not_shrink_in_it():
    result = run("metrics-outage", "cpu-60-and-requests")
    within = [action for action in result.actions if 20 * 60 <= action.t < 45 * 60]

    assert [(action.before, action.after) for action in within] == [(12, 14), (14, 16), (16, 18), (18, 20)]
    assert next(action.t for action in result.actions if action.after < action.before) == 45 * 60 + 7
    assert result.score.slo_minutes_violated == 0


def test_memory_ratchets():
    result = run("memory-ratchet", "memory-80")
    rushes = [3_600 * hour for hour in (1, 3, 5, 7)]
    after = [max(a.after for a in result.actions if a.t < end) for end in [*rushes[1:], 8 * 3_600]]

    assert result.score.scale_downs == 0
    assert after == [5, 7, 9, 11]


def test_memory_that_a_pod_keeps_above_the_target_goes_to_the_maximum_by_itself():
    result = run("memory-ratchet", "memory-75")

    assert counts(result)[-1] == 20
    assert result.actions[-1].t < 3_600  # before the first rush


def test_cpu_comes_back_after_every_rush():
    result = run("memory-ratchet", "cpu-70")
    lows = [action.after for action in result.actions if action.after == 2]

    assert (result.score.peak_replicas, len(lows)) == (11, 4 + 1)


def test_the_commentary_says_how_to_run_each():
    for scenario in DEMONSTRATIONS.glob("*/scenario.yaml"):
        folder = f"simulations/demonstrations/{scenario.parent.name}"
        assert f"autoscaler simulate {folder}/scenario.yaml -p {folder}\n" in scenario.read_text()
        assert load_scenario(scenario).name == scenario.parent.name
        assert f"[{scenario.parent.name}]" in (DEMONSTRATIONS / "README.md").read_text()


def test_check_finds_no_error_and_warns_of_what_goes_wrong():
    report = check_files([DEMONSTRATIONS], ReadOptions())

    assert {finding.rule for finding in report.findings} == {
        "memory-alone", "scale-down-window-too-short", "shrinks-faster-than-it-grows",
    }  # fmt: skip
