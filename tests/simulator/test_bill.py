"""Money: rates over time, added up by hand."""

from __future__ import annotations

import numpy as np
import pytest

from autoscaler.model.time import HOUR, MINUTE
from autoscaler.simulator.bill import Bill, bill_of_nodes, bill_of_pods
from autoscaler.simulator.cluster import Counts
from autoscaler.simulator.nodes.books import NodeBooks, NodeCounts


def test_a_rate_holds_until_the_next():
    bill = Bill(np.array([0.0, 1800.0, 5400.0]), np.array([2.0, 6.0, 0.0]))
    assert [bill.total(until) for until in (0, 900, 1800, 3600, 5400, 99_999)] == pytest.approx([0, 0.5, 1, 4, 7, 7])
    assert bill.means(np.array([0.0, 3600.0, 7200.0])).tolist() == pytest.approx([4, 3])


def test_nodes_are_paid_for_from_being_asked_for_to_their_removal():
    books = NodeBooks()
    books.note(NodeCounts(0, (1, 0), (1, 0), 0))
    books.note(NodeCounts(30 * MINUTE, (1, 2), (1, 0), 3))  # asked for, not ready
    books.note(NodeCounts(33 * MINUTE, (1, 2), (1, 2), 0))
    books.note(NodeCounts(90 * MINUTE, (0, 2), (0, 2), 0))
    assert books.node_hours(2 * HOUR) == pytest.approx((1.5, 3.0))
    bill = bill_of_nodes(books.history, [0.4, 0.1], start=0)
    assert bill.total(7200) == pytest.approx(1.5 * 0.4 + 3.0 * 0.1)
    assert bill.means(np.array([0.0, 1800.0, 5400.0, 7200.0])).tolist() == pytest.approx([0.4, 0.6, 0.2])
    assert bill_of_nodes(books.history, [0.4, None], start=0) is None


def test_the_books_keep_one_entry_for_each_instant_and_none_that_says_nothing_new():
    books = NodeBooks()
    books.note(NodeCounts(0, (1,), (0,), 0))
    books.note(NodeCounts(0, (2,), (0,), 0))
    books.note(NodeCounts(5, (2,), (0,), 0))
    books.note(NodeCounts(9, (3,), (0,), 0))
    books.note(NodeCounts(9, (2,), (0,), 0))
    assert books.history == [NodeCounts(0, (2,), (0,), 0)]


def test_pods_are_paid_for_while_they_exist():
    history = [Counts(-HOUR, 2, 2, 2, 2), Counts(30 * MINUTE, 1, 1, 1, 2), Counts(31 * MINUTE, 1, 1, 1, 1)]
    bill = bill_of_pods(history, 0.6, start=0)
    assert bill.total(3600) == pytest.approx(0.6 * (2 * 31 + 29) / 60)
    assert bill_of_pods(history, None, start=0) is None
