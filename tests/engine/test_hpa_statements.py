"""The statements on parity with upstream's HPA, each a named test: C01 to C16, C18, C20."""

from __future__ import annotations

import pytest

from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.recommend.calculation import Tolerance
from autoscaler.model.controller_config import ControllerConfig, Gates, ToleranceTest
from autoscaler.model.decision import Condition, PolicyStatus, Reason
from autoscaler.model.memory import Memory
from autoscaler.model.observation import ContainerSpec, ContainerUsage, PodResources, PodUsage, ResourceReading
from autoscaler.model.policy import Behavior, Profile
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import MILLISECOND, SECOND
from tests.engine.worlds import (
    BROKEN,
    DEFAULT_BEHAVIOR,
    FREE,
    Run,
    container_cpu,
    cpu,
    decide,
    external_average,
    external_total,
    memory_use,
    pod,
    pods,
    policy,
    remembering,
    rule,
    rules,
    seen,
    total,
    usage,
)

REQUESTS = external_average("requests", "1000")


def test_c01_the_percentage_is_whole_before_the_ratio_is_taken() -> None:
    decision = decide(policy(cpu(70)), seen(0, 4, usage([779, 779, 779, 779])))

    assert decision.proposals[0].observed == "77%"
    assert decision.proposals[0].ratio == 77 / 70
    assert (decision.desired, decision.reason) == (4, Reason.WITHIN_TOLERANCE)


@pytest.mark.parametrize(("used", "target"), [(77, 70), (88, 80), (55, 50), (22, 20), (99, 90)])
def test_c02_at_ratio_1_1_the_old_tolerance_scales_and_the_new_one_holds(used: int, target: int) -> None:
    observation = seen(0, 10, usage([used * 10] * 10))
    old = ControllerConfig(tolerance_test=ToleranceTest.ABSOLUTE)

    assert decide(policy(cpu(target)), observation).desired == 10
    assert decide(policy(cpu(target)), observation, old).desired > 10


@pytest.mark.parametrize("test", list(ToleranceTest))
def test_c02_at_ratio_0_9_both_tolerances_hold(test: ToleranceTest) -> None:
    decision = decide(policy(cpu(70)), seen(0, 10, usage([630] * 10)), ControllerConfig(tolerance_test=test))

    assert decision.desired == 10


def test_c02_nowhere_else_do_the_two_tests_differ() -> None:
    """Over every whole percentage, and targets from 10 to 90 by tens."""
    two_sided, absolute = Tolerance(0.9, 1.1), Tolerance(0.9, 1.1, absolute=0.1)
    differing = {
        (used, target)
        for target in range(10, 100, 10)
        for used in range(300)
        if two_sided.holds(used / target) is not absolute.holds(used / target)
    }

    assert differing == {(target + target // 10, target) for target in range(10, 100, 10)}


def test_c02_up_and_down_tolerance_are_separate_and_may_be_zero() -> None:
    free = Behavior(
        scale_up=rules(rule("Pods", 100, 1), window=0, tolerance="0"),
        scale_down=rules(rule("Pods", 100, 1), window=0, tolerance="0.5"),
    )
    watched = policy(cpu(50), behavior=free)

    assert decide(watched, seen(0, 10, usage([510] * 10))).desired == 11
    assert decide(watched, seen(0, 10, usage([260] * 10))).desired == 10


def test_c03_five_pods_two_ready_and_three_unready_keep_five() -> None:
    among = (*pods(2), *(pod(f"p{index}", ready="False") for index in (2, 3, 4)))
    decision = decide(policy(cpu(50)), seen(0, 5, usage([1000, 1000, 900, 900, 900]), among=among))

    assert decision.desired == 5
    assert "3 pods not ready" in decision.stages[0].why


def test_c04_a_missing_pod_counts_as_fully_used_when_shrinking() -> None:
    decision = decide(policy(cpu(50)), seen(0, 4, usage([200, 200, 200])))

    assert decision.desired == 4


def test_c04_a_missing_pod_counts_as_idle_when_growing() -> None:
    decision = decide(policy(cpu(50)), seen(0, 4, usage([900, 900, 900])))

    assert decision.desired == 6  # 2700m over 4 cores are 67 %: 4 pods times 67/50, not 3 times 90/50


def test_c05_few_ready_pods_shrink_an_overloaded_target_unless_guarded() -> None:
    among = (*pods(3), *(pod(f"q{index}", ready="False") for index in range(7)))
    observation = seen(0, 10, total(150_000), among=among)
    free = policy(external_total("queue", "100"), behavior=FREE)
    guarded = policy(external_total("queue", "100"), behavior=FREE, profile=Profile.GUARDED)

    assert decide(free, observation).desired == 5
    assert decide(guarded, observation).desired == 10
    assert "guard: 5 would go against the ratio" in decide(guarded, observation).stages[0].why


def test_c06_a_per_pod_target_divides_the_total_whatever_the_pods_do() -> None:
    queue = external_average("queue", "30")

    assert decide(policy(REQUESTS, behavior=FREE), seen(0, 3, total(10_000_000), among=())).desired == 10
    assert decide(policy(queue, behavior=FREE), seen(0, 3, total(250_000), among=())).desired == 9


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        pytest.param((total(12_000_000), total(4_000_000)), 12, id="the-largest-proposal-wins"),
        pytest.param((BROKEN, total(4_000_000)), 8, id="a-failed-metric-blocks-shrinking"),
        pytest.param((BROKEN, total(12_000_000)), 12, id="but-not-growing"),
        pytest.param((BROKEN, total(8_000_000)), 8, id="nor-staying"),
        pytest.param((BROKEN, BROKEN), 8, id="all-failed-hold"),
    ],
)
def test_c07_several_metrics(readings: tuple[object, ...], expected: int) -> None:
    both = policy(REQUESTS, external_average("jobs", "1000"), behavior=FREE)

    assert decide(both, seen(0, 8, *readings, among=())).desired == expected  # type: ignore[arg-type]


def test_c08_the_raw_number_is_remembered_and_holds_for_a_full_window() -> None:
    run = Run(policy(REQUESTS, high=10, behavior=DEFAULT_BEHAVIOR), start=10)
    run.tick(0, total(20_000_000), among=())
    held = [run.tick(second, total(3_000_000), among=()).desired for second in range(15, 300, 15)]
    released = run.tick(300, total(3_000_000), among=())

    assert set(held) == {10}
    assert released.desired == 3
    assert {entry.replicas for entry in run.memory.recommendations or ()} >= {3}


@pytest.mark.parametrize(
    ("behavior", "expected"),
    [pytest.param(None, 9, id="inclusive-without-behavior"), pytest.param(FREE, 4, id="strict-with-behavior")],
)
def test_c09_a_recommendation_exactly_one_window_old(behavior: Behavior | None, expected: int) -> None:
    config = ControllerConfig(downscale_stabilization=300 * SECOND)
    if behavior is not None:
        behavior = Behavior(scale_up=behavior.scale_up, scale_down=rules(rule("Pods", 100, 1), window=300))
    watched = policy(REQUESTS, behavior=behavior)
    decision, _ = evaluate(watched, seen(300, 9, total(4_000_000), among=()), remembering((0, 9)), config)

    assert decision.desired == expected


@pytest.mark.parametrize(
    ("start", "expected"),
    [pytest.param(5, 4, id="5-to-4"), pytest.param(3, 2, id="3-to-2"), pytest.param(1, 0, id="1-to-0")],
)
def test_c10_ten_percent_down_truncates(start: int, expected: int) -> None:
    behavior = Behavior(scale_up=FREE.scale_up, scale_down=rules(rule("Percent", 10, 60), window=0))
    decision = decide(policy(REQUESTS, low=0, behavior=behavior), seen(0, start, total(0), among=()))

    assert decision.desired == expected


@pytest.mark.parametrize(
    ("start", "expected"),
    [pytest.param(5, 6, id="5-to-6"), pytest.param(3, 4, id="3-to-4"), pytest.param(1, 2, id="1-to-2")],
)
def test_c10_ten_percent_up_rounds_up(start: int, expected: int) -> None:
    behavior = Behavior(scale_up=rules(rule("Percent", 10, 60), window=0), scale_down=FREE.scale_down)
    decision = decide(policy(REQUESTS, behavior=behavior), seen(0, start, total(90_000_000), among=()))

    assert decision.desired == expected


@pytest.mark.parametrize(("select", "grown", "shrunk"), [("Max", 20, 5), ("Min", 14, 6), ("Disabled", 10, 10)])
def test_c10_which_rule_wins(select: str, grown: int, shrunk: int) -> None:
    up = rules(rule("Pods", 4, 60), rule("Percent", 100, 60), window=0, select=select)
    down = rules(rule("Pods", 4, 60), rule("Percent", 50, 60), window=0, select=select)
    watched = policy(REQUESTS, behavior=Behavior(scale_up=up, scale_down=down))

    assert decide(watched, seen(0, 10, total(90_000_000), among=())).desired == grown
    assert decide(watched, seen(0, 10, total(1_000_000), among=())).desired == shrunk


def test_c11_when_a_change_is_stamped_decides_how_fast_one_grows() -> None:
    demand, ticks = total(100_000_000), range(0, 200, 15)
    at_sync = Run(policy(REQUESTS, behavior=DEFAULT_BEHAVIOR), start=1)
    later = Run(policy(REQUESTS, behavior=DEFAULT_BEHAVIOR), 1, ControllerConfig(scale_event_delay=50 * MILLISECOND))

    assert at_sync.path(ticks, demand) == [(0, 5), (15, 10), (30, 20), (45, 40), (60, 80), (75, 100)]
    assert later.path(ticks, demand) == [(0, 5), (30, 10), (60, 20), (90, 40), (120, 80), (150, 100)]


HALVING = Behavior(
    scale_up=rules(rule("Percent", 100, 15), rule("Pods", 4, 15), window=0),
    scale_down=rules(rule("Percent", 50, 60), window=300),
)


def test_c12_the_example_policy_follows_its_golden_path() -> None:
    ticks = range(0, 700, 15)
    run = Run(policy(REQUESTS, low=2, behavior=HALVING), start=50)
    later = Run(policy(REQUESTS, low=2, behavior=HALVING), 50, ControllerConfig(scale_event_delay=50 * MILLISECOND))

    assert run.path(ticks, total(0)) == [(300, 25), (360, 12), (420, 6), (480, 3), (540, 2)]
    assert later.path(ticks, total(0)) == [(300, 25), (375, 12), (450, 6), (525, 3), (600, 2)]


def test_c13_outside_the_bounds_the_jump_is_immediate_or_paced() -> None:
    lowered = policy(REQUESTS, high=10, behavior=HALVING)
    observation = seen(0, 50, total(50_000_000), among=())
    jump, paced = decide(lowered, observation), decide(lowered, observation, ControllerConfig(paced_bounds=True))

    assert (jump.desired, jump.rescale_reason) == (10, "Current number of replicas above Spec.MaxReplicas")
    assert jump.proposals == ()
    assert (paced.desired, paced.reason) == (25, Reason.RATE_LIMITED)


def test_c13_below_the_minimum_likewise() -> None:
    raised = policy(REQUESTS, low=30, behavior=DEFAULT_BEHAVIOR)
    observation = seen(0, 10, total(0), among=())

    assert decide(raised, observation).desired == 30
    assert decide(raised, observation, ControllerConfig(paced_bounds=True)).desired == 20


def test_c14_without_behavior_the_older_path_is_used() -> None:
    demand, ticks = total(100_000_000), range(0, 120, 15)

    assert Run(policy(REQUESTS), start=1).path(ticks, demand) == [
        (0, 4), (15, 8), (30, 16), (45, 32), (60, 64), (75, 100),
    ]  # fmt: skip
    assert Run(policy(REQUESTS, behavior=DEFAULT_BEHAVIOR), start=1).path(ticks, demand)[0] == (0, 5)
    assert Run(policy(REQUESTS), start=100).path([0, 300, 301], total(1_000_000)) == [(301, 1)]


TO_ZERO = ControllerConfig(gates=Gates(scale_to_zero=True))


def test_c15_zero_set_by_a_person_stays_zero_also_after_a_restart() -> None:
    watched = policy(REQUESTS, low=0, behavior=FREE)
    decision, _ = evaluate(watched, seen(0, 0, total(9_000_000), among=()), Memory(), TO_ZERO)

    assert (decision.desired, decision.reason) == (0, Reason.TARGET_AT_ZERO)
    assert decision.status.conditions[-1].reason == "ScalingDisabled"


def test_c15_zero_of_our_own_is_remembered_in_the_status_and_ends_by_itself() -> None:
    run = Run(policy(REQUESTS, low=0, behavior=FREE), 3, TO_ZERO)
    run.tick(0, total(0), among=())
    assert run.replicas == 0
    restarted = Memory(status=run.memory.status)  # all that survives is what the object holds
    decision, _ = evaluate(run.policy, seen(15, 0, total(9_000_000), among=()), restarted, TO_ZERO)

    assert decision.desired == 9


def test_c15_own_zero_with_a_raised_minimum_comes_back_to_it() -> None:
    zero = Condition(type="ScaledToZero", status="True", reason="ScaledToZero", message="", last_transition=0)
    memory = remembering(status=PolicyStatus(conditions=(zero,)))
    decision, _ = evaluate(policy(REQUESTS, low=2), seen(0, 0, total(0), among=()), memory, TO_ZERO)

    assert decision.desired == 2


@pytest.mark.parametrize(
    ("readings", "current", "behavior", "memory", "expected"),
    [
        pytest.param((total(4_000_000),), 4, None, remembering(),
                     ["ReadyForNewScale", "ValidMetricFound", "DesiredWithinRange"], id="quiet"),
        pytest.param((total(90_000_000),), 4, None, remembering(),
                     ["ReadyForNewScale", "ValidMetricFound", "ScaleUpLimit"], id="up-limit"),
        pytest.param((total(900_000_000),), 60, None, remembering(),
                     ["ReadyForNewScale", "ValidMetricFound", "TooManyReplicas"], id="too-many"),
        pytest.param((total(0),), 4, None, remembering(),
                     ["ReadyForNewScale", "ValidMetricFound", "TooFewReplicas"], id="too-few"),
        pytest.param((total(0),), 4, HALVING, remembering(),
                     ["ReadyForNewScale", "ValidMetricFound", "ScaleDownLimit"], id="down-limit"),
        pytest.param((total(2_000_000),), 4, None, remembering((-10, 4)),
                     ["ScaleDownStabilized", "ValidMetricFound", "DesiredWithinRange"], id="held-down"),
        pytest.param((total(9_000_000),), 4,
                     Behavior(scale_up=rules(rule("Pods", 9, 9), window=60), scale_down=FREE.scale_down),
                     remembering((-10, 5)),
                     ["ScaleUpStabilized", "ValidMetricFound", "DesiredWithinRange"], id="held-up"),
        pytest.param((BROKEN,), 4, None, remembering(),
                     ["SucceededGetScale", "FailedGetExternalMetric"], id="metric-failed"),
        pytest.param((total(0),), 0, None, remembering(),
                     ["SucceededGetScale", "ScalingDisabled"], id="switched-off"),
    ],
)  # fmt: skip
def test_c16_conditions_carry_upstreams_reasons(
    readings: tuple[object, ...],
    current: int,
    behavior: Behavior | None,
    memory: Memory,
    expected: list[str],
) -> None:
    observation = seen(0, current, *readings, among=())  # type: ignore[arg-type]  # readings of every kind
    decision, _ = evaluate(policy(REQUESTS, behavior=behavior), observation, memory)

    assert [condition.reason for condition in decision.status.conditions] == expected


def with_sidecar(**requests: str) -> PodResources:
    asked = {name: ((("cpu", Quantity.parse(text)),) if text else ()) for name, text in requests.items()}
    return PodResources(containers=tuple(ContainerSpec(name=name, requests=given) for name, given in asked.items()))


def test_c18_a_container_metric_looks_at_one_container_only() -> None:
    shape = with_sidecar(app="1", proxy="100m")
    busy = (ContainerUsage(name="app", usage=(("cpu", 900),)), ContainerUsage(name="proxy", usage=(("cpu", 1),)))
    reading = ResourceReading(
        pods=tuple(PodUsage(pod=f"p{index}", containers=busy, at=0, window=SECOND) for index in range(2))
    )
    observation = seen(0, 2, reading, among=pods(2, asks=shape))

    assert decide(policy(container_cpu("app", 45)), observation).desired == 4
    assert decide(policy(container_cpu("proxy", 45), behavior=FREE), observation).proposals[0].observed == "1%"


def test_c18_a_missing_request_names_the_container() -> None:
    observation = seen(0, 1, usage([500]), among=pods(1, asks=with_sidecar(app="1", proxy="")))
    error = decide(policy(cpu(50)), observation).error

    assert error.endswith("failed to get cpu utilization: missing request for cpu in container proxy of Pod p0")


def test_c20_after_a_restart_history_goes_on_and_without_it_shrinking_waits_a_window() -> None:
    unbroken = Run(policy(REQUESTS, low=2, behavior=HALVING), start=50)
    unbroken.path(range(0, 345, 15), total(0))
    restored = Run(unbroken.policy, unbroken.replicas)
    restored.memory = unbroken.memory
    forgetful = Run(unbroken.policy, unbroken.replicas)

    rest = range(345, 1000, 15)
    assert restored.path(rest, total(0)) == unbroken.path(rest, total(0))
    assert forgetful.path(rest, total(0))[0] == (645, 12)


def test_memory_metrics_fail_like_any_other_when_a_request_is_missing() -> None:
    decision = decide(policy(memory_use(80)), seen(0, 1, usage([500], resource="memory")))

    assert decision.error.endswith("missing request for memory in container app of Pod p0")
