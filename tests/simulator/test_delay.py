"""The delay by balancing rule: against closed forms where there are some, else against single requests."""

from __future__ import annotations

import numpy as np
import pytest

from autoscaler.simulator import delay

USES = np.array([0.8, 0.9, 0.95])
TWENTY_PODS = np.full(3, 200.0)


def mean(found):
    chance, wait = found
    return chance * wait


def test_one_line_is_erlangs():
    # M/M/10 and M/M/200 with a mean service time of 1
    assert mean(delay.one_line(np.array([10.0]), np.array([0.9]), 1.0)) == pytest.approx([0.668732], rel=1e-5)
    assert mean(delay.one_line(TWENTY_PODS, USES, 1.0)) == pytest.approx([3.4423e-5, 0.0047236, 0.036526], rel=1e-4)


def test_constant_work_halves_the_wait():
    one = mean(delay.one_line(np.array([1.0]), np.array([0.8]), 0.5))
    assert one == pytest.approx([2.0], rel=1e-9)  # M/D/1: use / (2 (1 - use))


def test_two_choices_among_many_pods_of_one_slot_are_the_supermarket():
    # 1,100 pods at use 0.9: the sum of use^(2^i - 2), less the service: 1.61406
    found = mean(delay.two_choices(np.array([1_100.0]), 1, np.array([0.9]), 1.0))
    assert found == pytest.approx([1.61406], rel=0.005)


def test_turns_among_many_pods_of_one_slot_are_erlang_arrivals():
    # E1100/M/1 at use 0.9: 414.12 ms for a service of 99 ms
    found = mean(delay.in_turn(np.array([1_100.0]), 1, np.array([0.9]), 1.0))
    assert found == pytest.approx([0.41412 / 0.099], rel=0.03)


def test_alone_a_pod_is_one_line_by_any_rule():
    alone, expected = np.full(3, 10.0), delay.one_line(np.full(3, 10.0), USES, 1.0)
    for found in (
        delay.least_outstanding(alone, 10, USES, 1.0),
        delay.two_choices(alone, 10, USES, 1.0),
        delay.in_turn(alone, 10, USES, 1.0),
        delay.random_pod(10, USES, 1.0),
    ):
        assert found[0] == pytest.approx(expected[0], rel=1e-9)
        assert mean(found) == pytest.approx(mean(expected), rel=0.05)


@pytest.mark.parametrize(
    ("found", "chance", "wait", "within"),
    [
        # by three million single requests each, twenty pods of ten slots, mean service time 1
        pytest.param(
            delay.least_outstanding(TWENTY_PODS, 10, USES, 1.0),
            [0.00049, 0.05259, 0.25856],
            [5e-5, 0.00595, 0.04037],
            0.35,
            id="least-outstanding",
        ),
        pytest.param(
            delay.two_choices(TWENTY_PODS, 10, USES, 1.0)[:2],
            [0.03932, 0.2695, 0.54769],
            [0.00439, 0.03994, 0.11919],
            0.65,
            id="two-choices",
        ),
        pytest.param(
            delay.in_turn(TWENTY_PODS, 10, USES, 1.0),
            [0.23648, 0.53101, 0.74085],
            [0.06703, 0.28941, 0.78705],
            0.28,
            id="in-turn",
        ),
        pytest.param(
            delay.random_pod(10, USES, 1.0),
            [0.407, 0.66634, 0.82211],
            [0.20281, 0.66394, 1.64657],
            0.01,
            id="random",
        ),
    ],
)
def test_the_formulas_are_about_what_single_requests_give(found, chance, wait, within):
    assert found[0] == pytest.approx(chance, rel=within)
    assert mean(found) == pytest.approx(wait, rel=within)


def test_more_load_never_waits_less():
    uses = np.linspace(0.01, 0.995, 300)
    servers = np.full(300, 200.0)
    for found in (
        delay.one_line(servers, uses, 1.0),
        delay.least_outstanding(servers, 10, uses, 1.0),
        delay.two_choices(servers, 10, uses, 1.0),
        delay.in_turn(servers, 10, uses, 1.0),
        delay.random_pod(10, uses, 1.0),
    ):
        assert (np.diff(mean(found)) >= -1e-12).all()
        assert ((found[0] >= 0.0) & (found[0] <= 1.0)).all()
