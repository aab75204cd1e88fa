"""When a datasource that fails is left alone, and for how long. Times are in seconds, and given."""

from __future__ import annotations

from autoscaler.adapters.prometheus.breaker import Breaker


def test_a_breaker_opens_after_five_failures_and_lets_one_try_after_each_pause() -> None:
    breaker = Breaker()
    for now in range(5):
        assert breaker.admit(now)
        breaker.failed(now)
    assert breaker.is_open
    assert [breaker.admit(now) for now in (5, 8.9)] == [False, False]
    assert [breaker.admit(9), breaker.admit(9)] == [True, False]
    breaker.failed(10)
    assert [breaker.admit(now) for now in (19.9, 20)] == [False, True]
    breaker.answered()
    assert not breaker.is_open
    assert breaker.admit(20)


def test_pauses_double_up_to_a_minute() -> None:
    breaker, now, pauses = Breaker(), 0.0, []
    for _ in range(5):
        breaker.failed(now)
    for _ in range(6):
        pauses.append(breaker.remaining(now))
        now += pauses[-1]
        assert breaker.admit(now)
        breaker.failed(now)
    assert pauses == [5, 10, 20, 40, 60, 60]


def test_an_answer_in_between_starts_the_count_again() -> None:
    breaker = Breaker()
    for now in range(20):
        breaker.failed(now)
        if now % 4 == 3:
            breaker.answered()
    assert not breaker.is_open
