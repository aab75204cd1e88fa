"""The judge itself, by hand: small stories whose every time can be worked out on paper."""

from __future__ import annotations

from tests.validity.events import Change, Fate, Judge, Requests, Rule, Rules, What


def judged(rule, requests, changes, *, slots=1, queue_limit=9, timeout=100.0, until=100.0, **clients):
    arrivals, services = zip(*requests, strict=True)
    judge = Judge(
        Rules(slots=slots, queue_limit=queue_limit, timeout=timeout, rule=rule, **clients),
        Requests(arrivals, services, [0.0] * len(arrivals)),
    )
    judge.run(changes, until)
    return judge


JOIN = Change(0.0, What.JOIN, 0)


def test_one_slot_serves_in_order_of_arrival():
    judge = judged(Rule.SHARED, [(1.0, 2.0), (2.0, 2.0), (9.0, 1.0)], [JOIN])
    assert judge.starts == [1.0, 3.0, 9.0]
    assert judge.ends == [3.0, 5.0, 10.0]
    assert judge.fates == [Fate.SERVED] * 3


def test_whoever_waits_too_long_leaves_and_a_full_queue_turns_away():
    judge = judged(Rule.SHARED, [(1.0, 5.0), (2.0, 1.0), (3.0, 1.0)], [JOIN], queue_limit=1, timeout=1.5)
    assert judge.fates == [Fate.SERVED, Fate.TIMED_OUT, Fate.REJECTED]
    assert judge.ends == [6.0, 3.5, 3.0]


def test_a_draining_pod_finishes_its_own_queue_and_takes_nothing_from_a_shared_one():
    requests, leave = [(1.0, 2.0), (1.5, 2.0)], Change(2.0, What.LEAVE, 0)
    assert judged(Rule.ROUND_ROBIN, requests, [JOIN, leave]).ends == [3.0, 5.0]
    shared = judged(Rule.SHARED, requests, [JOIN, leave])
    assert shared.fates == [Fate.SERVED, Fate.WAITING]
    assert shared.present() == (1, 0)


def test_a_killed_pod_loses_what_it_serves_and_its_own_queue():
    requests, kill = [(1.0, 2.0), (1.5, 2.0)], Change(2.0, What.KILL, 0)
    assert judged(Rule.RANDOM, requests, [JOIN, kill]).fates == [Fate.LOST, Fate.LOST]
    assert judged(Rule.SHARED, requests, [JOIN, kill]).fates == [Fate.LOST, Fate.WAITING]


def test_slowness_counts_for_what_starts_from_then_on():
    changes = [JOIN, Change(1.5, What.SLOW_DOWN, factor=3.0)]
    assert judged(Rule.SHARED, [(1.0, 1.0), (1.2, 1.0)], changes).ends == [2.0, 5.0]


def test_turns_pass_over_a_pod_that_leaves():
    changes = [*(Change(0.0, What.JOIN, pod) for pod in range(3)), Change(1.5, What.LEAVE, 1)]
    requests = [(float(second), 0.1) for second in range(1, 5)]
    assert judged(Rule.ROUND_ROBIN, requests, changes).pods == [0, 2, 0, 2]


def test_the_pod_with_the_fewest_takes_it_and_of_equal_ones_the_one_that_changed_longest_ago():
    changes = [Change(0.0, What.JOIN, 0), Change(0.0, What.JOIN, 1)]
    requests = [(1.0, 5.0), (2.0, 0.5), (3.0, 5.0), (4.0, 5.0)]
    assert judged(Rule.LEAST_OUTSTANDING, requests, changes).pods == [0, 1, 1, 0]


def test_a_client_tries_again_after_pauses_that_double():
    clients = {"attempts": 3, "backoff": 2.0}
    judge = judged(Rule.SHARED, [(1.0, 9.0), (2.0, 1.0)], [JOIN], queue_limit=0, **clients)
    assert judge.fates == [Fate.SERVED, Fate.REJECTED]
    assert judge.ends == [10.0, 8.0]  # turned away at 2, 4 and 8


def test_a_young_pod_gets_faster():
    judge = judged(
        Rule.SHARED, [(2.5, 1.0), (5.0, 1.0), (10.0, 1.0)], [Change(0.0, What.JOIN, 0)], warmup=10.0, slowness=3.0
    )
    assert judge.ends == [5.0, 7.0, 11.0]
