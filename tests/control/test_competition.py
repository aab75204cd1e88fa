"""Who else sets the replicas: other autoscalers stop us at once, a writer that undoes us after three rounds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from msgspec import structs

from autoscaler.control.competition import FIRST, LONGEST, Competitors
from autoscaler.control.controller import Controller
from autoscaler.control.messages import (
    Announce,
    EvaluationDue,
    Event,
    Observe,
    PolicyAccepted,
    PolicyWithdrawn,
    Record,
    ScaleConflicted,
    ScaleWritten,
    TargetObserved,
    WriteScale,
    WriteStatus,
)
from autoscaler.engine.explain import sentence
from autoscaler.model.decision import Reason, WriteResult
from autoscaler.model.observation import Observation, Scale
from autoscaler.model.policy import Mode, PolicyKey, Profile, ScalingPolicy
from autoscaler.model.safety import Safety
from autoscaler.model.target import OtherScaler, TargetState, WorkloadState, Writer
from autoscaler.model.time import MINUTE, SECOND, Instant
from tests.engine.test_guarded import HASTY, NOW, OFF, policy, seen

HPA = OtherScaler(kind="HorizontalPodAutoscaler", namespace="shop", name="other")
KEDA = OtherScaler(kind="ScaledObject", namespace="shop", name="queue")


def applied(safety: Safety = OFF, name: str = "web") -> ScalingPolicy:
    guarded = policy(safety)
    return replace(guarded, mode=Mode.APPLY, key=PolicyKey(namespace="shop", name=name))


@dataclass
class Target:
    """A Deployment whose pods use so much in all [percent of one pod's request], and whoever wrote its replicas last."""

    replicas: int = 10
    load: int = 500
    writer: str = "autoscaler"
    uid: str = "a"
    scalers: tuple[OtherScaler, ...] = ()
    is_told: bool = True

    def observation(self, at: Instant) -> Observation:
        looked = seen(self.replicas, self.load // max(self.replicas, 1), at=at)
        scale = Scale(
            spec_replicas=self.replicas, status_replicas=self.replicas, selector="app=web", resource_version="1"
        )
        if not self.is_told:
            return structs.replace(looked, scale=scale)
        workload = WorkloadState(
            spec_replicas=self.replicas,
            replicas=self.replicas,
            updated_replicas=self.replicas,
            writer=Writer(manager=self.writer, at=at),
        )
        state = TargetState(uid=self.uid, workload=workload, scalers=self.scalers)
        return structs.replace(looked, scale=scale, target=state)


@dataclass
class Story:
    """One controller and one target, a pass every 15 s; ``meddle`` is what somebody does between two passes."""

    target: Target = field(default_factory=Target)
    controller: Controller = field(default_factory=lambda: Controller(HASTY))
    at: Instant = NOW
    writes: list[int] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    conditions: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    before_write: Callable[[], None] | None = None

    def put(self, *policies: ScalingPolicy) -> Story:
        for one in policies:
            self.controller.handle(PolicyAccepted(policy=one))
        return self

    def step(self, name: str = "web") -> Record:
        self.at += 15 * SECOND
        records: list[Record] = []
        self._tell(EvaluationDue(key=PolicyKey(namespace="shop", name=name), at=self.at), records)
        return records[-1]

    def _tell(self, event: Event, records: list[Record]) -> None:
        for instruction in self.controller.handle(event):
            match instruction:
                case Observe():
                    seen = TargetObserved(key=instruction.key, observation=self.target.observation(instruction.at))
                    self._tell(seen, records)
                case WriteScale():
                    self._tell(self._write(instruction), records)
                case Record():
                    records.append(instruction)
                case Announce(announcement=announcement):
                    self.told.append((announcement.reason, announcement.message))
                case WriteStatus(status=status):
                    self.conditions = {one.type: (one.status, one.reason, one.message) for one in status.conditions}

    def _write(self, wanted: WriteScale) -> Event:
        if self.before_write is not None:
            meddle, self.before_write = self.before_write, None
            meddle()
            scale = self.target.observation(self.at).scale
            assert isinstance(scale, Scale)
            fresh = structs.replace(scale, resource_version="2")
            return ScaleConflicted(key=wanted.key, fresh=fresh, error="the object has been modified")
        self.writes.append(wanted.replicas)
        self.target.replicas, self.target.writer = wanted.replicas, "autoscaler"
        return ScaleWritten(key=wanted.key)

    def set_by(self, manager: str, replicas: int) -> None:
        self.target.replicas, self.target.writer = replicas, manager


@pytest.mark.parametrize(
    ("scalers", "words"),
    [
        pytest.param(
            (HPA,),
            "HorizontalPodAutoscaler shop/other scales Deployment web too, so nothing is written: one of the two has to go",
            id="an-hpa",
        ),
        pytest.param(
            (HPA, KEDA),
            "HorizontalPodAutoscaler shop/other and ScaledObject shop/queue scale Deployment web too, so nothing is "
            "written: all but one have to go",
            id="two-of-them",
        ),
    ],
)
def test_c77_another_autoscaler_of_the_target_stops_us_within_one_cycle(
    scalers: tuple[OtherScaler, ...], words: str
) -> None:
    story = Story(Target(load=1000)).put(applied())
    assert (story.step().decision.desired, story.writes) == (20, [20])

    story.target.scalers, story.target.load = scalers, 1500
    record = story.step()
    assert (record.decision.reason, record.outcome.result, story.writes) == (
        Reason.AMBIGUOUS, WriteResult.NOT_NEEDED, [20],
    )  # fmt: skip
    assert sentence(record.decision) == f"Staying at 20. cpu asks for 30 (75% against 50%), but {words}."
    assert story.conditions["Conflict"] == ("True", "OtherAutoscaler", words)
    story.step()
    assert story.told.count(("ConflictingAutoscaler", words)) == 1, "an event when it begins, not at each pass"

    story.target.scalers = ()
    assert story.step().decision.desired == 30
    assert story.conditions["Conflict"] == ("False", "NoConflict", "nothing else sets the target's replicas")


def test_a_second_policy_of_ours_stops_both_also_where_only_their_bounds_disagree() -> None:
    many, few = replace(applied(), min_replicas=8), replace(applied(name="few"), max_replicas=5)
    story = Story(Target(replicas=6)).put(many, few)

    assert sentence(story.step().decision) == (
        "Staying at 6. Policy shop/few scales Deployment web too, so nothing is written: one of the two has to go."
    )
    assert story.step("few").decision.reason is Reason.AMBIGUOUS
    story.controller.handle(PolicyWithdrawn(key=few.key))
    assert (story.step().decision.desired, story.writes) == (8, [8])


def test_an_exact_policy_yields_as_well_when_it_applies_and_its_target_is_looked_at() -> None:
    exact = replace(applied(), guarding=None, profile=Profile.EXACT)
    story = Story(Target(load=1000, scalers=(HPA,))).put(exact)
    assert story.step().decision.reason is Reason.AMBIGUOUS

    unseen = Story(Target(load=1000, is_told=False)).put(exact)
    assert unseen.step().observation.competition is None
    assert unseen.writes == [20]


def test_the_hpa_object_of_the_policys_own_name_is_no_competitor() -> None:
    own = OtherScaler(kind="HorizontalPodAutoscaler", namespace="shop", name="web")
    story = Story(Target(load=1000, scalers=(own,))).put(applied())
    assert (story.step().decision.desired, story.writes) == (20, [20])


def test_while_observing_a_competitor_is_told_and_hides_nothing() -> None:
    story = Story(Target(load=1000, scalers=(HPA,))).put(replace(applied(), mode=Mode.OBSERVE))
    record = story.step()
    assert sentence(record.decision, record.outcome) == (
        "Would grow from 10 to 20 (observing only). cpu asks for 20 (100% against 50%). HorizontalPodAutoscaler shop/other "
        "scales Deployment web too: with --apply nothing would be written."
    )


def test_it_can_be_switched_off() -> None:
    story = Story(Target(load=1000, scalers=(HPA,))).put(applied(replace(OFF, yield_to_others=False)))
    story.step()
    assert story.writes == [20]


def test_c77_a_drifting_writer_is_named_and_fought_three_times_only() -> None:
    story = Story(Target(load=1000)).put(applied())
    story.step()
    record = None
    for _ in range(10):  # every 30 s a GitOps controller puts back what its manifest says
        story.set_by("argocd-controller", 10)
        story.step()
        record = story.step()

    assert story.writes == [20] * 4, "ours, and three reverts"
    assert record is not None
    words = (
        "argocd-controller keeps undoing what is written to Deployment web, so it is left alone for a while: one of the two "
        "must not set replicas"
    )
    assert story.conditions["Conflict"] == ("True", "ForeignWriter", words)
    assert story.told.count(("ConflictingAutoscaler", words)) == 1
    assert sentence(record.decision).startswith(
        f"Staying at 10. cpu asks for 20 (100% against 50%), but {words}; earliest"
    )


def test_backing_off_lasts_twice_as_long_each_time_and_ends_when_a_write_stands() -> None:
    story = Story(Target(load=1000)).put(applied())
    story.step()
    silences: list[int] = []
    quiet_since = None
    reverts = True
    for _ in range(4 * 60 * 4):
        before = len(story.writes)
        if reverts and story.target.replicas != 10:
            story.set_by("argocd-controller", 10)
        record = story.step()
        if record.decision.reason is Reason.AMBIGUOUS and quiet_since is None:
            quiet_since = story.at
        if len(story.writes) > before and quiet_since is not None:
            silences.append((story.at - quiet_since) // MINUTE)
            quiet_since = None
            reverts = len(silences) < 6
    assert silences == [5, 10, 20, 40, 60, 60]
    assert FIRST == 5 * MINUTE
    assert LONGEST == 60 * MINUTE
    assert story.conditions["Conflict"][0] == "False"

    before = len(story.writes)
    for _ in range(6):  # a new fight, after peace
        story.set_by("argocd-controller", 10)
        story.step()
    assert len(story.writes) - before == 3


def test_a_manual_scale_is_no_fight_and_is_noted() -> None:
    story = Story(Target(load=1000)).put(applied())
    story.step()
    story.set_by("kubectl", 15)
    record = story.step()
    assert (record.decision.desired, record.outcome.result) == (20, WriteResult.WRITTEN)
    assert sentence(record.decision, record.outcome) == (
        "Growing from 15 to 20. cpu asks for 20 (66% against 50%). Its replicas were changed from 20 to 15 by kubectl."
    )
    assert "Conflict" not in story.conditions


def test_f14_a_manual_scale_between_look_and_write_is_decided_on_anew() -> None:
    story = Story(Target(load=1000)).put(applied())
    story.before_write = lambda: story.set_by("kubectl", 30)
    record = story.step()
    assert (story.writes, record.decision.current, record.outcome.result) == ([], 30, WriteResult.NOT_NEEDED)
    assert "Its replicas were changed from 10 to 30 by somebody else." in sentence(record.decision)

    exact = Story(Target(load=1000)).put(replace(applied(), guarding=None, profile=Profile.EXACT))
    exact.before_write = lambda: exact.set_by("kubectl", 30)
    assert (exact.step().decision.current, exact.writes) == (10, [20]), "upstream writes what it decided before"


def test_a_target_made_anew_with_other_replicas_is_no_foreign_write() -> None:
    story = Story(Target(load=1000)).put(applied())
    story.step()
    story.target.replicas, story.target.uid = 3, "b"
    assert story.step().observation.competition is None


def test_each_of_ten_thousand_policies_looks_at_its_own_target_only() -> None:
    competitors = Competitors()
    policies = [
        replace(applied(name=f"p{number}"), target=replace(applied().target, name=f"t{number}"))
        for number in range(10_000)
    ]
    for one in policies:
        competitors.follow(one)
    calls = 0

    def count(frame: object, event: str, arg: object) -> None:
        nonlocal calls
        calls += event == "call"

    looked = Target().observation(NOW)
    sys.setprofile(count)
    assert competitors.seen(policies[0], looked) is None
    sys.setprofile(None)
    assert calls < 30, "operations of one look do not grow with the number of policies"
