"""client-go's leader election: who asks what of the lease, and what each answer means."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.control.election import (
    Answer,
    Attempt,
    Candidate,
    Create,
    ElectionTimes,
    Lease,
    LeaseRecord,
    Look,
    Nothing,
    Question,
    Update,
    retry_after,
)
from autoscaler.model.time import SECOND

TIMES = ElectionTimes()


class Store:
    """The lease as an API server holds it."""

    def __init__(self) -> None:
        self.lease: Lease | None = None
        self.asked: list[str] = []

    def answer(self, question: Question) -> Answer:
        self.asked.append(type(question).__name__)
        match question:
            case Look():
                return self.lease or Nothing.MISSING
            case Create(record=record):
                return Nothing.FAILED if self.lease else self._keep(record)
            case Update(record=record, version=version):
                at = self.lease is not None and self.lease.version == version
                return self._keep(record) if at else Nothing.FAILED
        raise AssertionError(question)

    def _keep(self, record: LeaseRecord) -> Lease:
        number = int(self.lease.version) + 1 if self.lease else 1
        self.lease = Lease(record=record, version=str(number))
        return self.lease

    def finish(self, attempt: Attempt) -> bool:
        try:
            question = next(attempt)
            while True:
                question = attempt.send(self.answer(question))
        except StopIteration as end:
            return bool(end.value)

    def attempt(self, candidate: Candidate, at: float) -> bool:
        self.asked.clear()
        return self.finish(candidate.attempt(round(at * SECOND), f"wall {at}"))


@pytest.fixture
def store() -> Store:
    return Store()


def candidate(name: str) -> Candidate:
    return Candidate(identity=name, times=TIMES)


def record(store: Store) -> LeaseRecord:
    assert store.lease is not None
    return store.lease.record


def test_the_first_one_creates_the_lease(store: Store) -> None:
    one = candidate("one")

    assert store.attempt(one, 0)
    assert store.asked == ["Look", "Create"]
    assert record(store) == LeaseRecord(holder="one", seconds=15, acquired="wall 0", renewed="wall 0", transitions=0)
    assert one.leads_until == 10 * SECOND


def test_the_leader_renews_without_looking(store: Store) -> None:
    one = candidate("one")
    store.attempt(one, 0)

    assert store.attempt(one, 2)
    assert store.asked == ["Update"]
    assert (record(store).acquired, record(store).renewed, record(store).transitions) == ("wall 0", "wall 2", 0)
    assert one.leads_until == 12 * SECOND


def test_a_standby_waits_from_when_it_last_saw_a_sign_of_life(store: Store) -> None:
    one, two = candidate("one"), candidate("two")
    store.attempt(one, 0)

    assert not store.attempt(two, 100), "the record is old, but new to us"
    assert not store.attempt(two, 114.9)
    store.attempt(one, 114.95)
    assert not store.attempt(two, 115.1), "renewed meanwhile: seen to live at 115.1"
    assert not store.attempt(two, 130)
    assert store.attempt(two, 130.1)
    assert store.asked == ["Look", "Update"]
    assert (record(store).holder, record(store).acquired, record(store).transitions) == ("two", "wall 130.1", 1)


def test_the_old_leader_finds_the_new_one_and_stands_by(store: Store) -> None:
    one, two = candidate("one"), candidate("two")
    store.attempt(one, 0)
    store.attempt(two, 0)
    store.attempt(two, 15)

    assert not store.attempt(one, 16)
    assert store.asked == ["Look"], "its own record ran out, so it looks before it writes"
    assert (one.leads, one.leads_until) == (False, None)


def test_an_update_that_failed_is_followed_by_a_look(store: Store) -> None:
    one = candidate("one")
    store.attempt(one, 0)
    assert store.lease is not None
    store.lease = replace(store.lease, version="7")  # somebody annotated it

    assert store.attempt(one, 2)
    assert store.asked == ["Update", "Look", "Update"]
    assert record(store).transitions == 0


@pytest.mark.parametrize("failing", ["Look", "Create"])
def test_no_answer_is_no_lease(failing: str) -> None:
    class Failing(Store):
        def answer(self, question: Question) -> Answer:
            return Nothing.FAILED if type(question).__name__ == failing else super().answer(question)

    one = candidate("one")
    assert not Failing().attempt(one, 0)
    assert one.leads_until is None


def test_a_released_lease_is_taken_at_once(store: Store) -> None:
    one, two = candidate("one"), candidate("two")
    store.attempt(one, 0)
    store.attempt(two, 1)

    assert store.finish(one.release("wall 3"))
    assert (record(store).holder, record(store).seconds) == ("", 1)
    assert one.leads_until is None
    assert store.attempt(two, 3.1)
    assert record(store).transitions == 1


def test_releasing_takes_a_conflict_in_its_stride_but_not_anothers_lease(store: Store) -> None:
    one, two = candidate("one"), candidate("two")
    store.attempt(one, 0)
    assert store.lease is not None
    store.lease = replace(store.lease, version="7")
    assert store.finish(one.release("wall"))

    store.attempt(one, 1)
    store.attempt(two, 2)
    store.attempt(two, 20)
    assert not store.finish(one.release("wall"))
    assert record(store).holder == "two"


@pytest.mark.parametrize(
    "times", [{"lease": 10 * SECOND}, {"renew_deadline": 2 * SECOND}, {"retry": 9 * SECOND}, {"retry": 0}]
)
def test_times_that_cannot_be_safe_are_refused(times: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"lease duration > renew deadline > 1\.2 times the retry period"):
        ElectionTimes(**times)


def test_retries_are_spread() -> None:
    assert [retry_after(TIMES, chance) for chance in (0.0, 0.5)] == [2 * SECOND, round(3.2 * SECOND)]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.1, 9), st.booleans()), max_size=60))
def test_never_two_at_once(steps: list[tuple[str, float, bool]]) -> None:
    """Attempts in any order and at any distance, answers lost at will: nobody relies on a lease that another has."""
    store, now = Store(), 0.0
    all_of_them = {name: candidate(name) for name in "abc"}
    for name, wait, answered in steps:
        now += wait
        attempt = all_of_them[name].attempt(round(now * SECOND), f"wall {now}")
        question = next(attempt)
        try:
            while True:
                kept = store.answer(question)  # the request gets there ...
                question = attempt.send(kept if answered else Nothing.FAILED)  # ... its answer perhaps not
        except StopIteration:
            pass
        leaders = [each.identity for each in all_of_them.values() if (each.leads_until or 0) > now * SECOND]
        assert len(leaders) <= 1
