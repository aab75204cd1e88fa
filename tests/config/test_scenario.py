"""Scenario files: what they mean, and a fault with place, limit and hint for everything wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autoscaler.config.scenario import Scenario, load_scenario
from autoscaler.model.errors import InvalidScenarioError

SMALL = """\
name: small
duration: 1h
traffic:
  constant: {rps: 50}
"""


def read(folder, text):
    path = folder / "scenario.yaml"
    path.write_text(text)
    return load_scenario(path)


def faults(folder, text):
    with pytest.raises(InvalidScenarioError) as caught:
        read(folder, text)
    return [(fault.line, fault.path, fault.what) for fault in caught.value.faults]


def test_a_small_scenario_and_its_defaults(tmp_path):
    scenario = read(tmp_path, SMALL)
    assert (scenario.name, scenario.duration, scenario.seed) == ("small", 3600, 1)
    assert scenario.start == datetime(2026, 1, 5, tzinfo=UTC)
    assert scenario.service.pod_rate == pytest.approx(100)
    assert (scenario.control.sync_period, scenario.metrics.scrape_interval) == (15, 15)


def test_amounts_are_read_in_the_unit_of_their_field(tmp_path):
    scenario = read(
        tmp_path,
        SMALL + "service: {mean_service_time: 250ms, cpu_per_request: 8m, memory_at_rest: 64Mi}\n"
        "pods: {cpu_request: 250m, startup: 1m30s, jitter: 20%}\nslo: {latency: 800ms, share: 99.5%}\n",
    )
    assert scenario.service.mean_service_time == 0.25
    assert scenario.service.cpu_per_request == pytest.approx(0.008)
    assert scenario.service.memory_at_rest == 64 * 2**20
    assert (scenario.pods.cpu_request, scenario.pods.startup, scenario.pods.jitter) == (0.25, 90, 0.2)
    assert (scenario.slo.latency, scenario.slo.share) == (0.8, pytest.approx(0.995))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", (None, "", "the file is empty"), id="empty"),
        pytest.param(SMALL + "---\n" + SMALL, (None, "", "2 documents in one file"), id="two-documents"),
        pytest.param("- 1\n", (1, "", "should be a mapping: `field: value` lines"), id="a-list"),
        pytest.param(SMALL + "sede: 3\n", (5, "sede", "unknown field `sede`"), id="unknown-field"),
        pytest.param(SMALL + "seed: -1\n", (5, "seed", "should be greater than or equal to 0, not -1"), id="seed"),
        pytest.param(SMALL + "service: {slots: 0}\n",
                     (5, "service.slots", "should be greater than or equal to 1, not 0"), id="zero-slots"),
        pytest.param(SMALL + "service: {mean_service_time: 0}\n",
                     (5, "service.mean_service_time", "should be greater than 0"), id="zero-service-time"),
        pytest.param(SMALL + "service: {timeout: 30}\n",
                     (5, "service.timeout", "30 is not a duration; write numbers with units, such as 250ms, 15s or 1h30m"),
                     id="a-number-is-no-duration"),
        pytest.param(SMALL + "service: {timeout: -3s}\n",
                     (5, "service.timeout", "'-3s' is not a duration; write numbers with units, such as 90s, 1h30m or 7d"),
                     id="negative-time"),
        pytest.param(SMALL + "pods: {cpu_request: 5x}\n",
                     (5, "pods.cpu_request",
                      "'5x' is not a quantity; write a number with an optional suffix: 250m, 1.5, 128Mi"), id="quantity"),
        pytest.param(SMALL + "slo: {share: 120%}\n",
                     (5, "slo.share", "should be less than or equal to 1, not '120%'"), id="share"),
        pytest.param(SMALL + "metrics:\n  pods:\n    a: foo\n",
                     (7, "metrics.pods.a", "should be 'requests_per_second' or 'requests_in_flight', not 'foo'"),
                     id="unknown-signal"),
        pytest.param(SMALL + "start: 2026-01-05T00:00:00\n",
                     (5, "start", "should have timezone info, not '2026-01-05T00:00:00'"), id="start-without-zone"),
        pytest.param("name: a\ntraffic: {constant: {rps: 5}}\n",
                     (1, "", "duration is missing; only traffic from a csv file has a length of its own"), id="no-duration"),
        pytest.param("name: a\nduration: 1h\n", (1, "traffic", "is required"), id="no-traffic"),
        pytest.param("name: a\nduration: 1h\ntraffic:\n  constant: {rps: 5}\n  ramp: {from: 1, to: 2, over: 1m}\n",
                     (3, "traffic", "constant and ramp are given; traffic takes exactly one of csv, requests, constant, ramp, "
                                    "diurnal, flash_crowd, steps, sum, product"), id="two-shapes"),
        pytest.param("name: a\nduration: 1h\ntraffic: {}\n",
                     (3, "traffic", "no shape is given; traffic takes exactly one of csv, requests, constant, ramp, "
                                    "diurnal, flash_crowd, steps, sum, product"), id="no-shape"),
        pytest.param("name: a\nduration: 1h\ntraffic:\n  sum:\n    - constant: {rps: -5}\n",
                     (5, "traffic.sum[0].constant.rps", "should be greater than or equal to 0, not -5"), id="negative-rate"),
        pytest.param("name: a\nduration: 1h\ntraffic:\n  steps:\n    - {at: 10s, rps: 1}\n    - {at: 5s, rps: 2}\n",
                     (3, "traffic", "steps must be in order of time, each later than the one before"), id="steps-out-of-order"),
        pytest.param("name: a\nduration: 1h\ntraffic: {constant: {rps: 5}, scale_to: [10, 1]}\n",
                     (3, "traffic", "scale_to is [lowest, highest]; [10.0, 1.0] has them swapped"), id="range-swapped"),
        pytest.param("name: a\nduration: 1h\ntraffic: {diurnal: {low: 9, high: 2}}\n",
                     (3, "traffic.diurnal", "low (9) is above high (2): swap them"), id="day-upside-down"),
        pytest.param("name: a\nduration: 20s\ntraffic: {constant: {rps: 5}}\n",
                     (1, "pods.startup", "startup plus readiness: 25 s is longer than the run (20 s): nothing would ever happen"),
                     id="start-up-longer-than-the-run"),
    ],
)  # fmt: skip
def test_one_fault(tmp_path, text, expected):
    assert faults(tmp_path, text) == [expected]


def test_all_faults_at_once_each_with_its_line(tmp_path):
    text = "name: Bad Name\nduration: 1h\nseed: 1.5\ntraffic:\n  ramp: {from: 1, to: 2, overr: 5s}\nservice:\n  slots: none\n"
    assert [(line, path) for line, path, _ in faults(tmp_path, text)] == [
        (1, "name"),
        (3, "seed"),
        (5, "traffic.ramp.over"),
        (5, "traffic.ramp.overr"),
        (7, "service.slots"),
    ]


def test_hints_say_what_the_field_is_or_what_was_meant(tmp_path):
    with pytest.raises(InvalidScenarioError) as caught:
        read(tmp_path, SMALL + "service: {slotss: 3, timeout: soon}\n")
    assert sorted(fault.hint for fault in caught.value.faults) == [
        "How long a client waits for its turn [s]. Default 10s.",
        "did you mean `slots`?",
    ]


def test_broken_yaml_is_a_scenario_fault(tmp_path):
    assert faults(tmp_path, "name: [a\n")[0][0] is not None


def test_every_field_has_a_description():
    def fields(schema):
        for definition in (schema, *schema.get("$defs", {}).values()):
            yield from definition.get("properties", {}).items()

    bare = {
        name
        for name, field in fields(Scenario.model_json_schema())
        if "description" not in field and "$ref" not in field
    }
    shapes = {"csv", "requests", "constant", "ramp", "diurnal", "flash_crowd"}
    sections = {"target", "traffic", "service", "slo", "pods", "metrics", "control", "shape", "reserved"}
    assert bare <= shapes | sections


def test_the_docs_list_every_field():
    text = (Path(__file__).parents[2] / "docs/scenarios.md").read_text()
    listed = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"^\| `([^`]*)` \|", text, re.MULTILINE))))
    schema = Scenario.model_json_schema()
    fields = {name for part in (schema, *schema["$defs"].values()) for name in part.get("properties", {})}
    sections = set(re.findall(r"^### `([a-z]+)", text, re.MULTILINE))
    assert fields - listed - sections == set()


def test_the_readme_s_example_is_a_scenario(tmp_path):
    text = (Path(__file__).parents[2] / "simulations/README.md").read_text()
    example, nodes = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert read(tmp_path, example).service.slots == 16
    assert [pool.name for pool in read(tmp_path, example + nodes).nodes] == ["spot", "on-demand"]


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "simulations").glob("*.yaml")), ids=lambda path: path.stem
)
def test_shipped_scenarios_are_sound_and_called_as_their_file(path):
    assert load_scenario(path).name == path.stem
