"""F19: a target that is not there is looked for after 30 s, then ever more rarely, and at once when it comes into being."""

from __future__ import annotations

from dataclasses import replace

from autoscaler.control.controller import Controller
from autoscaler.control.messages import EvaluationDue, Observe, PolicyAccepted, Record, TargetAppeared, TargetObserved
from autoscaler.engine.explain import sentence
from autoscaler.model.decision import Reason
from autoscaler.model.observation import Observation, ScaleUnavailable
from autoscaler.model.policy import Mode, ScalingPolicy
from autoscaler.model.time import MINUTE, SECOND, Instant
from tests.engine.test_guarded import HASTY, NOW, policy, seen

GONE = ScaleUnavailable(error='deployments.apps "web" not found', absent=True)
SILENT = ScaleUnavailable(error="the server is away")
GUARDED = replace(policy(), mode=Mode.APPLY)


class Waiting:
    """A pass every 15 s; notes at which seconds the target is looked for."""

    def __init__(self, by: ScalingPolicy = GUARDED) -> None:
        self.policy = by
        self.controller = Controller(HASTY)
        self.controller.handle(PolicyAccepted(policy=by))
        self.at: Instant = NOW
        self.looks: list[int] = []
        self.records: list[Record] = []

    def run(self, seconds: int, scale: ScaleUnavailable | None) -> None:
        until = self.at + seconds * SECOND
        while self.at < until:
            instructions = self.controller.handle(EvaluationDue(key=self.policy.key, at=self.at))
            if any(isinstance(each, Observe) for each in instructions):
                self.looks.append((self.at - NOW) // SECOND)
                looked = seen(10, 50, at=self.at) if scale is None else Observation(at=self.at, scale=scale)
                answers = self.controller.handle(TargetObserved(key=self.policy.key, observation=looked))
                self.records += [each for each in answers if isinstance(each, Record)]
            self.at += 15 * SECOND


def test_f19_it_is_looked_for_after_30_s_and_then_ever_more_rarely() -> None:
    waiting = Waiting()
    waiting.run(30 * 60, GONE)
    assert waiting.looks == [0, 30, 90, 210, 450, 750, 1050, 1350, 1650]
    assert sentence(waiting.records[0].decision) == (
        'Doing nothing. The target\'s scale cannot be read: deployments.apps "web" not found; looked for again at 04:00:30.'
    )


def test_f19_it_is_looked_at_as_soon_as_it_comes_into_being() -> None:
    waiting = Waiting()
    waiting.run(5 * 60, GONE)
    waiting.controller.handle(TargetAppeared(key=GUARDED.key))
    waiting.run(45, None)
    assert waiting.looks == [0, 30, 90, 210, 300, 315, 330]
    assert waiting.records[-1].decision.reason is Reason.WITHIN_TOLERANCE
    waiting.run(15, GONE)
    assert waiting.records[-1].decision.next_possible_change_at == waiting.at - 15 * SECOND + MINUTE // 2, (
        "from the start"
    )


def test_a_server_that_is_away_is_asked_at_every_pass() -> None:
    waiting = Waiting()
    waiting.run(60, SILENT)
    assert waiting.looks == [0, 15, 30, 45]


def test_an_exact_policy_looks_at_every_pass_as_upstream_does() -> None:
    waiting = Waiting(replace(GUARDED, guarding=None))
    waiting.run(60, GONE)
    assert waiting.looks == [0, 15, 30, 45]


def test_a_new_version_of_the_policy_looks_at_once() -> None:
    waiting = Waiting()
    waiting.run(100, GONE)
    waiting.controller.handle(PolicyAccepted(policy=replace(GUARDED, max_replicas=50)))
    waiting.run(15, GONE)
    assert waiting.looks == [0, 30, 90, 105]
