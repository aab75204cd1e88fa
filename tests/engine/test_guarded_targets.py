"""Guards that look at the target itself: rollouts, pods that are not ready or not let in, targets made anew."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.explain import sentence
from autoscaler.engine.guarded.targets import known_of
from autoscaler.engine.settle import settle
from autoscaler.model.decision import Decision, Reason, WriteOutcome, WriteResult
from autoscaler.model.guard_memory import GuardMemory, TargetMemory
from autoscaler.model.memory import Memory, Recommendation
from autoscaler.model.observation import (
    ExternalReading,
    NoReading,
    Observation,
    PodUsage,
    ReadyCondition,
    ResourceReading,
)
from autoscaler.model.policy import (
    Behavior,
    ExternalMetric,
    MetricName,
    MetricTarget,
    Profile,
    RateRule,
    RateRuleType,
    ResourceMetric,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.safety import Safety
from autoscaler.model.target import Refusal, TargetState, WorkloadState, Writer
from autoscaler.model.time import HOUR, MINUTE, SECOND
from tests.engine.test_guarded import CPU, HASTY, NOW, OFF, policy, seen

QUOTA = 'pods "web-7" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=10, limited: pods=10'


def about(observation: Observation, uid: str = "a", **state: object) -> Observation:
    """The observation with what its Deployment says of itself; counts are those of the scale unless told."""
    scale = observation.scale
    given = {"spec_replicas": scale.spec_replicas, "replicas": scale.status_replicas}  # type: ignore[union-attr]
    given |= {"updated_replicas": state.get("replicas", given["replicas"])} | state
    return structs.replace(observation, target=TargetState(uid=uid, workload=WorkloadState(**given)))  # type: ignore[arg-type]


def decide(by: ScalingPolicy, observation: Observation, memory: Memory | None = None) -> Decision:
    return evaluate(by, observation, memory or Memory(recommendations=()), HASTY)[0]


def off(**guards: bool) -> ScalingPolicy:
    return policy(replace(OFF, **guards))


def remembering(**known: object) -> Memory:
    return Memory(recommendations=(), guards=GuardMemory(target=TargetMemory(**known)))  # type: ignore[arg-type]


def test_a_rollout_holds_what_would_shrink() -> None:
    rolling = about(seen(20, 20), updated_replicas=5)

    held = decide(policy(), rolling)
    assert (held.desired, held.reason) == (20, Reason.ROLLING)
    assert sentence(held) == (
        "Staying at 20. cpu asks for 8 (20% against 50%), but a rollout has 5 of 20 pods replaced: nothing shrinks until "
        "it is over."
    )
    assert decide(off(rollout_hold=False), rolling).desired == 8
    assert decide(policy(), about(seen(20, 20))).desired == 8, "every pod is of the newest template"


def test_a_rollout_grows_by_one_step_only_from_where_it_began() -> None:
    memory = Memory(recommendations=())
    by = policy()
    reached = []
    replicas = 20
    for minute in range(4):  # of a new version that never becomes ready, so that load per pod stays high
        at = NOW + minute * MINUTE
        rolling = about(seen(replicas, 150, at=at), updated_replicas=5)
        decision, memory = evaluate(by, rolling, memory, HASTY)
        _, memory = settle(by, decision, memory, WriteOutcome(result=WriteResult.WRITTEN), HASTY)
        replicas = decision.desired
        reached.append((replicas, decision.reason))
    assert reached == [(40, Reason.RATE_LIMITED), *[(40, Reason.ROLLING)] * 3], (
        "upstream doubles at each step: 40, 80, 100"
    )

    over, memory = evaluate(by, about(seen(40, 150, at=NOW + HOUR)), memory, HASTY)
    assert (over.desired, known_of(memory).rolling_from) == (80, None)


@pytest.mark.parametrize(
    ("select", "reached"),
    [
        pytest.param(SelectPolicy.MAX, 26, id="the-rule-that-adds-most"),
        pytest.param(SelectPolicy.MIN, 22, id="the-rule-that-adds-least"),
        pytest.param(SelectPolicy.DISABLED, 20, id="no-growth-at-all"),
    ],
)
def test_a_step_is_what_the_scale_up_rules_allow_at_once(select: SelectPolicy, reached: int) -> None:
    rules = (
        RateRule(type=RateRuleType.PODS, value=2, period_seconds=15),
        RateRule(type=RateRuleType.PERCENT, value=30, period_seconds=15),
    )
    behavior = Behavior(
        scale_up=ScalingRules(select_policy=select, rules=rules),
        scale_down=ScalingRules(rules=(RateRule(type=RateRuleType.PERCENT, value=100, period_seconds=15),)),
    )
    by = replace(policy(), behavior=behavior)
    memory = remembering(uid="a", rolling_from=20)
    assert decide(by, about(seen(20, 150), updated_replicas=5), memory).desired == reached


def test_a_paused_rollout_is_noted_and_does_not_stop_scaling() -> None:
    decision = decide(policy(), about(seen(20, 20), updated_replicas=5, paused=True))
    assert decision.desired == 8
    assert [stage.why for stage in decision.stages if stage.stage == "target"] == [
        "its rollout is paused, which stops no scaling; 15 of 20 pods are of an older template"
    ]


def unready(observation: Observation) -> Observation:
    gone = ReadyCondition(status="False", last_transition=NOW - 5 * MINUTE)
    return structs.replace(observation, pods=tuple(structs.replace(pod, ready=gone) for pod in observation.pods))


def test_none_of_twenty_ready_for_five_minutes_is_never_below_twenty() -> None:
    down = unready(seen(20, 20))
    held = decide(policy(), down)
    assert (held.desired, held.reason) == (20, Reason.NO_READY_PODS)
    assert "none of 20 pods is ready, so low figures prove nothing" in sentence(held)
    assert decide(off(unready_hold=False), down).desired == 8
    assert decide(policy(), unready(seen(20, 90))).desired == 36, "it rises where demand says so"


def test_a_quota_that_binds_caps_at_one_more_than_were_let_in() -> None:
    young = Refusal(message=QUOTA, since=NOW - 5 * SECOND)
    old = Refusal(message=QUOTA, since=NOW - 20 * SECOND)

    first = decide(policy(), about(few_pods(), replicas=10, refusal=young))
    assert (first.desired, first.reason) == (20, Reason.QUOTA_LIMITED), (
        "counts lag behind: nothing is taken back at once"
    )

    few = few_pods()
    then = decide(policy(), about(few, replicas=10, refusal=old))
    assert (then.desired, then.reason) == (11, Reason.QUOTA_LIMITED)
    assert sentence(then) == (
        'Shrinking from 20 to 11. cpu asks for 30 (150% against 50%), but only 10 pods were let in: pods "web-7" is '
        "forbidden: exceeded quota: compute, requested: pods=1, used: pods=10, limited: pods=10."
    )
    assert decide(off(refusal_cap=False), about(few, replicas=10, refusal=old)).desired == 30


def test_pods_that_are_refused_otherwise_cap_too_and_never_below_the_minimum_or_the_pods_that_exist() -> None:
    denied = Refusal(message='admission webhook "images.example" denied the request', since=NOW - MINUTE)
    decision = decide(policy(), about(few_pods(), replicas=8, refusal=denied))
    assert (decision.desired, decision.reason) == (11, Reason.PODS_REFUSED), (
        "ten pods were seen, whatever the count says"
    )

    at_least = replace(policy(), min_replicas=15)
    assert decide(at_least, about(few_pods(), replicas=10, refusal=denied)).desired == 15


def few_pods() -> Observation:
    return structs.replace(seen(20, 150), pods=seen(10, 150).pods)


def test_nothing_is_taken_back_for_refused_pods_while_a_metric_is_away_or_a_rollout_replaces_them() -> None:
    old = Refusal(message=QUOTA, since=NOW - MINUTE)
    rolling = about(few_pods(), replicas=10, updated_replicas=3, refusal=old)
    blind = structs.replace(about(few_pods(), replicas=10, refusal=old), readings=(NoReading(error="no answer"),))
    assert (decide(policy(), rolling).desired, decide(policy(), blind).desired) == (20, 20)


def test_a_quota_does_not_keep_a_target_from_shrinking() -> None:
    refusal = Refusal(message=QUOTA, since=NOW - MINUTE)
    assert decide(policy(), about(seen(20, 20), replicas=20, refusal=refusal)).desired == 8


def test_a_target_made_anew_starts_with_fresh_windows_and_says_so() -> None:
    remembered = Memory(
        recommendations=(Recommendation(NOW - MINUTE, 40),), guards=GuardMemory(target=TargetMemory(uid="a"))
    )
    window = replace(HASTY, downscale_stabilization=5 * MINUTE)

    same, _ = evaluate(policy(), about(seen(10, 50), uid="a"), remembered, window)
    anew, memory = evaluate(policy(), about(seen(10, 50), uid="b"), remembered, window)
    assert (same.desired, anew.desired) == (20, 10), "the window of the old target does not hold the new one"
    assert known_of(memory).uid == "b"
    assert [stage.why for stage in anew.stages if stage.stage == "target"] == [
        "the target was deleted and made anew: windows and rates begin afresh"
    ]


def test_before_a_first_sample_the_upper_bound_takes_nothing_away() -> None:
    blind = structs.replace(seen(150, 0), readings=(NoReading(error="no answer"),))
    held = decide(policy(), blind)
    assert (held.desired, held.rescale, held.reason) == (150, False, Reason.METRIC_MISSING)
    assert sentence(held) == (
        "Staying at 150. A metric cannot be read: until one was read for the first time nothing is taken away."
    )

    assert decide(policy(), seen(150, 20)).desired == 100
    known = remembering(was_measured=True)
    assert decide(policy(), blind, known).desired == 100, "the bounds are a person's word"
    assert decide(off(first_sample=False), blind).desired == 100
    low = replace(policy(), min_replicas=5)
    assert decide(low, structs.replace(seen(2, 0), readings=(NoReading(error="no answer"),))).desired == 5


def test_samples_of_pods_that_are_gone_are_ignored() -> None:
    live, gone = seen(10, 50), seen(10, 150)
    alive, dead = live.readings[0], gone.readings[0]
    assert isinstance(alive, ResourceReading)
    assert isinstance(dead, ResourceReading)
    ghosts = tuple(structs.replace(usage, pod=f"gone-{usage.pod}") for usage in dead.pods)
    haunted = structs.replace(live, readings=(ResourceReading(pods=(*alive.pods, *ghosts)),))
    half = ResourceMetric(
        resource="cpu", target=MetricTarget(type="AverageValue", average_value=Quantity.parse("500m"))
    )

    assert decide(policy(metric=half), haunted).desired == 10
    assert decide(off(live_pods_only=False), haunted).desired == 10, "requests are known of pods that exist only"
    without = policy(replace(OFF, live_pods_only=False), half)
    assert decide(without, haunted).desired == 20, "upstream averages over samples, whosever they are"


def test_a_sample_from_before_the_pod_of_that_name_began_is_another_pods() -> None:
    live = seen(2, 50)
    born = structs.replace(live.pods[0], started_at=NOW - 5 * SECOND)
    reborn = structs.replace(live, pods=(born, live.pods[1]))
    assert [usage.pod for usage in _living(reborn)] == ["web-1"]


def _living(observation: Observation) -> tuple[PodUsage, ...]:
    from autoscaler.engine.guarded.living import of_the_living

    (reading,) = of_the_living(observation).readings
    assert isinstance(reading, ResourceReading)
    return reading.pods


def test_a_zero_names_who_set_it() -> None:
    writer = Writer(manager="kubectl", at=NOW - HOUR)
    decision = decide(policy(), about(structs.replace(seen(0, 0), pods=()), writer=writer))
    assert (decision.desired, decision.reason) == (0, Reason.TARGET_AT_ZERO)
    assert sentence(decision) == (
        "Switched off at 0. A target that stands at 0 replicas is left alone until somebody sets another number. It was "
        "set to 0 by kubectl."
    )


def test_exact_policies_look_at_none_of_it() -> None:
    exact = replace(policy(Safety()), guarding=None)
    bare = unready(seen(20, 20))
    told = about(bare, updated_replicas=5, refusal=Refusal(message=QUOTA, since=0), paused=True)
    assert evaluate(exact, told, Memory(), HASTY) == evaluate(exact, bare, Memory(), HASTY)
    assert CPU in exact.metrics


def test_f7_a_total_above_its_target_raises_a_target_of_which_no_pod_is_ready() -> None:
    total = ExternalMetric(
        metric=MetricName(name="depth"), target=MetricTarget(type="Value", value=Quantity.parse("100"))
    )
    reading = ExternalReading(values=(250_000,), at=NOW)
    down = structs.replace(unready(seen(20, 0)), readings=(reading,))

    raised = decide(policy(metric=total), down)
    assert raised.desired == 40, "50 are asked for, and 40 is one step of the rules"
    assert raised.proposals[0].replicas == 50
    assert "none of 20 pods is ready, so the ratio times 20 replicas" in raised.proposals[0].why
    exact = replace(policy(metric=total), guarding=None, profile=Profile.EXACT)
    assert decide(exact, down).proposals[0].replicas == 0, "upstream asks for nothing, kubernetes #130130"
