"""`autoscaler simulate` from the outside: tables, files, exit codes, equal bytes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from autoscaler.cli.app import run

ROOT = Path(__file__).parents[2]
STEPS = str(ROOT / "simulations/steps.yaml")
WEB = str(ROOT / "policies/web-app-hpa.yaml")
PRODUCTION = str(ROOT / "policies/web-app-production-hpa.yaml")


def test_a_table_with_one_column_a_policy(capsys):
    assert run(["simulate", STEPS, "-p", WEB, "-p", PRODUCTION]) == 0
    table, errors = capsys.readouterr()
    lines = table.splitlines()
    assert lines[0].split() == ["web-app-hpa", "web-app-production-hpa"]
    assert [line[:24].strip() for line in lines[1:]] == [
        "SLO minutes violated",
        "latency p50 / p95 / p99",
        "slower than 250 ms",
        "lost requests",
        "unserved share",
        "replica-hours",
        "mean / peak replicas",
        "scale actions up / down",
        "changes of direction",
    ]
    assert errors == ""


def test_a_folder_of_policies(capsys):
    assert run(["simulate", STEPS, "-p", str(ROOT / "policies"), "-o", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["policy"] for row in rows] == ["rps-and-queue-hpa", "web-app-hpa", "web-app-production-hpa"]


def test_json_has_units_in_its_names_and_every_action(capsys):
    assert run(["simulate", STEPS, "-p", WEB, "-o", "json", "--until", "25m", "--seed", "5"]) == 0
    (result,) = json.loads(capsys.readouterr().out)
    assert (result["scenario"], result["policy"], result["seed"], result["duration_s"]) == (
        "steps",
        "web-app-hpa",
        5,
        1500,
    )
    assert result["requests"] == pytest.approx(600 * 500 + 600 * 2000 + 300 * 6000)
    assert result["actions"][0]["before"] == 2
    assert all(action["why"].endswith(".") for action in result["actions"])
    assert {"latency_p99_s", "replica_hours", "unserved_share", "slo_minutes_violated"} <= set(result)


def test_two_runs_give_the_same_bytes_whatever_the_report_is_called(capsys, tmp_path, monkeypatch):
    outputs = []
    for name, form in (("one.html", ["-o", "json"]), ("two.html", ["--output=json"])):
        arguments = ["simulate", STEPS, "-p", WEB, *form, "--report", str(tmp_path / name), "--seed", "3"]
        monkeypatch.setattr("sys.argv", ["autoscaler", *arguments])
        assert run(arguments) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    assert f"autoscaler simulate {STEPS} -p {WEB} --seed 3</pre>" in (tmp_path / "one.html").read_text()


def test_a_trace_of_one_s_own_is_replayed_and_its_repairs_told(capsys, tmp_path):
    trace = tmp_path / "mine.csv"
    trace.write_text("timestamp,rps\n" + "".join(f"{60 * i},{100 + i}\n" for i in range(30) if i != 7))
    assert run(["simulate", STEPS, "-p", WEB, "--trace", str(trace), "--scale-to", "10:3000", "-o", "csv"]) == 0
    out, errors = capsys.readouterr()
    assert errors == (
        f"note: {trace}: 1 missing bins in 1 gaps (longest 2m, first after line 8) were filled with straight lines\n"
    )
    assert next(csv.DictReader(io.StringIO(out)))["duration_s"] == "1800"


def test_a_metric_that_cannot_be_read_is_told(capsys, tmp_path):
    policy = tmp_path / "mine.yaml"
    policy.write_text((ROOT / "policies/rps-and-queue-hpa.yaml").read_text().replace("redis_queue_depth", "unheard_of"))
    assert run(["simulate", STEPS, "-p", str(policy), "-o", "csv", "--until", "5m"]) == 0
    assert capsys.readouterr().err == (
        "note: mine: unheard_of could not be read in 19 of 19 evaluations: unable to get external metric "
        "default/unheard_of/nil: unable to fetch metrics from external metrics API: "
        "the server could not find the metric unheard_of\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([STEPS], "error: --policy: no policy to try", id="no-policy"),
        pytest.param([STEPS, "-p", "no.yaml"], "error: no.yaml: no such file", id="no-such-policy"),
        pytest.param(["no.yaml", "-p", WEB], "error: no.yaml: no such file", id="no-such-scenario"),
        pytest.param([STEPS, "-p", STEPS], f"error: {STEPS}: holds no HorizontalPodAutoscaler", id="not-a-policy"),
        pytest.param([WEB, "-p", WEB], f"error: {WEB}:", id="not-a-scenario"),
        pytest.param(
            [STEPS, "-p", WEB, "--trace", "no.csv"], "cannot read the trace: No such file", id="no-such-trace"
        ),
        pytest.param([STEPS, "-p", WEB, "--scale-to", "10"], "error: --scale-to: `10` is not LO:HI", id="half-a-range"),
        pytest.param(
            [STEPS, "-p", WEB, "--scale-to", "9:1"], "error: --scale-to: `9:1` is not LO:HI", id="range-swapped"
        ),
        pytest.param([STEPS, "-p", WEB, "--until", "24"], "error: --until: '24' is not a duration", id="no-unit"),
        pytest.param([STEPS, "-p", WEB, "--until", "5s"], "error: steps: the run lasts 5 s, less than", id="too-short"),
        pytest.param(
            [STEPS, "-p", WEB, "--trace-offset", "1h"], "error: --trace-offset: has no trace", id="offset-alone"
        ),
    ],
)
def test_usage_errors_are_one_message_and_exit_code_2(capsys, arguments, message):
    assert run(["simulate", *arguments]) == 2
    out, errors = capsys.readouterr()
    assert out == ""
    assert message in errors
    assert "Traceback" not in errors


def test_the_release_decides_what_a_policy_may_ask_for(tmp_path, capsys):
    text = (ROOT / "policies/rps-and-queue-hpa.yaml").read_text()
    policy = tmp_path / "to-zero.yaml"
    policy.write_text(text.replace("minReplicas: 2", "minReplicas: 0"))
    arguments = ["simulate", STEPS, "-p", str(policy), "--until", "5m"]

    assert run(arguments) == 2
    assert "must be greater than or equal to 1" in capsys.readouterr().err
    assert run([*arguments, "-k", "1.37"]) == 0
