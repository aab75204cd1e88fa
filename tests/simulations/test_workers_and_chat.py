"""The shipped scenarios at the level of single jobs and requests, with their policies: what their comments say is so."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import load_scenario
from autoscaler.model.policy import ExternalMetric, MetricName, ScalingPolicy
from autoscaler.simulator.inputs import Inputs, prepare
from autoscaler.simulator.references import needed_pods
from autoscaler.simulator.simulation import simulate

ROOT = Path(__file__).parents[2]


@cache
def inputs_of(scenario: str) -> Inputs:
    return prepare(load_scenario(ROOT / f"simulations/{scenario}.yaml"), ROOT / "simulations")


def policy_of(name: str) -> ScalingPolicy:
    (policy,) = load_policies([ROOT / f"policies/{name}-hpa.yaml"]).policies
    return policy


@cache
def mail(metric: str):
    policy = policy_of("email-workers")
    (queue,) = policy.metrics
    assert isinstance(queue, ExternalMetric)
    followed = replace(policy, metrics=(replace(queue, metric=MetricName(name=metric)),))
    return simulate(inputs_of("email-workers"), followed)


def test_the_campaign_is_sent_without_a_late_minute():
    score = mail("email_unfinished").score
    assert (score.slo_minutes_violated, score.lost, score.rejected, score.timed_out) == (0, 0, 0, 0)
    assert score.requests == pytest.approx(2 * 3600 * 40 + 400 * (30 + 480 + 30 / 0.693), rel=0.03)
    assert score.late / score.requests < 0.001
    assert score.peak_replicas == 30
    assert score.replica_hours < 15


def test_following_the_waiting_jobs_alone_swings():
    calm, swinging = mail("email_unfinished").score, mail("email_waiting").score
    assert swinging.requests == calm.requests
    assert swinging.turns >= 2 * calm.turns
    assert swinging.late > 2 * calm.late


def test_the_chat_bridges_a_slow_start():
    inputs = inputs_of("llm-chat")
    score = simulate(inputs, policy_of("llm-chat")).score
    assert (score.slo_minutes_violated, score.failed) == (0, 0)
    static_peak = float(needed_pods(inputs).max()) * 12
    assert score.replica_hours < 0.85 * static_peak
    assert score.latency_p50 == pytest.approx(4.14, rel=0.02)  # a lognormal median: 5.3 s / sqrt(1 + 0.8**2)
