"""Which pods count: a sentence per row, each edge on its own side."""

from __future__ import annotations

import pytest

from autoscaler.engine.recommend.grouping import Roster, by_pod, group_pods, group_pods_for_cpu
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.observation import Pod, PodPhase, PodUsage
from autoscaler.model.time import SECOND
from tests.engine.worlds import at, pod

CONFIG = ControllerConfig(cpu_initialization_period=at(300), initial_readiness_delay=at(30))
NOW = at(1000)


def sample(second: float, window: float = 10) -> PodUsage:
    return PodUsage(pod="p", containers=(), at=at(second), window=at(window))


def group_of(one: Pod, taken: PodUsage | None, resource: str = "cpu") -> str:
    samples = {} if taken is None else {"p": 1}
    roster = Roster.of((one,))
    if resource == "cpu":
        groups = group_pods_for_cpu(roster, samples, () if taken is None else (taken,), NOW, CONFIG)
    else:
        groups = group_pods(roster, samples)
    named = {"unready": groups.unready, "missing": groups.missing, "ignored": groups.ignored}
    return next((group for group, names in named.items() if names), "ready" if groups.ready else "nowhere")


@pytest.mark.parametrize(
    ("one", "taken", "expected"),
    [
        pytest.param(pod("p", deleting=True), sample(990), "ignored", id="on-its-way-out"),
        pytest.param(pod("p", phase=PodPhase.FAILED), sample(990), "ignored", id="failed"),
        pytest.param(pod("p", phase=PodPhase.PENDING), sample(990), "unready", id="pending-with-a-sample"),
        pytest.param(pod("p", phase=PodPhase.PENDING), None, "unready", id="pending-without"),
        pytest.param(pod("p"), None, "missing", id="no-sample"),
        pytest.param(pod("p", ready=""), sample(990), "unready", id="no-ready-condition"),
        pytest.param(pod("p", started=None), sample(990), "unready", id="no-start-time"),
        pytest.param(pod("p", started=at(701), since=at(900)), sample(990), "ready", id="young-and-ready"),
        pytest.param(pod("p", started=at(701), since=at(900), ready="False"), sample(990), "unready",
                     id="young-and-not-ready"),
        pytest.param(pod("p", started=at(701), since=at(900), ready="Unknown"), sample(990), "ready",
                     id="unknown-is-not-false"),
        pytest.param(pod("p", started=at(701), since=at(900)), sample(909.5), "unready",
                     id="young-with-a-sample-from-before-it-was-ready"),
        pytest.param(pod("p", started=at(701), since=at(900)), sample(910), "ready", id="sample-exactly-one-window-later"),
        pytest.param(pod("p", started=at(700), since=at(900)), sample(905), "ready", id="exactly-as-old-as-the-period"),
        pytest.param(pod("p", started=at(100), since=at(129), ready="False"), sample(990), "unready", id="never-was-ready"),
        pytest.param(pod("p", started=at(100), since=at(130), ready="False"), sample(990), "ready",
                     id="went-unready-exactly-after-the-delay"),
        pytest.param(pod("p", started=at(100), since=at(129), ready="True"), sample(990), "ready", id="old-and-ready"),
        pytest.param(pod("p", phase=PodPhase.SUCCEEDED), sample(990), "ready", id="succeeded-still-counts"),
    ],
)  # fmt: skip
def test_cpu(one: Pod, taken: PodUsage | None, expected: str) -> None:
    assert group_of(one, taken) == expected


@pytest.mark.parametrize(
    ("one", "taken", "expected"),
    [
        pytest.param(pod("p", ready="", started=None), sample(990), "ready", id="readiness-does-not-matter"),
        pytest.param(pod("p", phase=PodPhase.PENDING), sample(990), "unready", id="pending-does"),
        pytest.param(pod("p"), None, "missing", id="no-sample"),
    ],
)
def test_other_metrics(one: Pod, taken: PodUsage | None, expected: str) -> None:
    assert group_of(one, taken, "memory") == expected


def test_ready_pods_of_a_whole_target_are_those_that_run_and_are_ready() -> None:
    roster = Roster.of(
        (
            pod("a"),
            pod("b", deleting=True),
            pod("c", ready="False"),
            pod("d", phase=PodPhase.PENDING),
            pod("e", ready=""),
        )
    )

    assert roster.ready_count() == 2


def test_of_two_readings_of_one_pod_the_later_counts() -> None:
    assert by_pod((sample(1), sample(2)))["p"].at == 2 * SECOND
