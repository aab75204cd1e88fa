"""Recorded requests: each at its own instant in both kinds of request-level runs, counted by second in a fluid."""

from __future__ import annotations

import numpy as np
import pytest

from autoscaler.config.scenario import Fidelity, Scenario
from autoscaler.model.errors import InvalidScenarioError
from autoscaler.model.time import SECOND
from autoscaler.simulator.inputs import Overrides, prepare
from autoscaler.simulator.recorded import Recorded
from autoscaler.simulator.traffic import arrivals
from autoscaler.simulator.world import started

ROWS = "timestamp,tokens\n" + "".join(f"{at},{size}\n" for at, size in [(0, 4), (0.5, 2), (1.5, 6), (40, 4), (70, 9)])
BASE = {
    "name": "calls",
    "duration": "60s",
    "fidelity": "request",
    "traffic": {"requests": {"path": "calls.csv", "size": "tokens", "service_time_per": "1s"}},
    "pods": {"initial_replicas": 1, "startup": "5s"},
}
KINDS = {
    "service": {"service": {"slots": 2, "queue_limit": 5, "balancing": "random", "timeout": "1h"}},
    "workers": {"workers": {"concurrency": 2}},
}


def inputs_of(folder, overrides=None, **sections):
    (folder / "calls.csv").write_text(ROWS)
    return prepare(Scenario.model_validate(BASE | sections), folder, overrides)


def test_counted_by_second():
    traffic = Recorded(np.array([0.0, 0.5, 1.5, 3.0]), np.ones(4))
    assert arrivals(traffic, 0, 5).tolist() == [2, 1, 0, 1, 0]
    assert traffic.rate(np.array([0.7, 1.2, 9.0])).tolist() == [2, 1, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_every_request_is_served_at_its_time(tmp_path, kind):
    inputs = inputs_of(tmp_path, **KINDS[kind])
    world = started(inputs.scenario)
    workload = world.add(inputs.scenario, inputs.traffic, inputs.duration)
    world.advance(world.start + 60 * SECOND)
    ledger = workload.ledger
    # two slots: 0 to 4, 0.5 to 2.5, then 2.5 to 8.5, and 40 to 44
    assert np.flatnonzero(ledger.served[:60]).tolist() == [2, 4, 8, 44]
    assert np.flatnonzero(ledger.arrived[:60]).tolist() == [0, 1, 40]
    assert workload.latencies().percentiles()[0] == pytest.approx(4.0, rel=0.01)
    # 16 s of work, of which the mean request is 4 s
    assert inputs.scenario.service.mean_service_time == 4
    assert workload._service.counters([0]).work[0] == pytest.approx(4)


def test_a_fluid_counts_them_and_takes_their_mean_time(tmp_path):
    inputs = inputs_of(tmp_path, Overrides(fidelity=Fidelity.FLUID))
    assert inputs.scenario.service.mean_service_time == 4
    assert arrivals(inputs.traffic, 0, 60).sum() == 4


def test_a_run_begins_where_it_is_told_to_and_ends_with_its_file(tmp_path):
    later = {"path": "calls.csv", "size": "tokens", "service_time_per": "1s", "offset": "30s"}
    inputs = inputs_of(tmp_path, Overrides(until=3600), traffic={"requests": later})
    assert inputs.duration == 41
    assert inputs.traffic.arrivals.tolist() == [10, 40]
    assert inputs.notes == ("the run ends with its trace, after 41s",)


@pytest.mark.parametrize("overrides", [Overrides(scale_to=(1, 10)), Overrides(speed_up=2)])
def test_what_changes_rates_cannot_change_single_requests(tmp_path, overrides):
    with pytest.raises(InvalidScenarioError, match="the traffic is single requests"):
        inputs_of(tmp_path, overrides)


@pytest.mark.parametrize(
    ("traffic", "what"),
    [
        ({**BASE["traffic"], "speed": 2}, "requests have a speed of their own"),
        ({**BASE["traffic"], "scale_to": [1, 2]}, "requests have a speed of their own"),
        ({"sum": [BASE["traffic"], {"constant": {"rps": 1}}]}, "requests cannot be added or multiplied"),
    ],
)
def test_refused_in_a_scenario(traffic, what):
    with pytest.raises(ValueError, match=what):
        Scenario.model_validate(BASE | {"traffic": traffic})


@pytest.mark.parametrize("kind", KINDS)
def test_without_sizes_times_in_service_are_drawn_as_ever(tmp_path, kind):
    spread = {"spread": {"shape": "constant"}}
    times = {"service": {"mean_service_time": "2s"}, "workers": {"job_time": "2s"}}[kind]
    sections = {kind: KINDS[kind][kind] | spread | times}
    inputs = inputs_of(tmp_path, traffic={"requests": {"path": "calls.csv"}}, **sections)
    world = started(inputs.scenario)
    workload = world.add(inputs.scenario, inputs.traffic, inputs.duration)
    world.advance(world.start + 60 * SECOND)
    # two slots: 0 to 2, 0.5 to 2.5, then 2 to 4, and 40 to 42
    assert workload.ledger.served[:60].nonzero()[0].tolist() == [2, 4, 42]
    assert workload.ledger.served[2] == 2
    assert inputs.scenario.service.mean_service_time == 2
