"""Whatever a scenario asks for, a run ends, loses no request from its books, and can be reported. Warnings are errors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import Balancing, Scenario
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.references import STATIC_PEAK
from autoscaler.simulator.report.page import render_report
from autoscaler.simulator.simulation import simulate
from autoscaler.simulator.trials import PolicyTrials, Trials

ROOT = Path(__file__).parents[2]
POLICIES = [
    load_policies([ROOT / "policies" / name]).policies[0] for name in ("web-app-hpa.yaml", "rps-and-queue-hpa.yaml")
]


def one_of(*values):
    return st.sampled_from(values)


rates = one_of(0, 0.01, 5, 1_000, 1_000_000)
FAULTS = (
    {"for": "20s", "metrics_outage": {"answer": "stale"}},
    {"metrics_outage": {"of": "resource"}},
    {"for": "1ms", "dropped_samples": {"share": 1}},
    {"for": "1m", "metrics_lag": {"extra": "3m"}},
    {"for": "15s", "slow_service": {"factor": 1000}},
    {"killed_pods": {"share": 1}},
    {"killed_pods": {"count": 2}},
    {"for": "1m", "failing_writes": {"answer": "conflict", "share": 0.5}},
    {"failing_reads": {"share": 0.3}},
    {"for": "25s", "controller_restart": {}},
    {"clock_jump": {"by": "-1h"}},
    {"for": "30s", "clock_jump": {"by": "1d"}},
)
simple = st.one_of(
    st.fixed_dictionaries({"constant": st.fixed_dictionaries({"rps": rates})}),
    st.fixed_dictionaries(
        {"ramp": st.fixed_dictionaries({"from": rates, "to": rates, "begin": one_of(0, "1m"), "over": one_of("1ms", "5m")})}
    ),
    st.fixed_dictionaries(
        {"diurnal": st.fixed_dictionaries({"low": one_of(0), "high": rates, "period": one_of("10s", "1h"), "peak_at": one_of(0, "5m")})}
    ),
    st.fixed_dictionaries(
        {"flash_crowd": st.fixed_dictionaries(
            {"at": one_of(0, "1m", "3h"), "peak": rates, "rise": one_of("1ms", "1m"), "hold": one_of(0, "1m"),
             "half_life": one_of("10ms", "10h")})}
    ),
    st.fixed_dictionaries({"steps": rates.map(lambda rps: [{"at": "13s", "rps": rps}, {"at": "1m", "rps": 3_000}])}),
)  # fmt: skip
traffics = st.one_of(
    simple,
    st.fixed_dictionaries({"sum": st.lists(simple, min_size=1, max_size=2)}),
    st.fixed_dictionaries({"product": st.lists(simple, min_size=1, max_size=2)}),
    st.tuples(simple, one_of([0, 0], [10, 10_000])).map(lambda both: {**both[0], "scale_to": both[1]}),
)
scenarios = st.fixed_dictionaries(
    {
        "name": one_of("any"),
        "duration": one_of("1m", "10m", "661s"),
        "traffic": traffics,
        "service": st.fixed_dictionaries(
            {
                "mean_service_time": one_of("1ms", "100ms", "10s", "1h"),
                "slots": one_of(1, 10, 100_000),
                "queue_limit": one_of(0, 1, 100, 100_000),
                "timeout": one_of("1ms", "500ms", "3s", "5h"),
                "balancing": one_of(*Balancing),
                "cpu_per_request": one_of(0, "1u", "10m", "1k"),
                "memory_per_request": one_of(0, "1Mi"),
            }
        ),
        "slo": st.fixed_dictionaries({"latency": one_of("1ms", "10m"), "share": one_of(0, "50%", 1)}),
        "pods": st.fixed_dictionaries(
            {
                "initial_replicas": one_of(0, 1, 2, 50),
                "startup": one_of(0, "1s", "30s"),
                "readiness": one_of(0, "20s"),
                "jitter": one_of(0, "10%", 1),
                "termination_grace": one_of(0, "1ms", "30s"),
            },
            optional={
                "image_pull": one_of("7s"),
                "startup_cpu": one_of("1"),
                "warmup": st.fixed_dictionaries({"for": one_of("1ms", "45s", "1h"), "slowness": one_of(1, 3, 1000)}),
                "crashes": st.fixed_dictionaries({"share_of_starts": one_of(0.3, 1), "per_pod_hour": one_of(0, 200)}),
            },
        ),
        "metrics": st.fixed_dictionaries(
            {
                "scrape_interval": one_of("1s", "7s", "1m"),
                "resource_window": one_of("500ms", "15s", "2m"),
                "custom_window": one_of("1s", "10m"),
                "lag": one_of(0, "2s", "10m"),
            }
        ),
        "rollouts": st.lists(
            st.fixed_dictionaries(
                {"at": one_of(0, "20s"), "max_surge": one_of(0, 1, "100%"), "max_unavailable": one_of("0%", 2)}
            ),
            max_size=2,
        ),
        "faults": st.lists(
            st.tuples(one_of(0, "15s", "40s"), one_of(*FAULTS)).map(lambda both: {"at": both[0], **both[1]}), max_size=4
        ),
        "control": st.fixed_dictionaries({"sync_period": one_of("5s", "59s"), "sync_phase": one_of(0, "7s", "1m")}),
    }
)


#: Every second some requests are rejected and all others served, but for the last bit of a double.
FULL = {
    "name": "full",
    "duration": "1m",
    "traffic": {"constant": {"rps": 1000}},
    "service": {"mean_service_time": "100ms", "slots": 1, "queue_limit": 1, "timeout": "500ms"},
    "pods": {"initial_replicas": 50, "startup": 0, "readiness": 0, "jitter": 0, "termination_grace": 0},
    "metrics": {"scrape_interval": "1s", "resource_window": "500ms", "custom_window": "1s", "lag": 0},
    "control": {"sync_period": "5s", "sync_phase": 0},
}


@settings(max_examples=40, deadline=None, derandomize=True)
@example(spec=FULL, policy=POLICIES[0], most=2)
@given(spec=scenarios, policy=st.sampled_from(POLICIES), most=one_of(2, 10, 200))
def test_any_scenario_runs(spec, policy, most):
    try:
        scenario = Scenario.model_validate(spec)
    except ValidationError:
        return
    result = simulate(prepare(scenario, ROOT), replace(policy, max_replicas=most))
    score = result.score
    left = score.served + score.failed + float(result.series.waiting[-1])
    assert score.requests == pytest.approx(left, rel=1e-9, abs=1e-6)
    assert 0 <= score.slo_minutes_violated <= score.minutes
    assert 0 <= score.unserved_share <= 1 + 1e-9
    assert score.late <= (score.served + score.lost) * (1 + 1e-9) + result.series.waiting[-1] + 1e-6
    played = PolicyTrials(policy=result.policy, results=(result,))
    beside = PolicyTrials(policy=STATIC_PEAK, results=(result,), is_reference=True)  # a real one may take 100,000 pods
    trials = Trials(inputs=result.inputs, seeds=(scenario.seed,), policies=(played, beside))
    assert "nan" not in render_report(trials, command="", version="")
