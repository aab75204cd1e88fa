"""The rate follows what the server bears, and urgency decides who goes first: properties on a time that is an argument."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscaler.adapters.kubernetes.errors import Subject
from autoscaler.adapters.kubernetes.limiter import LEAST_RATE, RECOVERY, Lane, Pace, Urgency, urgency_of


@pytest.mark.parametrize(
    ("verb", "resource", "urgency"),
    [
        ("patch", "deployments.apps/scale", Urgency.SCALE),
        ("get", "deployments.apps/scale", Urgency.READ),
        ("list", "pods.metrics.k8s.io", Urgency.READ),
        ("watch", "pods", Urgency.READ),
        ("patch", "horizontalpodautoscalers.autoscaling/status", Urgency.STATUS),
        ("patch", "configmaps", Urgency.STATUS),
        ("create", "events", Urgency.EVENT),
        ("patch", "events", Urgency.EVENT),
    ],
)
def test_urgency(verb: str, resource: str, urgency: Urgency) -> None:
    assert urgency_of(Subject(verb=verb, resource=resource)) is urgency


def test_a_refusal_halves_the_rate_once_for_all_that_were_under_way() -> None:
    pace = Pace(100.0)

    for _ in range(40):  # all of them began before the first one was refused
        pace.refused(begun=1.0, now=1.2)
    assert pace.rate == 50.0

    pace.refused(begun=1.3, now=1.4)
    assert pace.rate == 25.0


def test_the_rate_grows_by_the_same_step_in_each_second_of_answers() -> None:
    pace = Pace(300.0)
    pace.refused(begun=0.0, now=0.0)

    rates = []
    for second in range(1, 5):
        for tenth in range(1, 11):
            pace.answered(second - 1 + tenth / 10)
        rates.append(round(pace.rate, 6))

    assert rates == [160.0, 170.0, 180.0, 190.0]


def test_silence_is_no_evidence() -> None:
    pace = Pace(300.0)
    pace.refused(begun=0.0, now=0.0)

    pace.answered(3600.0)

    assert pace.rate == 150.0 + 300.0 / RECOVERY


def test_the_rate_stays_where_somebody_notices_that_the_server_is_well_again() -> None:
    pace = Pace(1000.0)
    for second in range(100):
        pace.refused(begun=float(second), now=second + 0.5)
    assert pace.rate == LEAST_RATE
    assert pace.is_cut


steps = st.lists(
    st.tuples(st.floats(0.0, 2.0), st.sampled_from(["take", "answered", "refused"])), min_size=1, max_size=200
)


@given(steps, st.floats(5.0, 2000.0))
def test_never_more_than_the_rate_and_one_burst(taken: list[tuple[float, str]], most: float) -> None:
    pace, now, given_leave, allowed = Pace(most), 0.0, 0, max(1.0, most * 0.1)
    for wait, what in taken:
        allowed += wait * pace.rate
        now += wait
        if what == "answered":
            pace.answered(now)
        elif what == "refused":
            pace.refused(now, now)
        while what == "take" and pace.take(now):
            given_leave += 1
        assert LEAST_RATE <= pace.rate <= most
        assert given_leave <= allowed + 1e-6 * (1 + given_leave)


@given(steps, st.floats(5.0, 2000.0))
def test_leave_is_given_when_it_was_promised(taken: list[tuple[float, str]], most: float) -> None:
    pace, now = Pace(most), 0.0
    for wait, what in taken:
        now += wait
        if what == "refused":
            pace.refused(now, now)
        while pace.take(now):
            pass
        due = pace.next_at(now)
        assert now < due <= now + 1 / LEAST_RATE + 1e-9
        assert pace.take(due)
        now = due


@given(st.lists(st.sampled_from(list(Urgency)), min_size=1, max_size=60), st.data())
def test_nobody_is_let_in_before_the_more_urgent_and_the_earlier(asked: list[Urgency], data: st.DataObject) -> None:
    lane = Lane(Pace(5.0), at_once=3)
    tickets = [lane.ask(urgency) for urgency in asked]
    left = data.draw(st.sets(st.integers(0, len(tickets) - 1)))
    for number in left:
        lane.withdraw(tickets[number])

    order, now, under_way = [], 0.0, 0
    while len(order) < len(tickets) - len(left):
        ticket = lane.admit(now)
        if ticket is not None:
            order.append(ticket)
            under_way += 1
            assert under_way <= 3
            continue
        due = lane.next_at(now)
        if due is None:
            assert under_way == 3
            lane.ended()
            under_way -= 1
        else:
            now = due

    remaining = [ticket for number, ticket in enumerate(tickets) if number not in left]
    assert order == sorted(remaining)
    assert lane.next_at(now) is None
    assert not lane.is_pressed


def test_it_presses_while_a_scale_write_waits_wherever_it_does() -> None:
    lane = Lane(Pace(1000.0), at_once=1)
    read = lane.ask(Urgency.READ)
    assert not lane.is_pressed
    assert lane.admit(0.0) is read

    scale = lane.ask(Urgency.SCALE)
    assert lane.is_pressed
    lane.ended()
    assert lane.admit(0.0) is scale
    assert not lane.is_pressed

    lane.begin_patience(Urgency.SCALE)
    assert lane.is_pressed
    lane.end_patience(Urgency.SCALE)
    assert not lane.is_pressed


def test_reads_press_only_where_the_server_bears_less_than_we_would_ask() -> None:
    lane = Lane(Pace(1000.0), at_once=1)
    lane.ask(Urgency.READ)
    assert not lane.is_pressed

    lane.pace.refused(begun=0.0, now=0.0)
    assert lane.is_pressed
