"""Guards over hours of simulated traffic: flapping, metrics that are away at the peak, traffic that falls away at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoscaler.config.hpa import ReadOptions
from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import Scenario
from autoscaler.model.policy import ScalingPolicy
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.result import Result
from autoscaler.simulator.simulation import simulate

HOUR = 3600


def policy(tmp_path: Path, safety: str, behavior: str = "{}", kind: str = "ScalingPolicy") -> ScalingPolicy:
    file = tmp_path / "policy.yaml"
    version = "autoscaler.dev/v1alpha1" if kind == "ScalingPolicy" else "autoscaling/v2"
    file.write_text(f"""\
apiVersion: {version}
kind: {kind}
metadata: {{name: web}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}
  minReplicas: 2
  maxReplicas: 60
  metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization, averageUtilization: 70}}}}}}]
  behavior: {behavior}
{f"  safety: {safety}" if kind == "ScalingPolicy" else ""}
""")
    loaded = load_policies([file], ReadOptions())
    assert loaded.faults == ()
    return loaded.policies[0]


def scenario(duration: str, traffic: dict[str, object], replicas: int, **more: object) -> Scenario:
    return Scenario.model_validate(
        {
            "name": "guards",
            "duration": duration,
            "traffic": traffic,
            "service": {"mean_service_time": "100ms", "slots": 10, "cpu_per_request": "10m", "queue_limit": 100},
            "pods": {"initial_replicas": replicas, "cpu_request": "1", "startup": "20s"},
            **more,
        }
    )


def changed(result: Result, begin: float = 0, end: float = 1e9) -> int:
    """Pods started and stopped from ``begin`` [s] on, before ``end``."""
    return sum(abs(action.after - action.before) for action in result.actions if begin <= action.t < end)


def size_at(result: Result, second: float) -> int:
    """Replicas wanted at a moment [s]."""
    return [action.after for action in result.actions if action.t <= second][-1]


#: Ten minutes of 500 requests/s and ten of 2,000, for six hours.
OSCILLATION = {"steps": [{"at": f"{10 * turn}m", "rps": 2000 if turn % 2 else 500} for turn in range(36)]}


@pytest.mark.parametrize(
    ("safety", "started_and_stopped", "in_the_worst_hour", "turns", "replica_hours", "failed"),
    [
        pytest.param("{flapBudget: off}", 733, 129, 34, 106.3, 2_060_921, id="without"),
        pytest.param("{}", 361, 73, 24, 138.8, 804_709, id="by-default"),
        pytest.param("{flapBudget: {pods: 20}}", 181, 41, 8, 152.4, 537_111, id="twenty-pods-an-hour"),
    ],
)
def test_c41_oscillating_load_for_six_hours_starts_and_stops_no_more_pods_than_the_budget_and_the_growth(
    safety: str,
    started_and_stopped: int,
    in_the_worst_hour: int,
    turns: int,
    replica_hours: float,
    failed: int,
    tmp_path: Path,
) -> None:
    inputs = prepare(scenario("6h", OSCILLATION, 8), tmp_path)
    result = simulate(inputs, policy(tmp_path, safety, "{scaleDown: {stabilizationWindowSeconds: 60}}"))

    assert changed(result) == started_and_stopped
    assert max(changed(result, begin, begin + HOUR) for begin in range(0, 6 * HOUR, 60)) == in_the_worst_hour
    assert (result.score.turns, round(result.score.replica_hours, 1)) == (turns, replica_hours)
    assert round(result.score.requests - result.score.served) == failed, "only increases pass, and they do"


#: From 300 to 3,000 requests/s and back each day; every metric is away for eight hours around the second day's peak.
BLIND_AT_THE_PEAK = scenario(
    "39h",
    {"diurnal": {"low": 300, "high": 3000}},
    8,
    faults=[{"at": "30h", "for": "8h", "metrics_outage": {"of": "all"}}],
)


@pytest.mark.parametrize(
    ("use", "sizes", "failed", "bad_minutes"),
    [
        pytest.param("Hold", [22, 22, 22, 22, 22], 13_584_796, 390, id="hold"),
        pytest.param("LastGood", [22, 22, 22, 22, 22], 13_584_796, 390, id="last-good"),
        pytest.param("Fixed, replicas: 45", [22, 45, 45, 45, 45], 0, 0, id="fixed"),
        pytest.param("Max", [22, 60, 60, 60, 60], 0, 0, id="max"),
        pytest.param(
            "Schedule, schedule: [{from: 09:00, to: 14:00, replicas: 50}]",
            [22, 22, 22, 50, 50],
            1_069_860,
            90,
            id="schedule",
        ),
        pytest.param("Forecast", [22, 25, 32, 41, 41], 0, 0, id="forecast"),
    ],
)
def test_c74_metrics_are_away_at_the_peak(
    use: str, sizes: list[int], failed: int, bad_minutes: int, tmp_path: Path
) -> None:
    result = simulate(prepare(BLIND_AT_THE_PEAK, tmp_path), policy(tmp_path, f"{{fallback: {{use: {use}}}}}"))

    assert [size_at(result, hour * HOUR) for hour in (30, 30.1, 32, 34, 37.99)] == sizes
    assert (round(result.score.requests - result.score.served), result.score.slo_minutes_violated) == (
        failed,
        bad_minutes,
    )
    during = [action for action in result.actions if 30 * HOUR < action.t < 38 * HOUR]
    assert all(action.after > action.before for action in during), "metrics that are away take nothing away"
    shrunk = [action.t for action in result.actions if action.after < action.before and action.t > 38 * HOUR]
    assert shrunk == [] or shrunk[0] >= 38 * HOUR + 30, "the third good sample at the earliest"


def test_f8_traffic_that_falls_away_at_once_takes_three_steps_and_ten_minutes_to_the_minimum(tmp_path: Path) -> None:
    inputs = prepare(scenario("40m", {"steps": [{"at": 0, "rps": 1000}, {"at": "10m", "rps": 0}]}, 15), tmp_path)
    guarded = simulate(inputs, policy(tmp_path, "{}"))
    exact = simulate(inputs, policy(tmp_path, "", kind="HorizontalPodAutoscaler"))

    assert [(action.t - 600, action.before, action.after) for action in guarded.actions] == [
        (322, 15, 8),
        (622, 8, 4),
        (637, 4, 2),
    ]
    assert [(action.t - 600, action.before, action.after) for action in exact.actions] == [(307, 15, 2)]
