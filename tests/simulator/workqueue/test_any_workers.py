"""Whatever workers a scenario asks for, a run ends, no job is lost from the books, and it can be reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import Fidelity, Scenario
from autoscaler.model.time import SECOND
from autoscaler.simulator.inputs import Overrides, prepare
from autoscaler.simulator.references import STATIC_PEAK
from autoscaler.simulator.report.page import render_report
from autoscaler.simulator.simulation import bind, simulate
from autoscaler.simulator.trials import PolicyTrials, Trials
from autoscaler.simulator.workqueue.service import JobService
from autoscaler.simulator.world import started

ROOT = Path(__file__).parents[3]
(MAIL,) = load_policies([ROOT / "policies/email-workers-hpa.yaml"]).policies


def one_of(*values):
    return st.sampled_from(values)


plain = {
    "job_time": one_of("1ms", "400ms", "10s", "1h"),
    "concurrency": one_of(1, 10, 1_000),
    "spread": one_of({}, {"shape": "constant"}, {"shape": "gamma", "cv": 2}),
    "cpu_per_job": one_of(0, "10m", "1k"),
    "memory_per_job": one_of(0, "1Mi"),
    "lock": one_of(0, "1s", "30s"),
    "max_stalled": one_of(0, 1),
}
special = {
    "priorities": one_of([], [{"share": "10%", "priority": 1}], [{"share": 1, "priority": n} for n in (7,)]),
    "delayed": one_of(None, {"share": "30%", "for": "1ms"}, {"for": "2m"}),
    "retries": one_of(
        None,
        {"failure_share": 0.2, "attempts": 3},
        {"failure_share": 1, "attempts": 2, "delay": "3s"},
        {"failure_share": "5%", "attempts": 100, "backoff": "exponential", "delay": "100ms"},
    ),
}
pods = st.fixed_dictionaries(
    {
        "initial_replicas": one_of(0, 1, 20),
        "startup": one_of(0, "30s"),
        "jitter": one_of(0, 1),
        "termination_grace": one_of(0, "1ms", "30s"),
        "warmup": one_of(None, {"for": "40s", "slowness": 3}),
        "crashes": one_of(None, {"per_pod_hour": 40, "share_of_starts": 0.2}),
    }
)
signals = {"email_unfinished": "jobs_unfinished", "waiting": "queue_depth", "age": "oldest_job_age"}


def scenario_of(workers, pods, rps, fidelity):
    return Scenario.model_validate(
        {
            "name": "any",
            "duration": "10m",
            "fidelity": fidelity,
            "traffic": {"steps": [{"at": 0, "rps": rps}, {"at": "3m", "rps": 3 * rps}, {"at": "5m", "rps": 0}]},
            "workers": workers,
            "pods": pods,
            "metrics": {"external": signals},
        }
    )


@settings(max_examples=25, deadline=None, derandomize=True)
@given(workers=st.fixed_dictionaries(plain | special), pods=pods, rps=one_of(0, 0.05, 20))
def test_no_job_is_lost_at_any_instant(workers, pods, rps):
    inputs = prepare(scenario_of(workers, pods, rps, "request"), ROOT)
    world = started(inputs.scenario)
    workload = world.add(inputs.scenario, inputs.traffic, inputs.duration)
    service = workload._service
    assert isinstance(service, JobService)
    for second in range(5, 600, 5):
        world.advance(world.start + second * SECOND)
        if second % 60 == 0:
            workload.set_replicas((second // 60 * 7) % 5)
        ledger, engine = workload.ledger, service.engine
        closed = ledger.served.sum() + ledger.lost.sum()
        assert engine.added == closed + engine.waiting + engine.active + engine.stalled + engine.delayed
        assert ledger.arrived[:second].sum() == engine.arrived


@settings(max_examples=15, deadline=None, derandomize=True)
@given(data=st.data(), fidelity=one_of(*Fidelity), pods=pods, rps=one_of(0, 0.05, 20))
def test_any_workers_run_and_are_reported(data, fidelity, pods, rps):
    fields = plain | (special if fidelity is Fidelity.REQUEST else {})
    inputs = prepare(scenario_of(data.draw(st.fixed_dictionaries(fields)), pods, rps, fidelity), ROOT, Overrides())
    policy = replace(bind(MAIL, inputs.scenario.target)[0], max_replicas=12)
    result = simulate(inputs, policy)
    score = result.score
    assert score.requests >= (score.served + score.lost) * (1 - 1e-9)
    assert (score.rejected, score.timed_out) == (0, pytest.approx(0, abs=1e-9))
    played = PolicyTrials(policy=result.policy, results=(result,))
    beside = PolicyTrials(policy=STATIC_PEAK, results=(result,), is_reference=True)
    trials = Trials(inputs=result.inputs, seeds=(inputs.scenario.seed,), policies=(played, beside))
    assert "nan" not in render_report(trials, command="", version="")
