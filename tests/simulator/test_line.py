"""The queue of a fluid: who came first leaves first, and nobody gets lost in it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.simulator.line import Line


def test_the_oldest_is_the_one_that_has_waited_longest():
    line = Line()
    line.move(0, 100, 0)
    assert line.oldest(1) == 1
    line.move(1, 100, 50)  # half of the first second's requests have gone
    assert (line.oldest(2), line.waiting) == (1.5, 150)
    line.move(2, 0, 150)
    assert (line.oldest(3), line.waiting) == (0, 0)


def test_a_second_in_which_nobody_comes_leaves_no_gap():
    line = Line()
    line.move(0, 10, 0)
    line.move(1, 0, 4)
    line.move(2, 0, 6 - 1e-12)
    assert line.oldest(3) == pytest.approx(3 - 1)
    line.move(3, 0, 1)
    assert line.oldest(4) == 0


def test_those_who_came_before_an_instant_give_up():
    line = Line()
    line.move(0, 100, 0)
    line.move(1, 100, 0)
    assert line.give_up(0.5) == 50
    assert line.give_up(1.25) == 75
    assert line.waiting == 75


def test_some_leave_from_everywhere():
    line = Line()
    line.move(0, 100, 0)
    line.move(1, 300, 0)
    assert line.drop(100) == 100
    assert (line.waiting, line.give_up(1)) == (pytest.approx(300), pytest.approx(75))
    assert line.drop(1000) == pytest.approx(225)
    assert (line.waiting, line.oldest(2)) == (0, 0)


amounts = st.one_of(st.just(0.0), st.floats(1e-6, 1e6))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(steps=st.lists(st.tuples(amounts, amounts, amounts, st.floats(0, 5)), max_size=40))
def test_what_came_waits_or_has_left(steps):
    line, came, left = Line(), 0.0, 0.0
    for second, (entering, leaving, dropped, patience) in enumerate(steps):
        leaving = min(leaving, line.waiting + entering)
        line.move(second, entering, leaving)
        left += leaving + line.give_up(second + 1 - patience) + line.drop(dropped)
        came += entering
        assert line.waiting == pytest.approx(came - left, rel=1e-9, abs=1e-6 * (1 + came))
        assert 0 <= line.oldest(second + 1) <= second + 1
