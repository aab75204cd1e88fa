"""The sentence that explains a decision."""

from __future__ import annotations

import pytest

from autoscaler.engine.explain import metric_label, sentence, utc_time_of_day
from autoscaler.model.decision import (
    Decision,
    PolicyStatus,
    Proposal,
    Reason,
    Stage,
    WriteOutcome,
    WriteResult,
)
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import HOUR, MINUTE, SECOND

NOON = 12 * HOUR
CPU = "cpu resource utilization (percentage of request)"


def decided(current: int | None, desired: int, reason: Reason, **more: object) -> Decision:
    """Make a decision with no more than the case needs."""
    return Decision(
        key=PolicyKey(namespace="default", name="web"),
        at=NOON,
        current=current,
        desired=desired,
        rescale=current != desired,
        reason=reason,
        status=PolicyStatus(),
        **more,  # type: ignore[arg-type]  # the cases pass Decision's own fields
    )


def asks(replicas: int | None, observed: str = "", error: str = "", name: str = CPU) -> Proposal:
    """Make what cpu asked for against its target of 70%."""
    return Proposal(name=name, replicas=replicas, observed=observed, target="70%", error=error)


STABILIZED = Stage(stage="stabilization", before=9, after=12, why="recent recommendations were higher")
DOUBLING = Stage(stage="rate rules", before=13, after=8, why="the desired replica count is increasing faster")
ASKED = Stage(stage="combine", before=4, after=13, why="the largest proposal")
QUEUE = asks(3, "12", name="external metric redis_queue_depth(nil)")


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        pytest.param(
            decided(
                12,
                12,
                Reason.STABILIZED,
                proposals=(asks(9),),
                steps=(STABILIZED,),
                next_possible_change_at=NOON + 5 * MINUTE + 30 * SECOND,
            ),
            "Staying at 12. cpu asks for 9, but the scale-down window still remembers 12; earliest change 12:05:30.",
            id="window-holds",
        ),
        pytest.param(
            decided(4, 8, Reason.RATE_LIMITED, proposals=(asks(13, "210%"), QUEUE), steps=(ASKED, DOUBLING)),
            "Growing from 4 to 8. cpu asks for 13 (210% against 70%), but the scale-up rules allow 8 for now.",
            id="rate-rule-slows-growth",
        ),
        pytest.param(
            decided(
                2,
                2,
                Reason.AT_MIN,
                proposals=(asks(1, "5%"),),
                steps=(Stage(stage="bounds", before=1, after=2, why=""),),
            ),
            "Staying at 2. cpu asks for 1 (5% against 70%), but 2 is the minimum.",
            id="at-the-minimum",
        ),
        pytest.param(
            decided(70, 50, Reason.AT_MAX, steps=(Stage(stage="bounds", before=70, after=50, why="above"),)),
            "Shrinking from 70 to 50. 50 is the maximum.",
            id="jumps-into-the-bounds",
        ),
        pytest.param(
            decided(
                5,
                5,
                Reason.STABILIZED,
                proposals=(asks(8),),
                steps=(Stage(stage="guard", before=8, after=5, why="A rollout is under way."),),
            ),
            "Staying at 5. cpu asks for 8, but A rollout is under way.",
            id="a-stage-of-another-name-speaks-for-itself",
        ),
        pytest.param(
            decided(4, 6, Reason.SCALED_UP, proposals=(QUEUE, asks(6, "105%"))),
            "Growing from 4 to 6. cpu asks for 6 (105% against 70%).",
            id="the-loudest-metric-speaks",
        ),
        pytest.param(
            decided(6, 3, Reason.SCALED_DOWN, proposals=(QUEUE,)),
            "Shrinking from 6 to 3. redis_queue_depth asks for 3 (12 against 70%).",
            id="shrinks",
        ),
        pytest.param(
            decided(5, 5, Reason.WITHIN_TOLERANCE, proposals=(asks(5, "72%"),)),
            "Staying at 5. cpu at 72% is within tolerance of its target 70%.",
            id="near-the-target",
        ),
        pytest.param(
            decided(5, 5, Reason.UNCHANGED, proposals=(asks(5, "75%"),)),
            "Staying at 5. cpu asks for no change (75% against 70%).",
            id="nothing-to-change",
        ),
        pytest.param(
            decided(
                7,
                7,
                Reason.METRIC_MISSING,
                proposals=(asks(None, error="failed to get cpu utilization: no metrics\nreturned."), QUEUE),
            ),
            "Staying at 7. redis_queue_depth asks for 3 (12 against 70%), but cpu cannot be read: no metrics returned.",
            id="a-missing-metric-holds",
        ),
        pytest.param(
            decided(None, 0, Reason.TARGET_MISSING, error='deployments.apps "web" not found'),
            'Doing nothing. The target\'s scale cannot be read: deployments.apps "web" not found.',
            id="no-target",
        ),
        pytest.param(
            decided(0, 0, Reason.TARGET_AT_ZERO),
            "Switched off at 0. A target that stands at 0 replicas is left alone until somebody sets another number.",
            id="switched-off",
        ),
        pytest.param(
            decided(3, 3, Reason.UNCHANGED),
            "Staying at 3. Nothing asks.",
            id="never-empty",
        ),
    ],
)
def test_sentence(decision: Decision, expected: str) -> None:
    assert sentence(decision) == expected


@pytest.mark.parametrize(
    ("outcome", "opening"),
    [
        pytest.param(WriteOutcome(result=WriteResult.WRITTEN), "Growing from 4 to 6. ", id="written"),
        pytest.param(WriteOutcome(result=WriteResult.WITHHELD), "Would grow from 4 to 6 (observing only). ", id="seen"),
        pytest.param(
            WriteOutcome(result=WriteResult.FAILED, error="forbidden."),
            "Wanted to grow from 4 to 6, but the write failed: forbidden. ",
            id="refused",
        ),
    ],
)
def test_opening_says_how_the_write_went(outcome: WriteOutcome, opening: str) -> None:
    decision = decided(4, 6, Reason.SCALED_UP, proposals=(asks(6),))

    assert sentence(decision, outcome).startswith(opening)


def test_instants_are_shown_as_the_caller_likes() -> None:
    decision = decided(
        12, 12, Reason.STABILIZED, proposals=(asks(9),), steps=(STABILIZED,), next_possible_change_at=NOON + MINUTE
    )

    assert sentence(decision, show=lambda at: f"+{at // SECOND} s").endswith("earliest change +43260 s.")


def test_no_time_is_named_where_only_new_metrics_can_change_the_answer() -> None:
    decision = decided(5, 5, Reason.UNCHANGED, proposals=(asks(5),), next_possible_change_at=NOON + MINUTE)

    assert sentence(decision) == "Staying at 5. cpu asks for no change."


def test_time_of_day_wraps_at_midnight() -> None:
    assert utc_time_of_day(25 * HOUR + 61 * SECOND) == "01:01:01"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("memory container resource utilization (percentage of request)", "memory"),
        ("cpu resource", "cpu"),
        ("pods metric http_requests_per_second", "http_requests_per_second"),
        ("external metric depth(&LabelSelector{MatchLabels:map[string]string{q: a,},})", "depth"),
        ("", "a metric"),
    ],
)
def test_metric_label(name: str, label: str) -> None:
    assert metric_label(name) == label
