"""One proposal from each kind of metric, their failures in upstream's words, and the one that wins."""

from __future__ import annotations

import pytest

from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.recommend.calculation import Tolerance
from autoscaler.engine.recommend.guards import Calculation, along_the_ratio
from autoscaler.engine.recommend.single_value import capped_sum, sum_until_negative, value_per_pod
from autoscaler.model.decision import Action, ErrorKind, PolicyStatus, Reason
from autoscaler.model.gonum import INT32_MAX, INT64_MAX, INT64_MIN
from autoscaler.model.memory import Memory
from autoscaler.model.observation import Observation, Reading, Scale
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    MetricName,
    MetricTarget,
    ObjectMetric,
    ObjectRef,
    PodsMetric,
    ResourceMetric,
    UnknownMetric,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.selector import LabelSelector, Operator, Requirement
from tests.engine.worlds import (
    BROKEN,
    FREE,
    cpu,
    decide,
    external_average,
    external_total,
    memory_use,
    object_total,
    object_value,
    per_pod,
    pods,
    policy,
    remembering,
    resources,
    samples,
    seen,
    total,
    usage,
)

TENTH = Tolerance(0.9, 1.1)
AVERAGE = MetricTarget(type="AverageValue", average_value=Quantity.parse("1"))
NOTHING = MetricTarget(type="Value")
INGRESS = ObjectRef(api_version="networking.k8s.io/v1", kind="Ingress", name="front")
WRONG = LabelSelector(match_expressions=(Requirement(key="a", operator=Operator.IN),))
NARROW = LabelSelector(match_labels=(("queue", "jobs"),))


@pytest.mark.parametrize(
    ("metric", "reading", "current", "expected", "observed"),
    [
        pytest.param(cpu(50), usage([900, 900]), 2, 4, "90%", id="cpu-up"),
        pytest.param(cpu(50), usage([100, 100, 100, 100]), 4, 1, "10%", id="cpu-down"),
        pytest.param(cpu(50), usage({"p0": 900, "p1": 900, "gone": 9}), 2, 4, "90%", id="strangers-do-not-count-in-percent"),
        pytest.param(ResourceMetric(resource="cpu", target=AVERAGE), usage([1500, 1500]), 2, 3, "1.5", id="cpu-average"),
        pytest.param(per_pod("rps", "1"), samples([3000, 3000]), 2, 6, "3", id="pods"),
        pytest.param(external_total("q", "10"), total(5_000, 20_000), 2, 5, "25", id="external-total"),
        pytest.param(external_average("q", "10"), total(45_000), 2, 5, "22.5", id="external-per-pod"),
        pytest.param(object_total("hits", "10"), object_value(30_000), 2, 6, "30", id="object"),
        pytest.param(memory_use(50), usage([2**30 * 1000], resource="memory"), 1, 2, "100%", id="memory"),
    ],
)  # fmt: skip
def test_proposals(metric: Metric, reading: Reading, current: int, expected: int, observed: str) -> None:
    among = pods(current, asks=resources(cpu="1", memory="1Gi"))
    decision = decide(policy(metric, behavior=FREE), seen(0, current, reading, among=among))

    assert (decision.desired, decision.proposals[0].observed) == (expected, observed)


def test_memory_is_told_in_powers_of_1024() -> None:
    average = ResourceMetric(
        resource="memory", target=MetricTarget(type="AverageValue", average_value=Quantity.parse("100Mi"))
    )
    decision = decide(policy(average), seen(0, 1, usage([150 * 2**20 * 1000], resource="memory")))
    assert decision.status.metrics is not None

    assert str(decision.status.metrics[0].average_value) == "150Mi"
    assert (decision.proposals[0].observed, decision.proposals[0].target) == ("150.0Mi", "100.0Mi")


def test_with_no_replicas_in_the_status_the_average_is_the_least_integer() -> None:
    situation = Observation(
        at=0, scale=Scale(spec_replicas=3, status_replicas=0, selector="app=web"), readings=(total(4_500),)
    )
    decision = decide(policy(external_average("q", "1"), behavior=FREE), situation)
    assert decision.status.metrics is not None

    assert decision.desired == 5
    assert decision.status.metrics[0].average_value == Quantity.from_milli(INT64_MIN)


@pytest.mark.parametrize(
    ("values", "capped", "cut"),
    [
        ((1, 2), 3, 3),
        ((INT64_MAX, 1), INT64_MAX, INT64_MAX),
        ((-1, 5), 4, INT64_MAX),
        ((INT64_MIN, -1), INT64_MAX, INT64_MAX),
        ((), 0, 0),
    ],
)
def test_sums_of_external_metrics(values: tuple[int, ...], capped: int, cut: int) -> None:
    assert (capped_sum(values), sum_until_negative(values)) == (capped, cut)


def test_external_caps_what_object_wraps() -> None:
    external = value_per_pod(TENTH, INT64_MAX, 1, 1, is_external=True)
    described = value_per_pod(TENTH, INT64_MAX, 1, 1, is_external=False)

    assert (external.replicas, external.usage) == (INT32_MAX, INT64_MAX)
    assert (described.replicas, described.usage) == (-(2**31), INT64_MIN)


@pytest.mark.parametrize(
    ("metric", "reading", "reason", "message", "error"),
    [
        (cpu(50), BROKEN, "FailedGetResourceMetric",
         "failed to get cpu utilization: unable to get metrics for resource cpu: "
         "unable to fetch metrics from resource metrics API: the adapter is down",
         "failed to get cpu resource metric value: failed to get cpu utilization: "),
        (cpu(50), usage([]), "FailedGetResourceMetric",
         "failed to get cpu utilization: unable to get metrics for resource cpu: "
         "no metrics returned from resource metrics API",
         "failed to get cpu resource metric value: "),
        (ResourceMetric(resource="cpu", target=AVERAGE), BROKEN, "FailedGetResourceMetric",
         "failed to get cpu usage: unable to get metrics for resource cpu: "
         "unable to fetch metrics from resource metrics API: the adapter is down",
         "failed to get cpu resource metric value: failed to get cpu usage: "),
        (ResourceMetric(resource="cpu", target=NOTHING), usage([1]), "FailedGetResourceMetric",
         "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set",
         "failed to get cpu resource metric value: invalid resource metric source"),
        (ContainerResourceMetric(resource="cpu", container="app", target=AVERAGE), BROKEN,
         "FailedGetContainerResourceMetric",
         "failed to get cpu usage: unable to get metrics for resource cpu: "
         "unable to fetch metrics from resource metrics API: the adapter is down",
         "failed to get app container metric value: failed to get cpu usage: "),
        (per_pod("rps", "1"), BROKEN, "FailedGetPodsMetric",
         "unable to get metric rps: unable to fetch metrics from custom metrics API: the adapter is down",
         "failed to get pods metric value: unable to get metric rps: "),
        (per_pod("rps", "1"), samples([]), "FailedGetPodsMetric",
         "unable to get metric rps: no metrics returned from custom metrics API",
         "failed to get pods metric value: unable to get metric rps: "),
        (PodsMetric(metric=MetricName(name="rps", selector=WRONG), target=AVERAGE), samples([1]), "FailedGetPodsMetric",
         "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty",
         "failed to get pods metric value: values: "),
        (PodsMetric(metric=MetricName(name="rps"), target=NOTHING), samples([1]), "FailedGetPodsMetric",
         "invalid pods metric source: no average value target was set", "failed to get pods metric value: invalid "),
        (object_total("hits", "1"), BROKEN, "FailedGetObjectMetric",
         "unable to get metric hits: Ingress on shop front/"
         "unable to fetch metrics from custom metrics API: the adapter is down",
         "failed to get object metric value: unable to get metric hits: "),
        (ObjectMetric(described=INGRESS, metric=MetricName(name="hits"), target=AVERAGE), BROKEN, "FailedGetObjectMetric",
         "unable to get metric hits: Ingress on shop front/"
         "unable to fetch metrics from custom metrics API: the adapter is down",
         "failed to get object metric value: failed to get hits object metric: unable to get metric hits: "),
        (ObjectMetric(described=INGRESS, metric=MetricName(name="hits"), target=NOTHING), BROKEN, "FailedGetObjectMetric",
         "invalid object metric source: neither a value target nor an average value target was set",
         "failed to get object metric value: invalid object metric source"),
        (external_total("q", "1"), BROKEN, "FailedGetExternalMetric",
         "unable to get external metric shop/q/nil: unable to fetch metrics from external metrics API: the adapter is down",
         "failed to get q external metric value: failed to get external metric q: unable to get external metric "),
        (external_average("q", "1"), total(), "FailedGetExternalMetric",
         "unable to get external metric shop/q/nil: no metrics returned from external metrics API",
         "failed to get q external metric value: failed to get q external metric: unable to get external metric "),
        (ExternalMetric(metric=MetricName(name="q", selector=NARROW), target=AVERAGE), total(), "FailedGetExternalMetric",
         "unable to get external metric shop/q/&LabelSelector{MatchLabels:map[string]string{queue: jobs,},"
         "MatchExpressions:[]LabelSelectorRequirement{},}: no metrics returned from external metrics API",
         "failed to get q external metric value: failed to get q external metric: "),
        (ExternalMetric(metric=MetricName(name="q"), target=NOTHING), total(1), "FailedGetExternalMetric",
         "invalid external metric source: neither a value target nor an average value target was set",
         "failed to get q external metric value: invalid external metric source"),
        (UnknownMetric(type="Cheese"), BROKEN, "InvalidMetricSourceType", 'unknown metric source type "Cheese"',
         'unknown metric source type "Cheese"'),
    ],
)  # fmt: skip
def test_failures_in_upstreams_words(metric: Metric, reading: Reading, reason: str, message: str, error: str) -> None:
    decision = decide(policy(metric), seen(0, 3, reading))
    told, condition = decision.announcements[0], decision.status.conditions[1]

    assert (told.type, told.reason, told.message) == ("Warning", reason, message)
    assert (condition.status, condition.reason) == ("False", reason)
    assert condition.message == f"the HPA was unable to compute the replica count: {message}"
    head = "failed to compute desired number of replicas based on listed metrics for Deployment/shop/web: "
    assert decision.error.startswith(f"{head}invalid metrics (1 invalid out of 1), first error is: {error}")
    assert decision.closing[0].message == decision.error.removeprefix(head)
    assert (decision.desired, decision.rescale, decision.reason) == (3, False, Reason.METRIC_MISSING)


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        (cpu(5), "cpu resource utilization (percentage of request)"),
        (ResourceMetric(resource="cpu", target=AVERAGE), "cpu resource"),
        (ContainerResourceMetric(resource="cpu", container="app", target=MetricTarget(type="", average_utilization=5)),
         "cpu container resource utilization (percentage of request)"),
        (ContainerResourceMetric(resource="cpu", container="app", target=AVERAGE), "cpu resource"),
        (per_pod("rps", "1"), "pods metric rps"),
        (object_total("hits", "1"), "Ingress metric hits"),
        (ObjectMetric(described=INGRESS, metric=MetricName(name="hits"), target=AVERAGE), "external metric hits(nil)"),
        (external_total("q", "1"), "external metric q(nil)"),
    ],
)  # fmt: skip
def test_metrics_are_named_as_upstream_names_them(metric: Metric, name: str) -> None:
    readings: dict[type, Reading] = {
        ResourceMetric: usage([9000]),
        ContainerResourceMetric: usage([9000]),
        PodsMetric: samples([9000]),
        ObjectMetric: object_value(9000),
        ExternalMetric: total(9000),
    }
    decision = decide(policy(metric), seen(0, 1, readings[type(metric)]))

    assert decision.rescale_reason == f"{name} above target"


def test_no_pods_no_answer() -> None:
    assert decide(policy(cpu(50)), seen(0, 3, usage([1]), among=())).error.endswith(
        "failed to get cpu utilization: no pods returned by selector while calculating replica count"
    )
    assert decide(policy(external_total("q", "1")), seen(0, 3, total(9000), among=())).error.endswith(
        "unable to calculate ready pods: no pods returned by selector while calculating replica count"
    )


def test_samples_of_nobody_that_counts_are_no_samples() -> None:
    decision = decide(policy(cpu(50)), seen(0, 2, usage([900, 900]), among=pods(2, ready="False")))

    assert decision.error.endswith("did not receive metrics for targeted pods (pods might be unready)")


def test_strangers_alone_match_no_pod() -> None:
    decision = decide(policy(cpu(50)), seen(0, 2, usage({"gone": 900}), among=pods(2)))

    assert decision.error.endswith("no metrics returned matched known pods")


def test_ties_keep_the_first_name_and_zeros_give_way_to_the_next() -> None:
    tie = policy(external_average("a", "1"), external_average("b", "1"), behavior=FREE)
    zeros = policy(external_average("a", "1"), external_average("b", "1"), low=0, behavior=FREE)

    assert decide(tie, seen(0, 2, total(5000), total(5000))).rescale_reason == "external metric a(nil) above target"
    message = decide(zeros, seen(0, 2, total(0), total(0))).status.conditions[1].message
    assert message.endswith("a replica count from external metric b(nil)")


def test_a_ratio_beyond_all_numbers_shrinks_unless_guarded() -> None:
    decision = decide(policy(per_pod("rps", "1m"), behavior=FREE), seen(0, 3, samples([INT64_MAX // 4] * 3)))

    assert (decision.desired, decision.rescale_reason) == (1, "All metrics below target")


@pytest.mark.parametrize(
    ("ratio", "replicas", "current", "expected"),
    [
        (1.5, 2, 5, 5), (1.5, 7, 5, 7), (0.5, 7, 5, 5), (0.5, 2, 5, 2), (1.0, 7, 5, 5),
        (float("nan"), -(2**31), 5, 5), (0.5, 1, 0, 1),
    ],
)  # fmt: skip
def test_the_guard_forbids_turning_around(ratio: float, replicas: int, current: int, expected: int) -> None:
    assert along_the_ratio(Calculation(replicas, 0, ratio, "n"), current).replicas == expected


def test_labels_compare_with_the_replicas_of_the_pass_before() -> None:
    both = policy(external_average("a", "1"), external_average("b", "1"), cpu(50))
    before = remembering(status=PolicyStatus(current_replicas=4))
    decision, _ = evaluate(both, seen(0, 3, total(3000), total(5000), BROKEN), before)

    assert [one.action for one in decision.proposals] == [Action.SCALE_DOWN, Action.SCALE_UP, Action.NONE]
    assert [one.metric_type for one in decision.proposals] == ["External", "External", "Resource"]
    assert decision.proposals[2].error_kind is ErrorKind.INTERNAL


@pytest.mark.parametrize(
    ("selector", "rivals", "event", "reason", "message"),
    [
        ("", (), "SelectorRequired", "InvalidSelector", "selector is required"),
        ("((", (), "InvalidSelector", "InvalidSelector",
         "couldn't convert selector into a corresponding internal selector object: "),
        ("app=web", ("shop/a", "shop/web"), "AmbiguousSelector", "AmbiguousSelector",
         "pods by selector app=web are controlled by multiple HPAs: [shop/a shop/web]"),
    ],
)  # fmt: skip
def test_a_selector_that_does_not_tell(
    selector: str, rivals: tuple[str, ...], event: str, reason: str, message: str
) -> None:
    scale = Scale(spec_replicas=3, status_replicas=3, selector=selector)
    observation = Observation(at=0, scale=scale, pods=pods(3), readings=(total(1),), rivals=rivals)
    decision, _ = evaluate(policy(external_total("q", "1")), observation, Memory())

    assert (decision.announcements[0].reason, decision.status.conditions[1].reason) == (event, reason)
    assert message in decision.announcements[0].message
    assert decision.status.metrics is None
    assert decision.reason is (Reason.AMBIGUOUS if rivals else Reason.METRIC_MISSING)


def test_a_policy_with_more_metrics_than_readings_is_blind_to_the_rest() -> None:
    decision = decide(policy(external_average("a", "1"), external_average("b", "1")), seen(0, 3, total(9000)))

    assert decision.desired == 6
    assert decision.proposals[1].error.endswith("the metric was not read")
