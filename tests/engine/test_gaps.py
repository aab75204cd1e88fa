"""What mutation testing found untested: see docs/design/mutation.md."""

from __future__ import annotations

import pytest

from autoscaler.engine.recommend.requests import pod_requests
from autoscaler.engine.statuses import same_status
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import MetricStatus, PolicyStatus
from autoscaler.model.gonum import INT32_MIN, int32_of, quotient
from autoscaler.model.observation import ContainerSpec, PodResources
from autoscaler.model.quantity import Quantity
from tests.engine.worlds import (
    BROKEN,
    DEFAULT_BEHAVIOR,
    decide,
    external_average,
    pod,
    policy,
    seen,
    total,
)

QUEUE, JOBS = external_average("queue", "1"), external_average("jobs", "1")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (2147483647.9, 2147483647),
        (2147483648.0, INT32_MIN),
        (-2147483648.9, INT32_MIN),
        (-2147483649.0, INT32_MIN),
        (-2147483647.0, -2147483647),
    ],
)
def test_doubles_at_the_edge_of_int32(number: float, expected: int) -> None:
    assert int32_of(number) == expected


def test_division_by_one_keeps_the_sign() -> None:
    assert (quotient(7, 1), quotient(-7, 1), quotient(7, -1), quotient(0, -3)) == (7, -7, -7, 0)


def test_sums_within_int64_divide_as_int64_does() -> None:
    below_a_milli = Quantity.parse("-1500u").plus(Quantity.parse("-1u"))

    assert not below_a_milli.is_big
    assert below_a_milli.milli() == -2
    assert Quantity.parse("9223372036854775807").plus(Quantity.parse("1")).is_big


def test_sidecars_count_beside_the_containers_and_during_initialization() -> None:
    def spec(name: str, cpu: str, *, sidecar: bool = False) -> ContainerSpec:
        return ContainerSpec(name=name, requests=(("cpu", Quantity.parse(cpu)),), sidecar=sidecar)

    def asked(*init: ContainerSpec) -> int:
        shape = PodResources(
            containers=(spec("app", "100m"),),
            init_containers=init,
            pod_requests=(("memory", Quantity.parse("1Gi")),),  # pod-level rules, without a number of their own for cpu
        )
        return pod_requests([pod("p0", asks=shape)], "cpu", "", pod_level=True)["p0"]

    first, second = spec("proxy", "200m", sidecar=True), spec("log", "50m", sidecar=True)
    assert asked(first, second) == 350
    assert asked(first, second, spec("migrate", "500m")) == 750
    assert asked(spec("migrate", "500m"), first, second) == 500


def test_statuses_of_two_external_metrics_differ() -> None:
    one, other = (
        PolicyStatus(metrics=(MetricStatus(metric=metric, average_value=Quantity.parse("1")),))
        for metric in (QUEUE, JOBS)
    )

    assert not same_status(one, other)
    assert same_status(one, PolicyStatus(metrics=(MetricStatus(average_value=Quantity.parse("1")),)))


def test_stages_of_metrics_that_block_shrinking() -> None:
    stages = decide(policy(QUEUE, JOBS), seen(0, 8, BROKEN, total(4_000), among=())).stages

    assert [(one.stage, one.before, one.after) for one in stages] == [
        ("metric", 8, 8),
        ("metric", 8, 4),
        ("combine", 8, 8),
    ]
    assert stages[-1].why == "1 of 2 metrics failed: nothing may shrink"


def test_stages_of_the_largest_proposal() -> None:
    stages = decide(policy(QUEUE, JOBS), seen(0, 8, total(9_000), total(4_000), among=())).stages

    assert (stages[2].stage, stages[2].before, stages[2].after) == ("combine", 8, 9)
    assert stages[2].why == "the largest proposal, from external metric queue(nil)"


def test_stages_of_a_paced_return_into_the_bounds() -> None:
    raised = policy(QUEUE, low=30, behavior=DEFAULT_BEHAVIOR)
    decision = decide(raised, seen(0, 10, total(0), among=()), ControllerConfig(paced_bounds=True))

    assert [(one.stage, one.before, one.after, one.why) for one in decision.stages] == [
        ("bounds", 10, 30, "Current number of replicas below Spec.MinReplicas"),
        ("rate rules", 30, 20, "the desired replica count is increasing faster than the maximum scale rate"),
    ]
    assert decision.rescale_reason == "Current number of replicas below Spec.MinReplicas"
