"""What a scenario plans in vain is said before, or after, the run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from autoscaler.config.policies import load_policies
from autoscaler.model.policy import Companions, ExternalMetric, MetricName, MetricTarget, Profile, PrometheusMetric
from autoscaler.model.quantity import Quantity
from autoscaler.model.safety import Guarding
from autoscaler.simulator.inputs import Overrides, prepare
from autoscaler.simulator.simulation import simulate

ROOT = Path(__file__).parents[2]
(WEB,) = load_policies([ROOT / "policies/web-app-hpa.yaml"]).policies
DEPTH = ExternalMetric(metric=MetricName(name="redis_queue_depth"), target=MetricTarget(type="AverageValue"))


def test_what_a_shorter_run_never_reaches(scenario):
    made = scenario(
        faults=[{"at": "5m", "failing_reads": {}}, {"at": "30m", "killed_pods": {"count": 1}}], rollouts=[{"at": "40m"}]
    )
    assert prepare(made, ROOT).notes == ()
    assert prepare(made, ROOT, Overrides(until=1200)).notes == (
        "faults[1], killed_pods, is planned for 30m, but the run ends after 20m",
        "rollouts[0] is planned for 40m, but the run ends after 20m",
    )


def test_an_outage_of_metrics_that_the_policy_does_not_read(scenario):
    faults = [
        {"at": "1m", "metrics_outage": {"of": "custom"}},
        {"at": "1m", "metrics_outage": {"of": "resource"}},
        {"at": "1m", "metrics_outage": {}},
        {"at": "1m", "dropped_samples": {"share": "10%"}},
    ]
    inputs = prepare(scenario(duration="5m", faults=faults), ROOT)
    assert simulate(inputs, WEB).notes == ("faults[0] changes nothing: the policy reads no metric of the custom API",)
    assert simulate(inputs, replace(WEB, metrics=(DEPTH,))).notes == (
        "faults[0] changes nothing: the policy reads no metric of the custom API",
        "faults[1] changes nothing: the policy reads no metric of the resource API",
        "faults[3] changes nothing: the policy reads no metric of single pods",
    )


def test_what_a_query_gives_is_said_by_the_scenario(scenario):
    rps = PrometheusMetric(
        name="rps",
        query="sum(rate(http_requests_total[1m]))",
        target=MetricTarget(type="AverageValue", average_value=Quantity.parse("10")),
        companions=Companions(age="time() - max(timestamp(http_requests_total))"),
    )
    policy = replace(WEB, metrics=(rps,), profile=Profile.GUARDED, guarding=Guarding())
    made = scenario(
        duration="10m", traffic={"constant": {"rps": 60}}, metrics={"prometheus": {"rps": "requests_per_second"}}
    )

    told = simulate(prepare(made, ROOT), policy)
    assert (told.metrics[0].name, told.troubles, told.actions[-1].after) == ("rps", (), 6)
    untold = simulate(prepare(scenario(duration="10m"), ROOT), policy)
    said = "the scenario does not say what rps measures (metrics.prometheus)"
    assert [one.error for one in untold.troubles] == [said]
