"""Pods that take turns: who joins in an overload is empty beside the others, whose queue stays with them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.config.scenario import Service
from autoscaler.config.traffic import Step
from autoscaler.model.time import SECOND, seconds
from autoscaler.simulator.experience import experience_of
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.service import FluidService
from autoscaler.simulator.traffic import constant, stairs


def spec(balancing: str, timeout: str = "60s") -> Service:
    """10 slots of 100 ms: one pod serves 100 requests/s, and keeps up to 1,000 that wait."""
    return Service.model_validate(
        {"mean_service_time": "100ms", "slots": 10, "queue_limit": 1000, "timeout": timeout, "balancing": balancing}
    )


def overloaded(balancing: str) -> FluidService:
    """One pod gets 120 requests/s for 10 s, so that 200 wait; then a second one joins."""
    fluid = FluidService(spec(balancing), Ledger(constant(120)), 0)
    fluid.join(0, 0)
    fluid.join(1, 10 * SECOND)
    return fluid


@pytest.mark.parametrize(
    ("balancing", "waiting"),
    [
        # 60 requests/s come to each pod: the old one gets rid of 40 more than that a second, the new one has room
        pytest.param("round_robin", [160, 120, 80, 40, 0, 0], id="in-turn-the-queue-stays-with-the-old-pod"),
        pytest.param("random", [160, 120, 80, 40, 0, 0], id="at-random-too"),
        # both serve 200 - 120 = 80 more than come
        pytest.param("least_outstanding", [120, 40, 0, 0, 0, 0], id="with-the-fewest-the-new-pod-takes-its-part"),
        pytest.param("shared", [120, 40, 0, 0, 0, 0], id="one-queue-is-served-by-both"),
    ],
)
def test_how_fast_a_queue_goes_once_a_pod_joins(balancing: str, waiting: list[float]) -> None:
    fluid = overloaded(balancing)
    fluid.catch_up(16 * SECOND)

    assert fluid.ledger.waiting[9] == pytest.approx(200)
    assert fluid.ledger.waiting[10:16].tolist() == pytest.approx(waiting)


def test_who_comes_to_the_new_pod_does_not_wait() -> None:
    fluid = overloaded("round_robin")
    fluid.catch_up(16 * SECOND)
    found = experience_of(fluid._spec, fluid.ledger, 1)
    waits = {}
    for second, requests, backlog in zip(
        found.second.tolist(), found.requests.tolist(), found.waiting.backlog.tolist(), strict=True
    ):
        waits.setdefault(second, []).append((round(requests), round(backlog, 2)))

    assert waits[9] == [(120, 1.9)]  # 190 wait before it at 100/s
    assert waits[10] == [(60, 1.8), (60, 0.0)]  # 180 on the old pod, nobody on the new one
    assert waits[15] == [(120, 0.0)]  # both are empty: one account is enough again


def test_who_joins_within_a_second_takes_its_turn_for_the_rest_of_it() -> None:
    fluid = FluidService(spec("round_robin"), Ledger(constant(150)), 0)
    fluid.join(0, 0)
    fluid.join(1, seconds(4.75))
    fluid.catch_up(5 * SECOND)

    old, new = (account.columns for account in fluid.ledger.apart)
    assert old.arrived.tolist() == pytest.approx([150, 150, 150, 150, 150 / 1.25])
    assert new.arrived.tolist() == pytest.approx([150 * 0.25 / 1.25])


def test_a_killed_pod_takes_its_own_queue_with_it() -> None:
    fluid = overloaded("round_robin")
    fluid.kill(1, 11 * SECOND)  # the empty one: only what it has in service, 60/s for 100 ms
    assert fluid.ledger.lost[10] == pytest.approx(80 * 0.1)  # in service is taken as equal in both
    assert fluid.waiting == pytest.approx(160)
    fluid = overloaded("round_robin")
    fluid.kill(0, 11 * SECOND)  # the full one
    assert fluid.ledger.lost[10] == pytest.approx(80 * 0.1 + 160)
    assert fluid.waiting == 0


def test_a_queue_whose_last_pod_leaves_is_served_by_the_others() -> None:
    fluid = overloaded("round_robin")
    fluid.leave(0, 11 * SECOND)
    fluid.catch_up(12 * SECOND)

    assert fluid.ledger.waiting[11] == pytest.approx(160 + 120 - 100)
    entered = experience_of(fluid._spec, fluid.ledger, 1).requests.sum()
    assert entered == pytest.approx(fluid.ledger.arrived[:12].sum())


def test_counters_show_how_many_wait_in_each_pod() -> None:
    fluid = overloaded("round_robin")
    fluid.catch_up(11 * SECOND)

    assert fluid.counters([0, 1]).queued.tolist() == pytest.approx([160, 0])


turns = st.lists(
    st.tuples(st.floats(0.05, 20), st.sampled_from(["join", "join", "leave", "kill"])), min_size=1, max_size=14
)
rates = st.lists(st.floats(0, 900), min_size=1, max_size=6)


def played(steps: list[float], plan: list[tuple[float, str]], cut: float, balancing: str) -> FluidService:
    """Follow ``plan`` (wait [s], what happens then), catching up at multiples of ``cut`` [s] too."""
    traffic = stairs(tuple(Step(at=f"{20 * i}s", rps=rate) for i, rate in enumerate(steps)))
    fluid = FluidService(spec(balancing, "8s"), Ledger(traffic), 0, grace=0.2)
    fluid.join(0, 0)
    now, pods, made = 0, [0], 1
    for wait, turn in plan:
        then = now + seconds(wait)
        for stop in range(now, then, seconds(cut)):
            fluid.catch_up(stop)
        if turn == "join":
            fluid.join(made, then)
            pods.append(made)
            made += 1
        elif pods:
            getattr(fluid, turn)(pods.pop(0), then)
        now = then
    fluid.catch_up(now + 30 * SECOND)
    return fluid


@settings(max_examples=60, deadline=None, derandomize=True)
@given(rates, turns, st.sampled_from(["round_robin", "random"]))
def test_every_request_is_accounted_for_in_both_books(
    steps: list[float], plan: list[tuple[float, str]], balancing: str
) -> None:
    fluid = played(steps, plan, 1.0, balancing)
    ledger, n = fluid.ledger, fluid.ledger.seconds
    out = sum(float(column[:n].sum()) for column in (ledger.served, ledger.rejected, ledger.timed_out, ledger.lost))
    assert float(ledger.arrived[:n].sum()) == pytest.approx(out + fluid.waiting, rel=1e-9, abs=1e-6)

    for cell in (1, 60):
        found = experience_of(fluid._spec, ledger, cell)
        entered = float((ledger.arrived[:n] - ledger.rejected[:n]).sum())
        assert float(found.requests.sum()) == pytest.approx(entered, rel=1e-9, abs=1e-6)
        assert (found.waiting.backlog <= fluid._spec.timeout).all()
    assert np.isfinite(fluid.latencies().late).all()


@settings(max_examples=15, deadline=None, derandomize=True)
@given(rates, turns)
def test_how_often_it_is_asked_changes_nothing(steps: list[float], plan: list[tuple[float, str]]) -> None:
    fine, coarse = (played(steps, plan, cut, "round_robin") for cut in (0.25, 60.0))
    for name in ("served", "rejected", "timed_out", "lost", "waiting", "slots"):
        ours, theirs = (getattr(one.ledger, name)[: one.ledger.seconds].tolist() for one in (fine, coarse))
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)
