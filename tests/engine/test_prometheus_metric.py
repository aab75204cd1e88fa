"""A number from Prometheus: computed as an External metric, missing where it cannot be believed, partial ones only grow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.explain import sentence
from autoscaler.engine.sensitivity import sensitivities
from autoscaler.model.controller_config import DEFAULT_CONFIG
from autoscaler.model.decision import Decision, Reason
from autoscaler.model.memory import Memory
from autoscaler.model.observation import NoReading, Observation, PrometheusReading, Reading
from autoscaler.model.policy import (
    Companions,
    ExternalMetric,
    MetricName,
    MetricTarget,
    Profile,
    PrometheusMetric,
    ScalingPolicy,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.safety import Guarding, Safety
from autoscaler.model.time import SECOND
from tests.engine import worlds

NOW = worlds.at(1000)
OFF = Safety(max_sample_age=None, min_coverage=None, max_step_down=None, max_step_up=None, collapse=None)
WATCHFUL = replace(OFF, max_sample_age=90 * SECOND, min_coverage=0.8)
PER_POD = MetricTarget(type="AverageValue", average_value=Quantity.parse("100"))
TOTAL = MetricTarget(type="Value", value=Quantity.parse("100"))
HASTY = replace(DEFAULT_CONFIG, downscale_stabilization=0)


def rps(target: MetricTarget = PER_POD, activation: str = "") -> PrometheusMetric:
    return PrometheusMetric(
        name="rps",
        query="sum(rate(a[1m]))",
        target=target,
        companions=Companions(age="time() - max(timestamp(a))"),
        activation=Quantity.parse(activation) if activation else None,
    )


def policy(metric: PrometheusMetric | ExternalMetric, safety: Safety = OFF) -> ScalingPolicy:
    made = worlds.policy(metric, low=1, high=100)
    return replace(made, profile=Profile.GUARDED, guarding=Guarding(safety=safety))


def seen(value: float, *, replicas: int = 10, age: int = 5, **more: object) -> Observation:
    reading = PrometheusReading(value=round(value * 1000), at=NOW - age * SECOND, **more)  # type: ignore[arg-type]
    return observed(reading, replicas)


def observed(reading: Reading, replicas: int = 10) -> Observation:
    return structs.replace(worlds.seen(0, replicas, reading), at=NOW)


def decide(policy: ScalingPolicy, observation: Observation) -> Decision:
    return evaluate(policy, observation, Memory(recommendations=()), HASTY)[0]


@pytest.mark.parametrize("target", [PER_POD, TOTAL], ids=lambda target: target.type)
@pytest.mark.parametrize("value", [0, 40, 95, 300, 900, 1000, 1050, 1200, 5000])
def test_it_is_computed_as_an_external_metric_with_one_series(target: MetricTarget, value: int) -> None:
    external = policy(ExternalMetric(metric=MetricName(name="rps"), target=target))
    same = decide(external, observed(worlds.total(value * 1000)))
    ours = decide(policy(rps(target)), seen(value))

    assert ours.desired == same.desired
    assert ours.proposals[0].ratio == same.proposals[0].ratio
    assert ours.proposals[0].observed == same.proposals[0].observed


def test_it_says_what_it_read() -> None:
    assert sentence(decide(policy(rps()), seen(2000))) == ("Growing from 10 to 20. rps asks for 20 (200 against 100).")


@pytest.mark.parametrize(
    ("value", "expected"),
    [pytest.param(5, 1, id="not-above"), pytest.param(5.1, 1, id="above"), pytest.param(500, 5, id="far")],
)
def test_up_to_its_activation_it_asks_for_nothing(value: float, expected: int) -> None:
    decision = decide(policy(rps(activation="5")), seen(value))

    assert decision.desired == expected
    assert decision.proposals[0].replicas == (0 if value <= 5 else expected)


def test_c22_a_failed_query_shrinks_nothing_and_names_itself() -> None:
    decision = decide(policy(rps()), observed(NoReading(error="the query returned nothing")))

    assert (decision.desired, decision.reason) == (10, Reason.METRIC_MISSING)
    active = next(one for one in decision.status.conditions if one.type == "ScalingActive")
    assert (active.status, active.reason) == ("False", "FailedGetPrometheusMetric")
    assert active.message == "the HPA was unable to compute the replica count: the query returned nothing"


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        pytest.param(90, 4, id="fresh"),
        pytest.param(91, 10, id="stale"),
        pytest.param(-30, 4, id="skew"),
        pytest.param(-31, 10, id="future"),
    ],
)
def test_c28_each_sample_has_a_time_and_older_than_its_limit_is_missing(age: int, expected: int) -> None:
    assert decide(policy(rps(), WATCHFUL), seen(400, age=age)).desired == expected


@pytest.mark.parametrize(("coverage", "expected"), [(None, 4), (1.0, 4), (0.8, 4), (0.79, 10), (0.0, 10)])
def test_where_too_few_sources_answer_nothing_shrinks(coverage: float | None, expected: int) -> None:
    decision = decide(policy(rps(), WATCHFUL), seen(400, coverage=coverage))

    assert decision.desired == expected
    if expected == 10:
        assert decision.reason is Reason.METRIC_PARTIAL
        assert f"only {coverage:.0%} of the sources of rps answer, less than 80%" in sentence(decision)


def test_an_answer_that_the_server_warned_of_lets_the_target_grow_and_not_shrink() -> None:
    doubtful = {"warnings": ("some blocks could not be read",)}

    held = decide(policy(rps(), WATCHFUL), seen(400, **doubtful))
    assert (held.desired, held.reason) == (10, Reason.METRIC_PARTIAL)
    assert "rps may be incomplete: some blocks could not be read" in sentence(held)
    assert decide(policy(rps(), WATCHFUL), seen(2000, **doubtful)).desired == 20


def test_what_would_change_the_answer_is_known() -> None:
    found = sensitivities(policy(rps()), seen(1000), Memory(recommendations=()), HASTY)[0]

    assert found.now == 1_000_000
    assert found.higher is not None
    assert (found.higher.value, found.higher.desired) == (1_100_001, 12)
