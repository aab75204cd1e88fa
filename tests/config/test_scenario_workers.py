"""The section `workers` of a scenario: what is understood, what is refused and in which words."""

from __future__ import annotations

import pytest

from autoscaler.config.scenario import Backoff, Fidelity, load_scenario
from autoscaler.model.errors import InvalidScenarioError

MAIL = """\
name: mail
duration: 1h
fidelity: request
traffic: {constant: {rps: 20}}
workers:
  job_time: 400ms
  concurrency: 8
  cpu_per_job: 50m
  memory_per_job: 2Mi
"""


def read(folder, text):
    path = folder / "scenario.yaml"
    path.write_text(text)
    return load_scenario(path)


def test_workers_stand_as_a_service_without_a_limit_and_a_timeout(tmp_path):
    service = read(tmp_path, MAIL).service
    assert (service.mean_service_time, service.slots, service.pod_rate) == (0.4, 8, 20)
    assert (service.cpu_per_request, service.memory_per_request) == (0.05, 2 * 2**20)
    assert service.room(0) == float("inf")
    assert service.starts_again


def test_everything_about_jobs(tmp_path):
    more = """\
  priorities: [{share: 10%, priority: 1}, {share: 60%, priority: 5}]
  delayed: {share: 25%, for: 10m}
  retries: {failure_share: 2%, attempts: 4, backoff: exponential, delay: 1s}
  lock: 20s
  max_stalled: 2
"""
    workers = read(tmp_path, MAIL + more).workers
    assert [(entry.share, entry.priority) for entry in workers.priorities] == [(0.1, 1), (0.6, 5)]
    assert (workers.delayed.share, workers.delayed.by) == (0.25, 600)
    assert (workers.retries.failure_share, workers.retries.attempts, workers.retries.delay) == (0.02, 4, 1)
    assert workers.retries.backoff is Backoff.EXPONENTIAL
    assert (workers.lock, workers.max_stalled) == (20, 2)
    assert workers.needs_single_jobs == ("priorities", "delayed", "retries")


def test_plain_workers_may_be_a_fluid(tmp_path):
    assert read(tmp_path, MAIL.replace("fidelity: request\n", "")).fidelity is Fidelity.FLUID


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(MAIL + "service: {slots: 3}\n",
                     (1, "", "service and workers are given; a scenario has one of them: requests are sent, jobs taken"),
                     id="both"),
        pytest.param(MAIL.replace("request", "fluid") + "  priorities: [{share: 1%, priority: 1}]\n  delayed: {for: 5m}\n",
                     (1, "", "workers.priorities and workers.delayed: a fluid has no single jobs to tell apart; it takes "
                             "fidelity request"), id="too-much-for-a-fluid"),
        pytest.param(MAIL + "  priorities: [{share: 60%, priority: 1}, {share: 60%, priority: 2}]\n",
                     (10, "workers.priorities", "the shares add up to 120%; there are no more than 100% of the jobs"),
                     id="more-than-all-jobs"),
        pytest.param(MAIL + "  priorities: [{share: 6%, priority: 1}, {share: 6%, priority: 1}]\n",
                     (10, "workers.priorities", "priority 1 is given twice; add up its shares"), id="a-priority-twice"),
        pytest.param(MAIL + "  priorities: [{share: 6%, priority: -1}]\n",
                     (10, "workers.priorities[0].priority", "should be greater than or equal to 0, not -1"),
                     id="negative-priority"),
        pytest.param(MAIL + "  retries: {failure_share: 5%, attempts: 3, backoff: exponential}\n",
                     (10, "workers.retries",
                      "backoff is exponential, but twice a delay of 0 is 0: give a delay, such as 1s"), id="no-pause"),
        pytest.param(MAIL + "  retries: {failure_share: 5%, attempts: 0}\n",
                     (10, "workers.retries.attempts", "should be greater than or equal to 1, not 0"), id="no-attempt"),
        pytest.param(MAIL + "  lock: 0\n" + "  delayed: {share: 5%}\n",
                     (11, "workers.delayed.for", "is required"), id="delayed-for-how-long"),
        pytest.param("name: a\nduration: 1h\ntraffic: {constant: {rps: 5}}\nmetrics: {external: {age: oldest_job_age}}\n",
                     (1, "", "metrics.external.age measures jobs, which only `workers` have"), id="jobs-of-a-service"),
    ],
)  # fmt: skip
def test_one_fault(tmp_path, text, expected):
    with pytest.raises(InvalidScenarioError) as caught:
        read(tmp_path, text)
    assert [(fault.line, fault.path, fault.what) for fault in caught.value.faults] == [expected]
