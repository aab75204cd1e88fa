"""The fluid service: capacity arithmetic, the queue, and an account in which nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.config.scenario import Service
from autoscaler.config.traffic import Step
from autoscaler.model.time import SECOND, seconds
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.service import FluidService
from autoscaler.simulator.traffic import constant, stairs

#: 10 slots of 100 ms: one pod serves 100 requests/s
SPEC = Service.model_validate({"mean_service_time": "100ms", "slots": 10, "queue_limit": 100, "timeout": "10s"})


def service(rps, spec=SPEC, pods=1):
    made = FluidService(spec, Ledger(constant(rps)), 0)
    made.set_pods(pods, 0)
    return made


def test_with_room_everything_is_served_at_once():
    fluid = service(80)
    fluid.catch_up(10 * SECOND)
    assert fluid.ledger.served[:10].tolist() == [80] * 10
    assert (fluid.waiting, fluid.in_service, fluid.work) == (0, pytest.approx(8), pytest.approx(800))


def test_beyond_capacity_the_queue_grows_by_the_difference():
    fluid = service(130)
    fluid.catch_up(3 * SECOND)
    assert fluid.ledger.served[:3].tolist() == [100, 100, 100]
    assert fluid.ledger.waiting[:3].tolist() == pytest.approx([30, 60, 90])


def test_a_full_queue_turns_requests_away():
    fluid = service(130)
    fluid.catch_up(5 * SECOND)
    assert fluid.ledger.waiting[:5].tolist() == pytest.approx([30, 60, 90, 100, 100])
    assert fluid.ledger.rejected[:5].tolist() == pytest.approx([0, 0, 0, 20, 30])


def test_whoever_waited_longer_than_the_timeout_gives_up():
    # 200/s come, 100/s are served. After 2 s the head of the line came at 1.0 s; after 4 s at 2.0 s, its wait is 2 s.
    spec = SPEC.model_copy(update={"queue_limit": 10_000, "timeout": 2.0})
    fluid = service(200, spec)
    fluid.catch_up(5 * SECOND)
    assert fluid.ledger.timed_out[:5].tolist() == pytest.approx([0, 0, 0, 0, 100])
    assert fluid.ledger.waiting[:5].tolist() == pytest.approx([100, 200, 300, 400, 400])


def test_without_a_pod_everything_is_turned_away():
    fluid = service(50, pods=0)
    fluid.catch_up(2 * SECOND)
    assert fluid.ledger.rejected[:2].tolist() == [50, 50]


def test_a_pod_that_comes_within_a_second_serves_the_rest_of_it():
    fluid = service(150)
    fluid.set_pods(2, seconds(0.75))
    fluid.catch_up(1 * SECOND)
    assert fluid.ledger.slots[0] == pytest.approx(12.5)
    assert fluid.ledger.served[0] == pytest.approx(125)


def test_requests_that_outlast_the_grace_period_are_lost():
    fluid = FluidService(SPEC, Ledger(constant(80)), 0, grace=0.1)
    fluid.join(0, 0)
    fluid.join(1, 0)
    fluid.catch_up(1 * SECOND)
    fluid.leave(1, 1 * SECOND)  # 8 in service, half of them on the pod that goes, exp(-1) run longer
    assert fluid.ledger.lost[0] == pytest.approx(4 * 0.36788, rel=1e-4)


changes = st.lists(st.tuples(st.floats(0.05, 40), st.integers(0, 6)), min_size=1, max_size=12)
rates = st.lists(st.floats(0, 800), min_size=1, max_size=6)


def run(steps, plan, cut):
    """Follow ``plan`` (wait [s], pods), catching up at multiples of ``cut`` [s] too."""
    fluid = FluidService(
        SPEC, Ledger(stairs(tuple(Step(at=f"{20 * i}s", rps=rate) for i, rate in enumerate(steps)))), 0, grace=0.2
    )
    now, joined = 0, []
    for wait, pods in plan:
        then = now + seconds(wait)
        for stop in range(now, then, seconds(cut)):
            fluid.catch_up(stop)
        for _ in range(pods - len(joined)):
            joined.append(len(joined) + 100 * then)
            fluid.join(joined[-1], then)
        while len(joined) > pods:
            fluid.leave(joined.pop(), then)
        now = then
    fluid.catch_up(now + 30 * SECOND)
    return fluid


@settings(max_examples=60, deadline=None, derandomize=True)
@given(rates, changes)
def test_arrived_is_served_rejected_timed_out_lost_or_waiting(steps, plan):
    fluid = run(steps, plan, 1.0)
    ledger, n = fluid.ledger, fluid.ledger.seconds
    out = sum(float(column[:n].sum()) for column in (ledger.served, ledger.rejected, ledger.timed_out, ledger.lost))
    assert float(ledger.arrived[:n].sum()) == pytest.approx(out + fluid.waiting, rel=1e-9, abs=1e-6)
    assert ledger.served[:n].min() >= 0
    assert (ledger.served[:n] + ledger.lost[:n] <= ledger.slots[:n] / SPEC.mean_service_time + 1e-9).all()


@settings(max_examples=15, deadline=None, derandomize=True)
@given(rates, changes)
def test_how_often_it_is_asked_changes_nothing(steps, plan):
    fine, coarse = run(steps, plan, 0.25), run(steps, plan, 60.0)
    assert fine.work == pytest.approx(coarse.work, rel=1e-12)
    for name in ("served", "rejected", "timed_out", "waiting", "slots"):
        ours, theirs = (getattr(one.ledger, name)[: one.ledger.seconds].tolist() for one in (fine, coarse))
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)
