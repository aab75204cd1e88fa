"""What the command line changes in a scenario, and how long a run is."""

from __future__ import annotations

import numpy as np
import pytest

from autoscaler.config.scenario import Fidelity, Scenario
from autoscaler.config.traces import load_trace
from autoscaler.model.errors import InvalidScenarioError, InvalidTraceError
from autoscaler.simulator.inputs import Overrides, prepare
from autoscaler.simulator.traffic import arrivals

TRACE = "timestamp,rps\n" + "".join(f"{1000 + 60 * i},{10 * (i + 1)}\n" for i in range(10))


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text(TRACE)
    return path


def test_a_scenario_s_own_trace_counts_from_its_folder(scenario, trace):
    inputs = prepare(scenario(traffic={"csv": {"path": "trace.csv"}}, duration=None), trace.parent)
    assert inputs.duration == 600
    assert arrivals(inputs.traffic, 0, 2).tolist() == pytest.approx([10, 10])


def test_a_trace_replaces_the_traffic_and_sets_the_length(scenario, trace):
    inputs = prepare(scenario(), trace.parent / "elsewhere", Overrides(trace=trace))
    assert inputs.duration == 600


def test_an_offset_and_an_end(scenario, trace):
    inputs = prepare(scenario(), trace.parent, Overrides(trace=trace, trace_offset=120, until=180))
    assert inputs.duration == 180
    assert arrivals(inputs.traffic, 0, 1).tolist() == pytest.approx([30])


def test_a_run_ends_with_its_trace_and_says_so(scenario, trace):
    inputs = prepare(scenario(), trace.parent, Overrides(trace=trace, until=3600))
    assert inputs.duration == 600
    assert inputs.notes == ("the run ends with its trace, after 10m",)


def test_scaling_maps_the_run_s_own_range(scenario, trace):
    inputs = prepare(scenario(), trace.parent, Overrides(trace=trace, until=300, scale_to=(100, 500)))
    assert inputs.traffic.rate(np.array([0.0, 299.0])).tolist() == pytest.approx([100, 500])


def test_the_scenario_s_scale_stays_in_force_for_another_trace(scenario, trace):
    inputs = prepare(
        scenario(traffic={"constant": {"rps": 1}, "scale_to": [7, 70]}), trace.parent, Overrides(trace=trace)
    )
    assert inputs.traffic.rate(np.array([0.0, 599.0])).tolist() == pytest.approx([7, 70])


def test_sums_and_products_of_shapes(scenario, tmp_path):
    traffic = {"sum": [{"constant": {"rps": 5}}, {"product": [{"constant": {"rps": 3}}, {"constant": {"rps": 4}}]}]}
    assert prepare(scenario(traffic=traffic), tmp_path).traffic.rate(np.array([9.0])).tolist() == [17]


def test_repairs_are_passed_on(scenario, tmp_path):
    path = tmp_path / "gap.csv"
    path.write_text("timestamp,rps\n0,1\n60,1\n120,1\n240,1\n300,1\n")
    (note,) = prepare(scenario(), tmp_path, Overrides(trace=path)).notes
    assert note == f"{path}: 1 missing bins in 1 gaps (longest 2m, first after line 4) were filled with straight lines"


def test_a_trace_shorter_than_a_tick_is_refused(scenario, tmp_path):
    path = tmp_path / "short.csv"
    path.write_text("timestamp,rps\n0,1\n1,1\n2,1\n")
    with pytest.raises(InvalidScenarioError, match=r"the run lasts 3 s, less than the 15s between two evaluations"):
        prepare(scenario(), tmp_path, Overrides(trace=path))


def test_an_offset_beyond_the_trace_is_refused(scenario, trace):
    with pytest.raises(InvalidScenarioError, match=r"the run lasts 0 s"):
        prepare(scenario(), trace.parent, Overrides(trace=trace, trace_offset=6000))


def test_a_missing_trace_is_named(scenario, tmp_path):
    with pytest.raises(InvalidTraceError, match=r"no\.csv: cannot read the trace: No such file or directory"):
        prepare(scenario(traffic={"csv": {"path": "no.csv"}}), tmp_path)


@pytest.mark.parametrize(("rps", "replicas"), [(0, 1), (70, 1), (71, 2), (1_000, 15)])
def test_a_run_begins_with_the_pods_its_traffic_needs(tmp_path, rps, replicas):
    spec = {"name": "x", "duration": "1h", "traffic": {"constant": {"rps": rps}}}  # a pod serves 100 requests/s
    assert prepare(Scenario.model_validate(spec), tmp_path).scenario.pods.initial_replicas == replicas


def test_a_number_that_the_scenario_gives_stays(scenario, tmp_path):
    inputs = prepare(scenario(traffic={"constant": {"rps": 5000}}, pods={"initial_replicas": 3}), tmp_path)
    assert inputs.scenario.pods.initial_replicas == 3


def test_traffic_is_played_faster_and_the_run_gets_shorter(scenario, trace):
    inputs = prepare(scenario(), trace.parent, Overrides(trace=trace, speed_up=4, trace_offset=60))
    assert inputs.duration == 135  # the nine minutes that are left, four times as fast
    assert inputs.traffic.rate(np.array([0.0, 14.9, 15.0, 134.9])).tolist() == [20, 20, 30, 100]
    assert arrivals(inputs.traffic, 0, 135).sum() == pytest.approx(sum(range(20, 101, 10)) * 15)


def test_shapes_are_played_faster_with_the_scenario_s_own_duration(scenario, tmp_path):
    diurnal = {"diurnal": {"low": 10, "high": 30, "period": "2h", "peak_at": "1h"}}
    inputs = prepare(scenario(traffic=diurnal, duration="2h"), tmp_path, Overrides(speed_up=60))
    assert inputs.duration == 120
    assert inputs.traffic.rate(np.array([0.0, 60.0, 120.0])).tolist() == pytest.approx([10, 30, 10])


def test_a_part_of_the_traffic_has_a_speed_of_its_own(scenario, trace):
    parts = [{"csv": {"path": "trace.csv"}, "speed": 2}, {"constant": {"rps": 1}}]
    inputs = prepare(scenario(traffic={"sum": parts}), trace.parent)
    assert (inputs.duration, inputs.notes) == (300, ("the run ends with its trace, after 5m",))
    assert inputs.traffic.rate(np.array([30.0])).tolist() == [21]


def test_a_scale_maps_the_range_of_what_is_played(scenario, trace):
    inputs = prepare(scenario(), trace.parent, Overrides(trace=trace, speed_up=2, until=150, scale_to=(100, 500)))
    assert inputs.traffic.rate(np.array([0.0, 149.0])).tolist() == pytest.approx([100, 500])


def test_a_trace_that_is_loaded_already_is_taken_as_it_is(scenario, trace, tmp_path):
    loaded = load_trace(trace)
    one, other = (prepare(scenario(), tmp_path, Overrides(trace=given)) for given in (loaded, trace))
    assert (one.duration, one.traffic.rate(np.array([0.0])).tolist()) == (other.duration, [10])


def test_the_fidelity_can_be_chosen_for_one_run(scenario, tmp_path):
    assert prepare(scenario(), tmp_path).scenario.fidelity is Fidelity.FLUID
    assert prepare(scenario(), tmp_path, Overrides(fidelity=Fidelity.REQUEST)).scenario.fidelity is Fidelity.REQUEST


def test_neither_fidelity_makes_the_spread_of_times_simpler(scenario, tmp_path):
    spread = {"spread": {"shape": "lognormal", "cv": 2}}
    assert prepare(scenario(service=spread), tmp_path).notes == ()
    assert prepare(scenario(service=spread), tmp_path, Overrides(fidelity=Fidelity.REQUEST)).notes == ()


def test_a_run_as_a_fluid_of_what_only_requests_can_show_is_refused(scenario, tmp_path):
    retrying = scenario(service={"retries": {"attempts": 2}}, fidelity="request")
    with pytest.raises(InvalidScenarioError, match=r"service\.retries: a fluid has no single requests"):
        prepare(retrying, tmp_path, Overrides(fidelity=Fidelity.FLUID))
