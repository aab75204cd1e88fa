"""Counters of single pods: each row what one pod did, whoever else comes and goes."""

from __future__ import annotations

import numpy as np
import pytest

from autoscaler.simulator.noise import Noise
from autoscaler.simulator.tally import Tally


def test_each_pod_counts_from_when_it_joined_to_when_it_left():
    tally = Tally(None)
    tally.join(0, 0.0)
    assert tally.read([0], 10.0).tolist() == [10.0]
    tally.join(1, 12.0)
    assert tally.read([0, 1], 20.0).tolist() == [20.0, 8.0]
    tally.leave(0, 25.0)
    assert tally.read([0, 1], 30.0).tolist() == [25.0, 18.0]
    assert tally.read([1, 0], 40.0).tolist() == [28.0, 25.0]


def test_a_pod_that_never_joined_stays_at_zero_until_it_does():
    tally = Tally(None)
    tally.join(0, 0.0)
    assert tally.read([0, 7], 10.0).tolist() == [10.0, 0.0]
    tally.join(7, 10.0)
    assert tally.read([0, 7], 15.0).tolist() == [15.0, 5.0]


def test_a_slow_pod_falls_behind_and_a_gone_one_is_forgotten():
    tally = Tally(None)
    for pod in (0, 1):
        tally.join(pod, 0.0)
    tally.read([0, 1], 10.0)
    tally.fall_behind(1, 4.0)
    assert tally.read([0, 1], 20.0).tolist() == [20.0, 16.0]
    tally.forget(0)
    assert tally.read([0, 1], 30.0).tolist() == [0.0, 26.0]


def test_counters_given_before_do_not_change():
    tally = Tally(None)
    tally.join(0, 0.0)
    first = tally.read([0], 10.0)
    tally.read([0], 20.0)
    assert first.tolist() == [10.0]


def test_the_noise_belongs_to_the_reading_and_to_the_place_in_it():
    noise = Noise(seed=3, stream=0)
    tally = Tally(noise)
    for pod in (0, 1):
        tally.join(pod, 0.0)
    counted = tally.read([0, 1], 100.0)
    assert counted == pytest.approx(100.0 + 10.0 * noise.normals(0, 2))
    assert tally.spread(4.0, 2) == pytest.approx(np.maximum(4.0 + 2.0 * noise.normals(0, 2), 0.0))
    assert tally.read([0, 1], 200.0) - counted == pytest.approx(100.0 + 10.0 * noise.normals(1, 2))


def test_rows_of_noise_go_round_the_table():
    noise = Noise(seed=3, stream=0)
    begin = noise.normals(0, 1 << 16)
    # row 1 begins at 40,503: 25,033 numbers on, it is at the table's begin again
    assert noise.normals(1, 25_035)[-2:].tolist() == begin[:2].tolist()


def test_rows_of_noise_are_the_same_when_asked_for_together():
    noise = Noise(seed=1, stream=0)

    ahead = noise.normals_ahead(3, 60, 9_000)

    assert np.array_equal(ahead, [noise.normals(scrape, 9_000) for scrape in range(3, 63)])
