"""Budgets that all policies share: no mistake that hits many takes too much, and the order is fair."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscaler.cli.evaluation_text import Page
from autoscaler.control.ledger import Ledger, Taken
from autoscaler.control.messages import PassAbandoned, WritesHalted, WritesResumed
from autoscaler.engine.explain import sentence
from autoscaler.model.budgets import Budgets, Cap
from autoscaler.model.decision import Reason
from autoscaler.model.policy import Mode, PolicyKey, Profile
from autoscaler.model.safety import Guarding, Halt, Hold, Safety
from autoscaler.model.time import HOUR, MINUTE, SECOND
from tests.control.fleet import HASTY, Fleet, policy_of

KEYS = [PolicyKey(namespace="shop", name=f"web-{number}") for number in range(40)]


def fleet_with(**budgets: object) -> Fleet:
    return Fleet(replace(HASTY, budgets=Budgets(**budgets)))  # type: ignore[arg-type]  # the test names fields


def test_c79_forty_objects_that_fall_together_lose_no_more_than_the_caps_in_ten_minutes() -> None:
    fleet = fleet_with(removals=Cap(per_namespace=30, total=40))
    for number in range(40):
        fleet.add(policy_of(f"web-{number}", "shop" if number < 20 else "bank"), 10, 2)
    assert fleet.tick(0) == 360
    left = {name: sum(size for key, size in fleet.sizes.items() if key.namespace == name) for name in ("shop", "bank")}
    assert left == {"shop": 170, "bank": 190}
    assert [fleet.tick(second) for second in range(15, 600, 15)] == [360] * 39
    assert [fleet.tick(second) for second in range(600, 1200, 15)] == [324] + [320] * 39
    assert [fleet.tick(second) for second in range(1200, 1800, 15)] == [285] + [280] * 39


def test_a_held_back_decision_says_which_budget_it_was_who_took_it_and_when_there_is_more() -> None:
    fleet = fleet_with(removals=Cap(per_namespace=12))
    keys = [fleet.add(policy_of(f"web-{number}"), 10, 2) for number in range(6)]
    fleet.tick(0)
    assert [fleet.sizes[key] for key in keys] == [2, 6, 10, 10, 10, 10]
    fleet.tick(15)
    decision = fleet.records[keys[5]].decision
    assert (decision.reason, decision.next_possible_change_at) == (Reason.SHARED_BUDGET, 10 * MINUTE)
    assert sentence(decision) == (
        "Staying at 10. requests asks for 2 (200 against 1000), but of 12 removals in 10 min for namespace shop there are "
        "none left for it now (web-0 8, web-1 4); earliest change 00:10:00."
    )


def test_what_explains_a_decision_knows_of_the_budget_that_held_it() -> None:
    fleet = fleet_with(removals=Cap(per_namespace=12))
    keys = [fleet.add(policy_of(f"web-{number}"), 10, 2) for number in range(6)]
    fleet.tick(0)
    fleet.tick(15)
    past = fleet.controller.past_of(keys[5])
    assert past is not None
    explained = past.explained()
    assert (explained.decision.desired, explained.decision.reason) == (10, Reason.SHARED_BUDGET)
    assert explained.waterfall is not None
    assert explained.waterfall.desired == 2
    page = Page(explained=explained, observation=past.record.observation).text()
    assert "  bounds          2 is within 1 to 1000\n  shared budgets  2 -> 10: of 12 removals in 10 min" in page


def test_those_who_waited_longest_go_first_by_equal_shares() -> None:
    fleet = fleet_with(removals=Cap(total=12))
    keys = [fleet.add(policy_of(f"web-{number}"), 10, 2) for number in range(6)]
    seen: list[tuple[int, list[int]]] = []
    for second in range(0, 1830, 15):
        fleet.tick(second)
        sizes = [fleet.sizes[key] for key in keys]
        if not seen or seen[-1][1] != sizes:
            seen.append((second, sizes))
    assert seen == [
        (0, [2, 6, 10, 10, 10, 10]),
        (600, [2, 4, 8, 8, 8, 8]),
        (615, [2, 2, 8, 8, 8, 8]),
        (1200, [2, 2, 5, 5, 5, 7]),
        (1215, [2, 2, 3, 5, 5, 7]),
        (1800, [2, 2, 2, 2, 2, 4]),
        (1815, [2, 2, 2, 2, 2, 2]),
    ]


def test_when_the_budget_of_changes_is_spent_only_increases_pass() -> None:
    fleet = fleet_with(changes=Cap(total=20, per=HOUR))
    key = fleet.add(policy_of("web"), 10, 20)
    assert fleet.tick(0) == 20
    fleet.ask(10)
    assert fleet.tick(15) == 10
    fleet.ask(20)
    assert fleet.tick(30) == 20
    fleet.ask(10)
    assert fleet.tick(45) == 20
    assert fleet.records[key].decision.reason is Reason.SHARED_BUDGET
    assert [fleet.tick(3600), fleet.tick(3615)] == [20, 10]


def test_f9_a_thousand_policies_that_come_back_together_grow_by_the_rate_and_all_within_ten_minutes() -> None:
    fleet = fleet_with(growth=20.0)
    for number in range(1000):
        fleet.add(policy_of(f"web-{number}", f"team-{number % 50}"), 10, 20)
    pods = [fleet.tick(15 * turn) for turn in range(33)]
    grown = [after - before for before, after in zip([10_000, *pods], pods, strict=False)]
    assert grown == [300] * 28 + [280, 280, 140] + [0] * 2, "20 pods a second are 300 in a period"
    assert set(fleet.sizes.values()) == {19, 20}, "19 is within tolerance of 20"


def test_the_account_survives_a_restart() -> None:
    caps = {"removals": Cap(total=5)}
    before = fleet_with(**caps)
    key = before.add(policy_of("web"), 10, 2)
    assert before.tick(0) == 5
    remembered = before.controller.memory_of(key)

    after = fleet_with(**caps)
    after.add(policy_of("web"), 5, 2, memory=remembered)
    assert [after.tick(second) for second in (60, 585, 600)] == [5, 5, 2]


def test_what_was_not_written_was_not_spent() -> None:
    fleet = fleet_with(removals=Cap(total=8))
    fleet.add(policy_of("web"), 10, 2)
    fleet.controller.handle(WritesHalted(halt=Halt(author="ann", reason="x")))
    assert fleet.tick(0) == 10
    fleet.controller.handle(WritesResumed())
    assert fleet.tick(15) == 2


def test_a_pass_of_unknown_outcome_counts_as_spent() -> None:
    fleet = fleet_with(removals=Cap(total=8))
    fleet.add(policy_of("web"), 10, 2)
    fleet.loses_writes = True
    fleet.tick(0)
    fleet.controller.handle(PassAbandoned(key=PolicyKey(namespace="shop", name="web")))
    fleet.loses_writes = False
    assert fleet.tick(15) == 10


def test_who_only_observes_takes_nothing_from_others() -> None:
    fleet = fleet_with(removals=Cap(total=8))
    fleet.add(policy_of("seen", mode=Mode.OBSERVE), 10, 2)
    key = fleet.add(policy_of("web"), 10, 2)
    fleet.tick(0)
    assert fleet.sizes[key] == 2


def test_a_hold_counts_and_is_not_limited() -> None:
    hold = Hold(replicas=1, until=HOUR, author="ann", reason="x")
    guarding = Guarding(safety=Safety(flap_budget=None), hold=hold)
    fleet = fleet_with(removals=Cap(total=8))
    held = fleet.add(policy_of("held", profile=Profile.GUARDED, guarding=guarding), 10, 10)
    other = fleet.add(policy_of("web"), 10, 2)
    fleet.tick(0)
    assert (fleet.sizes[held], fleet.sizes[other]) == (1, 10)


def test_a_namespace_without_budget_holds_no_other_one_up() -> None:
    fleet = fleet_with(removals=Cap(per_namespace=8, total=100))
    first = [fleet.add(policy_of(f"web-{number}", "shop"), 10, 2) for number in range(5)]
    other = fleet.add(policy_of("web", "bank"), 10, 2)
    fleet.tick(0)
    assert [fleet.sizes[key] for key in (*first, other)] == [2, 10, 10, 10, 10, 2]


def test_who_asks_no_more_holds_nobody_up() -> None:
    fleet = fleet_with(removals=Cap(total=10))
    keys = [fleet.add(policy_of(f"web-{number}"), 12, 2) for number in range(3)]
    fleet.tick(0)
    fleet.asked[keys[1]] = 12
    fleet.tick(15)
    assert fleet.tick(600) == 2 + 12 + 2


@given(
    asks=st.lists(st.tuples(st.integers(0, 39), st.integers(1, 30), st.integers(0, 60)), max_size=80),
    limit=st.integers(1, 30),
)
def test_no_period_ever_sees_more_than_the_limit(asks: list[tuple[int, int, int]], limit: int) -> None:
    ledger, at, taken = Ledger(limit, 100 * SECOND, patience=30 * SECOND), 0, []
    for number, wanted, pause in asks:
        at += pause * SECOND
        granted = ledger.claim(KEYS[number], at, wanted)
        assert 0 <= granted <= wanted
        ledger.answer(KEYS[number], at, wanted, granted)
        if granted:
            entry = Taken(at, KEYS[number], granted)
            ledger.take(entry)
            taken.append(entry)
        assert sum(each.pods for each in taken if each.at > at - 100 * SECOND) <= limit


@given(wants=st.lists(st.integers(1, 20), min_size=1, max_size=12), limit=st.integers(1, 20))
def test_everybody_is_served_in_the_end(wants: list[int], limit: int) -> None:
    ledger, left = Ledger(limit, 10 * SECOND, patience=30 * SECOND), dict(zip(KEYS, wants, strict=False))
    turns = 0
    while any(left.values()):
        for key in [key for key, wanted in left.items() if wanted]:
            granted = ledger.claim(key, turns * 10 * SECOND, left[key])
            ledger.answer(key, turns * 10 * SECOND, left[key], granted)
            if granted:
                ledger.take(Taken(turns * 10 * SECOND, key, granted))
                left[key] -= granted
        turns += 1
        assert turns <= sum(wants) + 1


@pytest.mark.parametrize(("limit", "expected"), [(3, 30), (2, 40)])
def test_it_says_when_the_next_pod_may_be_had(limit: int, expected: int) -> None:
    ledger = Ledger(limit, 20 * SECOND, patience=30 * SECOND)
    for second in (10, 20, 30):
        ledger.take(Taken(second * SECOND, KEYS[0], 1))
    assert ledger.more_at == expected * SECOND
