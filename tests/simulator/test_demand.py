"""When work is due, and how much of it a job is: what capacity is planned by."""

from __future__ import annotations

import numpy as np
import pytest

from autoscaler.config.scenario import Workers
from autoscaler.simulator.demand import due

ADDED = np.array([10.0, 0.0, 0.0, 20.0, 0.0])


def test_requests_and_plain_jobs_are_due_when_they_come():
    assert due(None, ADDED) is ADDED
    assert due(Workers(), ADDED) is ADDED


def test_delayed_jobs_are_due_later_or_after_the_run():
    half = Workers.model_validate({"delayed": {"share": 0.5, "for": "2s"}})
    assert due(half, ADDED).tolist() == [5, 0, 5, 10, 0]
    beyond = Workers.model_validate({"delayed": {"for": "1h"}})
    assert due(beyond, ADDED).tolist() == [0, 0, 0, 0, 0]


@pytest.mark.parametrize(("attempts", "expected"), [(1, 1.0), (2, 1.1), (3, 1.11)])
def test_a_job_is_all_its_attempts(attempts, expected):
    retries = {"failure_share": 0.1, "attempts": attempts}
    workers = Workers.model_validate({"job_time": "2s", "cpu_per_job": 1, "concurrency": 4, "retries": retries})
    assert workers.attempts_per_job == pytest.approx(expected)
    service = workers.as_service()
    assert service.pod_rate == pytest.approx(2 / expected)
    assert service.cpu_per_request == pytest.approx(expected)
